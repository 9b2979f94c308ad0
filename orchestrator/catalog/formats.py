"""Values as the customer reads them: money, dates and numbers by the voice's patterns, through Babel.

Babel costs more than the template around it, so every formatted value is remembered: a campaign states the same few
prices and dates many thousand times.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from babel.dates import format_date, format_time
from babel.numbers import format_currency, format_decimal

from orchestrator.domain.claim import ClaimKind
from orchestrator.domain.errors import Unfit
from orchestrator.schema import VariableType, parse_money

if TYPE_CHECKING:
    from orchestrator.catalog.voice import Format, Formats

_NO_BREAK_SPACES = {0x00A0: " ", 0x202F: " "}


class UnfitValue(Unfit):
    """A value that is not what its variable's type says."""


# --- claims ---------------------------------------------------------------------------------------------------------


def state(  # the last one is named
    kind: ClaimKind, value: Any, formats: Formats, style: str, locale: str, *, today: date | None = None
) -> tuple[str, str]:
    """A claim's canonical value and its words.

    Args:
        kind: what is claimed.
        value: as the data holds it: `2026-11-27`, `129.90 BRL`, `20`, `LUME20`; a policy has its value and its approved
            words, `{"value": "7d", "text": "7 dias corridos após o recebimento"}`.
        formats: the voice's patterns.
        style: long or short, the channel's habit for dates.
        locale: BCP 47, such as pt-BR.
        today: the day on which it is said. A date that is more than half a year from it is written with its year.

    Raises:
        UnfitValue: the value cannot be what the kind says.
    """
    if kind is ClaimKind.POLICY and isinstance(value, dict) and value.keys() >= {"value", "text"}:
        return str(value["value"]), formats.policy.pattern.format(text=value["text"], code=value["text"])
    pattern = formats.__getattribute__(kind.value)
    return _stated(kind, _plain(value, two_parts=kind is ClaimKind.PRICE), pattern, style, locale, today)


@lru_cache(maxsize=16_384, typed=True)  # 1 is not True
def _stated(  # a key of the memory
    kind: ClaimKind, value: Any, pattern: Format, style: str, locale: str, today: date | None
) -> tuple[str, str]:
    if kind is ClaimKind.DELIVERY_DATE:
        return _day(value, getattr(pattern, style), locale, today)
    if kind is ClaimKind.DEADLINE:
        return _deadline(value, pattern, style, locale, today)
    if kind is ClaimKind.PRICE:
        return _price(value, locale)
    if kind is ClaimKind.DISCOUNT:
        percent = parse_number(str(value).removesuffix("%"))
        written = format_decimal(percent, locale=_babel_locale(locale))
        return f"{percent:f}%", pattern.pattern.format(percent=written)
    text = str(value)
    return text, pattern.pattern.format(code=text, text=text)


def _day(value: Any, pattern: str, locale: str, today: date | None = None) -> tuple[str, str]:
    day = parse_date(value)
    if today is not None and abs(day - today) > _NEAR:
        pattern = _with_year(pattern, locale)
    return day.isoformat(), format_date(day, pattern, locale=_babel_locale(locale))


# Within half a year "30 de novembro" is one day only; further off a reader would take the wrong year's.
_NEAR = timedelta(days=183)
_SEPARATOR = re.compile(r"(?<=[dM])[^A-Za-z' ]+(?=[dM])")


@lru_cache(maxsize=64)
def _with_year(pattern: str, locale: str) -> str:
    """`dd/MM` → `dd/MM/yyyy`, `d 'de' MMMM` → `d 'de' MMMM 'de' y`, `MMMM d` → `MMMM d, y`."""
    if "y" in pattern:
        return pattern
    separator = _SEPARATOR.search(pattern)
    if separator:
        return f"{pattern}{separator[0]}yyyy"
    return f"{pattern} 'de' y" if locale.startswith(("pt", "es")) else f"{pattern}, y"


def _deadline(value: Any, pattern: Format, style: str, locale: str, today: date | None) -> tuple[str, str]:
    """A plain date means through the end of that day, and is written without an hour."""
    moment = _parse_moment(value)
    if moment is None:
        return _day(value, getattr(pattern, style), locale, today)
    _, day = _day(moment.date(), getattr(pattern, style), locale, today)
    return moment.isoformat(), f"{day}, {_hour(moment, pattern.time, locale)}"


def _hour(moment: datetime, pattern: str, locale: str) -> str:
    """Refuses a pattern that would drop minutes: "até 23h" for 23:59 broke a promise by 59 minutes (trap T2)."""
    if moment.minute and "m" not in pattern:
        raise UnfitValue(
            'the time pattern "{pattern}" would drop the minutes of {hour}', pattern=pattern, hour=f"{moment:%H:%M}"
        )
    return format_time(moment, pattern, locale=_babel_locale(locale))


def _price(value: Any, locale: str) -> tuple[str, str]:
    try:
        money = parse_money(dict(value) if isinstance(value, tuple) else value)
    except ValueError as error:
        raise UnfitValue('"{value}" is not an amount with a currency, such as "129.90 BRL"', value=value) from error
    _refuse_absurd(money.amount)
    written = format_currency(money.amount, money.currency, locale=_babel_locale(locale))
    return f"{money.amount:f} {money.currency}", written


