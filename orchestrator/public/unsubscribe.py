"""`/u/{token}`: one click ends a topic on the channel of the message (RFC 8058).

Programs that look for danger open every link of a mail, so opening the page changes nothing. What acts is a POST, from
the button of a mail program or from the page's own, whatever stands in its body. That scanners fetch and do not post is
what the standard rests on (its section 1); the words `List-Unsubscribe=One-Click` make it no more certain, and a mail
program that sends them in another form, or none, was pressed by a person all the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from orchestrator.dispatch.consents import PERSON, Proof, withdraw
from orchestrator.dispatch.links import PATHS
from orchestrator.dispatch.whose import lock_customer
from orchestrator.domain.customer import ADDRESS_KINDS, Channel, ConsentState
from orchestrator.public.person import Person, by_all, find
from orchestrator.public.site import PublicRoute
from orchestrator.public.words import Own, topic_called
from orchestrator.tokens import DAY_MS, TokenPurpose

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiohttp import web

    from orchestrator.public.reader import Reader
    from orchestrator.public.site import Site
    from orchestrator.release import Release
    from orchestrator.store.port import Transaction

# The page offers to choose more exactly. Whoever is there has just opened it.
_OFFER_LIVES_MS: Final = DAY_MS


async def show(site: Site, request: web.Request) -> web.Response:
    """Say what the button will do."""
    subject = site.subject(request, TokenPurpose.UNSUBSCRIBE)
    found = await site.look(lambda transaction, release: _found(site, request, transaction, release, subject))
    return _page(site, request, subject, found)


async def unsubscribe(site: Site, request: web.Request) -> web.Response:
    """End the topic. Whoever does it again is told the same."""
    subject = site.subject(request, TokenPurpose.UNSUBSCRIBE)

    def act(transaction: Transaction, release: Release) -> _Found:
        lock_customer(transaction, subject["customer"])
        before = _found(site, request, transaction, release, subject)
        if before.person is None or before.ended:
            return before
        proof = Proof(
            method="one_click", source="unsubscribe", actor=PERSON, evidence={"delivery": subject["delivery"]}
        )
        withdraw(transaction, site.app.clock, [before.person.customer.id], subject["topic"], before.channels, proof)
        return _found(site, request, transaction, release, subject)

    return _page(site, request, subject, await site.act(act))


UNSUBSCRIBE = (
    PublicRoute(method="GET", path="/u/{token}", handler=show, why="a signed link; it shows a page, and does nothing"),
    PublicRoute(
        method="POST", path="/u/{token}", handler=unsubscribe, why="a signed link; mail programs act by it (RFC 8058)"
    ),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Found:
    """What there is to end. `person` None: their data was erased, and with it every consent."""

    reader: Reader
    person: Person | None
    topic: Own | None = None
    channels: tuple[Channel, ...] = ()
    ended: bool = True


def _found(
    site: Site, request: web.Request, transaction: Transaction, release: Release, subject: Mapping[str, str]
) -> _Found:
    person = find(transaction, subject)
    if person is None:
        return _Found(reader=site.reader(request, release), person=None)
    topic = subject["topic"]
    channels = _channels(transaction, person, subject)
    said = transaction.consents.of(person.customer.id)
    reader = site.reader(request, release, person.customer)
    return _Found(
        reader=reader,
        person=person,
        topic=topic_called(release, topic, reader.language),
        channels=channels,
        ended=all(said.get((topic, channel.value)) is ConsentState.WITHDRAWN for channel in channels),
    )


def _channels(transaction: Transaction, person: Person, subject: Mapping[str, str]) -> tuple[Channel, ...]:
    """That of the message. Of an old one that is not kept any more, all that its address is good for."""
    known = transaction.explanations.request(subject["delivery"])
    if known is not None and known.channel is not None:
        return (Channel(known.channel),)
    if person.address is None:
        return (Channel.EMAIL,)
    return tuple(one for one in Channel if ADDRESS_KINDS[one] is person.address.kind)


def _page(site: Site, request: web.Request, subject: Mapping[str, str], found: _Found) -> web.Response:
    if found.person is None:
        return site.pages.show(request, "nobody", found.reader)
    now = site.app.clock.now()
    about = {name: subject[name] for name in ("customer", "address") if name in subject}
    token = site.app.keyring.issue(TokenPurpose.PREFERENCES, about, now=now, lives_ms=_OFFER_LIVES_MS)
    return site.pages.show(
        request,
        "unsubscribe",
        found.reader,
        found=found,
        how=by_all(found.channels, found.reader),
        preferences=f"{PATHS[TokenPurpose.PREFERENCES]}/{token}",
    )
