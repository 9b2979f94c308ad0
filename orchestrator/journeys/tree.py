"""A journey as people read it: each step in a few words, and the ways that part from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from orchestrator.journeys import steps as kinds
from orchestrator.journeys.run import TRIGGER

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from orchestrator.journeys.model import Journey, Trigger
    from orchestrator.journeys.steps import Step, Wait


@dataclass(frozen=True, slots=True)
class Way:
    """Steps that part from a step. `kind` says why somebody goes it, `about` on what terms.

    Aside: they happen while the run stands where it is. Otherwise they lead on to what follows; without any step the
    way goes there at once.
    """

    kind: str
    about: str
    nodes: tuple[Node, ...]
    aside: bool = False


@dataclass(frozen=True, slots=True)
class Node:
    """A step (or, first of all, a trigger): its id, its kind, what it is about, and its ways."""

    step: str
    kind: str
    about: str
    ways: tuple[Way, ...] = ()

    @property
    def asides(self) -> tuple[Way, ...]:
        """What happens beside it."""
        return tuple(way for way in self.ways if way.aside)

    @property
    def ahead(self) -> tuple[Way, ...]:
        """The ways on; none where there is only what follows."""
        return tuple(way for way in self.ways if not way.aside)


def trees_of(journey: Journey) -> tuple[tuple[Node, ...], ...]:
    """Each trigger with the steps that follow it."""
    return tuple((_trigger(trigger), *_nodes(steps)) for trigger, steps in journey.beginnings())


def wait_words(wait: Wait) -> str:
    """How long a wait is, as the file says it: `2bd`, `1d → 10:00 (mon, tue)`."""
    length = wait.duration or (f"{wait.business_days}bd" if wait.business_days is not None else "")
    days = f"({', '.join(wait.days)})" if wait.days else ""
    return " ".join(filter(None, (length, "→" if length and (wait.until or days) else "", wait.until or "", days)))


def _trigger(trigger: Trigger) -> Node:
    if trigger.schedule is not None:
        return Node(TRIGGER, "schedule", f"{trigger.schedule} · {trigger.segment}")
    if trigger.enters is not None:
        return Node(TRIGGER, "enters", " · ".join(filter(None, (trigger.enters, trigger.when))))
    return Node(TRIGGER, "quiet" if trigger.quiet_for else "trigger", " · ".join(
        filter(None, (trigger.event, trigger.quiet_for, trigger.when))
    ))  # fmt: skip


def _nodes(steps: Sequence[Step]) -> tuple[Node, ...]:
    return tuple(_node(step, kinds.kind_of(step) or "") for step in steps)


def _node(step: Step, kind: str) -> Node:
    return Node(step.id, kind, _ABOUT[kind](step) if kind in _ABOUT else "", tuple(_ways(step)))


# Kind of a step → what it is about. Where the way parts, its ways say that.
_ABOUT: Mapping[str, Callable[[Any], str]] = {
    "send": lambda step: step.send,
    "wait": lambda step: wait_words(step.wait),
    "wait_for": lambda step: step.wait_for.event,
    "watch": lambda step: " · ".join(one.event for one in step.watch.until) or step.watch.duration,
    "update": lambda step: ", ".join(step.update),
    "emit": lambda step: step.emit.event,
    "alert": lambda step: step.alert.team,
    "handoff": lambda step: step.handoff.team,
    "exit": lambda step: step.exit,
}


def _ways(step: Step) -> Sequence[Way]:
    match step:
        case kinds.BranchStep():
            arms = [Way("when" if arm.when else "otherwise", arm.when or "", _nodes(arm.steps)) for arm in step.branch]
            return arms if step.branch[-1].otherwise else [*arms, Way("otherwise", "", ())]
        case kinds.SplitStep():
            total = sum(share.weight for share in step.split.values())
            return [
                Way("share", f"{name} {share.weight / total:.0%}", _nodes(share.steps))
                for name, share in step.split.items()
            ]
        case kinds.WaitForStep(wait_for=waits):
            late = Way("timeout", wait_words(waits.timeout) if waits.timeout else "", _nodes(waits.on_timeout), True)
            return [*([late] if late.nodes else []), *_given_up(waits.then, waits.give_up)]
        case kinds.WatchStep(watch=watch):
            reactions = [
                Way("react", " · ".join(filter(None, (one.event, one.debounce))), _nodes(one.steps), True)
                for one in watch.react
            ]
            return [*reactions, *_given_up(watch.then, watch.duration)]
    return []


def _given_up(then: Sequence[Step] | None, after: str) -> Sequence[Way]:
    """Two ways where there is one without what was waited for."""
    return [Way("met", "", ()), Way("given_up", after, _nodes(then))] if then else []
