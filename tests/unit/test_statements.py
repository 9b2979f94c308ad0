"""Texts as a reader of Portuguese or English takes them: what states a price, a date, a period, and what does not."""

from __future__ import annotations

import time
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.catalog.formats import state
from orchestrator.catalog.sms import transliterate
from orchestrator.catalog.statements import read_statements
from orchestrator.catalog.voice import Format, Formats
from orchestrator.domain.claim import ClaimKind


def values(text, locale):
    return [(found.kind.value, found.value) for found in read_statements(text, locale)]


# Text and what it states, `kind value`, several parted by " + ".
PORTUGUESE = [
    # money
    ("Por R$ 129,90", "money 129.90 BRL"),
    ("Por R$129,90", "money 129.90 BRL"),
    ("Por R$\u00a0129,90", "money 129.90 BRL"),
    ("Por R$\u202f129,90", "money 129.90 BRL"),
    ("Por R$\n129,90", "money 129.90 BRL"),
    ("Total de R$ 1.299,90.", "money 1299.90 BRL"),
    ("R$ 1.299.000,00", "money 1299000.00 BRL"),
    ("R$ 1.299", "money 1299.00 BRL"),
    ("R$ 129.90", "money 129.90 BRL"),
    ("R$ 1,299.90", "money 1299.90 BRL"),
    ("R$ 20", "money 20.00 BRL"),
    ("R$ 2 mil em prêmios", "money 2000.00 BRL"),
    ("R$ 1,5 milhão", "money 1500000.00 BRL"),
    ("BRL 20", "money 20.00 BRL"),
    ("20 BRL", "money 20.00 BRL"),
    ("129,90 reais", "money 129.90 BRL"),
    ("vinte reais", "money 20.00 BRL"),
    ("cem reais", "money 100.00 BRL"),
    ("cento e vinte e nove reais", "money 129.00 BRL"),
    ("duzentos e cinquenta reais", "money 250.00 BRL"),
    ("dois mil e quinhentos reais", "money 2500.00 BRL"),
    ("20 mil reais", "money 20000.00 BRL"),
    ("1 milhão de reais", "money 1000000.00 BRL"),
    ("50 centavos", "money 0.50 BRL"),
    ("US$ 10,00", "money 10.00 USD"),
    ("€ 10,00", "money 10.00 EUR"),
    ("10 €", "money 10.00 EUR"),
    ("-R$ 59,90", "money -59.90 BRL"),
    ("Kit - R$ 59,90", "money 59.90 BRL"),
    ("**R$ 129,90**", "money 129.90 BRL"),
    ("R$ **129,90**", "money 129.90 BRL"),
    ("*R$ 129,90*", "money 129.90 BRL"),
    ("só por 129,90 hoje", "money 129.90 BRL"),
    ("a partir de 99,90", "money 99.90 BRL"),
    ("12x de R$ 10,82", "money 10.82 BRL"),
    ("de R$ 162,40 por R$ 129,90", "money 162.40 BRL + money 129.90 BRL"),
    ("\uff32\uff04 \uff11\uff12\uff19\uff0c\uff19\uff10", "money 129.90 BRL"),
    ("R$ 129,90!", "money 129.90 BRL"),
    ("porR$ 129,90", "money 129.90 BRL"),
    ("Só 129,90 no Pix", "money 129.90 BRL"),
    ("12 vezes de 9,99", "money 9.99 BRL"),
    ("12x de 9,99", "money 9.99 BRL"),
    ("Kit por 129,9", "money 129.90 BRL"),
    ("R$ noventa e nove", "money 99.00 BRL"),
    ("Economize 32,48", "money 32.48 BRL"),
    ("te dou 50 contos", "money 50.00 BRL"),
    ("50 conto de desconto", "money 50.00 BRL"),
    ("De 162,40 por 129,90", "money 162.40 BRL + money 129.90 BRL"),
    # percent
    ("20% de desconto", "percent 20%"),
    ("20 % de desconto", "percent 20%"),
    ("20\u00a0% de desconto", "percent 20%"),
    ("12,5% off", "percent 12.5%"),
    ("20%OFF", "percent 20%"),
    ("vinte por cento", "percent 20%"),
    ("trinta e cinco por cento", "percent 35%"),
    ("20 por cento", "percent 20%"),
    ("20 pct de desconto", "percent 20%"),
    ("de 10% a 20%", "percent 10% + percent 20%"),
    ("100% de desconto no frete", "percent 100%"),
    ("-20%", "percent 20%"),
    # dates
    ("até 27/11", "date --11-27"),
    ("27/11/2026", "date 2026-11-27"),
    ("27/11/26", "date 2026-11-27"),
    ("27.11.2026", "date 2026-11-27"),
    ("27-11-2026", "date 2026-11-27"),
    ("2026-11-27", "date 2026-11-27"),
    ("2026-11-27T18:30", "date 2026-11-27T18:30"),
    ("27 de novembro", "date --11-27"),
    ("27 de novembro de 2026", "date 2026-11-27"),
    ("27 novembro", "date --11-27"),
    ("27 nov", "date --11-27"),
    ("27 de nov. de 2026", "date 2026-11-27"),
    ("1º de março", "date --03-01"),
    ("1 de marco", "date --03-01"),
    ("primeiro de dezembro", "date --12-01"),
    ("vinte e sete de novembro", "date --11-27"),
    ("sexta-feira, 27 de novembro", "date --11-27"),
    ("sexta, 27/11", "date --11-27"),
    ("sex., 27/11", "date --11-27"),
    ("27/11 (sexta)", "date --11-27"),
    ("27/11 (sexta-feira)", "date --11-27"),
    ("30/11, 18h30", "date --11-30T18:30"),
    ("30/11 às 18h", "date --11-30T18:00"),
    ("30 de novembro, 23:59", "date --11-30T23:59"),
    ("30/11, 9h às 18h", "date --11-30"),
    ("até 5/12", "date --12-05"),
    ("até 30-11", "date --11-30"),
    ("até 30 / 11", "date --11-30"),
    ("sexta, 27 / 11", "date --11-27"),
    ("próxima sexta, 27/11", "date --11-27"),
    ("no dia 5/12", "date --12-05"),
    ("1º/12", "date --12-01"),
    ("1/12", "date --12-01"),
    ("até 1-12", "date --12-01"),
    ("chega em 1-12 na sua casa", "date --12-01"),
    ("o prazo é 5/3", "date --03-05"),
    ("até o dia 27", "date ---27"),
    ("dia 1º", "date ---01"),
    ("no máximo dia 5", "date ---05"),
    ("dia 27 às 18h", "date ---27"),
    ("até o dia 1 de janeiro", "date --01-01"),
    ("até o dia 1º de janeiro", "date --01-01"),
    ("sexta, 27", "date ---27"),
    ("entre 27/11 e 30/11", "date --11-27 + date --11-30"),
    ("27/11-30/11", "date --11-27 + date --11-30"),
    ("29/02", "date --02-29"),
    ("30/02/2026", ""),
    ("até sexta, 27/11", "date --11-27"),
    # periods
    ("em 7 dias", "duration 7d"),
    ("7 dias úteis", "duration 7bd"),
    ("1 dia útil", "duration 1bd"),
    ("um dia útil", "duration 1bd"),
    ("7 dias corridos após o recebimento", "duration 7d"),
    ("sete dias", "duration 7d"),
    ("5 a 7 dias úteis", "duration 5-7bd"),
    ("de 3 a 5 dias", "duration 3-5d"),
    ("24 horas", "duration 24h"),
    ("em até 24h", "duration 24h"),
    ("em 48h", "duration 48h"),
    ("até 2 horas em horário comercial", "duration 2h"),
    ("duas semanas", "duration 2w"),
    ("12 meses de garantia", "duration 12mo"),
    ("garantia de 2 anos", "duration 2y"),
    ("5 anos de garantia", "duration 5y"),
    ("em até 30 minutos", "duration 30m"),
    ("Últimos 3 dias!", "duration 3d"),
    ("em uma semana", "duration 1w"),
    ("você tem um mês para devolver", "duration 1mo"),
    ("uma semana após o recebimento", "duration 1w"),
    ("por um mês", "duration 1mo"),
    ("garantia de meio ano", "duration 6mo"),
    ("garantia de um ano", "duration 1y"),
    ("5 d.u.", "duration 5bd"),
    ("3 a 5 d.u. após o envio", "duration 3-5bd"),
    # coupons
    ("com o cupom LUME20", "coupon LUME20"),
    ("cupom: LUME20", "coupon LUME20"),
    ("cupom “LUME20”", "coupon LUME20"),
    ("cupom **LUME20**", "coupon LUME20"),
    ("cupom LUME_20", "coupon LUME_20"),
    ("use o cupom BEMVINDO", "coupon BEMVINDO"),
    ("código promocional VOLTA-10", "coupon VOLTA-10"),
    ("cupom de desconto SAUDADE10", "coupon SAUDADE10"),
    ("USE O CUPOM LUME20", "coupon LUME20"),
    ("cupom lume20", "coupon LUME20"),
    # relative
    ("até amanhã", "relative ate amanha"),
    ("só até sexta", "relative so ate sexta"),
    ("válido hoje", "relative valido hoje"),
    ("Só hoje!", "relative so hoje"),
    ("termina no domingo", "relative termina no domingo"),
    ("até o fim do mês", "relative ate o fim do mes"),
    ("até a meia-noite", "relative ate a meia-noite"),
    ("Chega amanhã", "relative chega amanha"),
    # several
    (
        "20% no Kit por R$ 129,90 com o cupom LUME20 até 30/11, 18h30",
        "percent 20% + money 129.90 BRL + coupon LUME20 + date --11-30T18:30",
    ),
    # deadlines that depend on the day of reading
    ("até as 18h", "relative ate as 18h"),
    ("até às 23h59", "relative ate as 23h59"),
    ("até 3ª feira", "relative ate 3a feira"),
    ("na próxima segunda", "relative proxima segunda"),
    ("na semana que vem", "relative semana que vem"),
    ("na próxima semana", "relative proxima semana"),
    ("receba o pedido no mesmo dia", "relative no mesmo dia"),
    ("até nov/2026", "relative ate nov/2026"),
    # offers
    ("metade do preço", "offer metade do preco"),
    ("metade do valor", "offer metade do valor"),
    ("devolvemos em dobro", "offer dobro"),
    ("damos o dobro", "offer dobro"),
    ("o dobro do valor", "offer dobro"),
    ("sai de graça", "offer free"),
    ("é grátis", "offer free"),
    ("devolução gratuita", "offer free"),
    ("leve 3, pague 2", "offer leve 3, pague 2"),
    ("compre 2 e ganhe 10% de desconto", "percent 10%"),
    ("leve 2, pague 9,99 reais", "money 9.99 BRL"),
    ("frete grátis", "offer frete gratis"),
    ("10x sem juros", "offer 10x sem juros"),
    ("dez vezes sem juros", "offer dez vezes sem juros"),
    ("Desconto de 20 no kit", "offer desconto de 20"),
    ("Desconto de 20 reais", "money 20.00 BRL"),
    ("Desconto de 20%", "percent 20%"),
]

