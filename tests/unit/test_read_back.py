"""Rendered texts against their claims: all that is claimed is stated, as often as it is claimed, and nothing else."""

from __future__ import annotations

import re

import pytest

from orchestrator.catalog.formats import state
from orchestrator.catalog.read_back import MASK, Mismatch, mismatches, readable, visible_text
from orchestrator.catalog.sms import transliterate
from orchestrator.catalog.voice import Format, Formats
from orchestrator.domain.claim import ClaimKind, StatedClaim

CASA_LUME = Formats(
    delivery_date=Format(long="EEEE, d 'de' MMMM", short="dd/MM"),
    deadline=Format(long="d 'de' MMMM", short="dd/MM", time="HH'h'mm"),
)


def claim(kind, value, name="", *, locale="pt-BR", style="long", formats=CASA_LUME):
    canonical, words = state(ClaimKind(kind), value, formats, style, locale)
    return StatedClaim(name=name or kind, kind=ClaimKind(kind), fact=f"offers.kit.{kind}", value=canonical, text=words)


PRICE = claim("price", "129.90 BRL")
WAS = claim("price", "162.40 BRL", "was_price")
DISCOUNT = claim("discount", "20%")
ENDS = claim("deadline", "2026-11-30")
HOUR = claim("deadline", "2026-11-30T18:30:00-03:00", "hour")
CHEGA = claim("delivery_date", "2026-11-27")
SHORT = claim("delivery_date", "2026-11-27", style="short")
COUPON = claim("coupon", "LUME20")
POLICY = claim("policy", "7 dias corridos após o recebimento")

COPY = (
    "Oi, {mask}! {discount} no Kit Banho: de {was_price} por {price} com o cupom {coupon}, até {hour}. "
    "Chega {delivery_date}. Você pode devolver em {policy}. Pedido {mask}."
)
ALL = (DISCOUNT, WAS, PRICE, COUPON, HOUR, CHEGA, POLICY)


def said(copy, *claims):
    return copy.format(mask=MASK, **{one.name: one.text for one in claims})


def reasons(text, *claims, field="text", locale="pt-BR"):
    return [(one.reason, one.claim or one.value or one.text) for one in mismatches(field, text, claims, locale)]


def test_a_message_that_says_what_it_claims_has_no_mismatch():
    assert reasons(said(COPY, *ALL), *ALL) == []


def test_fixed_spaces_marks_and_lost_accents_change_nothing():
    """Babel writes a no-break space after R$, WhatsApp bold is two stars, and an SMS has no accents."""
    text = said(COPY, *ALL)
    assert reasons(text.replace("\u00a0", " "), *ALL) == []
    assert reasons(text.replace(PRICE.text, f"*{PRICE.text}*"), *ALL) == []
    assert reasons(transliterate(text.replace(MASK, "x"), "ascii"), *ALL) == []


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.name)
def test_every_single_digit_that_changes_is_caught(one):
    """In each claim's words each digit becomes each other one."""
    text = said(COPY, *ALL)
    start = text.index(one.text)
    places = [start + place.start() for place in re.finditer("[0-9]", one.text)]
    assert places
    for place in places:
        for digit in set("0123456789") - {text[place]}:
            mutated = text[:place] + digit + text[place + 1 :]
            assert mismatches("text", mutated, ALL, "pt-BR"), mutated


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.name)
def test_a_claim_that_is_not_stated_is_missing(one):
    text = said(COPY, *ALL).replace(one.text, "")
    assert ("missing", one.name) in reasons(text, *ALL)


def test_a_claim_that_is_stated_twice_was_stated_once_too_often():
    assert reasons("por R$ 129,90, só R$ 129,90", PRICE) == [("unclaimed", "129.90 BRL")]
    assert reasons("por R$ 129,90, só R$ 129,90", PRICE, PRICE) == []


