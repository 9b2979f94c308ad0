"""What a text states, as a reader of Portuguese or English would take it: prices, percentages, dates, periods, coupons.

It reads copy (what is written there by hand is CL101) and rendered messages (what they say is compared with what they
claim). Order numbers, phones, opening hours, sizes, scores and links say nothing of the kind.

Every pattern has bounded repetitions and begins at the beginning of a word, so that reading takes time in proportion
to the text whatever it holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

from orchestrator.catalog import phrases
from orchestrator.catalog.folding import Folded
from orchestrator.catalog.numerals import ONE, number

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Mapping
    from decimal import Decimal


class StatementKind(StrEnum):
    """What can be stated.

    `relative` is a deadline that depends on the day of reading, "até amanhã"; `offer` an advantage in words, "leve 3,
    pague 2". Neither has a value to compare.
    """

    MONEY = "money"
    PERCENT = "percent"
    DATE = "date"
    DURATION = "duration"
    COUPON = "coupon"
    RELATIVE = "relative"
    OFFER = "offer"


FREE = "free"
"""The value of an offer to ask nothing for something: "de graça", "grátis", "for free"."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement and where it stands.

    `value` is canonical: `129.90 BRL`, `20%`, `2026-11-27`, `--11-27` without a year, `---27` without a month,
    `--11-30T18:30` with an hour, `7d` `5bd` `24h` `2w` `12mo` `2y`, `LUME20`, or the plain words of a relative
    deadline or of an offer. `weekday` counts from Monday, 0, where one is named beside a date.
    """

    kind: StatementKind
    value: str
    start: int
    end: int
    weekday: int | None = None


@lru_cache(maxsize=1_024)
def read_statements(text: str, locale: str) -> tuple[Statement, ...]:
    """What a text states, in order and without overlaps.

    Args:
        text: copy, with its places for data masked, or a text as a customer reads it.
        locale: decides what is ambiguous, `1.299` and `05/12`. Words of both languages are always understood.
    """
    folded = Folded(text)
    habits = _habits(locale)
    found: list[Statement] = []
    position = 0
    text_alone = phrases.LINK.sub(lambda link: "\0" * len(link[0]), folded.text)
    next_statement = phrases.statement().search
    while match := next_statement(text_alone, position):
        statement = _statement(match, folded, habits)
        # What only looked like a statement may hold one: "may 20%".
        done = statement or match.lastgroup in phrases.INNOCENT
        position = match.end() if done else match.start() + 1
        if statement:
            found.append(statement)
    return tuple(found)


# --- one match ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Habits:
    """What a locale decides."""

    portuguese: bool
    decimal_sign: str
    month_first: bool
    currency: str


@lru_cache(maxsize=64)
def _habits(locale: str) -> _Habits:
    english = locale.lower().startswith("en")
    return _Habits(
        portuguese=not english,
        decimal_sign="." if english else ",",
        month_first=locale in ("en", "en-US", "en_US"),
        currency="USD" if english else "BRL",
    )


@dataclass(frozen=True, slots=True)
class _Found:
    """A match with what surrounds it."""

    match: re.Match[str]
    folded: Folded
    habits: _Habits

    def __getitem__(self, group: str) -> str:
        return self.match[group] or ""

    def original(self, group: str) -> str:
        start, end = self.folded.span(*self.match.span(group))
        return self.folded.original[start:end]

    def number(self, group: str) -> Decimal:
        return number(self[group], self.habits.decimal_sign)

    def after(self, pattern: re.Pattern[str]) -> bool:
        """What stands before ends in the pattern, which begins at most 40 characters earlier."""
        start = self.match.start()
        return pattern.search(self.folded.text[max(0, start - 40) : start]) is not None

    def before(self, pattern: re.Pattern[str]) -> bool:
        """What stands after it begins with the pattern."""
        return pattern.match(self.folded.text, self.match.end()) is not None


# The value, and the weekday of a date; None where the words mean something else after all.
_Reading = tuple[str, int | None] | None


def _statement(match: re.Match[str], folded: Folded, habits: _Habits) -> Statement | None:
    group = match.lastgroup or ""
    if group not in _READERS:
        return None
    kind, read = _READERS[group]
    reading = read(_Found(match, folded, habits))
    if reading is None:
        return None
    value, weekday = reading
    return Statement(kind, value, *folded.span(*match.span(_ITSELF.get(group, group))), weekday)


# --- money and percent ----------------------------------------------------------------------------------------------


def _signed_money(found: _Found) -> _Reading:
    """R$ 1.299,90 · -US$ 20 · BRL 20 · R$ 2 mil."""
    amount = found.number("amount") * phrases.SCALES[found["amount_scale"].strip()]
    negative = found["minus"] or found["inner_minus"]
    return _money(-amount if negative else amount, phrases.CURRENCIES[found["sign"]])


def _counted_money(found: _Found) -> _Reading:
    """129,90 reais · twenty dollars · 50 centavos."""
    amount = found.number("sum") * phrases.SCALES[found["sum_scale"].strip()]
    currency, share = phrases.CURRENCY_WORDS[found["currency"]]
    return _money(amount * share, currency or found.habits.currency)


def _bare_money(found: _Found) -> _Reading:
    """Por 129,90: only a price has exactly two decimals there."""
    return _money(found.number("bare_amount"), found.habits.currency)


def _money(amount: Decimal, currency: str) -> _Reading:
    shown = f"{amount:.2f}" if amount == round(amount, 2) else f"{amount.normalize():f}"
    return f"{shown} {currency}", None


def _percent(found: _Found) -> _Reading:
    value = _plain(found.number("percentage"))
    whole = value == "100" and found.before(phrases.ALL_OF_IT)
    whole = whole or (value == "100" and found.after(phrases.AFTER_ITS_MATERIAL))
    return None if whole or found.before(phrases.MATERIAL) else (f"{value}%", None)


def _plain(value: Decimal) -> str:
    return f"{value:f}".rstrip("0").rstrip(".") if value % 1 else f"{value:.0f}"


# --- dates ----------------------------------------------------------------------------------------------------------


def _date(found: _Found) -> _Reading:
    """Every way of writing a day; what is no day of the calendar is no date."""
    read = next(read for group, read in _DATES.items() if found[group])
    parts = read(found)
    if parts is None or not _exists(*parts):
        return None
    year, month, day = parts
    written = f"{year:04}-{month:02}-{day:02}" if year else f"--{month:02}-{day:02}"
    weekday = found["weekday"] or found["weekday_after"]
    return written + _hour(found), phrases.WEEKDAYS[weekday[:3]] if weekday else None


_Parts = tuple[int, int, int] | None


def _iso(found: _Found) -> _Parts:
    return int(found["iso_year"]), int(found["iso_month"]), int(found["iso_day"])


def _numeric(found: _Found) -> _Parts:
    """27/11, 27/11/2026, 27.11.2026. In a fraction, a score or "24/7" single digits stand without a word for a date."""
    first, second, year = found["first"], found["second"], found["numeric_year"]
    if not year and found["separator"] != "/" and not _is_deadline(found):
        return None
    certain = year or found["weekday"] or found.after(phrases.BEFORE_A_DATE)
    # In Portuguese 5/12 is rather a day of December than a fraction; 1/2 may be half a cup.
    short = len(first) + len(second) < len("2711") and not (found.habits.portuguese and second in ("11", "12"))
    if found.before(phrases.AFTER_A_FRACTION) or (not certain and (short or found.after(phrases.BEFORE_A_FRACTION))):
        return None
    month, day = (int(first), int(second)) if found.habits.month_first else (int(second), int(first))
    if month > 12 >= day:  # noqa: PLR2004  # it can only have been meant the other way round
        month, day = day, month
    return _year(year), month, day


def _is_deadline(found: _Found) -> bool:
    """Até 30-11 · até 30 / 11. "Até 10-12 peças" is a range, which ascends."""
    ascends = found["separator"] == "-" and int(found["first"]) <= int(found["second"])
    range_ = ascends and found.before(phrases.AFTER_A_RANGE)
    return bool(found["weekday"] or found.after(phrases.BEFORE_A_DEADLINE)) and not range_


def _day_first(found: _Found) -> _Parts:
    """27 de novembro de 2026 · 1º de dezembro · 27 nov · 27th of November."""
    name = found["month_after"]
    if not found.habits.portuguese and name in phrases.PORTUGUESE_ABBREVIATIONS:
        return None
    day = 1 if found["day_before"].startswith("prim") else int(found.number("day_before"))
    return _year(found["year_after"]), phrases.MONTHS[name[:3]], day


def _month_first(found: _Found) -> _Parts:
    """November 27, 2026. "May" and "march" are months where they have their capital."""
    name = found["month_before"]
    if name in phrases.ORDINARY_WORDS and found.original("month_before")[0].islower():
        return None
    return _year(found["named_year"]), phrases.MONTHS[name[:3]], int(found["day_after"])


_DATES: Mapping[str, Callable[[_Found], _Parts]] = {
    "iso_year": _iso,
    "separator": _numeric,
    "month_after": _day_first,
    "month_before": _month_first,
}


def _year(text: str) -> int:
    return int(text) + (2_000 if len(text) == len("26") else 0) if text else 0


def _exists(year: int, month: int, day: int) -> bool:
    try:
        date(year or 2_000, month, day)  # a leap year: 29/02 may be
    except ValueError:
        return False
    return True


def _hour(found: _Found) -> str:
    """`T18:30` of "18h30", "18:30" or "6:30 PM"; nothing where none is said."""
    if not found["hour"]:
        return ""
    hour, minute, half = int(found["hour"]), int(found["minute"] or 0), found["half_of_day"][:1]
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    return f"T{hour:02}:{minute:02}"


def _day_alone(found: _Found) -> _Reading:
    """Dia 27 · sexta, 27."""
    day = int(found["lone_day"] or found["weekday_day"])
    weekday = found["lone_weekday"]
    return (f"---{day:02}", phrases.WEEKDAYS[weekday[:3]] if weekday else None) if 1 <= day <= 31 else None  # noqa: PLR2004  # days of a month


# --- periods, coupons, relative deadlines ---------------------------------------------------------------------------


def _duration(found: _Found) -> _Reading:
    """7 dias · 5 a 7 dias úteis · 24 horas · meio ano. "Um dia" is an idiom, unless it is um dia útil."""
    if found["half_a_year"]:
        return "6mo", None
    unit, business = phrases.UNITS[found["unit"]], bool(found["business_before"] or found["business_after"])
    if found.before(phrases.AFTER_NO_PERIOD) or (found["count"] in ONE and not business and not _counts(found, unit)):
        return None
    if unit in phrases.BEFORE_A_SHORT_TIME and not _is_long_enough(found, unit):
        return None
    low = f"{_plain(found.number('low'))}-" if found["low"] else ""
    return f"{low}{_plain(found.number('count'))}{'b' if business else ''}{unit}", None


def _counts(found: _Found, unit: str) -> bool:
    """Em uma semana · garantia de um ano · um mês para trocar."""
    return unit in phrases.BEFORE_ONE and (found.after(phrases.BEFORE_ONE[unit]) or found.before(phrases.AFTER_ONE))


def _is_long_enough(found: _Found, unit: str) -> bool:
    """Alone, "9h" is an hour of the day and "5 minutos" is how long to bake."""
    spelled_out = unit == "h" and len(found["unit"]) > len("h")
    many = unit == "h" and found.number("count") > 24  # noqa: PLR2004  # no day has such an hour
    warranty = unit == "y" and found.before(phrases.AFTER_A_WARRANTY)
    return spelled_out or many or warranty or found.after(phrases.BEFORE_A_SHORT_TIME[unit])


def _coupon(found: _Found) -> _Reading:
    """A code: capitals or digits. Among words all in capitals, and after "code", only what mixes both is one."""
    keyword, code = found.original("keyword"), found.original("code")
    digits, letters = any(map(str.isdigit, code)), any(map(str.isalpha, code))
    if phrases.TRACKING_NUMBER.fullmatch(found["code"]) or found["code"] in phrases.NOT_COUPONS:
        return None
    if digits and letters:
        return code.upper(), None
    in_capitals = code.isupper() and not keyword.isupper()
    return (code, None) if in_capitals or (digits and keyword[:3].lower() in ("cup", "cou", "vou")) else None


def _relative(found: _Found) -> _Reading:
    """Até amanhã · ends tonight. "De segunda até sexta" says when a shop is open."""
    opening = phrases.BEFORE_CLOSING if found["until_an_hour"] else phrases.BEFORE_OPENING_DAYS
    elsewhere = found["same_day"] and not found.after(phrases.BEFORE_THE_SAME_DAY)
    return None if elsewhere or found.after(opening) else _its_words(found)


def _its_words(found: _Found) -> _Reading:
    """Leve 3, pague 2 · half price · de graça, which is FREE in whichever words."""
    return FREE if found["free"] else found.match[0], None


# Where words around it show what it is, the group that is the statement itself.
_ITSELF: Mapping[str, str] = {"bare": "bare_amount", "coupon": "code"}

_READERS: Mapping[str, tuple[StatementKind, Callable[[_Found], _Reading]]] = {
    "signed": (StatementKind.MONEY, _signed_money),
    "counted": (StatementKind.MONEY, _counted_money),
    "bare": (StatementKind.MONEY, _bare_money),
    "percent": (StatementKind.PERCENT, _percent),
    "duration": (StatementKind.DURATION, _duration),
    "date": (StatementKind.DATE, _date),
    "day_alone": (StatementKind.DATE, _day_alone),
    "coupon": (StatementKind.COUPON, _coupon),
    "relative": (StatementKind.RELATIVE, _relative),
    "offer": (StatementKind.OFFER, _its_words),
}
