"""Agree: a person wants to hear of a topic on some channels."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from orchestrator.dispatch.consents.confirming import ask_to_confirm
from orchestrator.dispatch.consents.proof import ADDRESS_ID, PERSON, Proof, latest_said, require_proof
from orchestrator.dispatch.consents.returning import come_back
from orchestrator.dispatch.consents.standing import addresses_on, event_of, keep, lock_owners
from orchestrator.domain.customer import ConsentState
from orchestrator.domain.errors import InputError
from orchestrator.domain.message import Purpose

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from orchestrator.domain.customer import Address, Channel, Standing
    from orchestrator.domain.time import Clock, Instant
    from orchestrator.release import Release
    from orchestrator.store.port import ConsentEvent, Stop, Transaction


@dataclass(frozen=True, kw_only=True, slots=True)
class Agreement:
    """What one person agrees to: a topic on some channels."""

    customer_id: str
    topic: str
    channels: Collection[Channel]
    proof: Proof
    state: ConsentState = ConsentState.GRANTED

    def __post_init__(self) -> None:
        if self.state is ConsentState.WITHDRAWN:
            raise ValueError("who withdraws does not agree: see `withdraw`")


class WhyNot(StrEnum):
    """Why nothing was recorded. `stopped`: they said STOP; `outdated`: since then they said something else.

    `refused`: it comes out of a file, and they said no to it.
    """

    STOPPED = "stopped"
    OUTDATED = "outdated"
    REFUSED = "refused"


@dataclass(frozen=True, kw_only=True, slots=True)
class LeftOut:
    """An agreement that was told by somebody else, and that only the person's own act can make. Nothing was recorded.

    `since` is when they said STOP, or what they said since; None: not asked.
    """

    customer_id: str
    topic: str
    channel: Channel
    why: WhyNot
    since: Instant | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Agreed:
    """What was recorded, and what was not, each in the order in which it was said."""

    events: tuple[ConsentEvent, ...] = ()
    left_out: tuple[LeftOut, ...] = ()


def agree(
    transaction: Transaction,
    release: Release,
    clock: Clock,
    customer_id: str,
    topic: str,
    channels: Collection[Channel],
    proof: Proof,
    *,
    state: ConsentState = ConsentState.GRANTED,
) -> Agreed:
    """Record that a person agrees to a topic on channels.

    A topic with double opt-in stays pending, and its confirmation is asked for at exactly that address, unless the
    proof shows that it was confirmed.

    A STOP is ended by the person's own new grant and by nobody else, for what they then agree to: what anybody else
    tells us is left out where it stands, and so is what they agreed to before they came back, or before they withdrew.
    What comes out of a file never overrules a person who said no.

    Of whoever has an address at which somebody said no to everything, nothing is recorded that is older than that; and
    a file opens nothing for them.

    Raises:
        NotFound: there is no such customer.
        InputError: it could not be proven later (see `require_proof`), or there is no address to confirm it at
            (`no_address`).
    """
    one = Agreement(customer_id=customer_id, topic=topic, channels=channels, proof=proof, state=state)
    return agree_all(transaction, release, clock, [one])


def agree_all(transaction: Transaction, release: Release, clock: Clock, agreements: Sequence[Agreement]) -> Agreed:
    """The same for many people at once, in as many statements as for one. Raises what `agree` raises, and keeps none.

    Who must tell good rows from bad ones asks `require_proof` about each before.
    """
    latest = latest_said(transaction, clock)
    for one in agreements:
        require_proof(transaction, release, latest, one.topic, one.proof)
    whose = lock_owners(transaction, [one.customer_id for one in agreements])
    owners = set(whose.values())
    desk = _Desk(
        release=release,
        clock=clock,
        standings=transaction.customers.standings(owners, {one.topic for one in agreements}),
        stops=transaction.consents.stops(owners),
        said={(one.customer_id, one.topic, one.channel): one for one in transaction.consents.in_force(owners)},
        ended=transaction.consents.ended(owners),
    )
    for one in agreements:
        desk.take(replace(one, customer_id=whose[one.customer_id]))
    kept = keep(transaction, clock, desk.events)
    ask_to_confirm(transaction, release, clock, desk.pending)
    come_back(transaction, clock, desk.own_acts)
    return Agreed(events=kept, left_out=tuple(desk.left_out))


@dataclass(kw_only=True)
class _Desk:
    """Decides what each agreement becomes, with what is known of the customers under their locks."""

    release: Release
    clock: Clock
    standings: Mapping[str, Standing]
    stops: Mapping[str, Mapping[tuple[str, str], Stop]]
    said: dict[tuple[str, str, str], ConsentEvent]
    ended: Mapping[str, Instant]
    events: list[ConsentEvent] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    pending: list[tuple[ConsentEvent, Address]] = field(default_factory=list)
    own_acts: list[tuple[ConsentEvent, Address]] = field(default_factory=list)

    def take(self, wish: Agreement) -> None:
        for channel in dict.fromkeys(wish.channels):
            before = self.said.get((wish.customer_id, wish.topic, channel))
            left_out = None if wish.proof.actor == PERSON else self._left_out(wish, channel, before)
            state = self._becomes(wish, before)
            if left_out is not None:
                self.left_out.append(left_out)
            elif state is not None:
                self._keep(wish, channel, state)

    def _left_out(self, wish: Agreement, channel: Channel, before: ConsentEvent | None) -> LeftOut | None:
        """Why it is not for others to say so."""
        why = self._stopped(wish, channel) or self._over(wish, before)
        if why is None:
            return None
        reason, since = why
        return LeftOut(customer_id=wish.customer_id, topic=wish.topic, channel=channel, why=reason, since=since)

    def _stopped(self, wish: Agreement, channel: Channel) -> tuple[WhyNot, Instant] | None:
        """What was said at the addresses of the channel."""
        standing = self.standings[wish.customer_id]
        stops = self.stops.get(wish.customer_id, {}) if self._is_marketing(wish.topic) else {}
        place, said_at = _place(standing, channel, wish.proof), wish.proof.said_at(self.clock.now())
        for address in addresses_on(standing, channel):
            stop = stops.get((address.id, channel))
            # A row of a file does not say which address it is about.
            if stop is not None and stop.returned_at is None and (wish.proof.imported or address == place):
                return WhyNot.STOPPED, stop.at
            if stop is not None and stop.returned_at is not None and said_at <= stop.returned_at:
                return WhyNot.OUTDATED, stop.returned_at
        return None

    def _over(self, wish: Agreement, before: ConsentEvent | None) -> tuple[WhyNot, Instant | None] | None:
        """What was said since by the person, or to everything by whoever has an address of theirs."""
        said_at = wish.proof.said_at(self.clock.now())
        granted = before is not None and before.state is ConsentState.GRANTED
        ended = self.ended.get(wish.customer_id) if self._is_marketing(wish.topic) else None
        if ended is not None and said_at <= ended:
            return WhyNot.OUTDATED, ended
        refused = ended is not None or (before is not None and before.state is ConsentState.WITHDRAWN)
        if wish.proof.imported and refused and not granted:
            return WhyNot.REFUSED, None
        if before is not None and not granted and said_at < before.at:
            return WhyNot.OUTDATED, before.at
        return None

    def _is_marketing(self, topic: str) -> bool:
        """A STOP ends marketing, and nothing else."""
        return self.release.project.topics[topic].purpose is Purpose.MARKETING

    def _becomes(self, wish: Agreement, before: ConsentEvent | None) -> ConsentState | None:
        """What it is from now on; None: what is in force is more than that."""
        if before is not None and before.state is ConsentState.GRANTED:
            return None if wish.state is ConsentState.PENDING else ConsentState.GRANTED
        double = self.release.project.topics[wish.topic].double
        return ConsentState.PENDING if double and not wish.proof.confirmed else wish.state

    def _keep(self, wish: Agreement, channel: Channel, state: ConsentState) -> None:
        address = _place(self.standings[wish.customer_id], channel, wish.proof)
        if state is ConsentState.PENDING and address is None:
            raise InputError(
                "Consent to {topic} is confirmed at the address, and this customer has none on {channel}.",
                remedy="Give the address first, or leave the channel out.",
                code="no_address",
                topic=wish.topic,
                channel=channel.value,
            )
        named = {} if address is None else {ADDRESS_ID: address.id}
        event = event_of(
            self.clock, wish.customer_id, wish.topic, channel, state, wish.proof,
            legal_basis=self.release.project.topics[wish.topic].legal_basis,
            evidence={**wish.proof.evidence, **named},
        )  # fmt: skip
        self.events.append(event)
        self.said[wish.customer_id, wish.topic, channel] = event
        if address is None:
            return
        if state is ConsentState.PENDING:
            self.pending.append((event, address))
        elif wish.proof.actor == PERSON:
            self.own_acts.append((event, address))


def _place(standing: Standing, channel: Channel, proof: Proof) -> Address | None:
    """The address that it is about: the one that the evidence names, else the preferred one of the channel."""
    found = addresses_on(standing, channel)
    named = proof.evidence.get(ADDRESS_ID)
    return next((one for one in found if one.id == named), found[0] if found else None)