ENGLISH = [
    ("Now $129.90", "money 129.90 USD"),
    ("R$129.90", "money 129.90 BRL"),
    ("R$1,299.90", "money 1299.90 BRL"),
    ("$1,299", "money 1299.00 USD"),
    ("£20", "money 20.00 GBP"),
    ("20 dollars", "money 20.00 USD"),
    ("twenty dollars", "money 20.00 USD"),
    ("one hundred and twenty dollars", "money 120.00 USD"),
    ("only 12.50", "money 12.50 USD"),
    ("USD 20", "money 20.00 USD"),
    ("20% off", "percent 20%"),
    ("twenty percent off", "percent 20%"),
    ("twenty-five per cent", "percent 25%"),
    ("12.5%", "percent 12.5%"),
    ("November 27", "date --11-27"),
    ("November 27, 2026", "date 2026-11-27"),
    ("Friday, November 27", "date --11-27"),
    ("Fri, Nov 27", "date --11-27"),
    ("Nov 27th", "date --11-27"),
    ("27 November 2026", "date 2026-11-27"),
    ("the 27th of November", "date --11-27"),
    ("May 5", "date --05-05"),
    ("11/27", "date --11-27"),
    ("27/11", "date --11-27"),
    ("11/27/2026", "date 2026-11-27"),
    ("by 12/5", "date --12-05"),
    ("November 30, 6:30\u202fPM", "date --11-30T18:30"),
    ("November 30 at 6 pm", "date --11-30T18:00"),
    ("Nov 30, 12:15 a.m.", "date --11-30T00:15"),
    ("11/30, 18:30", "date --11-30T18:30"),
    ("in 7 days", "duration 7d"),
    ("7 business days", "duration 7bd"),
    ("3-5 business days", "duration 3-5bd"),
    ("three to five working days", "duration 3-5bd"),
    ("a 30-day guarantee", "duration 30d"),
    ("24 hours", "duration 24h"),
    ("two weeks", "duration 2w"),
    ("2-year warranty", "duration 2y"),
    ("use code LUME20", "coupon LUME20"),
    ("promo code: LUME20", "coupon LUME20"),
    ("your voucher is WELCOME", "coupon WELCOME"),
    ("by tomorrow", "relative by tomorrow"),
    ("until Friday", "relative until friday"),
    ("Ends tonight!", "relative ends tonight"),
    ("Today only", "relative today only"),
    ("until the 30th", "relative until the 30th"),
    ("until the 30th of November", "date --11-30"),
    ("ends at 6 pm", "relative ends at 6 pm"),
    ("this weekend only", "relative this weekend only"),
    ("next week", "relative next week"),
    ("next-day delivery", "relative next-day delivery"),
    ("delivered the same day", "relative same day"),
    ("99 bucks", "money 99.00 USD"),
    ("half price", "offer half price"),
    ("half off", "offer half off"),
    ("half the price", "offer half the price"),
    ("double your money back", "offer double your money"),
    ("the first one is free", "offer free"),
    ("half a year of warranty", "duration 6mo"),
    ("buy one, get one", "offer buy one, get one"),
    ("buy two, get 20% off", "percent 20%"),
    ("buy one, get one 50% off", "offer buy one, get one + percent 50%"),
    ("free shipping", "offer free shipping"),
    ("free returns", "offer free returns"),
    ("12 interest-free installments", "offer 12 interest-free installments"),
    ("until Friday, November 27", "date --11-27"),
]

