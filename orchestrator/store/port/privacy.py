"""A person's data as a whole, and what they asked to be done with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from orchestrator.domain.customer import AddressKind
    from orchestrator.domain.privacy import PrivacyRequest
    from orchestrator.domain.time import Instant

AddressValue = tuple["AddressKind", str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """All that one person is known by. `own` are the addresses that nobody else has, `shared` those of a family.

    `values` are the own addresses as they are written, `names` what other systems call the person, `users` by which ids
    providers call them. A stranger is no customer, and has nothing but an address that nobody else has, or such an id.
    """

    customer_ids: tuple[str, ...]
    own: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()
    values: tuple[AddressValue, ...] = ()
    names: tuple[str, ...] = ()
    users: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Forgettable:
    """What strangers wrote `before`, by its ids, and the addresses that they had; to `unwritten` nothing was ever sent.

    `ending` are the meanings of what stays, without its words, where a provider's id is all that is known.
    """

    before: Instant
    ending: frozenset[str]
    texts: frozenset[str]
    places: frozenset[str]
    unwritten: frozenset[str]


class PersonalData(Protocol):
    """Every row that is about a person, wherever it is kept."""

    def person(self, customer_ids: Collection[str]) -> Person:
        """Who these customers are, with those that were merged into them; what exists of them, locked."""
        ...

    def stranger(self, values: Collection[AddressValue], user_id: str = "") -> Person:
        """Who has one of these addresses, or is called so by a provider, and is no customer; nobody has an empty one.

        An id is theirs only while nobody knows a customer's address for it.
        """
        ...

    def strangers_due(self, before: Instant, ending: Collection[str], limit: int) -> Forgettable | None:
        """What strangers wrote before; None where there is nothing. It takes its time: ask where nobody waits."""
        ...

    def forget_strangers(self, found: Forgettable) -> int:
        """Take that out, where it is still a stranger's; how many texts it was. A STOP stays, without its words."""
        ...

    def remember_users(self, user_ids: Collection[str], at: Instant) -> None:
        """Keep digests of providers' ids of somebody who was erased. There is a pepper by then."""
        ...

    def comes_back(self, user_ids: Collection[str]) -> bool:
        """Whether somebody called so was erased: it is told once, to whoever learns what their address is."""
        ...

    def rows(self, person: Person) -> Iterator[tuple[str, list[dict[str, Any]]]]:
        """Table → the rows about the person, in order, and nothing of others."""
        ...

    def stop(self, person: Person, at: Instant) -> int:
        """End every delivery of theirs that has not begun; how many. The customers are locked by then."""
        ...

    def on_its_way(self, person: Person, now: Instant) -> bool:
        """Whether a call for one of their messages may be running now."""
        ...

    def erase(self, person: Person, *, remains: str, at: Instant) -> dict[str, int]:
        """Take the person out of every table; table → how many rows it was.

        What counts (deliveries, their decisions and receipts, events, consents) stays under the id `remains`, which
        says nothing of anybody.
        """
        ...

    def pepper(self) -> str | None:
        """What digests of addresses are made with; None before the first one was."""
        ...

    def keep_pepper(self, pepper: str) -> None:
        """Keep one for good, unless there is one."""
        ...

    def digest(self, address: AddressValue) -> str:
        """What stands for an address. There is a pepper by then."""
        ...

    def user_digest(self, user_id: str) -> str:
        """What stands for an id by which a provider calls somebody. There is a pepper by then."""
        ...

    def remember_erased(self, values: Collection[AddressValue], reason: str, at: Instant) -> int:
        """Keep digests of addresses, so that they stay suppressed; how many are new. There is a pepper by then."""
        ...

    def erased(self, values: Collection[AddressValue]) -> set[AddressValue]:
        """Those addresses whose owner was erased."""
        ...

    def readmit(self, address: AddressValue) -> bool:
        """Forget that an address was erased, and lift what suppressed it for that; False where it was not."""
        ...


class PrivacyRequests(Protocol):
    """What people asked for."""

    def add(self, request: PrivacyRequest) -> None: ...

    def put(self, request: PrivacyRequest) -> None:
        """Overwrite a request."""
        ...

    def get(self, request_id: str, *, lock: bool = False) -> PrivacyRequest | None: ...

    def page(self, after: str, limit: int, filters: Mapping[str, str] | None = None) -> list[PrivacyRequest]:
        """Requests in id order, after an id; `filters` may name a state and a kind."""
        ...

    def proven(self, limit: int) -> list[PrivacyRequest]:
        """Those that are to be carried out, the most urgent first."""
        ...

    def unproven(self, before: Instant, limit: int) -> list[PrivacyRequest]:
        """Those that were opened before, and that nobody has proved, the oldest first."""
        ...

    def unclean(self) -> list[PrivacyRequest]:
        """Erasures of which what was deleted may still be in the ledger's file."""
        ...

    def count_since(self, digest: str, since: Instant) -> int:
        """How many the same address asked for since."""
        ...

    def about(self, customer_ids: Collection[str], digests: Collection[str]) -> list[PrivacyRequest]:
        """Those that name one of these customers, or came from one of these addresses."""
        ...

    def forget_expired(self, before: Instant) -> int:
        """Delete those that expired before; how many."""
        ...
