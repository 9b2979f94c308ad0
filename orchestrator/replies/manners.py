"""The words around a value that decide in which manner it is named. Folded, of Portuguese and of English.

An agent may promise what they do themselves ("te respondo até amanhã", "resolvo em 2 horas"): on a vague day, or within
hours, in the first person. That is no promise of the shop, and no fact says it. What arrives or is paid is the shop's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from orchestrator.catalog.statements import StatementKind

if TYPE_CHECKING:
    from orchestrator.catalog.statements import Statement


class Manner(StrEnum):
    """How a value is named."""

    SAID = "said"  # chega até 1/12
    DENIED = "denied"  # não chega até 1/12 · em vez de 1/12
    MOVED = "moved"  # depois de 1/12 · talvez 1/12 · 1/12 ou mais tarde
    OVER = "over"  # a data era 1/12
    ASIDE = "aside"  # se não chegar até 1/12 · antes de 1/12 · é 1/12?
    HAPPENED = "happened"  # postado em 20/11
    OWN = "own"  # te respondo até amanhã · resolvo em 2 horas


@dataclass(frozen=True, kw_only=True, slots=True)
class Bend:
    """A manner, and where the words that make it begin before a value, or end after it."""

    manner: Manner
    begins: int | None = None
    ends: int | None = None


def bend(one: Statement, before: str, itself: str, after: str) -> Bend:
    """In which manner a clause names a value, by the words before it, its own and those after it."""
    for manner, kinds, words in _BEFORE:
        if one.kind in kinds and (found := words.search(before)):
            if manner is Manner.DENIED and _NOT_LATER.search(before):
                return Bend(manner=Manner.SAID)
            return Bend(manner=manner, begins=found.start())
    for manner, kinds, words in _AFTER:
        if one.kind in kinds and (found := words.match(after)):
            return Bend(manner=manner, ends=found.end())
    return Bend(manner=Manner.OWN if _is_own(one, before + itself, after) else Manner.SAID)


def promises(clause: str) -> bool:
    """Whether a clause speaks of what a customer is to get and has not got, or adds another day: "ou sábado"."""
    return _TO_COME.search(clause) is not None and _HAPPENED.search(clause) is None


def _is_own(one: Statement, before: str, after: str) -> bool:
    """Whether the nearest verb is one of answering, and the agent's; on a vague day their colleagues' too."""
    nearest = [*_DOING.finditer(after)][:1] + [*_DOING.finditer(before)][-1:]
    whose = nearest[-1].lastgroup if nearest else None
    if one.kind is StatementKind.RELATIVE:
        return whose in ("mine", "ours")
    return one.kind is StatementKind.DURATION and one.value[-1] in "hm" and whose == "mine"


# --- words ------------------------------------------------------------------------------------------------------------


def _word(*alternatives: str) -> str:
    """Any of these, as whole words."""
    return rf"(?<!\w)(?:{'|'.join(alternatives)})(?!\w)"


# What may stand between a preposition and a day: "depois do prazo de 27/11".
_LEAD = r"(?: d[eoa]| que| o| a| ao| of| than)?(?: prazo| data)?(?: d[eo])?(?: dia)? $"

_CONDITION = re.compile(
    _word(
        r"(?:se|caso) (?:\w+ ){0,4}?(?:\w+[aei]r(?:em|mos)?|\w+sse|for|vier|houver|tudo|nada)",
        "(?:se|caso) (?:ate|no|em|depois)",
        "if|unless",
    )
)
# "Não se preocupe" denies nothing.
_DENIAL = re.compile(
    _word(
        "nao|n|nunca|jamais|nem|tampouco|dificilmente|impossivel|improvavel|duvido",
        "sem (?:chance|garantia|previsao|condicoes|como)|em vez de|ao inves de|no lugar de|deixou de",
        r"(?<!nao )(?<!nao se )(?:esquec|ignor|desconsider)\w+",
        r"\w+n['\"]t|(?:do|wo|ca|is|does|did)nt|not|never|cannot|no longer|nor|instead of|rather than|forget",
    )
    + r"(?! (?:se |te |me |deixe de )?(?:preocup|esquec|hesit|perc|so|somente|apenas|only|worry|forget|hesitate)\w*)"
)
_LATER = (
    r"(?<!\w)(?:depois|apos|a partir|passad[oa]s?|passa(?:r|ra)?|alem|posterior|mais tarde|after|from|past|beyond"
    rf"|starting|as of|later|no earlier){_LEAD}"
)
# "Não passa de 27/11" says it, and so does "não depois de 27/11".
_NOT_LATER = re.compile(rf"(?<!\w)(?:nao|nunca|not|n['\"]t|never|no)(?!\w).*{_LATER}")
_PERHAPS = _word(
    "talvez|quem sabe|possivelmente|provavelmente|acho|creio|imagino|espero",
    "pode ser(?= que| (?:(?:ate|em|no|o|dia) ){0,3}$)",
    "maybe|perhaps|possibly|probably|might|i think|i hope",
)
_ABOUT = (
    "(?<!\\w)(?:por volta|mais ou menos|aproximadamente|cerca|perto|em torno|la (?:por|para|pelo)|around|about|roughly)"
    f"{_LEAD}"
)
_EARLIER = rf"(?<!\w)(?:antes|before){_LEAD}"

# A present verb after a past one begins anew: "o prazo que era 25/11 vai até 27/11".
_ANEW = _word(
    "e|chega|chegam|chegara|entregamos|entregaremos|sera|fica|ficou|vai|vamos|continua|segue|permanece",
    "(?:passou|mudou|mudamos|foi|adiad[oa]|remarcad[oa]|alterad[oa]) para|is|will|arrives|moved",
)
_PAST = (
    _word(
        "era|eram|seria|ia|deveria|devia|estava|estavam|tinha|tinham|tinhamos|havia|haviam|haviamos|custava",
        "anterior|anteriormente|antig[oa]|was|were|had been|used to|previously|originally",
    )
    + rf"(?!.*{_ANEW})"
    + rf"|(?<!\w)(?:foi(?: ate| em| no)?|antes|(?:mud|pass|adi|alter|troc|remarc)\w*(?= d[eo])){_LEAD}"
)
_STILL_TO_COME = _word(r"cheg(?:a|am|ara|ar|ada)|entreg(?:a|ar|amos)|previs\w+|prazo|arriv\w+")
# What is done; not "será postado", "confirmado para" nor "enviado, com entrega em".
_EVENT = (
    r"(?<!ser )(?<!sera )(?<!serao )(?<!be )"
    + _word(
        "(?:postad|enviad|despachad|comprad|faturad|emitid|registrad|recebid|feit|realizad|solicitad|pag|aprovad)[oa]s?",
        "(?:foi|foram|esta) entregues?|saiu|sairam|chegou|chegaram|recebemos|recebi|comprou|pagou|pediu|fez|escreveu",
        "ligou|entrou em contato|ocorreu|aconteceu|falamos|conversamos|desde",
        "shipped|sent|ordered|bought|paid|received|placed|delivered|since",
    )
    + rf"(?!.*{_STILL_TO_COME})"
    + r"(?!.*(?<!\w)(?:para|pra|ate|by|until)(?: o| a)?(?: dia)? $)"
)
_PAPERS = (
    "(?<!\\w)(?:pedido|compra|contato|mensagem|nota|conversa|ligacao|e-?mail|cobranca|fatura|pagamento|order|message)"
    "(?: d[eo]| em| of| from)(?: dia)? $"
)
_GIVEN = _word(
    r"cheg(?:a|am|ara|arao|ar|ue|uem)|entreg(?:a|as|am|amos|aremos|ara|ar|ue|o)|receb(?:a|e|er|era)|prazos?|previs\w+|data",
    r"sai|saem|saira|sair|despach(?:a|o|amos|ar)|post(?:a|o|amos|ar|agem)|envi(?:a|o|amos|aremos|ar)|reembols\w*|estorn\w*",
    r"devolv\w+|devoluc\w+|dinheiro|cai|caem|caira|esta(?:ra)? (?:ai|com voce|na sua)|maos",
    r"arriv\w+|deliver\w*|ships?|refund\w*|get it|be there",
)
_TODAY = rf"(?<!\w)(?:ontem|yesterday)\W*(?:dia )?$|^(?!.*{_GIVEN}).*(?<!\w)(?:hoje|today)\W*(?:dia )?$"

_HAPPENED = re.compile(f"{_EVENT}|{_PAPERS}|{_TODAY}")
_TO_COME = re.compile(f"{_GIVEN}|{_word('ou', 'or')}")

_CONTACT = "(?:respond|retorn|lig|avis|volt|fal|cham|escrev|mand|confirm|verific|atualiz|resolv|cuid|conte)"
_ANSWER = "(?:answer|reply|call|write|check|fix|solve|get back|let you know|confirm)"
_MINE = _word(
    f"{_CONTACT}o|(?:vou|posso|consigo) (?:te |lhe )?{_CONTACT}[aei]r", rf"i(?: will|['\"]ll| can)? {_ANSWER}"
)
_OURS = _word(f"{_CONTACT}[ae]mos", rf"we(?: will|['\"]ll)? {_ANSWER}")
_DOING = re.compile(f"(?P<mine>{_MINE})|(?P<ours>{_OURS})|(?P<given>{_GIVEN})")

# --- bends ------------------------------------------------------------------------------------------------------------

_DAYS = frozenset({StatementKind.DATE, StatementKind.RELATIVE})
_TIMES = _DAYS | {StatementKind.DURATION}
# "O cupom não vale para a manta" denies no coupon.
_VALUES = _TIMES | {StatementKind.MONEY, StatementKind.PERCENT, StatementKind.OFFER}

_Bends: TypeAlias = "tuple[tuple[Manner, frozenset[StatementKind], re.Pattern[str]], ...]"

# The first that is found decides. Before a value its words may stand anywhere in the clause, after it directly there.
_BEFORE: _Bends = (
    (Manner.ASIDE, _DAYS, _CONDITION),
    (Manner.DENIED, _VALUES, _DENIAL),
    (Manner.MOVED, _VALUES, re.compile(f"{_LATER}|{_PERHAPS}|{_ABOUT}")),
    (Manner.ASIDE, _DAYS, re.compile(_EARLIER)),
    (Manner.HAPPENED, _DAYS, _HAPPENED),
    (Manner.OVER, _VALUES, re.compile(_PAST)),
)
_OR_LATER = (
    r" (?:(?:ou|or) (?:\w+ ){0,3}?(?:depois|apos|mais|later|after|more)|em diante|(?:para|pra) (?:frente|la)|onwards?"
    r"|no minimo|at the earliest|mais ou menos|talvez|aproximadamente|se (?:tudo|nada|der))(?!\w)"
)
_NOT_SO = (
    r"(?: (?!(?:se|caso|para|pra|que|if)\b)\w+){0,3}?"
    r" (?:nao|nunca|jamais|impossivel|inviavel|fora de|not|never|\w+n['\"]t)(?!\w)(?! se )"
)
_WAS_SO = r"(?: \w+){0,2}? (?:era|eram|seria|caiu|furou|foi (?:adi|cancel|alter|mud|troc|descart|suspen)\w+|was)(?!\w)"
_AFTER: _Bends = (
    (Manner.ASIDE, _TIMES, re.compile(r" ?\?")),
    (Manner.MOVED, _TIMES, re.compile(_OR_LATER)),
    (Manner.DENIED, _TIMES, re.compile(_NOT_SO)),
    (Manner.OVER, _TIMES, re.compile(_WAS_SO)),
)
