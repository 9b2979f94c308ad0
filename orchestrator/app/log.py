"""The log of every process."""

from __future__ import annotations

import contextlib
import logging
import sys
from typing import TYPE_CHECKING, TextIO, cast

import structlog

from orchestrator.redaction import LibraryLines, redacted

if TYPE_CHECKING:
    from orchestrator.settings import Settings


def open_log(settings: Settings) -> None:
    """Structured lines on stderr, so that stdout stays for what was asked; those of libraries look the same.

    No line leaves without `redacted`: what people and providers wrote stays out of logs.
    """
    level = getattr(logging, settings.log_level.upper())
    ending = (structlog.processors.TimeStamper(fmt="iso", utc=True), redacted)
    render = (
        structlog.dev.ConsoleRenderer()
        if sys.stderr.isatty()
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    libraries = logging.StreamHandler(sys.stderr)
    libraries.setFormatter(LibraryLines(ending, render))
    logging.basicConfig(level=max(level, logging.WARNING), handlers=[libraries])
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(cast("TextIO", _LossyStderr())),
        processors=[structlog.contextvars.merge_contextvars, structlog.processors.add_log_level, *ending, render],
        cache_logger_on_first_use=True,
    )


class _LossyStderr:
    """Where it goes to may be a file on a full disk: a line that cannot be written fails nobody's work."""

    def write(self, line: str) -> None:
        with contextlib.suppress(OSError):
            sys.stderr.write(line)

    def flush(self) -> None:
        with contextlib.suppress(OSError):
            sys.stderr.flush()
