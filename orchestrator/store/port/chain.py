"""The audit chain: what was put on record, and the seals on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from orchestrator.audit_chain import ChainEntry, Head, Seal, Written
    from orchestrator.store.port.values import ChainQuery, SaidByCustomer


class Chain(Protocol):
    """Entries, in the order in which they were written and then sealed."""

    def append(self, entries: Sequence[Written]) -> None:
        """Write entries; they are sealed later."""
        ...

    def empty(self, customer_ids: Collection[str]) -> int:
        """Take what the entries about these customers say, and leave their digests; how many there were."""
        ...

    def take_the_seal(self) -> bool:
        """Nobody else seals until the commit; False where somebody does now."""
        ...

    def unsealed(self, limit: int) -> list[ChainEntry]:
        """Entries that wait for their seal, in order."""
        ...

    def put_seals(self, seals: Sequence[Seal]) -> None: ...

    def head(self) -> Head:
        """Where the chain ends now."""
        ...

    def waiting(self) -> int:
        """How many entries have no seal yet."""
        ...

    def erasures_waiting(self) -> list[ChainEntry]:
        """Those that tell of an erasure and have no seal yet."""
        ...

    def sealed(self) -> Iterator[ChainEntry]:
        """The whole chain, in order, read page by page."""
        ...

    def page(self, asked: ChainQuery) -> list[ChainEntry]:
        """Entries, newest first, sealed or not. Those of a customer are also those of whoever became one with them."""
        ...

    def said_by(self, after: str, customers_max: int) -> list[SaidByCustomer]:
        """What customers said of consent beside what is on record of it, in order of their ids, after an id.

        Who said nothing is among them too, with nothing: the last one is where the next page begins.
        """
        ...

    def said_by_nobody(self) -> Iterator[ChainEntry]:
        """Entries of consent about customers who do not exist."""
        ...
