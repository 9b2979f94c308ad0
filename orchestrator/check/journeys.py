"""JO120 and on: every step of a journey can be reached, keeps its past, and sends nothing twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.check.reach import beginning_at, steps_of
from orchestrator.check.rule import Rule
from orchestrator.domain.errors import mark
from orchestrator.domain.message import Purpose

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.check.wording import KeyPath
    from orchestrator.documents import Document
    from orchestrator.domain.errors import Finding
    from orchestrator.journeys.model import Journey, SendStep, Trigger
    from orchestrator.project import Read, Survey

_UNREACHED = Rule(
    code="JO120",
    level="error",
    title=mark("A trigger that can never fire"),
    why=mark("The first trigger whose event and condition fit decides: what stands after it is never asked."),
    bad="""\
triggers:
  - event: order.placed
    steps: [{id: confirmar, send: order_confirmed, channels: {all: [email]}}]
  - event: order.placed
    when: order.total >= 500.0
    steps: [{id: agradecer, send: order_thanks, channels: {all: [email]}}]
""",
    good="""\
triggers:
  - event: order.placed
    when: order.total >= 500.0
    steps: [{id: agradecer, send: order_thanks, channels: {all: [email]}}]
  - event: order.placed
    steps: [{id: confirmar, send: order_confirmed, channels: {all: [email]}}]
""",
)
_RENAMED_TO_ITSELF = Rule(
    code="JO121",
    level="error",
    title=mark("A step is renamed from the name that it has"),
    why=mark("`was` holds the old id of a renamed step, so that its counts and the people in it move along."),
    bad="""\
steps:
  - {id: avisar, was: avisar, send: order_shipped, channels: {all: [email]}}
""",
    good="""\
steps:
  - {id: avisar_envio, was: avisar, send: order_shipped, channels: {all: [email]}}
""",
)
_RENAMED_FROM_ANOTHER = Rule(
    code="JO122",
    level="error",
    title=mark("Two steps claim the same past"),
    why=mark("The people in a step can move along to one other step only, and not away from one that is still there."),
    bad="""\
steps:
  - {id: avisar, send: order_shipped, channels: {all: [email]}}
  - {id: avisar_envio, was: avisar, send: order_shipped, channels: {all: [sms]}}
""",
    good="""\
steps:
  - {id: avisar, send: order_shipped, channels: {all: [email]}}
  - {id: avisar_por_sms, send: order_shipped, channels: {all: [sms]}}
""",
)
_SENT_TWICE = Rule(
    code="JO123",
    level="error",
    title=mark("One event sends the same message twice on a channel"),
    why=mark("The customer would read the same words twice, a moment apart."),
    bad="""\
steps:
  - {id: confirmar, send: order_confirmed, channels: {all: [email]}}
  - {id: reforcar,  send: order_confirmed, channels: {first_reachable: [email, sms]}}
""",
    good="""\
steps:
  - {id: confirmar, send: order_confirmed, channels: {all: [email, sms]}}
""",
)
_WAITS_FOR_NOTHING = Rule(
    code="JO130",
    level="warn",
    title=mark("Steps that wait for nothing"),
    why=mark(
        "An entry key admits one run, for ever: after the first event of an order, the journey's other events about "
        "that order start nothing, and their steps are not reached."
    ),
    bad="""\
entry: {key: order.id}
triggers:
  - event: order.placed
    steps: [{id: confirmar, send: order_confirmed, channels: {all: [email]}}]
  - event: order.cancelled
    steps: [{id: lamentar, send: order_cancelled, channels: {all: [email]}}]
""",
    good="""\
# no entry: each event is a run of its own
triggers:
  - event: order.placed
    steps: [{id: confirmar, send: order_confirmed, channels: {all: [email]}}]
  - event: order.cancelled
    steps: [{id: lamentar, send: order_cancelled, channels: {all: [email]}}]
""",
)
_URGENT_MARKETING = Rule(
    code="JO140",
    level="error",
    title=mark("Marketing with high priority"),
    why=mark("High priority may pass quiet hours and frequency caps, and marketing never may."),
    bad="""\
steps:
  - {id: oferta, send: cart_offer, channels: {all: [email]}, priority: high}
""",
    good="""\
steps:
  - {id: oferta, send: cart_offer, channels: {all: [email]}}
