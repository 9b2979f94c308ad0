"""News as a ledger can keep it, whatever adapter brings it: one odd character would keep all that is beside it out."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, TypeVar

from orchestrator.contract.storable import is_storable, storable

if TYPE_CHECKING:
    from orchestrator.channels import InboundMessage, Preference, Received, TemplateNews, UserNews
    from orchestrator.domain.receipt import Receipt

    T = TypeVar("T", Receipt, InboundMessage, Preference, TemplateNews, UserNews)


def fit_to_keep(received: Received) -> Received:
    """The same news without what cannot be stored: see `contract.storable`."""
    return dataclasses.replace(
        received,
        receipts=tuple(map(_fit, received.receipts)),
        linked=tuple((token, _fit(one)) for token, one in received.linked),
        inbound=tuple(map(_fit, received.inbound)),
        preferences=tuple(map(_fit, received.preferences)),
        templates=tuple(map(_fit, received.templates)),
        users=tuple(map(_fit, received.users)),
    )


def _fit(news: T) -> T:
    words = {one.name: getattr(news, one.name) for one in dataclasses.fields(news)}
    odd = {name: storable(said) for name, said in words.items() if isinstance(said, str) and not is_storable(said)}
    return dataclasses.replace(news, **odd) if odd else news  # type: ignore[arg-type]  # words where words were
