"""Words that follow a number, by the plural rules of CLDR: in pt-BR 0 and 1.5 are "one", in English they are not."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

from babel import Locale
from babel.numbers import format_decimal

from orchestrator.catalog.formats import UnfitValue, parse_number

if TYPE_CHECKING:
    from collections.abc import Mapping

Number = int | float | Decimal | str

# What a form writes where the number belongs.
NUMBER = "{n}"

# The form that every language has, and that stands in for one that is not given.
OTHER = "other"


def plural_category(number: Number, locale: str) -> str:
    """`zero`, `one`, `two`, `few`, `many` or `other`: which form a number asks for in a locale (BCP 47).

    Raises:
        UnfitValue: it is not a number.
    """
    return _category(parse_number(number), locale)


def choose(number: Number, forms: Mapping[str, str], locale: str) -> str:
    """The form for a number, with `{n}` as the locale writes it: 1200 and `{n} itens` give `1.200 itens`.

    Raises:
        UnfitValue: it is not a number, or there is no form `other`.
    """
    if OTHER not in forms:
        raise UnfitValue('plural forms need one for "{other}", which every language falls back to', other=OTHER)
    value = parse_number(number)
    form = forms.get(_category(value, locale), forms[OTHER])
    return form.replace(NUMBER, _written(value, locale)) if NUMBER in form else form


# Decimal("1") and Decimal("1.0") are equal, but are told apart by CLDR: the text is the key.
def _category(number: Decimal, locale: str) -> str:
    return _known_category(str(number), locale)


@lru_cache(maxsize=4_096)
def _known_category(number: str, locale: str) -> str:
    return str(_babel_locale(locale).plural_form(Decimal(number)))


@lru_cache(maxsize=4_096)
def _written(number: Decimal, locale: str) -> str:
    return format_decimal(number, locale=_babel_locale(locale))


@lru_cache(maxsize=64)
def _babel_locale(locale: str) -> Locale:
    return Locale.parse(locale.replace("-", "_"))
