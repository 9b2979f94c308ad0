"""How it is said in Spanish."""

from __future__ import annotations

from orchestrator.stop_words.language import Language
from orchestrator.stop_words.meaning import Meaning

_SHORT = {
    "q": "que", "k": "que", "x": "por", "xq": "porque", "d": "de", "msj": "mensaje", "msjs": "mensajes",
    "mjs": "mensajes", "mensages": "mensajes", "qiero": "quiero", "kiero": "quiero", "ud": "usted", "uds": "ustedes",
    "promo": "promocion", "promos": "promociones", "num": "numero", "cel": "celular", "tel": "telefono", "+": "mas",
    "whatsap": "whatsapp",
}  # fmt: skip

_NAMES = {
    "messages": (
        r"(?:mensajes?|sms|correos?|e ?mails?|promocion(?:es)?|ofertas?|publicidad|propaganda|anuncios?|novedades"
        r"|notificacion(?:es)?|spam|boletin(?:es)?|whats(?: ?app)?)\b"
    ),
    "lists": r"(?:listas?|grupos?)\b",
    "more": r"(?:(?:mas|sus|estos|estas|esos|esas|ningun|ninguna|de|los|las|tantos|tantas) )*",
    "want": r"(?:quiero|deseo|quisiera|queremos|acepto)",
    "stop": r"(?:dejen|dejar|dejad|deja|deje|paren|parar|pare)",
    "write": r"(?:mand|envi|escrib|molest|contact|recib|llam|jod|fastidi)\w*",
    "writing": r"(?:escrib|mand|envi|contact|molest|llam)(?:an|en|a|e|as|es)",
    "remove": r"(?:quit|saqu|sac|borr|elimin)(?:ar|en|a|e)?(?:me|nme)?",
    "mine": r"mi (?:numero|telefono|celular|correo|nombre|contacto)",
    "number": r"(?:numero|telefono|persona|correo)",
}

_PHRASES = {
    Meaning.WRONG_PERSON: (
        r"(?:^|(?:es|al|a|un|una|con el) )(?:el |la )?<number> (?:es )?equivocad[oa]$",
        r"se (?:equivoc\w+|confundi\w+) de <number>",
        r"este (?:numero|telefono) no es de \w+(?: \w+)?$",
        r"no conozco a (?:esa|esta) persona",
    ),
    Meaning.ERASURE: (
        r"<remove> (?:todos )?(?:mis|los) datos(?: personales)?(?! d)",
        r"<remove> mi cuenta",
        r"<remove> todo lo que (?:ustedes )?(?:tengan|tienen|saben|sepan|guardan) (?:sobre|de) (?:mi|nosotros)$",
    ),
    Meaning.OPT_OUT_ALL: (r"(?:salir|dar(?:me)? de baja|baja) de (?:todo|todas las listas|todos los canales)",),
    Meaning.OPT_OUT: (
        r"no <want> (?:recibir <few>|<more>)<messages>",
        r"no <want> (?:seguir recibiendo|recibir) <few><messages>",
        r"no <want> (?:seguir recibiendo|recibir)(?: mas)?(?: nada| esto)?(?: mas)?(?: de (?:ustedes|vosotros))?$",
        r"no <want> (?:mas )?nada (?:mas )?de (?:ustedes|vosotros)",
        r"no <want> que (?:me )?(?:manden|envien|escriban|contacten|llamen|molesten)",
        r"no (?:me |nos )<writing>(?: <few>(?:mas|nada|<messages>)|$)",
        r"no (?:escrib|mand|envi)(?:an|en|a|e) <few>(?:mas|<messages>)",
        r"no molest(?:en|e|es)",
        r"(?:no|nunca) paran? (?:de <write>|con <few><messages>)",
        r"<stop> (?:de|ya de) (?:<write>|(?:\w+ )?<messages>)",
        r"<stop> (?:ya )?con (?:esto|eso|<few><messages>)",
        r"dar(?:me|nos)? de baja",
        r"(?:denme|dame|deme|me doy|doy) de baja",
        r"<remove>(?: <mine>)? de (?:\w+ )?(?:<messages>|<lists>)",
        r"<remove> <mine>",
        r"(?:saqu|borr|elimin|quit|sac)(?:en|e|a)me(?:$| de)",
        r"salir(?:me)? de (?:\w+ )?(?:<messages>|<lists>)",
        r"quiero (?:salir|salirme)$",
        r"(?:basta|hart[oa]|cansad[oa]) de (?:\w+ )?<messages>",
        r"cancel(?:ar|en|e|a) (?:mi |la |los |las |estos )?(?:suscripcion al? (?:\w+ )?)?<messages>",
        r"cancel(?:ar|en|e|a) (?:la )?suscripcion$",
        r"desuscrib\w+",
        r"dejenme en paz",
        r"(?:no me interesan?|no estoy interesad[oa]|no tengo interes|sin interes)$",
        r"(?:esto|eso) es (?:puro |un )?spam$",
        r"no (?:autoric?[eo]|di permiso|autorizo)(?:$| esto)",
    ),
    Meaning.PAUSE: (r"(?:pausar|pausen|menos) (?:\w+ ){0,2}<messages>",),
    Meaning.OPT_IN: (
        r"quiero (?:volver a )?recibir <more><messages>",
        r"(?:dar|den|da)me de alta",
    ),
    Meaning.AMBIGUOUS: (r"cancelar mi (?:cuenta|suscripcion)", r"(?:borrar|eliminar) mi suscripcion"),
}

SPANISH = Language(
    code="es",
    short=_SHORT,
    parts=r"\b(?:porque)\b|\by (?=(?:no|ya no|dejen|paren|basta|quiero|borren|saquen\w*)\b)",
    names=_NAMES,
    never="no|nunca|jamas|tampoco|ni|nao|jamais|nem",
    between=r"que|me|nos|se|ustedes|quiero|deseo|quisiera|voy|a|de|es|para|voces|quero|pens\w+|en|em|precisa\w*",
    phrases=_PHRASES,
)
