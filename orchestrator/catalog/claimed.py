"""Where the claims of a message are read from: what must be known, and must stay as it was, for it to be said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.domain.claim import ClaimKind
from orchestrator.domain.fact import names_fact

if TYPE_CHECKING:
    from collections.abc import Iterable

    from orchestrator.catalog.model import Claim


@dataclass(frozen=True, slots=True)
class Claimed:
    """Paths that claims are read from.

    `facts` are those that are facts; `lasting` those whose end is the message's own end: what is taken back, such as
    the old date of a late order, ends nothing.
    """

    paths: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    lasting: tuple[str, ...] = ()

    @property
    def only_data(self) -> bool:
        """Whether the customer's data says it all, for ever."""
        return not self.facts and not self.lasting


def claimed_by(claims: Iterable[Claim]) -> Claimed:
    """Where these claims are read from."""
    claims = tuple(claims)
    paths = tuple(dict.fromkeys(claim.from_ for claim in claims))
    lasting = (
        claim.from_
        for claim in claims
        if not claim.superseded and (claim.kind is ClaimKind.DEADLINE or names_fact(claim.from_))
    )
    return Claimed(paths, tuple(filter(names_fact, paths)), tuple(dict.fromkeys(lasting)))
