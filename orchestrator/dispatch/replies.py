"""Support replies at the doors: composed with what is known now, and sent as what the agent agreed to."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from orchestrator.decide.recipients import EVERYBODY
from orchestrator.dispatch.accept.message import new_request, own_objects
from orchestrator.dispatch.already_promised import already_promised
from orchestrator.dispatch.current import Current, data_of
from orchestrator.dispatch.outlook import verdict_now
from orchestrator.dispatch.promised import book_of
from orchestrator.dispatch.spoken import Agreed, ClaimContradicted, claims_of
from orchestrator.dispatch.whose import lock_customer
from orchestrator.domain.delivery import Mode
from orchestrator.domain.errors import Conflict, FieldError, InputError, NotFound
from orchestrator.domain.fact import names_fact
from orchestrator.replies.answer import answer
from orchestrator.replies.search import find_reply
from orchestrator.schema import merged
from orchestrator.store.port import NewDelivery

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from orchestrator.decide.recipients import Recipients
    from orchestrator.dispatch.already_promised import Promised
    from orchestrator.domain.claim import StatedClaim
    from orchestrator.domain.customer import Channel, Customer
    from orchestrator.domain.delivery import Request
    from orchestrator.domain.object import Object
    from orchestrator.domain.time import Clock, Instant
    from orchestrator.domain.verdict import Verdict
    from orchestrator.facts.book import FactBook
    from orchestrator.release import Release
    from orchestrator.replies.answer import Answer, Contradiction, Missing
    from orchestrator.replies.model import PublishedReply
    from orchestrator.store.port import Transaction


@dataclass(frozen=True, kw_only=True, slots=True)
class WantedReply:
    """A reply that an agent wants to read, or to send.

    `objects` names what it is about (kind → id), `asked` holds the agent's answers. `text` are the agent's own words in
    place of the rendering, `reason` is why they differ from the facts.
    """

    reply: str
    customer_id: str
    channel: Channel
    objects: Mapping[str, str] = field(default_factory=dict)
    asked: Mapping[str, Any] = field(default_factory=dict)
    locale: str | None = None
    text: str | None = None
    reason: str = ""
    mode: Mode = Mode.LIVE


@dataclass(frozen=True, slots=True)
class KnownSince:
    """A claim of the answer. `at` is since when its value is what it is; None where a file says it, or nobody knows."""

    claim: StatedClaim
    at: Instant | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Composed:
    """An answer with what an agent should know before sending it.

    `about` is all that it was read from (kind → id). It may be said until it `ends`. `gate` is what the gate would say
    of it now; None for a persona, whom nobody writes to.
    """

    answer: Answer
    about: Mapping[str, str]
    claims: tuple[KnownSince, ...]
    promised: tuple[Promised, ...]
    ends: Instant | None
    at: Instant
    gate: Verdict | None = None


def compose(
    transaction: Transaction, release: Release, clock: Clock, wanted: WantedReply, recipients: Recipients = EVERYBODY
) -> Composed:
    """The reply as it would be sent now. What is missing is named in the answer; there is no text with a hole.

    `recipients` are those that this machine may write to.

    Raises:
        NotFound: no such reply or customer.
        InputError: it is not said on that channel, an object is not the customer's, or the text breaks the voice.
    """
    wanted = replace(wanted, customer_id=_customer(transaction, wanted.customer_id).id)
    composed = _composed(transaction, release, clock, wanted)
    request = _request(release, clock, wanted, composed, by="")
    gate = verdict_now(transaction, Current(release.id, release, {}, recipients), request, clock.now())
    return replace(composed, gate=gate)


def rehearse(
    release: Release, wanted: WantedReply, data: Mapping[str, Any], book: FactBook, now: Instant, *, locale: str
) -> Composed:
    """The same for data at hand, such as a persona's: nobody was promised anything. Raises as `compose`."""
    reply = _reply(release, wanted.reply)
    found = answer(
        reply, release.voice, data, wanted.asked, wanted.channel, book, now, locale=locale, edited=wanted.text
    )
    said = reply.spoken[found.variant].claimed
    return Composed(
        answer=found,
        about={},
        claims=tuple(KnownSince(claim, None) for claim in found.claims),
        promised=(),
        ends=None if said.only_data else book.ends(said.lasting, merged(dict(data), found.own), now),
        at=now,
    )


def send_reply(
    transaction: Transaction,
    release: Release,
    clock: Clock,
    wanted: WantedReply,
    *,
    identity: str,
    origin: str,
    by: str,
) -> tuple[Request, Composed]:
    """Ask for the reply to be sent, as any other message: the gate is asked about all of it.

    Raises:
        NotFound, InputError: as `compose`.
        InputError: something is missing (`missing_variable`), and nothing is sent with a hole.
        ClaimContradicted: the agent's words say something else than the facts, and no reason was given.
    """
    wanted = replace(wanted, customer_id=lock_customer(transaction, wanted.customer_id) or wanted.customer_id)
    composed = _composed(transaction, release, clock, wanted)
    found = composed.answer
    if found.missing:
        raise _incomplete(release.replies[found.reply].reply.ask, found.missing)
    if found.contradictions and not wanted.reason:
        raise _contradicted(found.contradictions)
    request = _request(release, clock, wanted, composed, by=by)
    delivery = NewDelivery(request=request, identity=f"{identity}/0", origin=origin)
    transaction.deliveries.add([delivery], clock.now())
    return request, composed


