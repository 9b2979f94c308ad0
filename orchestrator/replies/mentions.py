"""What an agent's words name of days, periods and amounts, and in which manner: said, denied, moved, over, or aside.

"Não chega até 1 de dezembro" names a day only to deny it. The manner is read from the other words of the clause that a
value stands in, before it and directly after it. In doubt a value is not said: to be asked why costs an agent one
sentence, and a promise that is not kept costs a customer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from orchestrator.catalog.folding import Folded
from orchestrator.catalog.phrases import SOON, WEEKDAYS
from orchestrator.catalog.statements import Statement, StatementKind, read_statements
from orchestrator.replies.manners import bend, promises

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from orchestrator.replies.manners import Manner


@dataclass(frozen=True, kw_only=True, slots=True)
class Mention:
    """One value that is named.

    `words` are the agent's, with those that make the manner: "Não chega até 1 de dezembro". `clause` is all that it
    stands among, folded; where that is nothing, of "para devolver, 7 dias", with the clause before it.
    """

    said: Statement
    manner: Manner
    words: str
    clause: str


def mentions(text: str, locale: str) -> tuple[Mention, ...]:
    """All that a text names, in order: what it states, and the vague days on which it promises something."""
    read = read_statements(text, locale)
    vague = (_mention(text, one) for one in _vague_days(text, read))
    named = [*(_mention(text, one) for one in read), *(one for one in vague if promises(one.clause))]
    dates = [one for one in read if one.kind is StatementKind.DATE]
    once = [one for one in named if not _named_again(one.said, text, dates)]
    return tuple(sorted(once, key=lambda one: one.said.start))


def _vague_days(text: str, read: Sequence[Statement]) -> Iterator[Statement]:
    """Sábado · amanhã · o fim do mês: no statements by themselves, for a shop is open on Saturdays."""
    folded = Folded(text)
    for found in SOON.finditer(folded.text):
        start, end = folded.span(*found.span())
        if not any(one.start < end and start < one.end for one in read):
            yield Statement(StatementKind.RELATIVE, found[0], start, end)


def _named_again(one: Statement, text: str, dates: Sequence[Statement]) -> bool:
    """Hoje, 27/11 · 27/11, na próxima semana: the date says which day that is. A weekday can be compared by itself."""
    if one.kind is not StatementKind.RELATIVE or one.weekday is not None:
        return False
    return any(
        _APPOSED.fullmatch(text[one.end : date.start]) or _APPOSED.fullmatch(text[date.end : one.start])
        for date in dates
    )


_APPOSED = re.compile(r"[ ,(]{1,2}(?:dia |n?[ao] )?")


def _mention(text: str, one: Statement) -> Mention:
    ahead = Folded(text[max(0, one.start - _REACH) : one.start])
    behind = Folded(text[one.end : one.end + _REACH])
    begins, ends = _begins(ahead), _ends(behind)
    before, itself, after = ahead.text[begins:], Folded(text[one.start : one.end]).text, behind.text[:ends]
    found = bend(one, before, itself, after)
    start, end = one.start, one.end
    if found.begins is not None:
        place, _ = ahead.span(begins + found.begins, len(ahead.text))
        start += place - len(ahead.original)
    if found.ends is not None:
        _, place = behind.span(0, found.ends)
        end += place
    said = replace(one, weekday=_weekday(itself)) if one.kind is StatementKind.RELATIVE else one
    if not (before + after).strip():
        before = ahead.text[_begins(Folded(ahead.text[:begins].rstrip(" ,"))) :]
    words = " ".join(text[start:end].split())
    return Mention(said=said, manner=found.manner, words=words, clause=before + itself + after)


# --- a clause ---------------------------------------------------------------------------------------------------------

_REACH = 120
"""Characters of a clause on either side of a value, at most: where a manner is looked for."""

# Joining words end a clause. The é of "não é" looks like one, and has not always its accent.
_CLAUSE_END = re.compile(
    r"[!?;:()]|\.(?=\s|$)|,| - |  |(?<!nao )(?<!nunca )(?<!mais )(?<!\w)e(?!\w)"
    r"|(?<!\w)(?:mas|porem|agora|entao|pois|porque|contudo|and|but|now|because)(?!\w)"
)
# "Não vai chegar, infelizmente, até 27/11" · "Recebemos hoje, 25/11": these commas part nothing.
_NO_PARTING = re.compile(
    r",(?: \w+){1,3}(?P<second>,)(?= (?:(?:ate|em|n[oa]|dia|para|pra|d[eo]|o|a|by|on|until) ){0,3}$)"
    r"|(?<!\w)(?:hoje|ontem|today|yesterday)(?P<only>,)(?= $)"
)


def _begins(ahead: Folded) -> int:
    """Where the clause begins in what stands ahead of a value."""
    joined = _NO_PARTING.search(ahead.text)
    within = range(*joined.span()) if joined else ()
    return max((end.end() for end in _parted(ahead) if end.start() not in within), default=0)


def _ends(behind: Folded) -> int:
    """Where it ends in what stands behind the value; a question mark belongs to it."""
    end = next(_parted(behind), None)
    return len(behind.text) if end is None else end.end() if end[0] == "?" else end.start()


def _parted(folded: Folded) -> Iterator[re.Match[str]]:
    for end in _CLAUSE_END.finditer(folded.text):
        start, _ = folded.span(*end.span())
        if folded.original[start] not in "éÉ":
            yield end


def _weekday(words: str) -> int | None:
    """Of "chega sábado"; "próximo sábado" may be another one."""
    found = _WEEKDAY.search(words)
    return WEEKDAYS[found["name"][:3]] if found else None


_WEEKDAY = re.compile(
    r"(?<!\w)(?<!proximo )(?<!proxima )(?<!next )(?P<name>segunda|terca|quarta|quinta|sexta|sabado|domingo"
    r"|monday|tuesday|wednesday|thursday|friday|saturday|sunday)"
)