""",
)

RULES = (
    _UNREACHED,
    _RENAMED_TO_ITSELF,
    _RENAMED_FROM_ANOTHER,
    _SENT_TWICE,
    _WAITS_FOR_NOTHING,
    _URGENT_MARKETING,
)


def findings(survey: Survey) -> Iterator[Finding]:
    """Everything that is wrong with journeys, beyond names that nobody declared."""
    for read in survey.journeys.values():
        yield from _unreached(read)
        yield from _renamed(read)
        yield from _sent_twice(read)
        yield from _behind_a_key(read)
        yield from _urgent_marketing(read, survey)


# --- JO120, JO130: what is never reached ----------------------------------------------------------------------------


def _unreached(read: Read[Journey]) -> Iterator[Finding]:
    before: list[Trigger] = []
    for place, (trigger, _) in enumerate(read.model.beginnings()):
        wins = next((one for one in before if one.event == trigger.event and one.when in (None, trigger.when)), None)
        if wins is not None:
            line = read.document.finding((*beginning_at(read.model, before.index(wins)), "event"), "", code="").line
            yield read.document.finding(
                (*beginning_at(read.model, place), "event"),
                mark("This trigger never fires: the one on line {line} takes every {event} first"),
                params={"line": line, "event": trigger.event},
                code=_UNREACHED.code,
                level=_UNREACHED.level,
                help=mark("Put it above that one, or give that one a `when` of its own."),
            )
        before.append(trigger)


def _behind_a_key(read: Read[Journey]) -> Iterator[Finding]:
    entry = read.model.entry
    first, *later = read.model.beginnings()
    for place, (trigger, _) in enumerate(later, start=1):
        if entry is not None and trigger.event != first[0].event:
            yield read.document.finding(
                (*beginning_at(read.model, place), "event"),
                mark("{key} lets one event in: after {first}, this {event} of the same {key} starts nothing"),
                params={"key": entry.key, "first": first[0].event, "event": trigger.event},
                code=_WAITS_FOR_NOTHING.code,
                level=_WAITS_FOR_NOTHING.level,
                help=mark("Take `entry` away, so that each event is a run of its own, or write a second journey."),
            )
            return


# --- JO121, JO122: renaming -----------------------------------------------------------------------------------------


def _renamed(read: Read[Journey]) -> Iterator[Finding]:
    ids = {step.id for step in read.model.all_steps()}
    taken: set[str] = set()
    for path, step in steps_of(read.model):
        if step.was is None:
            continue
        if step.was == step.id:
            yield _rename(
                read.document, path, step, _RENAMED_TO_ITSELF, mark('Step "{id}" was always called "{was}"'),
                mark("Take `was` away, or write the old id."),
            )  # fmt: skip
        elif step.was in ids:
            yield _rename(
                read.document, path, step, _RENAMED_FROM_ANOTHER, mark('"{was}" is still the id of another step'),
                mark("Take `was` away, or delete that step."),
            )  # fmt: skip
        elif step.was in taken:
            yield _rename(
                read.document, path, step, _RENAMED_FROM_ANOTHER, mark("Another step says `was: {was}` too"),
                mark("Leave it at the step where the people of {was} go on."),
            )  # fmt: skip
        taken.add(step.was)


def _rename(document: Document, path: KeyPath, step: SendStep, rule: Rule, message: str, remedy: str) -> Finding:
    return document.finding(
        (*path, "was"),
        message,
        params={"id": step.id, "was": step.was},
        code=rule.code,
        level=rule.level,
        help=remedy,
    )


# --- JO123, JO140: what is sent -------------------------------------------------------------------------------------


def _sent_twice(read: Read[Journey]) -> Iterator[Finding]:
    """Within the steps of one trigger; two that stand on `first_reachable` may meet on any channel that both name."""
    seen: dict[tuple[KeyPath, str], list[SendStep]] = {}
    for path, step in steps_of(read.model):
        earlier = seen.setdefault((path[:-1], step.send), [])
        own = _channels(step)
        for one in earlier:
            both = [channel for channel in own if channel in _channels(one)]
            if both:
                yield read.document.finding(
                    (*path, "send"),
                    mark('Step "{earlier}" sends {message} on {channel} already'),
                    params={"earlier": one.id, "message": step.send, "channel": both[0]},
                    code=_SENT_TWICE.code,
                    level=_SENT_TWICE.level,
                    help=mark('Name all channels in step "{earlier}", and delete this one.'),
                )
                break
        earlier.append(step)


def _channels(step: SendStep) -> tuple[str, ...]:
    return tuple(channel.value for _, candidates in step.channels.slots() for channel in candidates)


def _urgent_marketing(read: Read[Journey], survey: Survey) -> Iterator[Finding]:
    """The message's topic decides (decisions, section 5)."""
    topics = survey.settings.model.topics if survey.settings is not None else {}
    for path, step in steps_of(read.model):
        message = survey.messages.get(step.send)
        topic = topics.get(message.model.topic) if message is not None else None
        if step.priority == "high" and message is not None and topic is not None and topic.purpose is Purpose.MARKETING:
            yield read.document.finding(
                (*path, "priority"),
                mark("{message} is marketing (topic {topic}): it cannot have high priority"),
                params={"message": step.send, "topic": message.model.topic},
                code=_URGENT_MARKETING.code,
                level=_URGENT_MARKETING.level,
                help=mark("Take `priority` away."),
            )