def refuse_price_pattern(pattern: str, locale: str) -> None:
    """A price pattern is an example; ValueError unless it is how the locale writes it."""
    if not pattern:
        return
    currency = next((code for code, sign in _SIGNS.items() if sign in pattern), "BRL")
    expected = format_currency(Decimal("1234.56"), currency, locale=_babel_locale(locale)).translate(_NO_BREAK_SPACES)
    if pattern != expected:
        raise Unfit(
            'the price pattern must read as {locale} writes it: "{expected}", not "{pattern}"',
            locale=locale,
            expected=expected,
            pattern=pattern,
        )


_SIGNS = {"BRL": "R$", "EUR": "€", "GBP": "£", "USD": "$"}


# --- plain variables ------------------------------------------------------------------------------------------------


def write(kind: VariableType, value: Any, formats: Formats, style: str, locale: str) -> str:
    """A variable that is not a claim, as the copy prints it. Raises UnfitValue."""
    if kind is VariableType.STRING:
        return _text(value)
    if kind is VariableType.URL:
        return _url(value)
    return _written(kind, _plain(value, two_parts=kind is VariableType.MONEY), formats.delivery_date, style, locale)


@lru_cache(maxsize=16_384, typed=True)  # 1 is not True
def _written(kind: VariableType, value: Any, date_format: Format, style: str, locale: str) -> str:
    if kind in (VariableType.DATE, VariableType.DATETIME):
        return _day(str(value)[:10], getattr(date_format, style), locale)[1]
    if kind is VariableType.MONEY:
        return _price(value, locale)[1]
    if kind is VariableType.BOOLEAN:
        return str(value).lower()
    number = parse_number(value)
    if kind is VariableType.INTEGER and number != number.to_integral_value():
        raise UnfitValue('"{value}" is not a whole number', value=value)
    return format_decimal(number, locale=_babel_locale(locale))


def _text(value: Any) -> str:
    if isinstance(value, (dict, list)):
        raise UnfitValue("a text cannot be made from a {kind}", kind=type(value).__name__)
    return value if isinstance(value, str) else str(value)


def _url(value: Any) -> str:
    """Only http and https with a host: a `javascript:` link in an e-mail is code."""
    text = _text(value)
    if not _is_web_address(text):
        raise UnfitValue('"{text}" is not an http or https address', text=text)
    return text


# Nearly every address, and nearly every one is another: each order has its own, so there is nothing to remember.
_USUAL_ADDRESS = re.compile(r"https?://[A-Za-z0-9.-]+(?::[0-9]+)?(?:[/?#][!#-&(-;=?-\[\]-~]*)?")


def _is_web_address(text: str) -> bool:
    if _USUAL_ADDRESS.fullmatch(text):
        return True
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    sound = text.isprintable() and not any(sign in text for sign in " <>\"'\\")
    return sound and parts.scheme in ("http", "https") and bool(parts.netloc)


# --- reading values -------------------------------------------------------------------------------------------------


@lru_cache(maxsize=4_096)
def parse_date(value: Any) -> date:
    """The day of `2026-11-27` or of a date-time, as written. Raises UnfitValue."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError as error:
        raise UnfitValue('"{value}" is not a date; write it as 2026-11-27', value=value) from error


def _parse_moment(value: Any) -> datetime | None:
    if isinstance(value, datetime):
        return value
    if isinstance(value, date) or len(str(value)) <= len("2026-11-27"):
        return None
    try:
        return datetime.fromisoformat(str(value))
    except ValueError as error:
        raise UnfitValue(
            '"{value}" is not a date and time; write it as 2026-11-27T18:00:00-03:00', value=value
        ) from error


def parse_number(value: Any) -> Decimal:
    """A number as the data holds it: `3`, `"2.50"`. Raises UnfitValue, also for one that nobody writes."""
    try:
        number = Decimal(str(value))
    except InvalidOperation as error:
        raise UnfitValue('"{value}" is not a number', value=value) from error
    if not number.is_finite():
        raise UnfitValue('"{value}" is not a number', value=value)
    _refuse_absurd(number)
    return number


# What nobody sells for, and what would take a formatter minutes: "1e999999999" is nine zeros of digits.
_DIGITS_MAX = 15


def _refuse_absurd(number: Decimal) -> None:
    if number.adjusted() >= _DIGITS_MAX or int(number.as_tuple().exponent) < -_DIGITS_MAX:
        raise UnfitValue(
            "a number may have {most} digits before and after the comma, and this one has more", most=_DIGITS_MAX
        )


def _plain(value: Any, *, two_parts: bool) -> Any:
    """A value that is one thing, and can be remembered; money may come in two parts, an amount and a currency."""
    if two_parts and isinstance(value, dict):
        return tuple(sorted((name, _plain(part, two_parts=False)) for name, part in value.items()))
    if isinstance(value, (dict, list)):
        raise UnfitValue("cannot be made from a {kind}", kind=type(value).__name__)
    return value


@lru_cache(maxsize=64)
def _babel_locale(locale: str) -> str:
    return locale.replace("-", "_")
