"""Renderings that were tampered with: whatever a claim is changed to, in one place of one channel, is noticed.

Twice, because two readers guard a promise: the text that leaves is compared with the one that was read back, and the
one that was read back is parsed, and compared with the facts.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from itertools import chain

import pytest
from markupsafe import escape

from orchestrator.catalog.proof import ALTERED
from orchestrator.catalog.read_back import MASK
from orchestrator.catalog.render import differences
from orchestrator.catalog.sms import transliterate
from orchestrator.catalog.text import normalise_spaces
from orchestrator.domain.claim import ClaimKind
from orchestrator.domain.customer import Channel
from tests.shipped import said, spoken

PERSONAS = ("ana", "hana")

# A word that tells a day, and another one of the same kind; of any language, for a customer reads them all.
_MONTHS = "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro"
_MONTHS_EN = "January February March April May June July August September October November December"
_DAYS = "segunda-feira terça-feira quarta-feira quinta-feira sexta-feira sábado domingo"
_DAYS_EN = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday"
_SHORT_EN = "Jan Feb Mar Apr Jun Jul Aug Sep Oct Nov Dec"
_NEXT = {
    word: after
    for words in map(str.split, (_MONTHS, _MONTHS_EN, _DAYS, _DAYS_EN, _SHORT_EN))
    for word, after in zip(words, (*words[1:], words[0]), strict=True)
}
_WORD = re.compile(rf"\b(?:{'|'.join(sorted(_NEXT, key=len, reverse=True))})\b")


@cache
def renderings():
    return [(f"{way.file(persona)}", said(way, persona)) for way in spoken() for persona in PERSONAS]


def test_what_was_rendered_raises_no_alarm():
    assert {file: found for file, rendered in renderings() if (found := differences(rendered))} == {}


# --- the text that leaves -------------------------------------------------------------------------------------------


def altered_texts():
    """Each final text with one claim changed in one place: its name, and the rendering."""
    for file, rendered in renderings():
        for field in rendered.masked:
            text = rendered.field(field)
            for start, end in places(rendered, field, text):
                for mutant in mutants(text, start, end):
                    yield f"{file} {field}: {around(mutant, start)}", with_field(rendered, field, mutant)


def test_a_claim_that_was_changed_in_the_text_that_leaves_is_caught():
    missed = [name for name, mutant in altered_texts() if not differences(mutant)]
    assert missed == []


# --- the text that is read back -------------------------------------------------------------------------------------


def altered_readings():
    """Each text as read-back sees it, likewise: the text that leaves is what it was."""
    for file, rendered in renderings():
        for field, masked in rendered.masked.items():
            for start, end in places(rendered, field, masked.text):
                for mutant in mutants(masked.text, start, end):
                    yield f"{file} {field}: {around(mutant, start)}", read_as(rendered, field, mutant)


def test_a_claim_that_reads_as_another_value_is_caught_by_what_it_says():
    """Nobody compares texts here: the price in it is another price."""
    missed = [
        name for name, mutant in altered_readings() if not any(found.says != ALTERED for found in differences(mutant))
    ]
    assert missed == []


@pytest.mark.parametrize("altered", [altered_texts, altered_readings])
def test_there_are_enough_mutations(altered):
    """And some of every kind of claim, in every kind of field."""
    names = [name for name, _ in altered()]
    assert len(set(names)) >= 500
    fields = {name.split()[1] for name in names}
    assert {"text:", "subject:", "preheader:", "html:", "title:"} <= fields
    claims = {claim.kind.value for _, rendered in renderings() for claim in rendered.claims}
    assert claims == {"price", "discount", "coupon", "deadline", "delivery_date", "policy"}


# --- claims said elsewhere ------------------------------------------------------------------------------------------


def test_a_claim_that_is_left_out_is_caught():
    missed = [
        f"{file} {field}: {around(masked.text, start)}"
        for file, rendered in renderings()
        for field, masked in rendered.masked.items()
        for start, end in places(rendered, field, masked.text)
        if not differences(read_as(rendered, field, masked.text[:start] + masked.text[end:]))
    ]
    assert missed == []


def test_a_price_a_percentage_or_a_date_that_is_said_once_too_often_is_caught():
    """Even the right one: no claim stands behind it."""
    missed = [
        f"{file} {field}: {claim.text}"
        for file, rendered in renderings()
        for claim in rendered.claims
        if claim.kind not in (ClaimKind.COUPON, ClaimKind.POLICY)  # these are words, and say the same twice
        for field, masked in rendered.masked.items()
        if not differences(read_as(rendered, field, f"{masked.text} ({claim.text})"))
    ]
    assert missed == []


def test_a_rendering_in_which_two_claims_changed_places_is_caught():
    """Both dates are claimed, and the new one stands where the old one should."""
    checked, missed = [], []
    for file, rendered in renderings():
        first, *others = rendered.claims or (None,)
        for other in others:
            if first.kind is other.kind:
                one, two = (words_of(claim, rendered.channel) for claim in (first, other))
                swapped = rendered.text.replace(one, MASK).replace(two, one)
                mutant = replace(rendered, text=swapped.replace(MASK, two))
                checked.append(file)
                if not differences(mutant):
                    missed.append(file)
    assert checked
    assert missed == []


# --- how to change a claim ------------------------------------------------------------------------------------------


def places(rendered, field, text):
    """Where the claims of a field stand in a text of it; an error if one is not found."""
    by_name = {claim.name: claim for claim in rendered.claims}
    found = []
    for name in sorted(set(rendered.masked[field].claims)):
        words = words_of(by_name[name], rendered.channel)
        here = {match.span() for each in {words, str(escape(words))} for match in re.finditer(re.escape(each), text)}
        assert len(here) >= rendered.masked[field].claims.count(name)
        found += sorted(here)
    return found


def words_of(claim, channel):
    """A claim's words as a channel writes them: an SMS has plain letters and plain spaces."""
    return transliterate(normalise_spaces(claim.text), "ascii") if channel is Channel.SMS else claim.text


def mutants(text, start, end):
    """The text with one digit changed, in each way; or one name of a month or a day."""
    words = text[start:end]
    digits = (
        (place, place + 1, other)
        for place, character in enumerate(words)
        if character.isdigit()
        for other in "0123456789"
        if other != character
    )
    names = ((match.start(), match.end(), _NEXT[match[0]]) for match in _WORD.finditer(words))
    for begin, stop, other in chain(digits, names):
        yield text[: start + begin] + other + text[start + stop :]


def with_field(rendered, field, text):
    """The rendering with another text there."""
    if not field.startswith("button_"):
        return replace(rendered, **{field: text})
    buttons = list(rendered.buttons)
    number = int(field.split("_")[1])
    buttons[number] = replace(buttons[number], label=text)
    return replace(rendered, buttons=tuple(buttons))


def read_as(rendered, field, text):
    """The rendering, were its text read like this."""
    return replace(rendered, masked={**rendered.masked, field: replace(rendered.masked[field], text=text)})


def around(text, start):
    return text[max(0, start - 20) : start + 40]
