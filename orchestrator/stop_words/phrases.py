"""The phrases of every language, and what makes any of them uncertain."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.stop_words.english import ENGLISH
from orchestrator.stop_words.meaning import ENDING, Meaning
from orchestrator.stop_words.portuguese import PORTUGUESE
from orchestrator.stop_words.spanish import SPANISH

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.stop_words.language import Language
    from orchestrator.stop_words.plain import Plain


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """A phrase that a clause says. `words` are those that it was found in."""

    meaning: Meaning
    language: str
    words: str


def clauses_of(said: Plain) -> Iterator[tuple[Language, str]]:
    """Each language's clauses of a text: which it is in, nobody has told us."""
    for language in LANGUAGES:
        for clause in language.clauses(said):
            yield language, clause


def found_in(language: Language, clause: str) -> Iterator[Found]:
    """What a clause says in a language, and does not deny."""
    for meaning, phrase in _COMPILED[language.code]:
        for match in _affirmed(phrase, language, clause):
            sure = meaning not in _DECIDES or not _uncertain(clause, match.start())
            kind = meaning if sure else Meaning.AMBIGUOUS
            yield Found(meaning=kind, language=language.code, words=match[0].strip())
    for phrase in _ORDERS_ONLY[language.code]:
        for match in _affirmed(phrase, language, clause):
            kind = Meaning.AMBIGUOUS if _ONLY_THOUGHT_OF.search(clause) else Meaning.OPT_OUT
            yield Found(meaning=kind, language=language.code, words=match[0].strip())


def _affirmed(phrase: re.Pattern[str], language: Language, clause: str) -> Iterator[re.Match[str]]:
    """Where a clause says a phrase, and does not deny it."""
    denial = _DENIALS[language.code]
    return (match for match in phrase.finditer(clause) if not denial.search(clause, 0, match.start()))


def _uncertain(clause: str, start: int) -> bool:
    """Whether a clause is about an order, or of what would be, or of less: that is for a person to read."""
    if _ONLY_THOUGHT_OF.search(clause) or _LESS.search(clause):
        return True
    return _GOODS.search(clause) is not None and not _of_advertising(clause[start:])


def _of_advertising(words: str) -> bool:
    """Whether what only advertises is named first: "comprei, e não param de mandar propaganda de produtos"."""
    advertising, goods = _ADVERTISING.search(words), _GOODS.search(words)
    return advertising is not None and (goods is None or advertising.start() < goods.start())


LANGUAGES = (PORTUGUESE, ENGLISH, SPANISH)

_COMPILED = {language.code: tuple(language.compiled()) for language in LANGUAGES}
_ORDERS_ONLY = {language.code: tuple(language.compiled_orders_only()) for language in LANGUAGES}
_DENIALS = {language.code: language.denial() for language in LANGUAGES}

_DECIDES = ENDING | {Meaning.OPT_IN, Meaning.PAUSE}

# What a shop sells and brings: a clause that names it may be about that, and a person has to see which.
_GOODS = re.compile(
    r"\b(?:pedidos?|produtos?|encomendas?|compras?|comprei|comprou|entregas?|pacotes?|boletos?|nota|codigos?|rastreio"
    r"|reembolsos?|dinheiro|trocas?|trocar|itens?|item|caixas?(?! de entrada| postal)|kits?|cobranca|cartao|pagamento"
    r"|pix|cupom|cupons|carrinho|cursos?|clube|plano|revista|eventos?|modelo|tamanho|tenis|sapatos?"
    r"|roupas?|sorteio|presentes?|sacola|frete"
    r"|orders?|purchases?|products?|items?|package|parcel|delivery|shipment|refund|money|payment|card|charge|cart"
    r"|compra|envio del|paquetes?|productos?|reembolso|tarjeta|cobro|entrega|carrito)\b"
)

# What only advertises.
_ADVERTISING = re.compile(
    r"\b(?:propagandas?|promoc(?:ao|oes)|ofertas?|publicidade?s?|publicidad|marketing|spams?|newsletters?|anuncios?"
    r"|promocion(?:es)?|offers?|deals|promotions?|ads?|advertising|promos?|divulgac(?:ao|oes))\b"
)

# It is only thought of: "se eu sair da lista, perco o cupom?"
_ONLY_THOUGHT_OF = re.compile(
    r"\b(?:(?:se|caso) (?:eu |voces )?(?:me )?(?:sair|parar|cancelar|quiser|descadastrar|desinscrever|responder"
    r"|mandar(?! mais| outra)|pedir)|(?:if|when|before) (?:i|you|we)"
    r"|si (?:yo )?(?:me )?(?:salgo|doy|cancelo|quiero|respondo))\b"
)

# Not none of it, but at another time.
_LESS = re.compile(
    r"\b(?:(?:de|a) (?:noite|madrugada|noche)|nes[st]e horario|es[st]e horario|(?:antes|depois|apos) d[ao]s|domingos?"
    r"|feriados?|at night|so early|so late|fim de semana)\b"
)

GOES_ON = re.compile(
    r"(?:^|\b(?:quero|queria|gostaria de|mas|e|quiero|pero|y|want to|but|and) )"
    r"(?:continuar (?:com|a receb|receb)|seguir (?:con|recib)|keep (?:getting|receiving)|still want)"
)
"""Somebody wants to go on with something: what they want to end is for a person to read."""
