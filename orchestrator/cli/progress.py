"""How far a long piece of work is: a bar on stderr, or a line now and then where nobody watches."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from orchestrator.translations import mark

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from orchestrator.cli.session import Session
    from orchestrator.cli.terminal import Terminal

# Where nobody watches a bar, a line tells how far it is.
LINE_SECONDS = 10.0

STAGES = {
    "read": mark("Reading rows"),
    "play": mark("Playing events"),
    "import": mark("Importing customers"),
    "live": mark("Simulating customers"),
    "foresee": mark("Deciding for each customer"),
    "campaign": mark("Asking for messages"),
}


@contextmanager
def progress_of(session: Session) -> Iterator[Callable[[str, int, int], None]]:
    """Called with stage, done and total (0: not known)."""
    terminal = session.terminal
    if not terminal.err.is_terminal:
        yield _lines(terminal)
        return
    bars: dict[str, TaskID] = {}
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=terminal.err, transient=True) as shown:

        def show(stage: str, done: int, total: int) -> None:
            if stage not in bars:
                bars[stage] = shown.add_task(terminal.words(STAGES[stage]), total=None)
            shown.update(bars[stage], completed=done, total=total or None)

        yield show


def _lines(terminal: Terminal) -> Callable[[str, int, int], None]:
    said_at = time.monotonic()

    def show(stage: str, done: int, total: int) -> None:
        nonlocal said_at
        if time.monotonic() - said_at >= LINE_SECONDS:
            said_at = time.monotonic()
            terminal.note(
                "{stage}: {done} of {total}", stage=terminal.words(STAGES[stage]), done=done, total=total or "?"
            )

    return show
