"""`/w/{token}`: "why did I receive this?". The stored decision in plain words: what allowed it, which data it used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.dispatch.explain.evidence import in_force
from orchestrator.dispatch.explain.past import SEND
from orchestrator.dispatch.links import PATHS
from orchestrator.domain.customer import Channel
from orchestrator.domain.message import Purpose
from orchestrator.public.person import Person, by_all, find
from orchestrator.public.reasons import CHECKS, data_used, legal_basis, method
from orchestrator.public.site import PublicRoute
from orchestrator.public.words import Own, message_called, topic_called, words_of
from orchestrator.tokens import DAY_MS, TokenPurpose

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from aiohttp import web

    from orchestrator.domain.time import Instant
    from orchestrator.public.reader import Reader
    from orchestrator.public.site import Site
    from orchestrator.release import Release
    from orchestrator.store.evidence import ConsentSaid, KnownRequest, RecordedDecision
    from orchestrator.store.port import Transaction


async def show(site: Site, request: web.Request) -> web.Response:
    """Why one message was sent to one person."""
    subject = site.subject(request, TokenPurpose.WHY)
    found = await site.look(lambda transaction, release: _found(site, request, transaction, release, subject))
    if found.person is None:
        return site.pages.show(request, "nobody", found.reader)
    return site.pages.show(request, "why", found.reader, story=found.story, ways=_links(site, subject, found))


WHY = (
    PublicRoute(method="GET", path="/w/{token}", handler=show, why="a signed link; it shows why one message was sent"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Story:
    """A message as its reader may ask about it. Everything is in words, in their language."""

    title: Own
    topic_id: str
    topic: Own
    marketing: bool
    how: str
    day: str
    hour: str
    event: tuple[Own, str, str] | None
    basis: str
    article: str
    agreed: str
    words: str
    checks: tuple[str, ...]
    data: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Found:
    """Whose message it was. `story` None: it was so long ago that nothing about it is kept."""

    reader: Reader
    person: Person | None
    story: _Story | None = None


def _found(
    site: Site, request: web.Request, transaction: Transaction, release: Release, subject: Mapping[str, str]
) -> _Found:
    person = find(transaction, subject)
    reader = site.reader(request, release, person.customer if person else None)
    known = transaction.explanations.request(subject["delivery"])
    if person is None or known is None or known.channel is None:
        return _Found(reader=reader, person=person)
    then = site.releases.of(transaction, known.release_id)
    return _Found(reader=reader, person=person, story=_story(transaction, then, known, person, reader))


def _story(transaction: Transaction, release: Release, known: KnownRequest, person: Person, reader: Reader) -> _Story:
    request, channel = known.request, Channel(known.channel or "")
    topic = release.project.topics[request.topic]
    sent_at = known.sending_at if known.sending_at is not None else request.accepted_at
    decision = _sent_by(transaction.explanations.decisions_of(request.id))
    until = sent_at if decision is None else decision.at
    agreed = _agreement(transaction, person, request.topic, channel, until)
    basis, article = legal_basis(topic.legal_basis, reader)
    return _Story(
        title=message_called(release, request.message, reader.language),
        topic_id=request.topic,
        topic=topic_called(release, request.topic, reader.language),
        marketing=topic.purpose is Purpose.MARKETING,
        how=by_all([channel], reader),
        day=reader.day(sent_at),
        hour=reader.hour(sent_at),
        event=_event(transaction, release, known, reader),
        basis=basis,
        article=article,
        agreed="" if agreed is None else method(agreed.method, reader.day(agreed.at), reader),
        words=words_of(transaction, release, agreed.wording if agreed else None, reader.language),
        checks=tuple(_checks(decision, channel, topic.purpose, reader)),
        data=data_used(release, request.message, channel, reader),
    )


def _sent_by(decisions: Sequence[RecordedDecision]) -> RecordedDecision | None:
    """The decision that let it go: before it there may be others, by which it waited."""
    return next((one for one in reversed(decisions) if one.verdict == SEND), None)


def _agreement(
    transaction: Transaction, person: Person, topic: str, channel: Channel, until: Instant
) -> ConsentSaid | None:
    """What they had said about the topic on that channel when the decision was made."""
    said = transaction.explanations.consents(person.customer.id, topic)
    return in_force([one for one in said if one.recorded_at <= until]).get(channel.value)


def _event(
    transaction: Transaction, release: Release, known: KnownRequest, reader: Reader
) -> tuple[Own, str, str] | None:
    """What happened that made us write, on which day and at which hour; None where somebody wrote by hand."""
    event = transaction.explanations.event(known.event_id) if known.event_id else None
    if event is None or event.type not in release.events:
        return None
    what = Own(release.events[event.type].title, release.project.locale)
    return what, reader.day(event.occurred_at), reader.hour(event.occurred_at)


def _checks(decision: RecordedDecision | None, channel: Channel, purpose: Purpose, reader: Reader) -> Iterator[str]:
    """What we had looked at before it went out, of what concerns the person."""
    for step in decision.trace if decision is not None else ():
        words = CHECKS[purpose].get(step.gate)
        if (
            words
            and step.result == "pass"
            and not (step.gate in _URGENT and step.detail)
            and step.channel in ("", channel)
        ):
            yield reader.say(words)


# Passed with a detail, these let something through only because it was urgent, or counted it.
_URGENT = frozenset({"quiet_hours"})


def _links(site: Site, subject: Mapping[str, str], found: _Found) -> Mapping[str, str]:
    """To where it can be ended or changed, for whoever has just opened this page."""
    if found.story is None or found.person is None:
        return {}
    now = site.app.clock.now()
    whose = {name: subject[name] for name in ("customer", "address") if name in subject}
    about = {
        TokenPurpose.PREFERENCES: whose,
        TokenPurpose.UNSUBSCRIBE: {**whose, "topic": found.story.topic_id, "delivery": subject["delivery"]},
    }
    return {
        purpose.value: f"{PATHS[purpose]}/{site.app.keyring.issue(purpose, named, now=now, lives_ms=DAY_MS)}"
        for purpose, named in about.items()
    }
