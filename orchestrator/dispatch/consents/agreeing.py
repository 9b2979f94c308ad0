"""Agree: a person wants to hear of a topic on some channels."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import partial
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
    """Why nothing was recorded. `stopped`: they said STOP; `outdated`: since then they came back for something else.

    `refused`: it comes out of a file, and they said no to it.
    """

    STOPPED = "stopped"
    OUTDATED = "outdated"
    REFUSED = "refused"


@dataclass(frozen=True, kw_only=True, slots=True)
class LeftOut:
    """An agreement that was told by somebody else, and that only the person's own act can make. Nothing was recorded.

    `since` is when they said STOP, or came back; None: not asked.
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
    tells us is left out where it stands, and so is what they agreed to before they came back. What comes out of a file
    never overrules a person who said no.

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
    events: list[ConsentEvent] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    pending: list[tuple[ConsentEvent, Address]] = field(default_factory=list)
    own_acts: list[tuple[ConsentEvent, Address]] = field(default_factory=list)
    _said: dict[tuple[str, str, str], ConsentState] = field(default_factory=dict)

    def take(self, wish: Agreement) -> None:
        for channel in dict.fromkeys(wish.channels):
            before = self._before(wish, channel)
            left_out = None if wish.proof.actor == PERSON else self._left_out(wish, channel, before)
            state = self._becomes(wish, before)
            if left_out is not None:
                self.left_out.append(left_out)
            elif state is not None:
                self._keep(wish, channel, state)

    def _before(self, wish: Agreement, channel: Channel) -> ConsentState | None:
        said = self._said.get((wish.customer_id, wish.topic, channel))
        return said or self.standings[wish.customer_id].consents.get((wish.topic, channel))

    def _left_out(self, wish: Agreement, channel: Channel, before: ConsentState | None) -> LeftOut | None:
        """Why it is not for others to say so."""
        nothing = partial(LeftOut, customer_id=wish.customer_id, topic=wish.topic, channel=channel)
        standing, stops = self.standings[wish.customer_id], self._stops(wish)
        place = _place(standing, channel, wish.proof)
        said_at = self.clock.now() if wish.proof.at is None else wish.proof.at
        for address in addresses_on(standing, channel):
            stop = stops.get((address.id, channel))
            # A row of a file does not say which address it is about.
            if stop is not None and stop.returned_at is None and (wish.proof.imported or address == place):
                return nothing(why=WhyNot.STOPPED, since=stop.at)
            if stop is not None and stop.returned_at is not None and said_at <= stop.returned_at:
                return nothing(why=WhyNot.OUTDATED, since=stop.returned_at)
        refused = wish.proof.imported and before is ConsentState.WITHDRAWN
        return nothing(why=WhyNot.REFUSED) if refused else None

    def _stops(self, wish: Agreement) -> Mapping[tuple[str, str], Stop]:
        """A STOP ends marketing, and nothing else."""
        marketing = self.release.project.topics[wish.topic].purpose is Purpose.MARKETING
        return self.stops.get(wish.customer_id, {}) if marketing else {}

    def _becomes(self, wish: Agreement, before: ConsentState | None) -> ConsentState | None:
        """What it is from now on; None: what is in force is more than that."""
        if before is ConsentState.GRANTED:
            return None if wish.state is ConsentState.PENDING else ConsentState.GRANTED
        double = self.release.project.topics[wish.topic].opt_in == "double"
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
        self._said[(wish.customer_id, wish.topic, channel)] = state
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