# What could be confused, and is not to be.
NOTHING = [
    *("Pedido 10234 confirmado", "Pedido #10234", "Ligue 0800 123 4567", "+55 11 95555-0100", "(11) 5555-0100"),
    *("9h às 18h", "das 9 às 18 horas", "18:00", "até 18h", "Seg a sex, 8h–18h", "de segunda a sexta"),  # noqa: RUF001
    *("de segunda até sexta, 9h às 18h", "CEP 01310-100", "123.456.789-09", "12.345.678/0001-95"),
    *("40x60 cm", "tamanho 42", "2,5 kg", "500 ml", "300 fios", "Rua das Flores, 123", "versão 2.1", "desde 1998"),
    *("3 itens", "10 mil clientes", "https://x.example/2026/11/27", "https://x.example/?cupom=LUME20", "24/7"),
    *("casalume.example/20%25", "oi20@casalume.example", "nota 4,8", "nota 9/10", "nota 10/10", "1/2 xícara", "3x"),
    *("de 1/2 xícara", "parcela 03/12", "há 3 dias", "3 dias atrás", "nos últimos 30 dias", "24 horas por dia"),
    *(
        "7 dias por semana",
        "100% algodão",
        "100% seguro",
        "50% linho",
        "30 anos de história",
        "um dia lindo",
        "uma hora",
    ),
    *("código de rastreio BR123456789BR", "seu código é 482913", "CUPOM EXCLUSIVO", "cupom fiscal", "código QR"),
    *(
        "metade do preço de uma viagem",
        "half price is no number",
        "Save 20",
        "3 days ago",
        "in the last 30 days",
        "you may 20 people",
        "5 out of 5",
    ),
    *("até segunda ordem", "até logo", "asse por 15 minutos", "aberto 24 horas", "Monday through Friday", "1,70 m"),
    *("Rua 25 de Março, 100", "Av. 9 de Julho", "Avenida 23 de Maio", "Rua Sete de Setembro", "Praça 15 de Novembro"),
    *("Algodão 100%", "0% de álcool", "queima por 40 horas", "bateria de 10 horas", "estamos aqui 24 horas"),
    *("de 0 a 3 meses", "roupas de 6 a 12 meses", "a 2-hour film", "Atendemos até as 18h", "das 9h até as 18h"),
    *(
        "só 4,80 estrelas",
        "por 12,5 voltas",
        "de 1,38 por 1,88 m",
        "até 10-12 peças",
        "01-02-03",
        "no mesmo dia",
        "same day",
    ),
    *("cancele sem custo", "é só cancelar de graça", "cancel for free", "free of charge", "feel free to write"),
    *("dois contos de fadas", "o dobro do descanso", "cobrança em dobro", "há meio ano", "capítulo 3/12", "aula 1/12"),
    *("todo dia 5", "dia 24h", "uma semana de descanso", "um mês qualquer"),
    *("por 1,50 m de largura", "bebês de 3 a 6 meses", "dois amigos", "half a day", "one day", "iOS 17.2"),
]


