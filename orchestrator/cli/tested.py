"""What `jogral test` shows: a line for each case, and where one failed, what came instead and the way to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.text import Text

from orchestrator.cli.terminal import BAD, DIM, GOOD, STRONG
from orchestrator.domain.time import rfc3339
from orchestrator.scenarios.times import after_start
from orchestrator.simulation.story import hour

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.cli.terminal import Terminal
    from orchestrator.domain.errors import Phrase
    from orchestrator.simulation.judging import Miss
    from orchestrator.simulation.rehearsal import Rehearsed
    from orchestrator.simulation.trials import Trial, Tried

NAME_MAX = 76
"""A longer name moves what follows it, and nothing else."""

_DAY_MS = 24 * 3_600_000


class Sheet:
    """The lines for people. `trace`: with the way of every case."""

    def __init__(self, terminal: Terminal, trials: Sequence[Trial], *, trace: bool) -> None:
        self._terminal, self._trace = terminal, trace
        self._count = len(trials)
        self._journey = max((len(one.scenario.journey) for one in trials), default=0)
        self._name = max((len(one.case.name) for one in trials if len(one.case.name) <= NAME_MAX), default=0)

    def line(self, number: int, trial: Trial, tried: Tried, seconds: float) -> None:
        """One case, as soon as it is over."""
        words, terminal = self._terminal.words, self._terminal
        verdict = (words("PASS"), GOOD) if tried.passed else (words("FAIL"), BAD)
        width = len(str(self._count))
        head = f"{number:>{width}}/{self._count}  {trial.scenario.journey:<{self._journey}}  "
        terminal.show(head, f"{trial.case.name:<{self._name}}  ", verdict, f"  {seconds:.2f} s")
        if self._trace and tried.passed:
            self._way(tried.rehearsed)

    def failures(self, played: Sequence[tuple[Trial, Tried]]) -> None:
        """Each case that failed: what was expected, what came, and the way."""
        for trial, tried in played:
            if not tried.passed:
                self._failure(trial, tried)

    def summary(self, played: Sequence[tuple[Trial, Tried]], seconds: float) -> None:
        """How many passed, and how much time was lived through."""
        if not played:
            self._terminal.say("There are no scenarios yet: templates/scenarios/ holds them.")
            return
        days = sum(tried.rehearsed.end - tried.rehearsed.start for _, tried in played) / _DAY_MS
        passed = sum(tried.passed for _, tried in played)
        self._terminal.show("")
        self._terminal.say(
            "{passed} passed, {failed} failed in {seconds} s ({days} simulated days).",
            passed=passed,
            failed=len(played) - passed,
            seconds=f"{seconds:.1f}",
            days=round(days),
        )

    def _failure(self, trial: Trial, tried: Tried) -> None:
        terminal = self._terminal
        for miss in tried.misses:
            terminal.show("")
            head = f" {trial.scenario.journey} › "  # noqa: RUF001  # no one takes it for a comparison
            place = f"   {trial.file}:{trial.line(*miss.path)}"
            terminal.show((terminal.words("FAIL"), BAD), head, (trial.case.name, STRONG), place)
            labelled = [
                (terminal.words("expected"), [_expected(trial, miss)]),
                (terminal.words("got"), self._told(miss.got)),
                (terminal.words("because"), self._told(miss.because)),
            ]
            width = max(len(label) for label, _ in labelled)
            for label, told in labelled:
                for number, one in enumerate(told):
                    terminal.show((f"  {'' if number else label:<{width}}  ", DIM), one)
        terminal.show((f"  {terminal.words('the way')}", DIM))
        self._way(tried.rehearsed)

    def _way(self, rehearsed: Rehearsed) -> None:
        """Line by line; what happens at one instant stands under one hour."""
        last = None
        for beat in rehearsed.story:
            after = after_start(beat.at, rehearsed.start, rehearsed.zone)
            when = f"{after:<9} {hour(beat.at, rehearsed.zone)}"
            whose = Text(f"{beat.whose}  " if beat.whose else "", DIM)
            shown = when if beat.at != last else ""
            self._terminal.show((f"    {shown:<{len(when)}}  ", DIM), whose, beat.told.told(self._terminal.translate))
            last = beat.at

    def _told(self, phrases: Sequence[Phrase]) -> list[str]:
        return [one.told(self._terminal.translate) for one in phrases]


def trial_document(terminal: Terminal, trial: Trial, tried: Tried) -> dict[str, Any]:
    """The same for programs: the times are those of the case, and nothing says how long it took."""
    came = tried.rehearsed
    return {
        "journey": trial.scenario.journey,
        "scenario": trial.scenario.id,
        "case": trial.case.name,
        "file": trial.file,
        "line": trial.line(),
        "passed": tried.passed,
        "start": rfc3339(came.start, came.zone),
        "end": rfc3339(came.end, came.zone),
        "misses": [
            {
                "line": trial.line(*miss.path),
                "expected": _expected(trial, miss),
                "got": [one.told(terminal.translate) for one in miss.got],
                "because": [one.told(terminal.translate) for one in miss.because],
            }
            for miss in tried.misses
        ],
        "way": [
            {
                "at": after_start(beat.at, came.start, came.zone),
                "time": rfc3339(beat.at, came.zone),
                "whose": beat.whose,
                "what": beat.told.told(terminal.translate),
            }
            for beat in came.story
        ],
    }


def _expected(trial: Trial, miss: Miss) -> str:
    """The line of the file, as it is written there."""
    return _flow(trial.written(*miss.path)).removeprefix("{").removesuffix("}")


def _flow(value: Any) -> str:
    """A value as YAML says it on one line."""
    match value:
        case dict():
            return "{" + ", ".join(f"{key}: {_flow(one)}" for key, one in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(_flow, value)) + "]"
        case bool() | None:
            return {True: "true", False: "false", None: "null"}[value]
    return str(value)
