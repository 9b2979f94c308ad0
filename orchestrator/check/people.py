"""Recognising people in texts: addresses and numbers that are somebody's, and those that are kept for examples."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.domain.errors import Word, mark

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

AN_EMAIL = Word(mark("a person's e-mail address"))
A_CPF = Word(mark("a CPF"))
A_CARD = Word(mark("a card number"))
A_MOBILE = Word(mark("a person's mobile number"))


@dataclass(frozen=True, slots=True)
class Sighting:
    """Something of a person's, and from where to where it stands."""

    kind: Word
    start: int
    end: int


def people_in(text: str, own: frozenset[str]) -> Iterator[Sighting]:
    """What looks like a person's own data.

    Args:
        text: copy, or an example.
        own: what is the shop's, not a person's: addresses, domains as `@casalume.example`, digits of numbers.
    """
    taken: list[tuple[int, int]] = []
    for kind, pattern, is_real in _KINDS:
        for found in pattern.finditer(text):
            free = all(found.end() <= start or end <= found.start() for start, end in taken)
            if free and is_real(found[0].lower(), own):
                taken.append(found.span())
                yield Sighting(kind, found.start(), found.end())


# RFC 2606 and RFC 6761, and the same under the country's own ending.
_EXAMPLE_DOMAIN = re.compile(
    r"(?:.+\.)?(?:example|test|invalid|localhost|example\.(?:com|net|org|com\.br|net\.br|org\.br))"
)


def is_for_examples(domain: str) -> bool:
    """Whether mail to a domain reaches nobody."""
    return _EXAMPLE_DOMAIN.fullmatch(domain.lower()) is not None


# A run or a repetition that nobody takes for a number, and the numbers that the UK (07700 900xxx) and North America
# (555-01xx) keep for stories. Brazil keeps none.
_MADE_UP = re.compile(r"12345678|87654321|(\d)\1{4}|55501\d\d$|^(?:44|0)?7700900\d{3}$")


def is_made_up(phone: str) -> bool:
    """Whether a number is visibly nobody's."""
    return _MADE_UP.search(digits_of(phone)) is not None


def digits_of(text: str) -> str:
    """The digits of a number, however it is written."""
    return re.sub(r"\D", "", text)


# --- kinds ------------------------------------------------------------------------------------------------------------

_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_CPF = re.compile(r"(?<![\w.,/-])(?:\d{3}\.\d{3}\.\d{3}-\d{2}|\d{11})(?![\w,/-]|\.\d)")
_CARD = re.compile(r"(?<![\w.,/-])\d{4}(?:[ -]?\d{4}){2}[ -]?\d{1,7}(?![\w,/-]|\.\d)")
# A Brazilian mobile: area code, a nine, eight digits, with or without +55 and the signs between.
_MOBILE = re.compile(r"(?<![\w.,/-])(?:\+?55[ .-]?)?\(?[1-9][1-9]\)?[ .-]?9[ .]?\d{4}[ .-]?\d{4}(?![\w,/-]|\.\d)")


def _is_real_email(written: str, own: frozenset[str]) -> bool:
    domain = written[written.rfind("@") :]
    return not {written, domain} & own and not is_for_examples(domain[1:])


def _is_cpf(written: str, _own: frozenset[str]) -> bool:
    """By its two check digits: each is the weighted sum of those before it, modulo 11."""
    digits = [int(digit) for digit in digits_of(written)]
    return len(set(digits)) > 1 and all(_check_digit(digits[:length]) == digits[length] for length in (9, 10))


def _check_digit(digits: list[int]) -> int:
    weights = range(len(digits) + 1, 1, -1)
    return sum(digit * weight for digit, weight in zip(digits, weights, strict=True)) * 10 % 11 % 10


_CARD_LENGTHS = range(13, 20)


def _is_card(written: str, _own: frozenset[str]) -> bool:
    """By Luhn's sum: every second digit from the right is doubled, and counts as the sum of its own digits."""
    digits = [int(digit) for digit in reversed(digits_of(written))]
    total = sum(digits[::2]) + sum(sum(divmod(2 * digit, 10)) for digit in digits[1::2])
    return len(digits) in _CARD_LENGTHS and len(set(digits)) > 1 and total % 10 == 0


_NATIONAL_LENGTH = len("11912345678")


def _is_real_mobile(written: str, own: frozenset[str]) -> bool:
    national = digits_of(written)[-_NATIONAL_LENGTH:]
    return not {national, f"55{national}"} & own and not is_made_up(national)


# In this order: what is one thing is not another as well.
_KINDS: tuple[tuple[Word, re.Pattern[str], Callable[[str, frozenset[str]], bool]], ...] = (
    (AN_EMAIL, _EMAIL, _is_real_email),
    (A_CARD, _CARD, _is_card),
    (A_CPF, _CPF, _is_cpf),
    (A_MOBILE, _MOBILE, _is_real_mobile),
)