@pytest.mark.parametrize(("text", "expected"), PORTUGUESE)
def test_portuguese_is_understood(text, expected):
    assert " + ".join(f"{kind} {value}" for kind, value in values(text, "pt-BR")) == expected


@pytest.mark.parametrize(("text", "expected"), ENGLISH)
def test_english_is_understood(text, expected):
    assert " + ".join(f"{kind} {value}" for kind, value in values(text, "en")) == expected


@pytest.mark.parametrize("locale", ["pt-BR", "en"])
@pytest.mark.parametrize("text", NOTHING)
def test_what_only_looks_like_a_statement_is_none(text, locale):
    assert values(text, locale) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Oferta: **R$ 129,90** só", "R$ 129,90"),
        ("Chega sa\u0301bado, 28/11", "sa\u0301bado, 28/11"),
        ("use o cupom *LUME_20* já", "LUME_20"),
        ("Chega sexta-feira, 27 de\nnovembro.", "sexta-feira, 27 de\nnovembro"),
        ("só por 129,90 hoje", "129,90"),
    ],
)
def test_a_statement_knows_where_it_stands_in_the_text_as_written(text, said):
    """Accents, marks and line ends are no part of how it is read, but are part of where it is."""
    found = read_statements(text, "pt-BR")[0]
    assert text[found.start : found.end] == said


