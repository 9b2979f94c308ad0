"""What the words of a journey can read at a place: names, and who brings them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.check.reach import attributes_of, reaches
from orchestrator.check.ways import brought_on
from orchestrator.documents.wording import either
from orchestrator.domain.errors import did_you_mean, mark, surely_meant
from orchestrator.expressions import FUNCTIONS as COMMON
from orchestrator.journeys.conditions import FUNCTIONS as OWN

if TYPE_CHECKING:
    from orchestrator.check.ways import Here
    from orchestrator.project import Survey
    from orchestrator.schema import VariableType

FACTS = "facts."


@dataclass(frozen=True, slots=True)
class Unknown:
    """A name that is not known at a place: what is said about it, and what can be done. Both are templates."""

    message: str
    help: str
    params: dict[str, object]


@dataclass(frozen=True, kw_only=True)
class Scope:
    """One place of a journey, and what is known there.

    `plain`: only the event, the objects and the customer are read, as by what an alert or an event of ours says.
    """

    survey: Survey
    here: Here
    plain: bool = False

    @property
    def functions(self) -> tuple[str, ...]:
        """What a condition may call."""
        return COMMON if self.plain else (*COMMON, *OWN)

    @property
    def brought(self) -> frozenset[str]:
        """What the events bring that can have moved the run here, on any way."""
        return frozenset[str]().union(*(brought_on(way, self.survey.events) for way in self.here.ways))

    @property
    def events(self) -> tuple[str, ...]:
        """Types of the events that can have moved it last."""
        return tuple(dict.fromkeys(way.event for way in self.here.ways if way.event is not None))

    def unknown(self, path: str) -> Unknown | None:
        """What is wrong with reading a name here; None when somebody brings it."""
        root = path.partition(".")[0]
        if root == "customer":
            return self._of_customer(path)
        if not self.plain:
            if root == "now":
                return None
            if root == "facts":
                return self._of_facts(path)
            if root == "steps":
                return self._of_steps(path)
        brought = self.brought
        if path in self._whole() or reaches(path, brought):
            return None
        return self._not_brought(path, brought)

    def types(self, path: str) -> frozenset[VariableType]:
        """The types that a value may have, as events declare them; none where nobody does."""
        root, _, name = path.partition(".")
        events = self.survey.events
        if root == "event":
            declaring = [events[event].model for event in self.events if event in events]
        else:
            declaring = [read.model for read in events.values() if read.model.updates == root]
        return frozenset(model.data[name].type for model in declaring if name in model.data)

    def types_of_event(self, path: str) -> frozenset[str] | None:
        """What `event.type` and `steps.<id>.event.type` can be; None for any other path."""
        if path == "event.type":
            return frozenset(self.events)
        parts = path.split(".")
        if parts[0] == "steps" and parts[2:] == ["event", "type"]:
            return self.here.waits.get(parts[1])
        return None

    def _whole(self) -> frozenset[str]:
        """Things that may be named themselves, as in `has(event.code)` or `size(order)`."""
        return frozenset({"event"} if self.events else ()).union(*(way.kinds for way in self.here.ways))

    def _of_customer(self, path: str) -> Unknown | None:
        """What a customer may have is the shop's own and declared nowhere, so only a misspelt name is told."""
        known = attributes_of(self.survey)
        meant = "" if path == "customer" or reaches(path, known) else surely_meant(path, known)
        if not meant:
            return None
        return Unknown(
            mark('No customer has "{path}"{hint}'),
            mark("Correct it, or give it to a persona in templates/personas/, which shows that customers have it."),
            {"path": path, "hint": did_you_mean(path, [meant])},
        )

    def _of_facts(self, path: str) -> Unknown | None:
        known = {FACTS + one for one in self.survey.sheet.known_paths()}
        if path in known or any(one.startswith(f"{path}.") for one in known):
            return None
        return Unknown(
            mark('There is no fact "{path}"{hint}'),
            mark("Facts are declared in templates/facts/."),
            {"path": path, "hint": did_you_mean(path, known)},
        )

    def _of_steps(self, path: str) -> Unknown | None:
        waits = self.here.waits
        _, _, rest = path.partition(".")
        step, _, inside = rest.partition(".")
        if step not in waits:
            return Unknown(
                mark('"{path}": no wait called "{step}" lies behind this place{hint}'),
                mark("Waits behind it: {waits}.") if waits else mark("A run has not waited for anything yet here."),
                {"path": path, "step": step, "hint": did_you_mean(step, waits), "waits": ", ".join(waits)},
            )
        events = [self.survey.events[event].model for event in sorted(waits[step]) if event in self.survey.events]
        known = {f"event.{name}" for model in events for name in ("type", *model.data)}
        if inside in ("", "event") or reaches(inside, frozenset(known)):
            return None
        return Unknown(
            mark('"{path}" is not brought by {event}{hint}'),
            mark("The wait ends with: {brought}."),
            {
                "path": path,
                "event": _listed(tuple(sorted(waits[step]))),
                "hint": did_you_mean(path, {f"steps.{step}.{one}" for one in known}),
                "brought": ", ".join(sorted(known)),
            },
        )

    def _not_brought(self, path: str, brought: frozenset[str]) -> Unknown:
        survey, root = self.survey, path.partition(".")[0]
        known = brought | attributes_of(survey)
        if not self.plain:
            known |= {"now"} | {FACTS + one for one in survey.sheet.known_paths()}
        params: dict[str, object] = {"path": path, "hint": did_you_mean(path, known)}
        if not self.events:
            return Unknown(
                mark('"{path}" is not known: a schedule or a segment brings no event and no object{hint}'),
                mark("Read customer, facts or now, or wait for an event first."),
                params,
            )
        kinds = sorted(frozenset[str]().union(*(way.kinds for way in self.here.ways)))
        near = sorted(name for name in brought if name.startswith(f"{root}."))
        return Unknown(
            mark('"{path}" is not brought by {event}{hint}'),
            mark("{event} brings: {brought}. Further fields are declared under data in {file}."),
            params
            | {
                "event": _listed(self.events),
                "brought": ", ".join(near or [f"{kind}.id" for kind in kinds] or sorted(brought)),
                "file": survey.events[self.events[0]].document.file if len(self.events) == 1 else "templates/events/",
            },
        )


def declared(survey: Survey, events: frozenset[str]) -> bool:
    """Whether all these events are: what an unknown one brings cannot be told, and that it is unknown is."""
    return all(event in survey.events for event in events)


def _listed(events: tuple[str, ...]) -> str:
    return either(events)
