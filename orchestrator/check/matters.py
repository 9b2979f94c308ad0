"""What periods in copy are about: returns, exchanges, cancellations, refunds, first replies.

A promise is heard only where its words leave no doubt: a false alarm would teach people to look away. What is said of
one case alone (a gift, a defect, payment by Pix) is told apart from what is said of all.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING

from orchestrator.catalog.folding import Folded, fold
from orchestrator.catalog.phrases import UNITS
from orchestrator.catalog.statements import Statement, StatementKind, read_statements

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


class Matter(StrEnum):
    """One thing that a shop answers with one value."""

    RETURN = "return"
    EXCHANGE = "exchange"
    CANCELLATION = "cancellation"
    REFUND = "refund"
    FIRST_REPLY = "first_reply"


# A sentence with more periods than anybody would follow says nothing for certain.
MOST = 12


@dataclass(frozen=True, kw_only=True, slots=True)
class Promise:
    """A period that a text states of some matters, and where. `cases` are those that it is restricted to."""

    matters: frozenset[Matter]
    value: str
    start: int
    end: int
    cases: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class Named:
    """A part of a text that is known to be about something, because a fact with such a name says it."""

    start: int
    end: int
    matters: frozenset[Matter]


def promises(text: str, locale: str, title: str = "", named: Sequence[Named] = ()) -> Iterator[Promise]:
    """What a text promises, in order.

    Args:
        text: copy, places for data masked.
        locale: the language it is read in.
        title: what the whole text is about. It counts where a sentence does not say that itself.
        named: what needs no words around it to be understood.
    """
    about = _mentions(fold(title))
    always = _cases(fold(title))
    for start, sentence in _sentences(text):
        folded = Folded(sentence)
        mentions = _mentions(folded.text)
        found = [one for one in read_statements(folded.text, locale) if one.kind is StatementKind.DURATION]
        for one in found if len(found) <= MOST else ():
            first, last = (start + place for place in folded.span(one.start, one.end))
            own = next((each.matters for each in named if each.start <= first < each.end), frozenset())
            # `return_window` is about returns, whatever stands around it; "para trocar" makes it exchanges too.
            around = _matters(folded.text, one, found, mentions, about)
            matters = own | (around & CUSTOMERS) if own and own <= CUSTOMERS else own or around
            if matters:
                cases = always | _cases(folded.text)
                yield Promise(matters=matters, value=one.value, start=first, end=last, cases=cases)
        about = mentions or about


def matters_of(name: str) -> frozenset[Matter]:
    """What a fact is about, by its id: `return_window`."""
    return frozenset(one.matter for one in _mentions(fold(name.replace("_", " "))) if one.matter is not None)


def conflict(value: str, other: str) -> bool:
    """Whether two values cannot both hold. `1w` is `7d`; of `5-7bd` the end counts; days are no business days."""
    one, two = _measured(value), _measured(other)
    return one is not None and two is not None and one[1] == two[1] and one[0] != two[0]


# --- words ----------------------------------------------------------------------------------------------------------

CUSTOMERS = frozenset({Matter.RETURN, Matter.EXCHANGE, Matter.CANCELLATION})
"""What a customer may do, and how long. The others are how long we take."""

# Folded. The first that fits wins: what only looks like a matter comes before it. A warranty is each product's own.
_WORDS: Mapping[str, str] = {
    "none": r"""
        em[ ]troca[ ]de|troca[ ]de[ ](?:senha|endereco|e-?mail)
        |(?:codigo|etiqueta|autorizacao|voucher|cupom|credito)(?:[ ]de[ ](?:troca|devolucao))?
        |vale[ -](?:troca|compra)s?
        |(?:garantia|warranty|guarantee)(?:[ ]d[aeo][ ](?:devolucao|troca))?
        |(?:trocar|troque)[ ](?:[ao]s?[ ]|de[ ]|sua[ ]|seu[ ])?(?:endereco|senha|e-?mail|telefone|cadastro|forma|cartao)
        |(?:sair|stop)[ ](?:p/|para|to)[ ]cancel\w*|return[ ](?:to|label|code|shipping|postage|form|address|fee)
        |exchange[ ]rate|label|code|voucher""",
    Matter.REFUND: r"""
        reembols\w+|estorn\w+|refund\w*|devolvemos|devolveremos|valor[ ](?:e|sera)[ ]devolvido
        |devol(?:ver|ucao)[ ](?:d?[ao]|seu|do[ ]seu)[ ](?:valor|dinheiro|pagamento)""",
    Matter.RETURN: r"devolucao|devolucoes|devolver|devolva|devolve-l[ao]s?|arrependimento|returns?|returning",
    Matter.EXCHANGE: r"trocas?|trocar|troca-l[ao]s?|troque|exchanges?|exchanging",
    Matter.CANCELLATION: r"cancelamento|cancelar|cancele|cancel|cancellation",
    Matter.FIRST_REPLY: r"""
        primeira[ ]resposta|tempo[ ]de[ ]resposta|first[ ]reply|response[ ]time
        |respondemos[ ](?:a[ ])?(?:tod[ao]s?[ ]|sua[ ]|suas[ ])+(?:mensagens|mensagem|perguntas|duvidas)
        |we[ ](?:reply|answer|respond)[ ]to[ ](?:all|every|your)[ ](?:messages?|questions?)""",
}  # fmt: skip
_MENTION = re.compile(
    rf"(?<!\w)(?:{'|'.join(f'(?P<{name}>{words})' for name, words in _WORDS.items())})(?!\w)", re.VERBOSE
)

# "10 dias após a devolução" counts from it, and is about something else.
_SINCE = re.compile(
    r"(?<!\w)(?:apos|depois d[aeo]|desde|a partir d[aeo]|assim que|quando|after|once|when|since|from)"
    r"(?: (?:[ao]s?|sua|seu|voce|the|your|you|we))* $"
)
# "A análise da devolução": the head of the group is what it is about. "O prazo da devolução" is about the return.
_HEAD = re.compile(r"(?<!\w)(?P<head>\w+) d[aeo]s? (?:sua |seu )?$")
_TRANSPARENT = frozenset({*UNITS, "uteis", "corridos", "prazo", "prazos", "periodo", "limite", "direito", "politica"})
_JOINED = re.compile(r" ?(?:,|/|e|ou|and|or) ?(?:(?:[ao]s?|de|d[ao]|para|sua|seu|the|your|to) )*")

# "30 dias para trocar", "7-day return". "Em até 2 dias" is how long what stands before it takes.
_FOLLOWS = re.compile(r"(?:[ -]|[^,:]{0,60}?(?<!\w)(?:para|p/|de|to|for|of) (?:\w+ ){0,2})")
_TAKEN = re.compile(r"(?<!\w)(?:em|em ate|dentro de|within|in) $")
# Of what a customer may do, these say how long we take with it.
_WE_WORK = re.compile(
    r"(?<!\w)(?:leva[rm]?|demora[rm]?|fica pront|conclu|process|analis|cheg|cai|caem|envi|despach|recebe(?:ra)?(?!\w)"
    r"|take|arriv|ship)"
)
# A period that is the customer's, in a sentence that does not say for what.
_ALLOWED = re.compile(
    r"(?<!\w)(?:recebimento|voce tem|o prazo (?:e|vai)|you have|(?:after|of) (?:delivery|receipt|you receive))(?!\w)"
)
_FOR_SOMETHING_ELSE = re.compile(r" (?:[a-z]+ ){0,2}(?:para|p/|to) [a-z]")

_CASES: Mapping[str, re.Pattern[str]] = {
    name: re.compile(rf"(?<!\w)(?:{words})")
    for name, words in {
        "card": "cartao|credito|debito|credit card|debit card|fatura",
        "pix": "pix",
        "slip": "boleto",
        "defect": "defeito|defeituos|avaria|quebrad|danificad|defect|faulty|broken|damaged",
        "gift": "de presente|gift",
        "store": "lojas? fisicas?|na loja|nas lojas|in store|in our stores",
        "made": "personalizad|sob medida|customi[sz]ed|made to measure",
        "sale": "outlet|liquidacao|saldo|clearance|black friday|natal|christmas",
        "abroad": "internacional|exterior|abroad|international",
        "region": "norte|nordeste|sudeste|sul|centro-oeste|capita(?:l|is)|interior",
    }.items()
}

_SENTENCE_ENDS = re.compile(r"[.!?;](?=\s|$)|\n\s*\n|\n(?=\s*[-*•])")


def _sentences(text: str) -> Iterator[tuple[int, str]]:
    """Each sentence or item of a list, and where it begins."""
    start = 0
    for end in _SENTENCE_ENDS.finditer(text):
        yield start, text[start : end.start()]
        start = end.end()
    yield start, text[start:]


def _cases(folded: str) -> frozenset[str]:
    return frozenset(name for name, words in _CASES.items() if words.search(folded))


# --- mentions -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Mention:
    """A word for a matter; None where it names something else, or only since when a period counts."""

    matter: Matter | None
    start: int
    end: int


def _mentions(folded: str) -> Sequence[_Mention]:
    """In "o reembolso da devolução" the second belongs to the first, and says nothing by itself."""
    found = [(one, folded[max(0, one.start() - 40) : one.start()]) for one in _MENTION.finditer(folded)]
    return [
        _Mention(_meant(one, before), *one.span())
        for one, before in found
        if not ((head := _HEAD.search(before)) and _MENTION.fullmatch(head["head"]))
    ]


def _meant(found: re.Match[str], before: str) -> Matter | None:
    head = _HEAD.search(before)
    of_another = head is not None and head["head"] not in _TRANSPARENT
    return None if found.lastgroup == "none" or of_another or _SINCE.search(before) else Matter(found.lastgroup or "")


# --- attribution ----------------------------------------------------------------------------------------------------


def _matters(
    text: str, one: Statement, found: Sequence[Statement], mentions: Sequence[_Mention], about: Sequence[_Mention]
) -> frozenset[Matter]:
    """What a statement of a sentence is about."""
    if not mentions:
        return _understood(text, one, about)
    chosen = _belonging(text, one, found, mentions)
    matters = _together(text, chosen, mentions) if chosen else frozenset()
    if chosen and chosen.end <= one.start and _WE_WORK.search(text, chosen.end, one.start):
        matters -= CUSTOMERS
    return matters & CUSTOMERS or matters  # "devolução e reembolso": the period is the customer's


def _understood(text: str, one: Statement, about: Sequence[_Mention]) -> frozenset[Matter]:
    """After a sentence, or under a title, that says for what: "Você tem 7 dias após o recebimento"."""
    ours = "b" in one.value or _FOR_SOMETHING_ELSE.match(text, one.end) or _WE_WORK.search(text)
    if ours or not _ALLOWED.search(text):
        return frozenset()
    return frozenset(each.matter for each in about if each.matter is not None) & CUSTOMERS


def _belonging(text: str, one: Statement, found: Sequence[Statement], mentions: Sequence[_Mention]) -> _Mention | None:
    """The mention that a statement belongs to: the one that follows it as its purpose, else the last one before it."""
    earlier = max((other.end for other in found if other.end <= one.start), default=0)
    later = min((other.start for other in found if other.start >= one.end), default=len(text))
    before = [each for each in mentions if earlier <= each.start and each.end <= one.start]
    after = [each for each in mentions if one.end <= each.start and each.end <= later]
    follows = bool(after) and _FOLLOWS.fullmatch(text, one.end, after[0].start) is not None
    if follows and not (before and _TAKEN.search(text, max(0, one.start - 20), one.start)):
        return after[0]
    return before[-1] if before else None


def _together(text: str, chosen: _Mention, mentions: Sequence[_Mention]) -> frozenset[Matter]:
    """All that are named in one breath: "troca ou devolução"."""
    groups: list[list[_Mention]] = [[mentions[0]]]
    for one, other in pairwise(mentions):
        if _JOINED.fullmatch(text, one.end, other.start):
            groups[-1].append(other)
        else:
            groups.append([other])
    group = next(group for group in groups if chosen in group)
    return frozenset(each.matter for each in group if each.matter is not None) if chosen.matter else frozenset()


# --- values ---------------------------------------------------------------------------------------------------------

_LENGTH = re.compile(r"(?:[\d.]+-)?(?P<count>[\d.]+)(?P<unit>[a-z]+)")
_UNITS: Mapping[str, tuple[int, str]] = {
    "m": (1, "m"),
    "h": (60, "m"),
    "d": (24 * 60, "m"),
    "w": (7 * 24 * 60, "m"),
    "mo": (1, "mo"),
    "y": (12, "mo"),
}


def _measured(value: str) -> tuple[Decimal, str] | None:
    """A value in the smallest unit of its kind."""
    found = _LENGTH.fullmatch(value)
    if found is None:
        return None
    times, unit = _UNITS.get(found["unit"], (1, found["unit"]))
    return Decimal(found["count"]) * times, unit
