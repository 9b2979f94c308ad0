"""What a journey does, step by step in sentences: a list in Markdown, with lists in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orchestrator.journeys import steps as kinds
from orchestrator.playbook.markdown import code, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from orchestrator.journeys.steps import Step
    from orchestrator.playbook.names import Names

INDENT = "    "


def told(names: Names, steps: Sequence[Step], indent: str = "") -> Iterator[str]:
    """Line by line."""
    for number, step in enumerate(steps, start=1):
        sentence = _SENTENCES[kinds.kind_of(step) or ""](names, step)
        yield f"{indent}{number}. {code(step.id)}: {sentence}"
        for terms, inside, onward in _ways(names, step):
            yield from _way(names, terms, inside, onward, indent + INDENT)


# --- one step ---------------------------------------------------------------------------------------------------------


def _send(names: Names, step: kinds.SendStep) -> str:
    translate, words = names.words.translate, names.words
    said = translate("say {message} {channels}", message=names.message(step.send),
                     channels=words.channels(step.channels))  # fmt: skip
    late = translate("; too late after {time}", time=words.duration(step.window)) if step.window else ""
    passing = translate("; may pass quiet hours and caps") if step.priority == "high" else ""
    return said + late + passing


def _wait(names: Names, step: kinds.WaitStep) -> str:
    return names.words.translate("wait {time}", time=names.words.wait(step.wait))


def _wait_for(names: Names, step: kinds.WaitForStep) -> str:
    waits = step.wait_for
    return names.words.translate("wait until {event} happens", event=names.event(waits.event)) + names.where(waits.when)


def _watch(names: Names, step: kinds.WatchStep) -> str:
    until = names.words.either(names.awaited(one) for one in step.watch.until)
    if not until:
        return names.words.translate("watch for {time}", time=names.words.duration(step.watch.duration))
    return names.words.translate("watch until {event} happens", event=until)


def _branch(names: Names, _step: kinds.BranchStep) -> str:
    return names.words.translate("part by what is true")


def _split(names: Names, _step: kinds.SplitStep) -> str:
    return names.words.translate("part by chance, the same customer always the same way")


def _update(names: Names, step: kinds.UpdateStep) -> str:
    translate = names.words.translate
    return names.words.both(
        translate("take {field} out of the profile", field=code(path)) if value is None
        else translate("set {field} to {value}", field=code(path), value=code(str(value)))
        for path, value in step.update.items()
    )  # fmt: skip


def _emit(names: Names, step: kinds.EmitStep) -> str:
    event = names.event(step.emit.event)
    return names.words.translate("say that {event} happened, which other journeys may hear", event=event)


def _alert(names: Names, step: kinds.AlertStep) -> str:
    team, text = plain(step.alert.team), code(step.alert.message)
    return names.words.translate("tell the team {team}: {text}", team=team, text=text)


def _handoff(names: Names, step: kinds.HandoffStep) -> str:
    handoff = step.handoff
    sentence = names.words.translate(
        "hand the customer to the team {team}; marketing waits until {event} happens, at most {time}",
        team=plain(handoff.team), event=names.event(handoff.closed_by), time=names.words.duration(handoff.at_most),
    )  # fmt: skip
    return f"{sentence} ({plain(handoff.reason)})" if handoff.reason else sentence


def _exit(names: Names, step: kinds.ExitStep) -> str:
    return names.words.translate("the journey ends here: {text}", text=plain(step.exit))


_SENTENCES: Mapping[str, Callable[[Names, Any], str]] = {
    "send": _send,
    "wait": _wait,
    "wait_for": _wait_for,
    "watch": _watch,
    "branch": _branch,
    "split": _split,
    "update": _update,
    "emit": _emit,
    "alert": _alert,
    "handoff": _handoff,
    "exit": _exit,
}

# --- the ways that part from it ---------------------------------------------------------------------------------------

Way = tuple[str, "Sequence[Step]", bool]
"""On what terms, what happens, and whether the journey goes on after it: else it is over."""


def _ways(names: Names, step: Step) -> Iterator[Way]:
    translate, duration = names.words.translate, names.words.duration
    match step:
        case kinds.BranchStep():
            for arm in step.branch:
                yield (
                    translate("if {condition}", condition=code(arm.when)) if arm.when else translate("otherwise"),
                    arm.steps,
                    True,
                )
            if not step.branch[-1].otherwise:
                yield translate("otherwise"), (), True
        case kinds.SplitStep():
            total = sum(share.weight for share in step.split.values())
            for name, share in step.split.items():
                yield f"{code(name)}, {share.weight / total:.0%}", share.steps, True
        case kinds.WaitForStep(wait_for=waits):
            if waits.timeout is not None and waits.on_timeout:
                late = names.words.wait(waits.timeout)
                yield translate("once, if it did not happen after {time}", time=late), waits.on_timeout, True
            in_vain = translate("if it does not happen within {time}", time=duration(waits.give_up))
            yield in_vain, waits.then or (), waits.then is not None
        case kinds.WatchStep(watch=watch):
            for one in watch.react:
                calm = translate(", once it was calm for {time}", time=duration(one.debounce)) if one.debounce else ""
                each = translate("each time that {event} happens", event=names.event(one.event))
                yield each + names.where(one.when) + calm, one.steps, True
            over = translate("when {time} are over", time=duration(watch.duration))
            yield over, watch.then or (), watch.then is not None


def _way(names: Names, terms: str, steps: Sequence[Step], onward: bool, indent: str) -> Iterator[str]:
    if steps:
        yield f"{indent}- {terms}:"
        yield from told(names, steps, indent + INDENT)
        return
    translate = names.words.translate
    ends = translate("goes on with the next step") if onward else translate("the journey is over")
    yield f"{indent}- {terms}: {ends}"