# --- gather -----------------------------------------------------------------------------------------------------------


def _composed(transaction: Transaction, release: Release, clock: Clock, wanted: WantedReply) -> Composed:
    reply = _reply(release, wanted.reply)
    customer = _customer(transaction, wanted.customer_id)
    own_objects(transaction, customer.id, wanted.objects, {})
    objects = _objects_around(transaction, release, customer.id, wanted.objects)
    about = {kind: object_id for kind, object_id in (*objects, *wanted.objects.items())}  # noqa: C416  # mypy reads it
    known = {reference: one.data for reference, one in objects.items()}
    data = data_of(customer, about, known, {})
    book = _book(transaction, release, reply)
    now = transaction.ledger.clock().now(clock.now())
    found = rehearse(release, wanted, data, book, now, locale=wanted.locale or customer.locale or "")
    return replace(
        found,
        about=about,
        claims=tuple(replace(one, at=_since(one.claim, about, objects, book)) for one in found.claims),
        promised=already_promised(transaction, release, customer, found.answer.claims, about, now),
    )


def _request(release: Release, clock: Clock, wanted: WantedReply, composed: Composed, *, by: str) -> Request:
    found = composed.answer
    agreed = Agreed(
        variant=found.variant,
        asked=dict(wanted.asked),
        claims=claims_of(found),
        text=wanted.text,
        reason=wanted.reason if found.contradictions else "",
        by=by,
    )
    return new_request(
        release,
        clock,
        message=found.reply,
        customer_id=wanted.customer_id,
        candidates=(wanted.channel,),
        objects=composed.about,
        data={**found.own, **agreed.as_data()},
        locale=found.locale,
        not_after=composed.ends,
        mode=wanted.mode,
    )


def _reply(release: Release, name: str) -> PublishedReply:
    found = find_reply(release.replies, name)
    if found.reply.id in release.messages:
        raise Conflict(
            '"{reply}" is a message and a reply: one of the two needs another id.',
            code="ambiguous_id",
            reply=found.reply.id,
        )
    return found


def _customer(transaction: Transaction, customer_id: str) -> Customer:
    customer = transaction.customers.get(customer_id)
    if customer is None:
        raise NotFound(
            'There is no customer "{customer}".',
            remedy="Create them first: POST /v1/customers.",
            code="unknown_customer",
            customer=customer_id,
        )
    return customer


def _objects_around(
    transaction: Transaction, release: Release, customer_id: str, named: Mapping[str, str]
) -> dict[tuple[str, str], Object]:
    """The objects that are named, and what goes by the same id: an agent names an order, and means its shipment too."""
    kinds = {event.updates for event in release.events.values() if event.updates} | set(named)
    by_id = {(kind, object_id) for kind in kinds for object_id in named.values()}
    found = transaction.events.objects(by_id) if by_id else {}
    return {
        (kind, object_id): one
        for (kind, object_id), one in sorted(found.items())
        if one.customer_id in (None, customer_id) and named.get(kind, object_id) == object_id
    }


def _book(transaction: Transaction, release: Release, reply: PublishedReply) -> FactBook:
    paths = release.facts.live_paths({path for variant in reply.spoken for path in variant.claimed.facts})
    return book_of(release, transaction.facts.current(paths) if paths else {})


def _since(
    claim: StatedClaim, about: Mapping[str, str], objects: Mapping[tuple[str, str], Object], book: FactBook
) -> Instant | None:
    if names_fact(claim.fact):
        live = book.live.get(book.sheet.live.get(claim.fact, claim.fact))
        return None if live is None else live.as_of
    kind, _, name = claim.fact.partition(".")
    one = objects.get((kind, about.get(kind, "")))
    return None if one is None else one.field_times.get(name.partition(".")[0])


# --- refuse -----------------------------------------------------------------------------------------------------------


def _incomplete(asked: Collection[str], missing: Sequence[Missing]) -> InputError:
    fields = [
        FieldError(
            pointer=f"#/ask/{one.path}" if one.path in asked else "#",
            code="missing_variable",
            template="{why}",
            params={"why": one.why},
        )
        for one in missing
    ]
    return InputError(
        "Nothing is sent with a hole in it. {first}", code="missing_variable", fields=fields, first=missing[0].why
    )


def _contradicted(contradictions: Sequence[Contradiction]) -> ClaimContradicted:
    fields = [
        FieldError(pointer="#/text", code="claim_contradicted", template="{says}", params={"says": one})
        for one in contradictions
    ]
    return ClaimContradicted(
        "The reply would not say what the facts say. {first}",
        remedy="Correct the text, or say why it must be so: the reason is recorded.",
        fields=fields,
        first=contradictions[0],
    )