@pytest.mark.parametrize(
    ("text", "weekday"),
    [("sexta-feira, 27/11", 4), ("27/11 (sáb.)", None), ("27/11 (sábado)", 5), ("27/11", None), ("Mon, Nov 30", 0)],
)
def test_a_named_weekday_is_kept_beside_the_date(text, weekday):
    assert read_statements(text, "pt-BR")[0].weekday == weekday


HOSTILE = ["a", "1", "1.", "7-", "7 a ", "um ", "vinte e ", "27/11, ", "27 de ", "cupom ", "R$ ", "$", "a@", "a-", "a."]

OFFERS = [
    "12x de 9,9",
    "de 1,38 por ",
    "leve 3 ",
    "buy ten get ",
    "rua dez de ",
    "R$ noventa e ",
    "0 a 3 ",
    "30-11-",
    "d.u.",
]


@pytest.mark.parametrize(
    "piece", [*HOSTILE, *OFFERS, "sexta, ", "ate o dia ", "ha mais de ", "one hundred and ", "\u0301", "100% "]
)
def test_no_text_takes_long_to_read(piece):
    """64 KB of what patterns stumble over; what is quadratic would take minutes."""
    text = (piece * 65_536)[:65_536]

    def seconds():
        began = time.process_time()
        read_statements.__wrapped__(text, "pt-BR")
        return time.process_time() - began

    # The fastest of three: others use the machine too.
    assert min(seconds() for _ in range(3)) < 0.5


