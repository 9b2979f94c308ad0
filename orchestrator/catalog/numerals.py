"""Numbers as people write them, in digits or in words, in Portuguese and in English. Texts come folded."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAMES: Mapping[int, str] = {
    1: "um uma one",
    2: "dois duas two",
    3: "tres three",
    4: "quatro four",
    5: "cinco five",
    6: "seis six",
    7: "sete seven",
    8: "oito eight",
    9: "nove nine",
    10: "dez ten",
    11: "onze eleven",
    12: "doze twelve",
    13: "treze thirteen",
    14: "catorze quatorze fourteen",
    15: "quinze fifteen",
    16: "dezesseis dezasseis sixteen",
    17: "dezessete dezassete seventeen",
    18: "dezoito eighteen",
    19: "dezenove dezanove nineteen",
    20: "vinte twenty",
    30: "trinta thirty",
    40: "quarenta forty",
    50: "cinquenta fifty",
    60: "sessenta sixty",
    70: "setenta seventy",
    80: "oitenta eighty",
    90: "noventa ninety",
    100: "cem cento",
    200: "duzentos duzentas",
    300: "trezentos trezentas",
    400: "quatrocentos quatrocentas",
    500: "quinhentos quinhentas",
    600: "seiscentos seiscentas",
    700: "setecentos setecentas",
    800: "oitocentos oitocentas",
    900: "novecentos novecentas",
}
_UNITS = {word: value for value, words in _NAMES.items() for word in words.split()}
_THOUSANDS = frozenset({"mil", "thousand"})

WORDS_OF_NUMBERS = (*_UNITS, *_THOUSANDS, "hundred")

_WORD = "|".join(sorted(WORDS_OF_NUMBERS, key=len, reverse=True))

DIGITS = r"[0-9]{1,15}(?:[.,][0-9]{1,15}){0,4}"
WORDS = rf"(?:{_WORD})\b(?:(?:[ ]e[ ]|[ ]and[ ]|-|[ ])(?:{_WORD})\b){{0,7}}"
NUMBER = rf"(?>{DIGITS}|{WORDS})"
"""In digits, in words, and in either, for verbose patterns. What a number has taken it keeps: see `phrases`."""

ONE = frozenset({"um", "uma", "one"})
"""Words that count rarely: "um dia desses", "one day"."""


def number(text: str, decimal_sign: str) -> Decimal:
    """What a match of NUMBER says. `decimal_sign` decides where both readings are possible: `1.299`."""
    return _from_digits(text, decimal_sign) if text[0].isdigit() else Decimal(_from_words(text))


def _from_digits(text: str, decimal_sign: str) -> Decimal:
    signs = re.findall(r"[.,]", text)
    whole, _, rest = text.rpartition(signs[-1]) if signs else (text, "", "")
    repeated = len(signs) > 1 and signs[-1] == signs[-2]
    grouped = len(rest) == len("000") and (repeated or signs[-1] != decimal_sign)  # "1.299" where the comma is decimal
    if not signs or grouped:
        return Decimal(re.sub(r"[.,]", "", text))
    return Decimal(f"{re.sub(r'[.,]', '', whole)}.{rest}")


def _from_words(text: str) -> int:
    """Words add up, "hundred" multiplies what came before it, and "mil" all of it: dois mil e quinhentos."""
    total = group = 0
    for word in re.findall(r"[a-z]+", text):
        if word in _THOUSANDS:
            total, group = total + 1_000 * (group or 1), 0
        elif word == "hundred":
            group = 100 * (group or 1)
        else:
            group += _UNITS.get(word, 0)
    return total + group