def test_a_changed_value_is_caught_even_where_it_equals_another_claim():
    assert reasons("de R$ 129,90 por R$ 129,90", WAS, PRICE) == [("missing", "was_price"), ("unclaimed", "129.90 BRL")]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("R$ 10", "10.00 BRL"),
        ("30%", "30%"),
        ("28/11", "--11-28"),
        ("5 dias úteis", "5bd"),
        ("cupom OUTRO10", "OUTRO10"),
    ],
)
def test_a_value_that_nothing_claims_is_a_mismatch(text, value):
    assert reasons(f"{PRICE.text} e {text}", PRICE) == [("unclaimed", value)]


def test_relative_words_are_no_values():
    """In copy, "até amanhã" is CL101; what it means depends on the day of reading."""
    assert reasons("até amanhã") == []


def test_what_customers_say_of_themselves_is_not_read():
    assert reasons(f"{MASK}, seu pedido {MASK} chegou") == []


@pytest.mark.parametrize(
    ("text", "one"),
    [
        (f"{MASK}20% no Kit", DISCOUNT),
        (f"{MASK},20% no Kit", DISCOUNT),
        (f"{MASK}R$ 129,90", PRICE),
        (f"R$ 129,90{MASK}", PRICE),
        (f"com o cupom LUME20{MASK}", COUPON),
        (f"até 27/11{MASK}", SHORT),
    ],
)
def test_a_value_directly_beside_data_could_become_another_one(text, one):
    assert [reason for reason, _ in reasons(text, one)] == ["touching"]


def test_a_full_stop_or_a_space_parts_a_value_from_data():
    assert reasons(f"{MASK} 20%, {MASK}. {MASK}: R$ 129,90.\n{MASK}", DISCOUNT, PRICE) == []


# --- dates ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["27/11", "27/11/2026", "27 de novembro", "sexta-feira, 27 de novembro de 2026", "sex., 27/11", "2026-11-27"],
)
def test_a_date_agrees_with_and_without_its_year(text):
    assert reasons(f"Chega {text}.", CHEGA) == []


@pytest.mark.parametrize("text", ["27/11/2025", "28/11", "27 de dezembro", "27/11, 18h30", "até o dia 27"])
def test_another_date_is_another_date(text):
    assert ("missing", "delivery_date") in reasons(text, CHEGA)


def test_the_wrong_weekday_is_a_mismatch():
    assert reasons("Chega quinta-feira, 27 de novembro.", CHEGA) == [("weekday", "delivery_date")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("até 30 de novembro, 18h30", []),
        ("até 30/11 às 18:30", []),
        ("até 30 de novembro", [("missing", "hour"), ("unclaimed", "--11-30")]),
        ("até 30 de novembro, 18h", [("missing", "hour"), ("unclaimed", "--11-30T18:00")]),
    ],
)
def test_the_hour_of_a_deadline_counts_to_the_minute(text, expected):
    assert reasons(text, HOUR) == expected


def test_two_claims_of_one_day_in_two_years_are_told_apart():
    later = claim("delivery_date", "2027-11-27", "later")
    assert reasons("27/11 e 27/11/2026", later, CHEGA) == []


# --- words ----------------------------------------------------------------------------------------------------------


def test_what_a_policy_says_belongs_to_it():
    assert reasons("Devolva em 7 dias corridos apos o recebimento.", POLICY) == []
    assert reasons("Devolva em 7 dias.", POLICY) == [("missing", "policy"), ("unclaimed", "7d")]


def test_a_coupon_is_found_without_the_word_before_it():
    assert reasons("Kit com LUME20 até já", COUPON) == []
    assert reasons("Kit com LUME200 até já", COUPON) == [("missing", "coupon")]


def test_a_coupon_whose_words_are_another_code_is_missing():
    wrong = StatedClaim(name="coupon", kind=ClaimKind.COUPON, fact="offers.kit.coupon", value="LUME20", text="OUTRO10")
    assert reasons("com OUTRO10", wrong) == [("missing", "coupon")]


# --- languages ------------------------------------------------------------------------------------------------------


