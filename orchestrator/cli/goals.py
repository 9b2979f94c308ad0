"""`jogral goals`: what each journey is for, and how many of those who went through it got there."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestrator.cli.help import Command
from orchestrator.cli.ledger import open_ledger, running_release
from orchestrator.cli.session import session_of
from orchestrator.cli.terminal import BAD, DIM, STRONG
from orchestrator.cli.workplace import open_project
from orchestrator.domain.errors import InputError, NotFound, did_you_mean
from orchestrator.schema import parse_duration
from orchestrator.translations import mark

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from orchestrator.cli.terminal import Terminal
    from orchestrator.domain.time import Instant
    from orchestrator.journeys.comparing import Comparison, Way
    from orchestrator.journeys.model import Goal, Journey
    from orchestrator.release import Release
    from orchestrator.store.port import Achieved, Transaction

app = typer.Typer(add_completion=False)

_ENTERED = {True: mark("1 entered, {reached} of them reached it"), False: mark("{runs} entered, {reached} reached it")}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Result:
    """A journey with a goal, and what came of it: of all runs, by (message, channel), and by the ways of its tests."""

    journey: "Journey"
    goal: "Goal"
    whole: "Achieved"
    by_message: "Mapping[tuple[str, str], Achieved]"
    tests: "Sequence[Comparison]"


@app.command(cls=Command)
def goals(
    context: typer.Context,
    journey: Annotated[
        str, typer.Argument(metavar="JOURNEY", help="One journey; without it, all that have a goal.")
    ] = "",
    last: Annotated[
        str, typer.Option("--last", metavar="DURATION", help="Runs that began in the last so long, such as 30d.")
    ] = "",
) -> None:
    """Count who entered each journey, who reached its goal in time, and who did after each message and channel."""
    session = session_of(context)
    project = open_project(session)
    with open_ledger(project) as opened:
        wanted = _wanted(running_release(opened, project), journey)
        with opened.store.read() as transaction:
            now = transaction.ledger.clock().now(opened.clock.now())
            found = [_result(transaction, one, _since(last, now), now) for one in wanted]
    session.terminal.document("goals", items=[_document(one) for one in found if one is not None])
    _tell(session.terminal, [one for one in found if one is not None])


# --- what is asked ----------------------------------------------------------------------------------------------------


def _wanted(release: "Release", name: str) -> list["Journey"]:
    if not name:
        return [one for _, one in sorted(release.journeys.items()) if one.goal is not None]
    if name not in release.journeys:
        raise NotFound(
            'There is no journey "{name}"{hint}',
            remedy="What runs is the release that was applied last, not what the files say.",
            code="unknown_journey", name=name, hint=did_you_mean(name, release.journeys),
        )  # fmt: skip
    if release.journeys[name].goal is None:
        raise InputError(
            'Journey "{name}" has no goal.',
            remedy="Say in its file what it is for: `goal: {{event: order.placed, within: 7d}}`.",
            code="usage", name=name,
        )  # fmt: skip
    return [release.journeys[name]]


def _since(last: str, now: "Instant") -> "Instant":
    try:
        return now - parse_duration(last).milliseconds if last else 0
    except (ValueError, KeyError) as error:  # a KeyError: business days
        raise InputError(
            '"{text}" is not a duration.', remedy="Write 12h, 30d or 4w.", code="usage", text=last
        ) from error


def _result(transaction: "Transaction", journey: "Journey", since: "Instant", now: "Instant") -> _Result | None:
    from orchestrator.journeys.comparing import compared, is_compared

    goal = journey.goal
    if goal is None:
        return None
    return _Result(
        journey=journey,
        goal=goal,
        whole=transaction.goals.achieved(journey.id, since=since, within=goal.milliseconds, now=now),
        by_message=transaction.goals.achieved_by(journey.id, since=since),
        tests=compared(journey, transaction.goals.runs(journey.id, since=since)) if is_compared(journey) else (),
    )


# --- what is answered -------------------------------------------------------------------------------------------------


def _document(one: _Result) -> dict[str, Any]:
    return {
        "journey": one.journey.id,
        "event": one.goal.event,
        "within": one.goal.within,
        "entered": one.whole.runs,
        "reached": one.whole.reached,
        "open": one.whole.open,
        "rate": _rate(one.whole),
        "messages": [
            {"message": message, "channel": channel, "told": by.runs, "reached": by.reached, "rate": _rate(by)}
            for (message, channel), by in one.by_message.items()
        ],
        "tests": [_document_of(test) for test in one.tests],
    }


def _document_of(test: "Comparison") -> dict[str, Any]:
    """Until it is ready, what the ways reached is left out here as well: whoever reads it would stop at a lead."""
    told = test.is_ready and not test.is_uneven
    return {
        "step": test.step,
        "hypothesis": test.hypothesis,
        "minimum": test.minimum,
        "ready": test.is_ready,
        "uneven": test.is_uneven,
        "ways": [
            {
                "name": way.name,
                "weight": way.weight,
                "runs": way.runs,
                "reached": way.reached if told else None,
                "rate": _rate(way) if told else None,
            }
            for way in test.ways
        ],
    }


def _rate(achieved: "Achieved | Way") -> float | None:
    return None if achieved.share is None else round(achieved.share, 4)


def _tell(terminal: "Terminal", found: list[_Result]) -> None:
    if not found:
        terminal.say(
            "No journey has a goal yet. A goal is said in its file: `goal: {{event: order.placed, within: 7d}}`."
        )
    for one in found:
        within = terminal.words("{event} within {time}", event=one.goal.event, time=one.goal.within)
        terminal.show((one.journey.id, STRONG), (f"  {within}", DIM))
        words = terminal.words(_ENTERED[one.whole.runs == 1], runs=one.whole.runs, reached=one.whole.reached)
        terminal.show(f"  {words}{_percent(one.whole)}", _still(terminal, one.whole.open))
        for (message, channel), by in one.by_message.items():
            told = terminal.words("{runs} told, {reached} reached it after", runs=by.runs, reached=by.reached)
            terminal.show(f"    {message:<28} {channel:<9} {told}{_percent(by)}")
        for test in one.tests:
            _tell_test(terminal, test)


def _tell_test(terminal: "Terminal", test: "Comparison") -> None:
    terminal.show("    ", (test.step, STRONG), (f"  {test.hypothesis}", DIM))
    for way in test.ways:
        words = terminal.words(_WAY, weight=way.weight, runs=way.runs)
        if test.is_ready and not test.is_uneven:
            reached = terminal.words("{reached} reached it", reached=way.reached)
            words = f"{words}, {reached}{_percent(way)}"
        terminal.show(f"      {way.name:<26} {words}")
    if test.is_uneven:
        terminal.show("      ", (terminal.translate(_UNEVEN), BAD))
    elif not test.is_ready:
        terminal.say(_NOT_YET, minimum=test.minimum)


_WAY = mark("weight {weight}: {runs} runs")
_UNEVEN = mark("More went one way than chance explains: nothing can be concluded. Were weights changed meanwhile?")
_NOT_YET = mark("      What they reached is told when each way has had {minimum} runs.")


def _percent(achieved: "Achieved | Way") -> str:
    return "" if achieved.share is None else f" ({100 * achieved.share:.1f} %)"


def _still(terminal: "Terminal", still: int) -> tuple[str, str]:
    return (terminal.words("; {open} may still", open=still) if still else "", DIM)
