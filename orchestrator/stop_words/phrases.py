"""Phrases that mean something inside of a clause, and what in the same clause says that they do not.

They are matched against plain words (see `plain`): no case, no accents, one space. `<messages>` stands for what we
send; this and the other names are those of the language's table.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from orchestrator.stop_words.meaning import Meaning

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# Up to three words of any kind, so that "das suas ofertas" and "mais nenhuma mensagem" are found.
_FEW = r"(?:\w+ ){0,3}"

_NAMES: Mapping[str, Mapping[str, str]] = {
    "pt": {
        "messages": (
            r"(?:mensage(?:m|ns)|msgs?|sms|torpedos?|e ?mails?|whats(?: ?app)?|zap|promoc(?:ao|oes)|promos?|ofertas?"
            r"|propagandas?|publicidades?|anuncios?|novidades|newsletters?|notificac(?:ao|oes)|lembretes?|spams?"
            r"|comunicac(?:ao|oes)|comunicados?|informativos?|convites?|pesquisas?|marketing|divulgac(?:ao|oes))\b"
        ),
        "lists": r"(?:listas?|grupos?|mailing)\b",
        "more": r"(?:(?:mais|nenhum|nenhuma|essas|esses|suas|seus|as|os|de|das|dos|todas|todos|tantas|tantos|novas) )*",
        "want": r"(?:quero|queremos|queria|desejo|gostaria de|pretendo|preciso|aceito|aguento|autorizo|permito)",
        "you": r"d[aeo] (?:voces|vcs|vc|loja)",
        "remove": r"(?:(?:remov|tir|delet)(?:a|am|e|em|er|ar)|exclu(?:a|am|i|ir)|apag(?:a|ue|uem|ar))",
        "mine": r"(?:o )?(?:meu|minha) (?:numero|telefone|celular|contato|e ?mail|whatsapp|zap|nome)",
        "unsubscribe": r"(?:descadastr(?:a|e|em|ar|o)|desinscrev(?:a|am|er|o))",
        "stop": r"(?:par(?:e|em|ar|a)|deix(?:e|em|ar|a))",
        "write": r"(?:mand|envi|escrev|perturb|incomod|encher|enche|contat|recebe|chama)\w*",
    },
    "en": {
        "messages": (
            r"(?:messages?|texts?|sms|e ?mails?|mail|offers?|promotions?|promos?|ads?|advertising|marketing"
            r"|newsletters?|notifications?|spam|mailings?)\b"
        ),
        "write": r"(?:text|messag|e ?mail|contact|writ|spam|bother|whatsapp)\w*",
        "more": r"(?:(?:any|more|your|these|those|such|further|the) )*",
        "not": r"(?:dont|do not|no longer|never)",
    },
    "es": {
        "messages": (
            r"(?:mensajes?|sms|correos?|e ?mails?|promocion(?:es)?|ofertas?|publicidad|propaganda|anuncios?|novedades"
            r"|notificacion(?:es)?|spam|boletin(?:es)?|whats(?: ?app)?)\b"
        ),
        "lists": r"(?:listas?|grupos?)\b",
        "more": r"(?:(?:mas|sus|estos|estas|esos|esas|ningun|ninguna|de|los|las|tantos|tantas) )*",
        "stop": r"(?:dejen|dejar|dejad|deja|deje|paren|parar|pare)",
        "write": r"(?:mand|envi|escrib|molest|contact|recib)\w*",
        "remove": r"(?:quit|saqu|sac|borr|elimin)(?:ar|en|a|e)?(?:me|nme)?",
    },
}

_PHRASES: Mapping[str, Mapping[Meaning, tuple[str, ...]]] = {
    "pt": {
        Meaning.OPT_OUT_ALL: (
            r"(?:sair|<unsubscribe>|<remove>) (?:de |do |da )?(?:tudo|todas as listas|todos os canais)",
            r"nao <want> (?:mais )?<few>(?:em|por|de) nenhum (?:canal|meio|lugar|jeito)",
            r"<unsubscribe> de <few>todos os canais",
        ),
        Meaning.OPT_OUT: (
            r"nao <want> (?:mais )?receber <few><messages>",
            r"nao (?:quero|queremos|desejo) (?:<more>|mais (?:a |o |essa |esse )?)<messages>",
            r"nao <want> (?:mais )?(?:receber|ser (?:contat|incomod)ad[oa])(?: mais| nada| isso| isto)*(?: <you>)?$",
            r"nao <want> (?:mais )?(?:receber )?(?:mais )?nada (?:mais )?<you>",
            r"nao <want> (?:mais )?que (?:voces )?(?:me )?(?:mandem|enviem|escrevam|contatem|incomodem)",
            r"nao (?:me |nos )?(?:mand|envi|escrev|contat|cham|procur)(?:a|e|am|em) <few>(?:mais|<messages>)",
            r"nao (?:me )?(?:perturb|incomod)(?:a|e|em)",
            r"nunca mais (?:me )?(?:mand|envi|escrev|contat)(?:a|e|am|em)",
            r"nao (?:autoriz|permit)(?:ei|i|o)(?:$| (?:isso|isto)| <few>(?:contato|<messages>))",
            r"nao dei (?:permissao|autorizacao|consentimento)",
            r"nao (?:pedi|solicitei|assinei|me cadastrei|me inscrevi) <few><messages>",
            r"<stop> (?:com |de )(?:isso|isto|<few><messages>|(?:me |nos )?<write>)",
            r"(?:chega|basta|cansei|cansad[oa]|fart[oa]) (?:de |com )(?:(?:me |nos )?<write>|<few><messages>)",
            r"me <remove>(?:$| (?:daqui|dai)| d\w+ (?:\w+ ){0,2}(?:<messages>|<lists>))",
            r"<remove> <mine>(?:$| d\w+)",
            r"<unsubscribe>(?:$| <mine>| d\w+ (?:\w+ ){0,2}(?:<messages>|<lists>))",
            r"me <unsubscribe>",
            r"(?:sair|saio) d\w+ (?:\w+ ){0,2}(?:<messages>|<lists>)",
            r"(?:quero|queria|desejo|gostaria de|como (?:faco|fazer) (?:para|pra)|como eu faco (?:para|pra)) sair$",
            r"(?:sair|parar|pare|parem|stop) <messages>$",
            r"cancel(?:ar|a|e|em|o|amento) (?:\w+ )?inscricao",
            r"cancel(?:ar|a|e|em|o|amento) (?:(?:o|do) (?:recebimento|envio) )?<few><messages>",
            r"(?:revog|retir)(?:o|ar) (?:o )?(?:meu )?consentimento",
            r"me deix(?:a|e|em) em paz",
        ),
        Meaning.PAUSE: (
            r"paus(?:ar|a|e|em) <few><messages>",
            r"menos <messages>",
        ),
        Meaning.OPT_IN: (
            r"(?<!nao )(?:quero|queria|gostaria de|aceito|autorizo) (?:voltar a )?receber <more><messages>",
            r"(?<!nao )(?:quero|queria|gostaria de) voltar a receber$",
            r"(?:podem? voltar|voltem?) a (?:me )?(?:mandar|enviar) <more><messages>",
        ),
        Meaning.AMBIGUOUS: (
            r"(?:cancelar|<remove>) (?:[ao]s? )?(?:todos os )?(?:meus?|minhas?) (?:cadastro|conta|dados|assinatura)",
        ),
    },
    "en": {
        Meaning.OPT_OUT_ALL: (
            r"(?:unsubscribe|remove|opt)(?: me)?(?: out)? (?:from|of|off) (?:everything|all lists|all channels)",
        ),
        Meaning.OPT_OUT: (
            r"stop (?:\w+ ){0,2}(?:<write>|sending (?:me|us))",
            r"stop <messages>$",
            r"<not> (?:ever )?(?:<write> (?:me|us)|send (?:me|us) <few><messages>)",
            r"<not> (?:want|wish|agree) (?:to (?:get|receive|be sent) )?<more><messages>",
            r"(?:remove|take|delete|drop) (?:me|my (?:number|name|phone|e ?mail))(?:$| (?:off|from|out))",
            r"(?:unsubscribe|unsub|opt (?:me |us )?out|opting out)\b",
            r"no more (?:\w+ )?<messages>",
            r"(?:cancel|end) (?:my |the |these |this )<messages>",
            r"(?:revoke|withdraw) (?:my )?consent",
            r"leave me alone",
        ),
        Meaning.PAUSE: (
            r"pause (?:\w+ ){0,2}<messages>",
            r"(?:fewer|less) <messages>",
        ),
        Meaning.OPT_IN: (
            r"(?:subscribe|sign) me(?: up)?(?: again)?$",
            r"opt me in",
            r"(?:i want|id like|i would like) to (?:get|receive) <more><messages>",
        ),
        Meaning.AMBIGUOUS: (r"(?:cancel|delete|close) my (?:account|subscription|data)",),
    },
    "es": {
        Meaning.OPT_OUT_ALL: (r"(?:salir|dar(?:me)? de baja|baja) de (?:todo|todas las listas|todos los canales)",),
        Meaning.OPT_OUT: (
            r"no (?:quiero|deseo|quisiera|queremos) (?:recibir <few>|<more>)<messages>",
            r"no (?:quiero|deseo|quisiera) recibir(?: mas)?(?: nada| esto)?(?: mas)?(?: de (?:ustedes|vosotros))?$",
            r"no (?:me |nos )(?:escrib|mand|envi|contact|molest)(?:an|en|a|e|as|es)(?: <few>(?:mas|<messages>)|$)",
            r"<stop> de (?:<write>)",
            r"dar(?:me|nos)? de baja",
            r"(?:denme|dame|deme|me doy) de baja",
            r"<remove>(?: mi (?:numero|telefono|correo|nombre))? de (?:\w+ )?(?:<messages>|<lists>)",
            r"salir de (?:\w+ )?(?:<messages>|<lists>)",
            r"(?:basta|hart[oa]|cansad[oa]) de (?:\w+ )?<messages>",
            r"cancelar (?:mi |la )?(?:suscripcion a <few>)?<messages>",
            r"desuscrib\w+",
            r"dejenme en paz",
        ),
        Meaning.PAUSE: (r"(?:pausar|pausen|menos) (?:\w+ ){0,2}<messages>",),
        Meaning.OPT_IN: (
            r"(?<!no )quiero (?:volver a )?recibir <more><messages>",
            r"(?:dar|den|da)me de alta",
        ),
        Meaning.AMBIGUOUS: (r"(?:cancelar|borrar|eliminar) mi (?:cuenta|suscripcion)",),
    },
}

# What a shop sells and brings: a clause that names it may be about that, and a person has to see which.
_GOODS = (
    r"pedidos?|produtos?|encomendas?|compras?|comprei|comprou|entregas?|pacotes?|boletos?|nota|codigos?|rastreio"
    r"|reembolsos?|dinheiro|trocas?|trocar|itens?|item|caixas?|kits?|cobranca|cartao|pagamento|pix|cupom|cupons"
    r"|orders?|purchases?|products?|items?|package|parcel|delivery|shipment|refund|money|payment|card|charge"
    r"|compra|envio del|paquetes?|productos?|reembolso|tarjeta|cobro|entrega"
)

# It is only thought of: "se eu sair da lista, perco o cupom?"
_IF = (
    r"(?:se|caso) (?:eu |voces )?(?:me )?(?:sair|parar|cancelar|quiser|descadastrar|desinscrever)"
    r"|(?:if|when|before) (?:i|you|we)|si (?:yo )?(?:me )?(?:salgo|doy|cancelo|quiero)"
)

# The contrary is said: "não quero sair da lista".
_DENIED: Mapping[str, str] = {
    "pt": (
        r"nao (?:(?:quero|queria|vou|pretendo|desejo|gostaria de|precisa\w*|e (?:para|pra)) )?(?:que )?(?:voces )?"
        r"(?:me |nos )?(?:sair|cancel\w+|bloque\w+|<remove>|<unsubscribe>|<stop> (?:de|com))"
    ),
    "en": (
        r"(?:<not>|not|cant) (?:want to |wish to |like to |going to )?"
        r"(?:stop|unsubscribe|unsub|remove|opt|cancel|end|take|delete)"
    ),
    "es": (
        r"no (?:(?:quiero|deseo|voy a|quisiera) )?(?:que )?(?:me )?"
        r"(?:salir|dar(?:me)? de baja|<stop> de|<remove>|desuscrib\w+)"
    ),
}


def _compiled(phrase: str, language: str) -> re.Pattern[str]:
    """A phrase at the borders of words, its names filled in."""
    names = {"few": _FEW, **_NAMES[language]}
    return re.compile(r"\b(?:" + re.sub(r"<(\w+)>", lambda name: names[name[1]], phrase) + r")(?!\w)")


def _all() -> Iterator[tuple[str, Meaning, re.Pattern[str]]]:
    for language, by_meaning in _PHRASES.items():
        for meaning, phrases in by_meaning.items():
            for phrase in phrases:
                yield language, meaning, _compiled(phrase, language)


PHRASES = tuple(_all())
"""(language, what it means, the phrase)."""

PERHAPS = re.compile(rf"\b(?:{_GOODS}|{_IF})\b")
"""What makes a phrase uncertain in every language."""

DENIED = {language: _compiled(phrase, language) for language, phrase in _DENIED.items()}
"""By language: what says the contrary of its phrases."""
