"""Named points where a test may end the process, as a power cut would: nothing after it happens, nothing is cleaned up.

`JOGRAL_FAULT_POINT=after_gate` ends it the first time that it passes there, `after_gate:7` the seventh. Without the
variable a point does nothing.
"""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

from orchestrator.domain.errors import ConfigurationError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

VARIABLE = "JOGRAL_FAULT_POINT"

POINTS = (
    "after_claim",
    "before_gate",
    "after_gate",
    "after_begin",
    "after_provider_accept",
    "before_settle",
    "after_settle",
    "after_accept",
    "after_fire",
    "after_call",
    "after_schedule",
    "after_look",
    "after_campaign",
    "after_apply",
    "before_import_commit",
)


def nowhere(_point: str) -> None:
    """The process goes on."""


def fault_points(environment: Mapping[str, str]) -> Callable[[str], None]:
    """What is called at each point. Raises ConfigurationError for a point that does not exist."""
    wanted = environment.get(VARIABLE, "")
    if not wanted:
        return nowhere
    name, _, written = wanted.partition(":")
    count = written or "1"
    if name not in POINTS or not count.isdecimal() or int(count) == 0:
        raise ConfigurationError(
            '{variable} names no fault point: "{wanted}"{hint}',
            remedy="Write one of {known}, and :7 after it for its seventh passage.",
            variable=VARIABLE,
            wanted=wanted,
            hint=did_you_mean(name, POINTS),
            known=", ".join(POINTS),
        )
    passages = iter(range(int(count), 0, -1))

    def end(point: str) -> None:
        if point == name and next(passages) == 1:
            os.kill(os.getpid(), signal.SIGKILL)

    return end
