"""What an agent's words are compared with: what the reply says by itself, and what else is true. Pure.

Where not all of the reply is known, a gap is filled with what nobody would write, so that it neither agrees with the
agent's words nor differs from them; the claims on it are not made.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from orchestrator.catalog.formats import state
from orchestrator.catalog.links import DECLARED
from orchestrator.catalog.render import render
from orchestrator.catalog.values import look_up
from orchestrator.domain.claim import ClaimKind, StatedClaim
from orchestrator.schema import VariableType, merged, nest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from datetime import date

    from orchestrator.catalog.model import PublishedMessage
    from orchestrator.catalog.prepare import Prepared
    from orchestrator.domain.message import Rendered
    from orchestrator.domain.time import Instant
    from orchestrator.facts.book import FactBook

_STAND_INS: Mapping[VariableType | ClaimKind, Any] = {
    VariableType.STRING: "…",
    VariableType.URL: "https://gap.example/",
    VariableType.DATE: "1901-01-01",
    VariableType.DATETIME: "1901-01-01T00:00:00Z",
    VariableType.MONEY: "987654321.09 BRL",
    VariableType.NUMBER: 987654321,
    VariableType.INTEGER: 987654321,
    VariableType.BOOLEAN: True,
    ClaimKind.PRICE: "987654321.09 BRL",
    ClaimKind.DISCOUNT: "98.7654321%",
    ClaimKind.DELIVERY_DATE: "1901-01-01",
    ClaimKind.DEADLINE: "1901-01-01",
    ClaimKind.COUPON: "G4PG4PG4PG4P",
    ClaimKind.POLICY: "…",
}


def rendered_around(
    gaps: Collection[str], message: PublishedMessage, prepared: Prepared, data: Mapping[str, Any], today: date
) -> Rendered:
    """The message as `render` says it, and raises, but for what is not known."""
    filled = merged(dict(data), _stand_ins(gaps, prepared)) if gaps else data
    rendered = render(message, prepared.voice, prepared.locale, prepared.channel, filled, today=today)
    return replace(rendered, claims=tuple(claim for claim in rendered.claims if claim.fact not in gaps))


def true_besides(prepared: Prepared, book: FactBook, now: Instant) -> Iterator[StatedClaim]:
    """The facts of the shop that the reply does not claim, as far as the project's files say them: its policies.

    What depends on a live value is not among them: it was not asked for, and may be over.
    """
    claimed = {used.claim.from_ for used in prepared.claims}
    for path in book.sheet.known_paths():
        kind = book.sheet.kind_of(path)
        if kind is None or path in claimed or path not in book.sheet.written or book.obstacle([path], now) is not None:
            continue
        value = look_up(book.nested([path], {}, now, locale=prepared.locale), tuple(path.split(".")))
        canonical, words = state(kind, value, prepared.voice.formats, prepared.style, prepared.locale)
        yield StatedClaim(name=path, kind=kind, fact=path, value=canonical, text=words)


def _stand_ins(gaps: Collection[str], prepared: Prepared) -> dict[str, Any]:
    kinds: dict[str, VariableType | ClaimKind] = {used.claim.from_: used.claim.kind for used in prepared.claims}
    kinds |= {name: variable.type for name, variable in {**DECLARED, **prepared.message.variables}.items()}
    nested: dict[str, Any] = {}
    for path in gaps:
        nest(nested, path, _STAND_INS[kinds[path]])
    return nested
