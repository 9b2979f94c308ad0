"""What an SMS costs and how it is written: the alphabet that a text needs, the parts it takes, and plainer spellings.

Alphabet and parts are those of 3GPP TS 23.038 and TS 23.040. All of it runs for every message sent.
"""

# ruff: noqa: RUF001  # characters that look like others are what this table is about

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Encoding = Literal["GSM-7", "UCS-2"]

# ascii: safest on Brazilian routes, where carriers rewrite accents; gsm: letters of GSM-7 stay; keep: as written.
Policy = Literal["ascii", "gsm", "keep"]

# The escape 0x1B is left out of the table: it announces an extension character and is never one of its own.
GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTENSION = frozenset("\f^{}\\[~]|€")


@dataclass(frozen=True, kw_only=True, slots=True)
class Profile:
    """How much one SMS holds on a route: septets in GSM-7, 16-bit units in UCS-2, alone or as part of a longer one."""

    septets_alone: int = 160
    septets_in_part: int
    units_alone: int = 70
    units_in_part: int


# An 8-bit reference costs six octets of every part, a 16-bit one seven.
GSM_PROFILE = Profile(septets_in_part=153, units_in_part=67)
GSM_16_BIT_PROFILE = Profile(septets_in_part=152, units_in_part=66)


@dataclass(frozen=True, slots=True)
class Segmentation:
    """A text in parts. `units` are septets in GSM-7 and 16-bit units in UCS-2."""

    encoding: Encoding
    units: int
    segments: int
    units_per_segment: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Offender:
    """A character that GSM-7 lacks, and where it stands (from 0)."""

    position: int
    character: str


def segment(text: str, profile: Profile = GSM_PROFILE) -> Segmentation:
    """The parts that a text takes. An empty text takes none."""
    encoding: Encoding
    if _outside_gsm(text) is None:
        encoding, alone, in_part, find_double = "GSM-7", profile.septets_alone, profile.septets_in_part, _find_extension
    else:
        encoding, alone, in_part, find_double = "UCS-2", profile.units_alone, profile.units_in_part, _find_astral

    # A double character at index i, after n other doubles, begins at unit i + n.
    doubles = {match.start() + n for n, match in enumerate(find_double(text))}
    units = len(text) + len(doubles)
    sizes = _sizes(units, doubles, in_part) if units > alone else (units,) if units else ()
    return Segmentation(encoding, units, len(sizes), sizes)


def offending_characters(text: str) -> tuple[Offender, ...]:
    """The characters that push a text to UCS-2, each time they occur."""
    return tuple(Offender(match.start(), match[0]) for match in _OUTSIDE_GSM.finditer(text))


def transliterate(text: str, policy: Policy) -> str:
    """The text in the policy's alphabet, without runs of spaces.

    What has a plainer spelling gets it and the rest is dropped, but numbers and words never grow together, and a
    currency sign is always spelled: without it the offer would be another one.
    """
    if policy == "keep":
        return text
    alphabet = _ALPHABETS[policy]
    if alphabet.outside(text):
        text = alphabet.spell(text.replace("\r\n", "\n"))
        if _WORD_EDGE in text or _NUMBER_EDGE in text:
            text = _EDGES.sub(_gap, text)
    return _squeezed(text)


def changed_characters(original: str, policy: Policy) -> tuple[str, ...]:
    """The characters that transliteration changes or drops, each once, in the order in which they are met."""
    if policy == "keep":
        return ()
    alphabet = _ALPHABETS[policy]
    if not alphabet.outside(original):
        return ()
    return tuple(dict.fromkeys(alphabet.find_outside(unicodedata.normalize("NFC", original))))


def spelling_of(character: str, policy: Policy) -> str:
    """What one character becomes inside a text: `...` for `…`, a plain space for a fixed one, nothing for an emoji."""
    return transliterate(f"-{character}-", policy)[1:-1]


def lost_letters(original: str, policy: Policy) -> tuple[str, ...]:
    """Those of the changed characters that are letters or numerals and leave nothing behind, as in `李`.

    Dropping an emoji keeps the meaning; dropping these does not.
    """
    return tuple(
        character
        for character in changed_characters(original, policy)
        if character.isalnum() and not any(map(str.isalnum, _ALPHABETS[policy][ord(character)]))
    )


# --- parts ----------------------------------------------------------------------------------------------------------


def _any_of(characters: frozenset[str]) -> str:
    return re.escape("".join(sorted(characters)))


_OUTSIDE_GSM = re.compile(f"[^{_any_of(GSM_BASIC | GSM_EXTENSION)}]")
_outside_gsm = _OUTSIDE_GSM.search
_find_extension = re.compile(f"[{_any_of(GSM_EXTENSION)}]").finditer
_find_astral = re.compile("[\U00010000-\U0010ffff]").finditer


def _sizes(units: int, doubles: set[int], in_part: int) -> tuple[int, ...]:
    """Full parts and a rest; a part ends one unit early where its last unit would be half of a double character."""
    if not doubles:
        full, rest = divmod(units, in_part)
        return (in_part,) * full + ((rest,) if rest else ())
    sizes = []
    start = 0
    while start + in_part < units:
        size = in_part - (start + in_part - 1 in doubles)
        sizes.append(size)
        start += size
    return (*sizes, units - start)


# --- spellings ------------------------------------------------------------------------------------------------------

CURRENCIES: Mapping[str, str] = {
    "€": "EUR", "£": "GBP", "¥": "JPY", "¢": "cents", "₹": "INR", "₽": "RUB", "₺": "TRY", "₩": "KRW", "₪": "ILS",
    "₫": "VND", "₴": "UAH", "₦": "NGN", "₱": "PHP", "฿": "THB", "₡": "CRC", "₲": "PYG", "₵": "GHS", "₸": "KZT",
    "₼": "AZN", "₾": "GEL", "₿": "BTC", "﷼": "rial", "\u20c0": "KGS", "\u20c1": "SAR",
}  # fmt: skip

