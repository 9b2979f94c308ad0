"""What a rendering weighs and costs on its channel: kilobytes, and money where the project says a price."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from babel.numbers import format_currency, format_decimal

from orchestrator.catalog.whatsapp.limits import BODY_LENGTH_MAX
from orchestrator.check.email import HTML_BYTES_MAX
from orchestrator.domain.customer import Channel
from orchestrator.domain.errors import mark
from orchestrator.schema import parse_money

if TYPE_CHECKING:
    from orchestrator.domain.message import Rendered
    from orchestrator.release import ProjectFile
    from orchestrator.translations import Language

_KILOBYTE = 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class Measures:
    """`kilobytes` and `cost` are written as the reader writes numbers; `cost` is empty where no price is known.

    `category` is what the provider sells a template as, in English words that are to be translated.
    """

    kilobytes: str
    cut_off: bool
    length_max: int
    category: str
    cost: str


def measured(said: Rendered, project: ProjectFile, language: Language) -> Measures:
    """A rendering in numbers."""
    size = len(said.html.encode()) if said.html else len(said.text.encode())
    return Measures(
        kilobytes=format_decimal(Decimal(size) / _KILOBYTE, format="#,##0.0", locale=_babel(language)),
        cut_off=bool(said.html) and size > HTML_BYTES_MAX,
        length_max=BODY_LENGTH_MAX,
        category=_CATEGORIES[said.template["category"]] if said.template is not None else "",
        cost=_cost(said, project, language),
    )


# As Meta calls them in each language.
_CATEGORIES = {
    "utility": mark("utility"),
    "marketing": mark("marketing"),
    "authentication": mark("authentication"),
}


def _cost(said: Rendered, project: ProjectFile, language: Language) -> str:
    settings = project.channels.get(said.channel)
    if settings is None or settings.cost is None:
        return ""
    price = parse_money(settings.cost)
    count = said.segments if said.channel is Channel.SMS else 1
    return format_currency(price.amount * count, price.currency, locale=_babel(language))


def _babel(language: Language) -> str:
    return language.replace("-", "_")
