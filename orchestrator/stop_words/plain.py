"""A text as its words alone: however it was typed, the same words come out."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

# Who wants out says so at once. The rest of a long letter is not read, so that no text costs more than a moment.
LENGTH_READ = 2_000


@dataclass(frozen=True, slots=True)
class Plain:
    """A text without case, accents and signs. `clauses` are its parts, between marks that part sentences."""

    clauses: tuple[str, ...]
    asks: bool

    @property
    def whole(self) -> str:
        """All of it, as one row of words."""
        return " ".join(self.clauses)


def plain(text: str) -> Plain:
    """The words of a text, without what its writer only quoted, and without greeting and signature lines."""
    folded = _folded(_own_lines(text[:LENGTH_READ]))
    clauses = tuple(filter(None, (_words(part) for part in _BETWEEN_CLAUSES.split(folded))))
    return Plain(clauses, asks=not clauses and "?" in folded)


# --- what the person wrote --------------------------------------------------------------------------------------------

# In an answer to an e-mail stands what was answered, our own "responda SAIR" included.
_QUOTED = re.compile(r"\s*(>|\|)")
_QUOTE_BEGINS = re.compile(
    r"\s*(-{2,}\s*(original message|mensagem original|mensaje original|forwarded|mensagem encaminhada)"
    r"|(on|em|el)\b.{3,200}\b(wrote|escreveu|escribi[oó])\s*:\s*$)",
    re.IGNORECASE,
)
_SIGNATURE_BEGINS = re.compile(
    r"\s*(--\s*$|(enviado (do|desde|a partir|pelo|via)|sent (from|via)|get outlook)\b.{0,60}$"
    r"|(att|atenciosamente|abra[cç]os?|abs|grat[oa]|obrigad[oa]|cordialmente|regards|best regards|saludos)\W*$)",
    re.IGNORECASE,
)


def _own_lines(text: str) -> str:
    own: list[str] = []
    for line in text.splitlines():
        if _QUOTE_BEGINS.match(line) or (own and _SIGNATURE_BEGINS.match(line)):
            break
        if line.strip() and not _QUOTED.match(line):
            own.append(line)
    return "\n".join(own)


# --- how it was typed -------------------------------------------------------------------------------------------------

_UNSEEN = ("Cf", "Mn")  # zero-width signs; accents, once they stand alone
_APOSTROPHES = re.compile("['\u2019\u02bc`\u00b4]")
_BETWEEN_CLAUSES = re.compile(r"[!?;:,()\n\u2026]+|\.+(?=\s|$)|\s[-\u2013\u2014]+\s|\b(?:porem|but|pero)\b")
# Portuguese hangs a pronoun on its verb: "descadastre-me" and "me descadastre" are one sentence.
_HUNG_ON = re.compile(r"\b([^\W_]+)[-\u2010\u2013](me|nos)\b")
# A plus sign is a word of its own where it is typed as one: "não quero + mensagens".
_WORD = re.compile(r"[^\W_]+|(?<!\S)\+(?!\S)")
_DRAWN_OUT = re.compile(r"([^\W\d_])\1{2,}")
_SPELLED_MIN = 3


def _folded(text: str) -> str:
    apart = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text).casefold())
    seen = "".join(sign for sign in apart if unicodedata.category(sign) not in _UNSEEN)
    return _APOSTROPHES.sub("", seen)


def _words(clause: str) -> str:
    """`sairrrr`, `s a i r` and `SAIR SAIR` are one word."""
    words = _WORD.findall(_HUNG_ON.sub(r"\2 \1", _DRAWN_OUT.sub(r"\1", clause)))
    if len(words) >= _SPELLED_MIN and all(len(word) == 1 and word.isalpha() for word in words):
        return "".join(words)
    return " ".join(word for place, word in enumerate(words) if place == 0 or word != words[place - 1])
