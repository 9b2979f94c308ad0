"""What `jogral simulate` shows: what was taken for usual, and what came of it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from orchestrator.cli.channel_names import NAMES
from orchestrator.cli.terminal import DIM, STRONG
from orchestrator.domain.customer import Channel
from orchestrator.domain.delivery import State
from orchestrator.domain.time import moment
from orchestrator.journeys.run import TRIGGER, Ending
from orchestrator.reasons import reason
from orchestrator.simulation.habits import Role
from orchestrator.translations import mark

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.cli.terminal import Terminal
    from orchestrator.simulation.habits import Habit
    from orchestrator.simulation.simulate import Play
    from orchestrator.simulation.tally import Tally

BAR = 40
"""The longest bar of the hours."""

_ROLES: Mapping[Role, str] = {
    Role.BEGINS: mark("{name}: {times}x for each person"),
    Role.SEGMENT: mark("{name}: {percent} of them are in this segment"),
    Role.ENTERS: mark("{name}: each person enters this segment {times}x"),
    Role.MOVES: mark("{name}: {percent} of those whom it can happen to, after {hours} hours on the average"),
    Role.REACTS: mark("{name}: {percent} of those who wait for something else, after {hours} hours on the average"),
    Role.LEAVES: mark("{name}: {percent} of those who began, after {hours} hours on the average"),
}
_ENDINGS: Mapping[str, str] = {
    Ending.FINISHED.value: mark("came to the end"),
    Ending.EXIT_STEP.value: mark("left at an exit step"),
    Ending.EXIT_EVENT.value: mark("left by an event"),
    Ending.GIVEN_UP.value: mark("waited in vain"),
    Ending.NOT_ENTERED.value: mark("did not enter after all"),
}


def document_of(play: Play, tally: Tally, *, real: bool) -> dict[str, Any]:
    """The body of the document: the same bytes from the same arguments."""
    return {
        "customers": tally.customers,
        "real": real,
        "days": play.days,
        "from": _first_day(play),
        "seed": play.seed,
        "habits": [
            *({"name": one.name, "role": one.role.value, "share": one.share, "hours": one.hours}
              for one in play.habits),
            {"name": "opens", "role": "opens", "share": play.opened, "hours": 0.0},
        ],
        "events": _sorted(tally.events),
        "journeys": [_journey(play, tally, journey.id) for journey in play.journeys],
        "requested": tally.requests.total(),
        "requests": [
            {"message": message, "state": state, "reason": why, "count": count}
            for (message, state, why), count in sorted(tally.requests.items())
        ],
        "sent": {
            "total": tally.sent.total(),
            "by_channel": _sorted(_summed(tally.sent, 1)),
            "by_message": [
                {"message": message, "channel": channel, "count": count}
                for (message, channel), count in sorted(tally.sent.items())
            ],
            "by_hour": [tally.hours[hour] for hour in range(24)],
            "by_day": _sorted(tally.days),
        },
        "put_off": _sorted(tally.put_off),
        "caps": _sorted(tally.caps),
        "alerts": tally.alerts,
        "handoffs": tally.handoffs,
    }  # fmt: skip


def show(terminal: Terminal, play: Play, tally: Tally, *, real: bool) -> None:
    """The same for people."""
    whose = mark("{count} customers of the ledger") if real else mark("{count} customers made after the personas")
    terminal.say(
        "{who}, {days} days from {day}, seed {seed}",
        who=terminal.words(whose, count=_number(tally.customers)), days=play.days, day=_first_day(play), seed=play.seed,
    )  # fmt: skip
    _head(terminal, mark("What is taken for usual"))
    for habit in play.habits:
        terminal.show("  ", _said(terminal, habit))
    terminal.show("  ", terminal.words("{percent} of what is sent is opened", percent=_percent(play.opened)))
    for journey in play.journeys:
        _show_journey(terminal, _journey(play, tally, journey.id))
    _show_requests(terminal, tally)
    _show_hours(terminal, tally)
    _show_reasons(terminal, mark("Put off (decisions, not requests)"), tally.put_off)
    _show_reasons(terminal, mark("Frequency caps that stood in the way"), tally.caps)
    if tally.alerts or tally.handoffs:
        terminal.show("")
        terminal.say(
            "{alerts} alerts to teams, {handoffs} customers handed to a person",
            alerts=_number(tally.alerts), handoffs=_number(tally.handoffs),
        )  # fmt: skip


def _journey(play: Play, tally: Tally, journey_id: str) -> dict[str, Any]:
    """How its runs came out. Positions are in the order of its steps."""
    journey = next(one for one in play.journeys if one.id == journey_id)
    places = [TRIGGER, *(step.id for step in journey.all_steps())]
    endings = {ending: count for (of, ending), count in sorted(tally.endings.items()) if of == journey_id}
    inside = {step: tally.inside[journey_id, step] for step in places if tally.inside[journey_id, step]}
    return {
        "id": journey_id,
        "begun": tally.begun[journey_id],
        "goals": tally.goals[journey_id] if journey.goal is not None else None,
        "ended": endings,
        "inside": inside,
    }


def _show_journey(terminal: Terminal, found: Mapping[str, Any]) -> None:
    terminal.show("")
    goal = ""
    if found["goals"] is not None and found["begun"]:
        share = _percent(found["goals"] / found["begun"])
        goal = terminal.words(", {goals} reached the goal ({share})", goals=_number(found["goals"]), share=share)
    begun = terminal.words("begun {count} times", count=_number(found["begun"]))
    terminal.show((found["id"], STRONG), f"  {begun}{goal}")
    for ending, count in found["ended"].items():
        terminal.show(f"  {_number(count):>10}  ", terminal.translate(_ENDINGS.get(ending, ending)))
    for step, count in found["inside"].items():
        terminal.show(f"  {_number(count):>10}  ", terminal.words("are still inside, at {step}", step=step))


def _show_requests(terminal: Terminal, tally: Tally) -> None:
    _head(terminal, mark("What became of each request"))
    by_message: dict[str, list[tuple[int, str, str]]] = {}
    for (message, state, why), count in tally.requests.items():
        by_message.setdefault(message, []).append((count, state, why))
    for message, rows in sorted(by_message.items()):
        terminal.show("  ", (message, STRONG), f"  {_number(sum(count for count, _, _ in rows))}")
        for count, state, why in sorted(rows, key=lambda row: (-row[0], row[1:])):
            if state == State.SENT.value:
                _show_sent(terminal, tally, message)
            else:
                sentence = reason(State(state), why, terminal.translate).sentence
                terminal.show(f"  {_number(count):>10}  ", sentence, (f"  {state} {why}".rstrip(), DIM))


def _show_sent(terminal: Terminal, tally: Tally, message: str) -> None:
    for channel in Channel:
        if count := tally.sent[message, channel.value]:
            sent = terminal.words("sent on {channel}", channel=terminal.translate(NAMES[channel]))
            terminal.show(f"  {_number(count):>10}  ", sent)


def _show_hours(terminal: Terminal, tally: Tally) -> None:
    if not tally.hours:
        return
    _head(terminal, mark("Sent by the hour on the customer's clock"))
    most = max(tally.hours.values())
    for hour in range(24):
        if count := tally.hours[hour]:
            terminal.show(f"  {hour:02d}  {'█' * max(1, round(count / most * BAR)):<{BAR}}  {_number(count):>10}")


def _show_reasons(terminal: Terminal, heading: str, counts: Counter[str]) -> None:
    if counts:
        _head(terminal, heading)
        for name, count in sorted(counts.items(), key=lambda one: (-one[1], one[0])):
            terminal.show(f"  {_number(count):>10}  {name}")


def _head(terminal: Terminal, heading: str) -> None:
    terminal.show("")
    terminal.show((terminal.translate(heading), STRONG))


def _said(terminal: Terminal, habit: Habit) -> str:
    return terminal.words(
        _ROLES[habit.role],
        name=habit.name, times=f"{habit.share:g}", percent=_percent(habit.share), hours=f"{habit.hours:g}",
    )  # fmt: skip


def _first_day(play: Play) -> str:
    return moment(play.start, play.zone).date().isoformat()


def _summed(counts: Counter[tuple[str, str]], place: int) -> Counter[str]:
    found: Counter[str] = Counter()
    for key, count in counts.items():
        found[key[place]] += count
    return found


def _sorted(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items()))


def _number(count: int) -> str:
    return f"{count:,}"


def _percent(share: float) -> str:
    return f"{share * 100:g} %" if share * 100 == round(share * 100) else f"{share * 100:.1f} %"
