"""The phrases of Portuguese and English that state a price, a date, a period or a coupon, and those that only look so.

All patterns are for folded text (see `folding`): lower case, no accents. Each repetition is bounded.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING

from orchestrator.catalog.numerals import DIGITS, NUMBER, WORDS, WORDS_OF_NUMBERS

if TYPE_CHECKING:
    from collections.abc import Mapping


def _each(words: str) -> tuple[str, ...]:
    return tuple(words.split())


def _any(words: Mapping[str, object] | tuple[str, ...]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


# --- money ----------------------------------------------------------------------------------------------------------

_CODES = _each("BRL USD EUR GBP JPY CAD AUD MXN ARS CLP UYU PYG COP PEN CHF CNY")
_SIGNS: Mapping[str, str] = {
    "BRL": "r$",
    "USD": "$ us$ u$",
    "EUR": "€",
    "GBP": "£",
    "JPY": "¥ jp¥",
    "CAD": "ca$",
    "AUD": "a$ au$",
    "MXN": "mx$",
}
CURRENCIES: Mapping[str, str] = {
    **{sign: code for code, signs in _SIGNS.items() for sign in signs.split()},
    **{code.lower(): code for code in _CODES},
}
# How much of which currency; no name: the locale's own.
CURRENCY_WORDS: Mapping[str, tuple[str, Decimal]] = {
    **dict.fromkeys(("reais", "r$"), ("BRL", Decimal(1))),
    **dict.fromkeys(("dolar", "dolares", "dollar", "dollars", "bucks", "us$"), ("USD", Decimal(1))),
    **dict.fromkeys(("euro", "euros", "€"), ("EUR", Decimal(1))),
    "£": ("GBP", Decimal(1)),
    **dict.fromkeys(("conto", "contos"), ("BRL", Decimal(1))),
    **dict.fromkeys(("centavos", "cents"), ("", Decimal("0.01"))),
    **{code.lower(): (code, Decimal(1)) for code in _CODES},
}
SCALES: Mapping[str, int] = {"": 1, **dict.fromkeys(("mil", "thousand"), 1_000)} | dict.fromkeys(
    ("milhao", "milhoes", "million"), 1_000_000
)
_SCALE = rf"(?:[ ](?:{_any(tuple(filter(None, SCALES)))})\b)?"
# A sign needs no space around it: "porR$ 10" is a price too.
_SIGNED = rf"""(?P<signed>
    (?:(?<!\w)(?P<minus>-))?
    (?P<sign>{_any(tuple(CURRENCIES)[: -len(_CODES)])}|(?<!\w)(?:{_any(tuple(map(str.lower, _CODES)))}))
    [ ]{{0,3}}(?P<inner_minus>-)?(?P<amount>{DIGITS}|(?:(?<=[$])|(?<=[$][ ])){WORDS})(?P<amount_scale>{_SCALE})
)"""
# "50 contos" are reais, and "dois contos de fadas" are tales.
_COUNTED = rf"""(?P<counted>
    (?P<sum>{NUMBER})(?P<sum_scale>{_SCALE})(?:[ ]de)?[ ]?
    (?P<currency>{_any(CURRENCY_WORDS)})(?!\w)(?![ ]?[0-9])(?!(?:(?<=conto)|(?<=contos))[ ]de[ ](?!volta\b|desconto\b))
)"""
_TWO_DECIMALS = r"[0-9]{1,3}(?:[.,][0-9]{3}){0,2}[.,][0-9]{2}(?![0-9])"
_NO_UNIT = r"""(?![.,][0-9])(?![ ]?(?:x|m|cm|mm|km|k?g|mg|ml|l|litros?|metros?|hs?|gb|mb|w|v|kwh|kcal|oz|lbs?|ft|in
    |graus|pol|polegadas|inches|pontos?|points?|estrelas?|stars?|notas?|milhas|miles|vezes|times)\b)(?!%)"""
# One decimal is a price where nothing is counted after it: "por 129,9" is, "por 12,5 voltas" is not.
_ONE_DECIMAL = r"[0-9]{2,3},[0-9](?![0-9])(?=[ ]?(?:[.!?;)]|$|(?:a[ ]vista|n[oa]|hoje|cada)\b))"
_BARE = rf"""(?P<bare>
    (?:por|so|somente|apenas|a[ ]partir[ ]de|economize|only|for|just|{NUMBER}[ ]?(?:x|vezes)[ ]de
      |de(?=[ ]{_TWO_DECIMALS}[ ]por[ ](?:(?:so|apenas)[ ])?{_TWO_DECIMALS}{_NO_UNIT}))
    [ ](?P<bare_amount>{_TWO_DECIMALS}|{_ONE_DECIMAL}){_NO_UNIT}
)"""

# --- percent --------------------------------------------------------------------------------------------------------

_PER_CENT = rf"(?P<percentage>{NUMBER})[ ]{{0,2}}(?:%|(?:por[ ]cento|per[ ]?cent|pct)\b)"
_PERCENT = f"(?P<percent>{_PER_CENT})"

# "50% linho" is what it is made of, and "0% de álcool" what it is not.
_MATERIALS = """algodao|poliester|poliamida|linho|viscose|elastano|seda|bambu|couro|madeira|plastico|cacau
    |cotton|polyester|linen|wool|silk|bamboo|leather|recycled|reciclad[oa]s?|organic[oa]?s?|natura(?:l|is)"""
_LEFT_OUT = "alcool|acucar(?:es)?|gorduras?|lactose|gluten|parabenos|alcohol|sugar|fat"
MATERIAL = re.compile(rf"[ ](?:de[ ])?(?:{_MATERIALS}|{_LEFT_OUT})\b", re.VERBOSE)
AFTER_ITS_MATERIAL = re.compile(rf"(?<!\w)(?:{_MATERIALS}):?[ ]$", re.VERBOSE)
# "100% seguro": all of something, unless a word says of which price.
ALL_OF_IT = re.compile(r" (?!(?:off|de|d[oa]s?|cashback|back|on|in|n[oa]s?|em|para|ate|com|e|of|discount)\b)[a-z]")

# --- dates ----------------------------------------------------------------------------------------------------------

_MONTH_NAMES = (
    *_each("janeiro fevereiro marco abril maio junho julho agosto setembro outubro novembro dezembro"),
    *_each("january february march april may june july august september october november december"),
)
# Enough of a name to tell it from the others, in both languages.
MONTHS: Mapping[str, int] = {name[:3]: place % 12 + 1 for place, name in enumerate(_MONTH_NAMES)}
PORTUGUESE_ABBREVIATIONS = frozenset({"out", "set", "ago", "dez", "mai", "fev", "abr"})
ORDINARY_WORDS = frozenset({"may", "march", "mar", "set", "out", "ago"})
_MONTH = rf"(?:{_any((*_MONTH_NAMES, 'sept', *MONTHS))})\b"

WEEKDAYS: Mapping[str, int] = {
    name: place % 7 for place, name in enumerate(_each("seg ter qua qui sex sab dom mon tue wed thu fri sat sun"))
}
_PORTUGUESE_DAYS = _each(
    "segunda-feira terca-feira quarta-feira quinta-feira sexta-feira segunda terca quarta quinta sexta sabado domingo"
)
_ENGLISH_DAYS = _each("monday tuesday wednesday thursday friday saturday sunday")
_WEEKDAY_NAMES = (*_PORTUGUESE_DAYS, *_ENGLISH_DAYS)
_WEEKDAY = rf"(?:{_any((*_WEEKDAY_NAMES, 'tues', 'thur', 'thurs', *WEEKDAYS))})\b"
_WEEKDAY_NAME = rf"(?:{_any(_WEEKDAY_NAMES)})\b"

_ISO = r"(?P<iso_year>[0-9]{4})-(?P<iso_month>[0-9]{2})-(?P<iso_day>[0-9]{2})(?![0-9-])"
_NUMERIC = r"""(?P<first>[0-9]{1,2})o?(?P<separator>/|[ ]/[ ]|-(?![0-9]{1,2}-[0-9]{0,3}(?![0-9]))
    |[.](?=[0-9]{1,2}[.][0-9]{4}))(?P<second>[0-9]{1,2})
    (?:(?P=separator)(?P<numeric_year>[0-9]{4}|[0-9]{2}))?(?![0-9/]|[.,][0-9])"""
_DAY_FIRST = rf"""(?P<day_before>primeiro|[0-9]{{1,2}}|{NUMBER})(?:o|st|nd|rd|th)?
    (?:[ ]de[ ]|[ ]of[ ]|[ /-])(?P<month_after>{_MONTH})(?![ ]of\b)
    (?:\.?,?[ ](?:de[ ]|of[ ])?(?P<year_after>[0-9]{{4}})(?!\w))?"""
_MONTH_FIRST = rf"""(?P<month_before>{_MONTH})\.?[ ](?:the[ ])?(?P<day_after>[0-9]{{1,2}})(?:st|nd|rd|th)?
    (?![\w%/]|[.,:][0-9])(?:,?[ ](?P<named_year>[0-9]{{4}})(?!\w))?"""
_HOUR = r"""(?P<hour>[01]?[0-9]|2[0-3])
    (?:(?:h|:)(?P<minute>[0-5][0-9])(?::[0-5][0-9])?(?:h|min)?|h|[ ]horas|(?=[ ]?[ap]\.?m\b))
    (?:[ ]?(?P<half_of_day>[ap])\.?m\b\.?)?(?!\w)"""

# An hour after a date belongs to it; "9h às 18h" after a date is when somebody is there.
_DATE = rf"""(?P<date>
    (?:(?P<weekday>{_WEEKDAY})\.?[ ,(]{{1,3}}(?:o[ ]|the[ ])?(?:dia[ ])?)?
    (?:{_ISO}|{_NUMERIC}|{_DAY_FIRST}|{_MONTH_FIRST})
    (?:\.?[ ]\((?P<weekday_after>{_WEEKDAY})\))?
    (?:(?:t|\.?,?[ ](?:as[ ]|at[ ]|ate[ ]as[ ]|ate[ ]|by[ ])?){_HOUR}(?![ ]?(?:as|a|ate|to|until|-)[ ]?[0-9]))?
)"""
_DAY_ALONE = rf"""(?P<day_alone>
    (?:(?<!tod[ao][ ])(?<!cada[ ])(?<!por[ ])dia[ ](?P<lone_day>[0-9]{{1,2}})o?
       (?![ ]?/|(?:[ ]de)?[ ]{_MONTH})
    |(?P<lone_weekday>{_WEEKDAY_NAME})[ ,(]{{1,2}}(?:the[ ])?(?:dia[ ])?(?P<weekday_day>[0-9]{{1,2}})(?:st|nd|rd|th)?
       (?![ ]?(?:as|a|ate|to|until|am|pm)\b)
    )(?![\w/:%-]|[.,:][0-9]|[ ]?(?:x|h|horas?)\b)
)"""

BEFORE_A_DATE = re.compile(
    r"(?<!\w)(?:ate|dia|em|desde|a partir de|de|entre|para|antes de|chega(?:m|ra)?|no maximo|(?:prazo|data) e|era"
    r"|by|on|until|till?|from|before|since|through)"
    r"(?: o| as| the)?(?: dia)? $"
)
# Without a year, only here is "30-11" a day; elsewhere it is a number of something.
BEFORE_A_DEADLINE = re.compile(
    r"(?<!\w)(?:ate|chega(?:m|ra)?(?: em)?|until|till?|by)(?: o| as| the)?(?: dia)? $|(?<!\w)dia $"
)
# "Até 10-12 peças" counts them, and "até 1-12 na sua casa" does not.
AFTER_A_RANGE = re.compile(
    r" ?x\b| (?!(?:em|n[oa]s?|com|sem|para|pra|pel[oa]|e|ou|mas|se|as|ate|ja|o|in|at|on|for|with|and|or|but|the)\b)"
    r"[a-z]"
)
BEFORE_A_FRACTION = re.compile(
    r"(?<!\w)(?:notas?|score|rated|avaliacao|rating|parcelas?|pagina|page|etapa|parte|step|part|item|caixa|volume"
    r"|lote|capitulo|episodio|aula|video|foto|chapter|episode|lesson)"
    r"(?: (?:de|of|media))?:? $"
)

AFTER_A_FRACTION = re.compile(r" (?:de )?(?:xicara|colher|copo|lata|litro|quilo|kg|cup|tsp|tbsp|inch)")

# --- periods --------------------------------------------------------------------------------------------------------

UNITS: Mapping[str, str] = {
    **dict.fromkeys(("dia", "dias", "day", "days"), "d"),
    "d.u.": "bd",
    **dict.fromkeys(("h", "hs", "hr", "hrs", "hora", "horas", "hour", "hours"), "h"),
    **dict.fromkeys(("minuto", "minutos", "minute", "minutes", "min"), "m"),
    **dict.fromkeys(("semana", "semanas", "week", "weeks"), "w"),
    **dict.fromkeys(("mes", "meses", "month", "months"), "mo"),
    **dict.fromkeys(("ano", "anos", "year", "years"), "y"),
}
_PERIOD = rf"""(?:(?P<low>{NUMBER})[ ]?(?:a|ou|to|or|-|/)[ ]?)?(?P<count>{NUMBER})[ -]?
    (?:(?P<business_before>business|working)[ -]|calendar[ ]|full[ ])?(?P<unit>{_any(UNITS)})(?!\w)
    (?P<business_after>[ ]ut(?:il|eis)\b)?(?:[ ]corridos\b)?"""
# "Meio ano"; "há meio ano" is over.
_HALF_A_YEAR = r"(?P<half_a_year>(?<!ha[ ])(?<!faz[ ])(?:meio[ ]ano|half[ ]a[ ]year)\b)"
_DURATION = f"(?P<duration>{_PERIOD}|{_HALF_A_YEAR})"

_LIMIT = "em ate|dentro de|no maximo|prazo de|within|up to|in under"
# What must stand before a number of minutes, of hours written "h", or of years: else it is no promise.
BEFORE_A_SHORT_TIME: Mapping[str, re.Pattern[str]] = {
    "m": re.compile(rf"(?<!\w)(?:{_LIMIT}) $"),
    "h": re.compile(rf"(?<!\w)(?:em|in|por|por mais|proximas|next|{_LIMIT}) $"),
    "y": re.compile(r"(?<!\w)(?:garantia|warranty|guarantee|validade)(?: de| of)?(?: ate)? $"),
}
# "7 dias por semana", "3 days ago", "30 anos de história".
AFTER_NO_PERIOD = re.compile(
    r" (?:atras|ago|old|of age|(?:por|per|an?|d[oa]|n[oa]) (?:dia|semana|mes|ano|day|week|month|year)"
    r"|de (?:idade|vida|historia|estrada|experiencia|tradicao|mercado))\b"
)
# "Em uma semana" is a promise, and "um ano" where it is a warranty; "uma semana" alone is a manner of speaking.
BEFORE_ONE: Mapping[str, re.Pattern[str]] = {
    **dict.fromkeys(
        ("w", "mo"),
        re.compile(
            rf"(?<!\w)(?:em|in|ate|por|for|tem|have|prazo(?: e)?(?: de)?|{_LIMIT}|(?:garantia|warranty)(?: de| of)) $"
        ),
    ),
    "y": BEFORE_A_SHORT_TIME["y"],
}
AFTER_ONE = re.compile(
    r" (?:de (?:garantia|prazo)|of warranty|(?:para|pra|p/|to) (?:troc|devol|cancel|desist|return|exchange)"
    r"|(?:apos|after) )"
)
AFTER_A_WARRANTY = re.compile(r" (?:de )?(?:garantia|warranty|guarantee)")

# --- coupons --------------------------------------------------------------------------------------------------------

_COUPON = r"""(?P<coupon>
    (?P<keyword>cupo(?:m|ns)|codigo|coupons?|code|voucher|promocode)
    (?:[ ](?:promocional|promo|de[ ]desconto|desconto|especial|exclusivo|code|e|is))?
    [ ]?(?:[:="'(>-]{1,2}[ ]?|(?<=[ ]))(?P<code>[a-z0-9][a-z0-9-]{2,30}[a-z0-9])(?![\w@])
)"""
TRACKING_NUMBER = re.compile(r"[a-z]{2}[0-9]{9}[a-z]{2}")
NOT_COUPONS = frozenset({"swift", "iban", "imei", "html", "fiscal", "http", "https"})

# --- relative deadlines ---------------------------------------------------------------------------------------------

# "Até sexta, 27/11" is a date.
_NO_DAY_AFTER = rf"""(?!\.?[ ,(]{{1,3}}(?:o[ ]|the[ ])?(?:dia[ ])?
    (?:{_MONTH}|[0-9]{{1,2}}(?![0-9]?h|:|[ ]horas|[ ]?[ap]m)))"""
_NUMBERED_DAY = r"[2-6]a[ -]feira"  # 3ª feira
_NAMED_DAY = rf"""(?>{_any(_PORTUGUESE_DAYS)}|{_NUMBERED_DAY})\b
    (?!-?[ ](?:ordem|via|vez|parcela|compra|chance)\b){_NO_DAY_AFTER}"""
_SOON = rf"""(?:hoje(?:[ ]a[ ]noite)?|depois[ ]de[ ]amanha|amanha|esta[ ](?:noite|semana)|no[ ]mesmo[ ]dia
    |(?:o[ ])?(?:fim|final)[ ](?:do[ ]dia|da[ ]semana|do[ ]mes|de[ ]semana)|(?:a[ ])?meia[ -]noite
    |(?:(?:n?es[st][ae]|n?[ao])[ ])?(?:proxim[ao][ ])?{_NAMED_DAY}
    |{_MONTH}(?:/|[ ]de[ ])[0-9]{{4}})\b"""
_SOON_ENGLISH = rf"""(?:today|tonight|tomorrow|midnight|(?:the[ ])?end[ ]of[ ](?:the[ ])?(?:day|week|month)
    |(?:this[ ]|next[ ])?(?:weekend|{_any(_ENGLISH_DAYS)})\b{_NO_DAY_AFTER})\b"""
_NO_NOUN_AFTER = (
    rf"""(?![ ](?:of|floor|anniversary|birthday|century|edition|time|order|item|page|day|street|{_MONTH})\b)"""
)
_RELATIVE = rf"""(?P<relative>
    (?:(?:so|somente|apenas)(?:[ ]ate)?|ate
      |(?:valid[oa]s?|vale|valem|termina|acaba|encerra|expira|vence|chega|chegam|receba|entrega)
       (?:[ ](?:so|somente|apenas))?(?:[ ]ate)?)[ ]{_SOON}
    |(?:by|until|till?|only|through|before|valid|ends?|ending|expires?|expiring|arrives?|arriving|delivered)
     (?:[ ](?:on|only|by|until|at))?[ ]{_SOON_ENGLISH}
    |(?:today|tonight|this[ ](?:week|weekend))[ ]only\b|(?:same|next)[ -]day[ ](?:delivery|shipping|dispatch)\b
    |proxim[ao][ ](?:{_NAMED_DAY}|(?:semana|quinzena|mes)\b)|(?:semana|mes)[ ]que[ ]vem\b|next[ ]week\b
    |(?P<same_day>no[ ]mesmo[ ]dia\b|same[ -]day\b)
    |(?P<until_an_hour>ate[ ]as[ ](?:[01]?[0-9]|2[0-3])(?:h(?:[0-5][0-9])?|:[0-5][0-9]h?|[ ]horas)(?!\w))
    |(?:until|till?|by|through|before)[ ]the[ ](?:[12]?[0-9]|3[01])(?:st|nd|rd|th)\b{_NO_NOUN_AFTER}
    |(?:ends?|ending|expires?|expiring)[ ](?:at|by)[ ](?:1[0-2]|[1-9])(?::[0-5][0-9])?[ ]?[ap]\.?m\b
)"""
SOON = re.compile(
    rf"""(?<![\w-])(?:{_SOON}|{_SOON_ENGLISH}|outra[ ]semana\b|next[ ]week\b)
    (?![ ](?:a|ate|to|through)[ ](?:{_any(_WEEKDAY_NAMES)})\b)""",
    re.VERBOSE,
)
"""A day that depends on the day of reading, or on nothing but a weekday, without a word that makes a deadline of it."""
BEFORE_OPENING_DAYS = re.compile(rf"(?<!\w)(?:{_any((*_WEEKDAY_NAMES, *WEEKDAYS))})(?: |, )$")

# "Atendemos até as 18h", "das 9h até as 18h".
BEFORE_CLOSING = re.compile(
    r"(?<!\w)(?:respond|atend|abert|abr[ei]|fecha|funcion|horario|chat\b|lojas?\b|telefone|das\b"
    rf"|(?:{_any((*_WEEKDAY_NAMES, *WEEKDAYS))})\b)[^.!?]*$"
)
BEFORE_THE_SAME_DAY = re.compile(
    r"(?<!\w)(?:entregas?|entregamos|receba|chegam?|envi(?:o|amos)|despachamos|postamos"
    r"|delivery|delivered|ships?|shipping|arrives?|get it|dispatch)\b[^.!?]*$"
)

# --- offers in words ------------------------------------------------------------------------------------------------

# "Metade do preço de uma viagem" and "o dobro do descanso" compare; free shipping to the whole country, and to
# cancel for free, is how a shop works, not an offer.
# What has a value of its own is left to it: "leve 2 e ganhe 10%".
_FEW = r"""(?:[0-9]|um|uma|dois|duas|tres|one|two|three)
    (?!\w|[.,][0-9]|[ ]{0,2}%|[ ](?:por[ ]cento|per[ ]?cent|pct|mil|e|and|reais|dollars|dias?|days?
     |mes(?:es)?|months?)\b)"""
_OFFER = rf"""(?P<offer>
    metade[ ]do[ ](?:preco|valor)\b(?![ ]de[ ]um)|half[ ](?:the|your)[ ](?:price|money|amount)\b
    |(?:(?<=\bem[ ])|(?<=\bo[ ]))(?<!cobranca[ ]em[ ])dobro\b(?![ ]d[aeo]s?[ ](?!valor\b|preco\b|dinheiro\b|que\b))
    |double[ ](?:the|your)[ ](?:money|amount|price)\b
    |(?:leve|compre)[ ](?:{NUMBER})(?:[ ](?:itens|pecas|produtos|unidades))?,?[ ](?:e[ ])?
     (?:pague|leve|ganhe)[ ]{_FEW}
    |(?:frete|entrega|envio)[ ](?:gratis|gratuit[oa])\b(?![ ]para[ ]todo[ ]o[ ](?:brasil|pais)\b)
    |(?P<free>(?<!cancelar[ ])(?<!cancel[ ])(?:de[ ]graca|gratis|gratuit[oa]s?|(?:for|is)[ ]free)\b)
     (?![ ](?:para[ ]todo[ ]o[ ](?:brasil|pais)|of|from|to)\b|-)
    |(?:{NUMBER})[ ]?(?:x|vezes)[ ]sem[ ]juros\b
    |desconto[ ]de[ ][0-9]{{1,3}}(?=[ ]?(?:[!?;)]|[.,](?![0-9])|$)|[ ](?:n[oa]s?|em|hoje|so|para)\b)
    |half[ -]price\b(?![ ](?:is|was)\b)|half[ ]off\b(?!-)
    |buy[ ](?:{NUMBER}),?[ ](?:and[ ])?get[ ]{_FEW}(?:[ ]free\b)?
    |(?<!-)free[ ](?:shipping|delivery|returns)\b
    |(?:{NUMBER})[ ](?:monthly[ ])?interest-free[ ](?:installments|instalments|payments)\b
)"""

# --- what only looks so ---------------------------------------------------------------------------------------------

LINK = re.compile(
    r"(?:https?://|www\.)\S+|(?<![\w.+-])(?:[a-z0-9.+-]{1,64}@[a-z0-9.-]{1,253}"
    r"|[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){0,4}\.(?:com|br|net|org|example|app|io|me|co|ly)\b(?:[/?]\S*)?)"
)
"""Addresses of the web and of mail: whatever stands in one is no statement."""

_LENGTH = rf"""(?:{NUMBER})[ -]?
    (?:dias?|horas?|h|semanas?|mes(?:es)?|anos?|minutos?|days?|hours?|weeks?|months?|years?|minutes?)\b"""
_PAST = rf"""(?:ha|faz|fazem|todos[ ]os|(?:[nd][oa]s|(?:in|over|for)[ ]the)[ ](?:ultim[oa]s|last|past|previous))[ ]
    (?:(?:cerca[ ]de|mais[ ]de|quase|uns|umas|over|os|the)[ ])?{_LENGTH}"""
_OPEN = r"""(?:estamos[ ](?:por[ ]|sempre[ ])?aqui|abert[oa]s?|atendimento|atendemos|funciona(?:mos)?
     |disponivel|disponiveis|open|available)[ ](?:por[ ])?
    (?:24[ ]?(?:h|horas|hours)\b(?:[ ,e]{1,3}7[ ]?(?:dias|days)\b)?|7[ ]?(?:dias|days)\b)"""
_O_CLOCK = r"(?:as|das)[ ](?:[0-9]{1,2}|uma|duas|tres|quatro|cinco|seis|sete|oito|nove|dez|onze|doze)[ ]?horas?\b"
_BABIES = rf"""0[ ]?(?:a|ate|to|-)[ ]?(?:{NUMBER})[ ]?(?:mes(?:es)?|anos?|months?|years?)\b
    |(?:bebes?|criancas?|roup(?:inh)?as?|babies|baby|kids|children|clothes)[ ]
    (?:de|a[ ]partir[ ]de|ate|from|of|up[ ]to)[ ]
    (?:[0-9]{{1,2}}[ ](?:a|ate|to)[ ])?{_LENGTH}"""
_LASTING = rf"""(?:queimam?|bateria|autonomia|burns?|battery)[ ](?:(?:por|de|ate|for|up[ ]to|of)[ ]){{0,2}}{_LENGTH}
    |(?:{NUMBER})[ -]?(?:h|horas?|hours?|minutos?|minutes?)[ ]
     (?:de[ ](?:bateria|autonomia|queima|filme|voo|viagem)|film|movie|documentary|flight|drive|walk)\b"""
_FULL_MONTH = rf"(?:{_any(_MONTH_NAMES)})\b"
# "Rua 25 de Março, 100"; figures after "rua" need the number of the house.
_STREET = rf"""(?:(?:avenida|av|praca|alameda|travessa|rodovia|largo)\.?[ ](?:primeiro|{NUMBER})o?[ ]de[ ]{_FULL_MONTH}
    |rua[ ](?:primeiro|{WORDS})[ ]de[ ]{_FULL_MONTH}
    |rua[ ][0-9]{{1,2}}o?[ ]de[ ]{_FULL_MONTH},?[ ](?:n[o.]?[ ])?[0-9])"""
_INNOCENT = rf"(?P<innocent>{_PAST}|{_OPEN}|{_O_CLOCK}|{_BABIES}|{_LASTING}|{_STREET})"

# --- together -------------------------------------------------------------------------------------------------------

# The words that a statement can begin with. Most words begin none of them, and are passed by at a glance.
_FIRST_WORDS = (
    *(*WORDS_OF_NUMBERS, *_MONTH_NAMES, *_WEEKDAY_NAMES, *MONTHS, *WEEKDAYS, "primeiro"),
    *_each("por apenas a only for just ate no para do chega vence antes cupom cupons codigo coupon code voucher"),
    *_each("promocode so somente apenas valido valida vale valem termina acaba encerra expira vence chegam receba"),
    *_each("entrega by until till til through before valid end ending expire expiring arrive arriving delivered today"),
    *_each("tonight same ha faz fazem todos nos nas dos das in over aberto aberta atendimento atendemos funciona open"),
    *_each("disponivel disponiveis available as das bebe crianca babies baby kids children roupa roupinha clothes"),
    *_each("de economize proxima semana mes next this metade leve compre frete envio desconto half buy free estamos"),
    *_each("dia meio dobro double gratis is"),
    *_each("queima bateria autonomia burn battery rua avenida av praca alameda travessa rodovia largo"),
)


def _beginnings(words: tuple[str, ...]) -> str:
    """The first letters of words: `c(?:o[du]|up)` tells in a few steps that none of them stands there."""
    heads = sorted({word[:3] if word[2:] else rf"{word}\b" for word in words})
    firsts = sorted({head[0] for head in heads})
    return "|".join(f"{first}(?:{'|'.join(head[1:] for head in heads if head[0] == first)})" for first in firsts)


# A number does not begin inside another one, nor after its sign: 12/27/11, 1.299.
_AT_A_WORD = rf"(?<![^\W_])(?<![0-9][.,:/])(?=[0-9]|{_beginnings(_FIRST_WORDS)})"

_STATEMENT = (
    rf"{_SIGNED}|{_AT_A_WORD}(?:{_INNOCENT}|{_OFFER}|{_COUNTED}|{_BARE}|{_PERCENT}|{_DURATION}|{_DATE}|{_DAY_ALONE}"
    rf"|{_COUPON}|{_RELATIVE}|(?P<count_of_nothing>{WORDS}))"
)


@cache
def statement() -> re.Pattern[str]:
    """One statement; the name of its group says what kind. Compiling it takes long, and many a command reads no text.

    `innocent` and `count_of_nothing` consume what would be taken for one, or read again and again.
    """
    return re.compile(_STATEMENT, re.VERBOSE)


INNOCENT = frozenset({"innocent", "count_of_nothing"})