# --- whatever formats write is read back ----------------------------------------------------------------------------

VOICES = {
    "pt-BR": [
        Formats(
            delivery_date=Format(long="EEEE, d 'de' MMMM", short="dd/MM"),
            deadline=Format(long="d 'de' MMMM", short="dd/MM", time="HH'h'mm"),
        ),
        Formats(
            delivery_date=Format(long="EEE, d 'de' MMM 'de' y", short="dd/MM/yyyy"),
            deadline=Format(long="d MMM", short="dd/MM/yy", time="HH:mm"),
        ),
    ],
    "en": [
        Formats(
            delivery_date=Format(long="EEEE, MMMM d", short="MMM d"),
            deadline=Format(long="MMMM d, y", short="MM/dd", time="h:mm a"),
        ),
        Formats(
            delivery_date=Format(long="d MMMM y", short="MM/dd/yyyy"),
            deadline=Format(long="EEE, MMM d", short="yyyy-MM-dd", time="HH:mm"),
        ),
    ],
}
LOCALES = st.sampled_from(sorted(VOICES))
STYLES = st.sampled_from(["long", "short"])
DAYS = st.dates(min_value=date(2024, 1, 1), max_value=date(2032, 12, 31))


def read(kind, value, locale, style, number, sms):
    """What a claim's words say, alone in a sentence."""
    words = state(kind, value, VOICES[locale][number], style, locale)[1]
    (found,) = read_statements(transliterate(words, "ascii") if sms else words, locale)
    return found


@given(st.decimals(min_value="0.01", max_value="9999999", places=2), LOCALES, st.booleans())
def test_any_price_reads_back_as_itself(amount, locale, sms):
    for currency in ("BRL", "USD", "EUR", "GBP", "ARS"):
        found = read(ClaimKind.PRICE, f"{amount} {currency}", locale, "long", 0, sms)
        assert (found.kind.value, found.value) == ("money", f"{amount} {currency}")


@given(st.decimals(min_value="0.5", max_value="99", places=1), LOCALES, st.booleans())
def test_any_percentage_reads_back_as_itself(percent, locale, sms):
    found = read(ClaimKind.DISCOUNT, f"{percent}%", locale, "long", 0, sms)
    assert (found.kind.value, Decimal(found.value[:-1])) == ("percent", percent)


@given(DAYS, LOCALES, STYLES, st.integers(0, 1), st.booleans())
def test_any_date_reads_back_as_itself_and_its_weekday(day, locale, style, number, sms):
    found = read(ClaimKind.DELIVERY_DATE, day.isoformat(), locale, style, number, sms)
    assert found.kind.value == "date"
    assert found.value in (day.isoformat(), f"-{day.isoformat()[4:]}")
    assert found.weekday in (None, day.weekday())


@given(DAYS, st.integers(0, 24 * 60 - 1), LOCALES, STYLES, st.integers(0, 1), st.booleans())
def test_any_deadline_reads_back_with_its_hour(day, minutes, locale, style, number, sms):
    moment = datetime.combine(day, datetime.min.time()) + timedelta(minutes=minutes)
    found = read(ClaimKind.DEADLINE, moment.isoformat(), locale, style, number, sms)
    assert found.value in (f"{moment:%Y-%m-%dT%H:%M}", f"--{moment:%m-%dT%H:%M}")
