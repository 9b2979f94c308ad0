"""`/c/{token}`: the second half of a double opt-in. The message asked; whoever reads it there confirms here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.dispatch.consents import ADDRESS_ID, DOUBLE_OPT_IN, PERSON, Proof, confirm, in_force
from orchestrator.dispatch.held_back import held_back
from orchestrator.dispatch.whose import lock_customer
from orchestrator.domain.customer import Channel, ConsentState
from orchestrator.public.choices import NOTES
from orchestrator.public.person import BY, Person, act_of, by_all, find
from orchestrator.public.site import PublicRoute
from orchestrator.public.words import Own, topic_called, words_of
from orchestrator.tokens import TokenPurpose

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiohttp import web

    from orchestrator.public.reader import Reader
    from orchestrator.public.site import Site
    from orchestrator.release import Release
    from orchestrator.store.port import Transaction


async def show(site: Site, request: web.Request) -> web.Response:
    """Ask. Whoever opens the link has confirmed nothing yet: programs open it, too."""
    subject = site.subject(request, TokenPurpose.CONFIRM)
    found = await site.look(lambda transaction, release: _found(site, request, transaction, release, subject))
    return _page(site, request, found)


async def agree(site: Site, request: web.Request) -> web.Response:
    """Grant what waits for it. Whoever does it again is told that it is done."""
    subject = site.subject(request, TokenPurpose.CONFIRM)

    def act(transaction: Transaction, release: Release) -> _Found:
        lock_customer(transaction, subject["customer"])
        before = _found(site, request, transaction, release, subject)
        if before.person is None or not before.waits:
            return before
        proof = Proof(method=DOUBLE_OPT_IN, source="confirmation", actor=PERSON, evidence=act_of(request))
        whose = {**subject, "customer": before.person.customer.id}
        confirm(transaction, release, site.app.clock, whose, proof)
        return _found(site, request, transaction, release, subject)

    return _page(site, request, await site.act(act))


CONFIRM = (
    PublicRoute(method="GET", path="/c/{token}", handler=show, why="a signed link; it shows a page, and does nothing"),
    PublicRoute(
        method="POST", path="/c/{token}", handler=agree, why="a signed link; a person confirms what they agreed to"
    ),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Found:
    """What was asked, and how it stands. Neither `waits` nor `done`: they took it back meanwhile.

    `silent`: where nothing is sent all the same, and why.
    """

    reader: Reader
    person: Person | None
    topic: Own | None = None
    channels: tuple[Channel, ...] = ()
    words: str = ""
    waits: bool = False
    done: bool = False
    silent: tuple[tuple[Channel, str], ...] = ()


def _found(
    site: Site, request: web.Request, transaction: Transaction, release: Release, subject: Mapping[str, str]
) -> _Found:
    person = find(transaction, subject)
    if person is None:
        return _Found(reader=site.reader(request, release), person=None)
    reader = site.reader(request, release, person.customer)
    said = [
        one
        for one in in_force(transaction, person.customer.id)
        if person.may_begin and one.topic == subject["topic"] and one.evidence.get(ADDRESS_ID) == subject["address"]
    ]
    waiting = [one for one in said if one.state is ConsentState.PENDING]
    granted = [one for one in said if one.state is ConsentState.GRANTED]
    about = waiting or granted
    silent = held_back(transaction, person.customer.id, [(one.topic, one.channel, one.state) for one in granted])
    return _Found(
        reader=reader,
        person=person,
        topic=topic_called(release, subject["topic"], reader.language),
        channels=tuple(Channel(one.channel) for one in about),
        words=words_of(transaction, release, about[0].wording if about else None, reader.language),
        waits=bool(waiting),
        done=bool(granted) and not waiting,
        silent=tuple((Channel(channel), NOTES[why]) for (_, channel), why in sorted(silent.items())),
    )


def _page(site: Site, request: web.Request, found: _Found) -> web.Response:
    if found.person is None:
        return site.pages.show(request, "nobody", found.reader)
    how = by_all(found.channels, found.reader) if found.channels else ""
    return site.pages.show(request, "confirm", found.reader, found=found, how=how, by=BY)