# Spelling → the characters that are written so. Only what Unicode does not know by itself, or would spell badly: to it
# "≠" is "=" with a mark.
_SPELT: Mapping[str, str] = {
    " ": "\t", "\n": "\r\v\f\x85\u2028\u2029",
    "'": "`´‘’‚‛′ʼ‹›", '"': "“”„‟″«»¨", "-": "−¯·•‣◦▪●■", "/": "⁄∕÷", "|": "¦", ",": "¸", "~": "˜≈", "^": "ˆ",
    "->": "→", "<-": "←", "=>": "⇒", "<=": "≤", ">=": "≥", "!=": "≠", "+/-": "±",
    "(C)": "©", "(R)": "®", "(TM)": "™", "par.": "§", " por mil": "‰", "": "¿¡",
    "AE": "Æ", "ae": "æ", "D": "ÐĐ", "d": "ðđ", "E": "Ə", "e": "ə", "f": "ƒ", "H": "Ħ", "h": "ħ",
    "i": "ı", "j": "ȷ", "L": "Ł", "l": "ł", "N": "Ŋ", "n": "ŋ", "O": "Ø", "o": "ø°", "OE": "Œ", "oe": "œ",
    "SS": "ẞ", "ss": "ß", "T": "Ŧ", "t": "ŧ", "TH": "Þ", "th": "þ", "u": "µ", "x": "×",
}  # fmt: skip
SPELLINGS: Mapping[str, str] = {character: spelling for spelling, all_of in _SPELT.items() for character in all_of}

# They mark where a spelling may not touch its neighbour; texts cannot hold them, they are control characters.
_WORD_EDGE = "\x1f"
_NUMBER_EDGE = "\x1e"
_EDGES = re.compile(f"[{_WORD_EDGE}{_NUMBER_EDGE}]+")

# More characters than one brand ever meets; a bound, because customers' names fill the memory.
_REMEMBERED_MAX = 4096

# NUL is in no alphabet.
_NOT_ONE_CHARACTER = 0


class _Alphabet(dict[int, str]):
    """A table for `str.translate` that asks Unicode about a character when it is first met."""

    def __init__(self, characters: frozenset[str]) -> None:
        super().__init__((ord(character), character) for character in characters)
        outside = re.compile(f"[^{_any_of(characters)}]")
        self.outside = outside.search
        self.find_outside = outside.findall
        self._latin_1 = bytes(
            ord(spelling) if len(spelling := self[code]) == 1 else _NOT_ONE_CHARACTER for code in range(256)
        )

    def spell(self, text: str) -> str:
        """Every character in this alphabet, with edges still in it."""
        try:
            # Portuguese is Latin-1, letter for letter: bytes are translated ten times faster than characters.
            spelt = text.encode("latin-1").translate(self._latin_1)
        except UnicodeEncodeError:
            return unicodedata.normalize("NFC", text).translate(self)
        return spelt.decode("latin-1") if _NOT_ONE_CHARACTER not in spelt else text.translate(self)

    def __missing__(self, code: int) -> str:
        spelling = self._spelling(chr(code))
        if len(self) < _REMEMBERED_MAX:
            self[code] = spelling
        return spelling

    def _spelling(self, character: str) -> str:
        if character in SPELLINGS:
            return SPELLINGS[character]
        if character in CURRENCIES:
            return _WORD_EDGE + CURRENCIES[character] + _WORD_EDGE
        category = unicodedata.category(character)
        plainer = unicodedata.normalize("NFKD", character)
        if plainer != character:
            spelling = plainer.translate(self)
            # The footnote in "59,90¹" and the half in "1½" are not digits of the number before them.
            return _NUMBER_EDGE + spelling + _NUMBER_EDGE if category == "No" else spelling
        if category == "Sc":
            return _WORD_EDGE + unicodedata.name(character).removesuffix(" SIGN") + _WORD_EDGE
        digit = unicodedata.digit(character, None)
        if digit is not None:
            return str(digit) if category == "Nd" else f"{_NUMBER_EDGE}{digit}{_NUMBER_EDGE}"
        return _BY_CATEGORY.get(category, _WORD_EDGE)


# Marks and invisible characters vanish. Any other character is dropped where it stood, and leaves an edge.
_BY_CATEGORY: Mapping[str, str] = {"Mn": "", "Me": "", "Mc": "", "Cf": "", "Cc": "", "Zs": " ", "Pd": "-"}


def _gap(run: re.Match[str]) -> str:
    before = run.string[run.start() - 1 : run.start()]  # empty at the start: [-1:0]
    after = run.string[run.end() : run.end() + 1]
    touches = str.isalnum if _WORD_EDGE in run[0] else str.isdigit
    return " " if touches(before) and touches(after) else ""


_SPACES = re.compile(" {2,}")
_SPACED_NEWLINE = re.compile(" *\n *")


def _squeezed(text: str) -> str:
    if "  " in text or " \n" in text or "\n " in text:
        text = _SPACES.sub(" ", _SPACED_NEWLINE.sub("\n", text))
    return text.strip(" \n")


# A line ends in a line feed; a carriage return or form feed would only cost septets.
_GSM = (GSM_BASIC | GSM_EXTENSION) - frozenset("\r\f")
_ALPHABETS: Mapping[Policy, _Alphabet] = {
    "ascii": _Alphabet(frozenset(filter(str.isascii, _GSM))),
    "gsm": _Alphabet(_GSM),
}
