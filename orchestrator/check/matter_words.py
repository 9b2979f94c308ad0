"""The words by which matters are known, and those that part one promise from another. All are folded.

Words between words are bounded in number, so that reading takes time in proportion to the text whatever it holds.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING

from orchestrator.catalog.phrases import UNITS

if TYPE_CHECKING:
    from collections.abc import Mapping


class Matter(StrEnum):
    """One thing that a shop answers with one value."""

    RETURN = "return"
    EXCHANGE = "exchange"
    CANCELLATION = "cancellation"
    REFUND = "refund"
    WARRANTY = "warranty"
    FIRST_REPLY = "first_reply"


CUSTOMERS = frozenset({Matter.RETURN, Matter.EXCHANGE, Matter.CANCELLATION})
"""What a customer may do, and how long. The others are how long we take."""

# Folded. The first that fits wins: what only looks like a matter comes before it.
_WORDS: Mapping[str, str] = {
    "none": r"""
        (?:nao|nunca)[ ](?:vai|ira)[ ]se[ ]arrepender|em[ ]troca[ ]de|troca[ ]de[ ](?:senha|endereco|e-?mail)
        |(?:codigo|etiqueta|autorizacao|voucher|cupom|credito)(?:[ ]de[ ](?:troca|devolucao))?
        |vale[ -](?:troca|compra)s?
        |garantia[ ]d[aeo][ ](?:devolucao|troca|satisfacao)|satisfacao[ ]garantida
        |(?:trocar|troque)[ ](?:[ao]s?[ ]|de[ ]|sua[ ]|seu[ ])?(?:endereco|senha|e-?mail|telefone|cadastro|forma|cartao)
        |(?:cancelar|cancele)[ ](?:[ao]|sua|seu)[ ](?:assinatura|inscricao|cadastro|plano|conta)
        |cancel[ ](?:the|your)[ ](?:subscription|membership|plan|account)
        |(?:sair|stop)[ ](?:p/|para|to)[ ]cancel\w*|return[ ](?:to|label|code|shipping|postage|form|address|fee)
        |dinheiro[ ]de[ ]volta|money[ -]back(?![ ]guarantee)|exchange[ ]rate|label|code|voucher""",
    Matter.REFUND: r"""
        reembols\w+|estorn\w+|refund\w*|devolve(?:mos|remos)(?![ ](?:[ao]|sua|seu)[ ](?:produto|peca|item))
        |(?:valor|dinheiro)[ ](?:e|sera|pode[ ]ser)[ ]devolvido|(?:valor|dinheiro)[ ]volta
        |devol(?:ver?|ve|ucao)[ ](?:d?[ao]|seu|do[ ]seu)[ ](?:valor|dinheiro|pagamento)
        |receb\w+[ ](?:[ao][ ]|seu[ ]){0,2}(?:valor|dinheiro)[ ]de[ ]volta|return[ ](?:your|the)[ ](?:money|payment)""",
    Matter.RETURN: r"""
        devolucao|devolucoes|devolver|devolva|devolve-l[ao]s?|podem?[ ]ser[ ]devolvid[ao]s?
        |(?:mand|envi)(?:e|ar|a)[ ](?:\w+[ ]){0,4}de[ ]volta
        |arrepend\w+|mud(?:ar|ou|e|ei)[ ]de[ ]ideia|desist(?:ir|encia|iu)(?![ ]d[ao][ ](?:seu[ ])?(?:pedido|carrinho))
        |returns?|returning|(?:can|may)[ ]be[ ]returned|(?:send|sending|bring)[ ](?:\w+[ ]){1,4}back
        |chang(?:e|ed|ing)[ ](?:your|their)[ ]minds?|money[ -]back[ ]guarantee""",
    Matter.EXCHANGE: r"""
        trocas?|trocar|troca-l[ao]s?|troque|podem?[ ]ser[ ]trocad[ao]s?
        |exchanges?|exchanging|(?:can|may)[ ]be[ ]exchanged|swap[ ](?:it|them|for)""",
    Matter.CANCELLATION: r"""
        cancelamento|cancelar|cancele|cancel|cancell?ation|cancell?ing
        |podem?[ ]ser[ ]cancelad[ao]s?|(?:can|may)[ ]be[ ]cancell?ed""",
    Matter.WARRANTY: r"garantia|warranty",
    Matter.FIRST_REPLY: r"""
        primeira[ ]resposta|tempo[ ]de[ ]resposta|first[ ]reply|response[ ]time
        |(?:respondemos|a[ ]gente[ ]responde)[ ](?:a[ ])?(?:tod[ao]s?[ ]|[ao]s[ ]|suas?[ ]){1,3}
         (?:mensage(?:ns|m)|perguntas|duvidas)
        |(?:nossa[ ]equipe|nosso[ ](?:time|atendimento))[ ]responde
        |we[ ](?:reply|answer|respond)[ ]to[ ](?:all|every|your)[ ](?:messages?|questions?)
        |our[ ](?:support[ ])?team[ ](?:replies|answers|responds)""",
}  # fmt: skip
MENTION = re.compile(
    rf"(?<!\w)(?:{'|'.join(f'(?P<{name}>{words})' for name, words in _WORDS.items())})(?!\w)", re.VERBOSE
)

# "10 dias após a devolução" counts from it, and is about something else.
SINCE = re.compile(
    r"(?<!\w)(?:apos|depois d[aeo]|desde|a partir d[aeo]|assim que|quando|after|once|when|since|from)"
    r"(?: (?:[ao]s?|sua|seu|voce|the|your|you|we))* $"
)
# "A análise da devolução": the head of the group is what it is about. "O prazo da devolução" is about the return.
HEAD = re.compile(r"(?<!\w)(?P<head>\w+) d[aeo]s? (?:sua |seu )?$")
TRANSPARENT = frozenset({*UNITS, "uteis", "corridos", "prazo", "prazos", "periodo", "limite", "direito", "politica"})
# What we do ourselves, and how long that takes: "Vamos trocar a peça em até 10 dias".
OURS = re.compile(r"(?<!\w)(?:vamos|iremos|podemos|a gente|we|we[\"']ll|we (?:will|can)) $")
# A warranty is each product's own, unless it is said of all of them, or a fact is called so.
OF_ALL = re.compile(
    r"(?<!\w)(?:(?:nossa|our) (?:garantia|warranty)|tod[ao]s? [ao]s? (?:nossos )?(?:produtos?|pecas?|itens|loja|linha)"
    r"|nossos produtos|nossas pecas|our products|(?:all|every|any)(?: of)?(?: our| the)? (?:products?|items?))(?!\w)"
    r"|^(?:prazo de )?(?:garantia|warranty)(?: period)?$"
)
JOINED = re.compile(r" ?(?:,|/|e|ou|and|or) ?(?:(?:[ao]s?|de|d[ao]|para|sua|seu|the|your|to) )*")
# "Se você se arrepender, devolvemos …": the comma ends the condition, and joins nothing.
CONDITION = re.compile(r"(?<!\w)(?:se|caso|if) (?:\w+ ){0,3}$")

# "30 dias para trocar", "7-day return". "Em até 2 dias" is how long what stands before it takes.
FOLLOWS = re.compile(r"(?:[ -]|[^,:]{0,60}?(?<!\w)(?:para|p/|de|to|for|of) (?:\w+ ){0,2})")
TAKEN = re.compile(r"(?<!\w)(?:em|em ate|dentro de|within|in) $")
# "O código vale por 10 dias para a devolução" is about the code, and "guarde a nota por 90 dias" about the note.
VALID = re.compile(r"(?<!\w)(?:vale|valem|valid[ao]s?|valid)(?!\w)")
THROUGHOUT = re.compile(r"(?<!\w)(?:por|durante|for) $")
# What is left of a period, what it once was, and what ends before something else begins: none is how long it is.
LEFT = re.compile(
    r"(?<!\w)(?:faltam?|restam?|ainda tem|(?:termina|acaba|encerra|vence|expira)m? em"
    r"|left|remaining|still have|ends? in)(?!\w)"
)
ONCE = re.compile(r"(?<!\w)(?:eram?|foi|foram|mudou|passou|was|were|changed from)(?: de)? $")
AHEAD = re.compile(r" (?:uteis )?(?:antes|before)(?!\w)")
# Of what a customer may do, these say how long we take with it.
WE_WORK = re.compile(
    r"(?<!\w)(?:leva[rm]?|demora[rm]?|fica pront|conclu|process|analis|cheg|cai|caem|envi|despach|recebe(?:ra)?(?!\w)"
    r"|take|arriv|ship|a gente|busca|buscamos|colet|retiramos|deposit|pick)"
)
WE_WORK_THEN = re.compile(rf",? (?:(?:voce|nos|you|we) )?{WE_WORK.pattern}")
# A period that is the customer's, in a sentence that does not say for what.
ALLOWED = re.compile(
    r"(?<!\w)(?:recebimento|voce tem|tem ate|o prazo (?:e|vai)"
    r"|you have|(?:after|of) (?:delivery|receipt|you receive))(?!\w)"
)
FOR_SOMETHING_ELSE = re.compile(r" (?:[a-z]+ ){0,2}(?:para|p/|to) [a-z]")

CASES: Mapping[str, re.Pattern[str]] = {
    name: re.compile(rf"(?<!\w)(?:{words})")
    for name, words in {
        "card": "cartao|credito|debito|credit card|debit card|fatura",
        "pix": "pix",
        "slip": "boleto",
        "defect": "defeito|defeituos|avaria|quebrad|danificad|defect|faulty|broken|damaged",
        "gift": r"presentes?(?!\w)|gift",
        "store": "lojas? fisicas?|na loja|nas lojas|in store|in our stores",
        "made": "personalizad|sob medida|customi[sz]ed|made to measure",
        "sale": "outlet|liquidacao|saldo|clearance|black friday|natal|christmas",
        "abroad": "internacional|exterior|abroad|international",
        "region": "norte|nordeste|sudeste|sul|centro-oeste|capita(?:l|is)|interior",
        "club": r"clube|assinantes?|vips?(?!\w)|members?(?!\w)",
        "wholesale": "atacado|revend|wholesale",
    }.items()
}
# "Para colchões, …", "Calçados: …", "Mattresses can be …": what is said of some things is not said of all.
OPENING = re.compile(
    r"\W*(?:(?:para|em|nos|nas|no caso de|for|on|with) (?P<kept>(?:[a-z]+ ){0,3}[a-z]+s),"
    r"|(?P<listed>(?:[a-z]+ ){0,3}[a-z]+s):"
    r"|(?!(?:se|caso|quando|if|when)\b)(?P<subject>(?:[a-z]+ ){0,4}[a-z]+) (?:podem?|tem|can|have|has)(?!\w))"
)
ANYTHING = re.compile(
    rf"{'|'.join(map(re.escape, UNITS))}|voces?|clientes?|ainda|tambem|sempre|so|aqui|produtos?|pecas?|itens|item|tudo"
    r"|loja|site|online|compras?|pedidos?|casos?|prazos?|regras?|you|customers?|everyone|it|they|them|also|still"
    r"|products?|items?|purchases?|orders?|everything|cases?|rules?"
)