def test_english_renderings_are_read_as_english():
    formats = Formats(delivery_date=Format(long="EEEE, MMMM d", short="MM/dd"))
    claims = (
        claim("price", "1299.90 BRL", locale="en", formats=formats),
        claim("delivery_date", "2026-12-05", locale="en", formats=formats),
        claim("delivery_date", "2026-12-05", "again", locale="en", style="short", formats=formats),
    )
    assert reasons("Now R$1,299.90, arrives Saturday, December 5 (12/05).", *claims, locale="en") == []


def test_in_a_language_that_we_do_not_read_claims_are_compared_as_words():
    formats = Formats(delivery_date=Format(long="EEEE d MMMM", short="d MMM"))
    arrives = claim("delivery_date", "2026-11-27", locale="fr", formats=formats)
    assert reasons("Livraison vendredi 27 novembre.", arrives, locale="fr") == []
    assert reasons("Livraison jeudi 26 novembre.", arrives, locale="fr")


@pytest.mark.parametrize(
    ("pattern", "expected"), [("dd/MM", True), ("EEEE, d 'de' MMMM", True), ("MM/yyyy", False), ("d", False)]
)
def test_a_pattern_is_readable_or_not(pattern, expected):
    one = claim("delivery_date", "2026-11-27", formats=Formats(delivery_date=Format(long=pattern)))
    assert readable(one, "pt-BR") is expected


# --- letters --------------------------------------------------------------------------------------------------------

LETTER = f"""<!doctype html><html lang="pt-BR"><head><title>20% no Kit</title>
<style>p {{ width: 30%; margin: 0 }}</style><!--[if mso]><p>R$ 99</p><![endif]--></head>
<body style="width:100%"><div style="display:none">por R$&nbsp;129,90</div>
<script>var price = "R$ 88";</script>
<table><tr><td>De <s>R$ 162,40</s></td><td>por <b>R$</b>
   129,90</td></tr></table><p>Oi, {MASK}! At&eacute; 30 de novembro</p><img alt='20% de desconto' src="x.png">
<a href="https://casalume.example/?cupom=LUME20" title="com o cupom LUME20">Ver</a></body></html>"""


def test_a_letter_is_read_as_its_reader_sees_it():
    """Title, text, alt texts and titles; neither styles nor comments, and links only as links."""
    stated = (DISCOUNT, PRICE, WAS, PRICE, ENDS, DISCOUNT, COUPON)
    assert reasons(LETTER, *stated, field="html") == []


def test_a_changed_figure_in_a_letter_is_caught():
    stated = (DISCOUNT, PRICE, WAS, PRICE, ENDS, DISCOUNT, COUPON)
    for right, wrong in (("129,90</td>", "128,90</td>"), ("alt='20%", "alt='30%"), ("162,40", "126,40")):
        assert mismatches("html", LETTER.replace(right, wrong), stated, "pt-BR"), wrong


def test_blocks_part_words_and_inline_tags_do_not():
    assert visible_text("<p>a</p><p>b<b>c</b></p>").split() == ["a", "bc"]
    assert reasons("<td>20</td><td>%</td>", field="html") == []
    assert reasons("R$ <b>20</b>", field="html") == [("unclaimed", "20.00 BRL")]


def test_a_coupon_may_stand_in_a_link():
    assert reasons('<a href="https://casalume.example/?cupom=LUME20">Ver</a>', COUPON, field="html") == []


# --- how it is told -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "stated", "sentence"),
    [
        ("", (PRICE,), 'does not state the claim "price" (129.90 BRL)'),
        ("só R$ 99", (), 'states 99.00 BRL ("R$ 99"), which is not claimed'),
        ("quinta, 27/11", (CHEGA,), 'names the wrong weekday in "quinta, 27/11": "delivery_date" is 2026-11-27'),
        (f"{MASK}20%", (DISCOUNT,), 'states "20%" directly beside data'),
    ],
)
def test_a_mismatch_is_the_end_of_a_sentence(text, stated, sentence):
    (one,) = mismatches("text", text, stated, "pt-BR")
    assert isinstance(one, Mismatch)
    assert str(one) == sentence
