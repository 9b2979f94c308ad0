"""Hostile names in every shipped message, on every channel, in both languages.

Not only the name: whatever text the message takes from data is the hostile one, order numbers and items as well.
"""

from __future__ import annotations

from email import policy
from email.parser import BytesParser
from functools import cache

import pytest

from orchestrator.catalog.render import differences
from orchestrator.catalog.text import no_whatsapp_marks, strip_controls
from orchestrator.channels import build_adapter
from orchestrator.domain.customer import Address, AddressKind, Channel
from orchestrator.domain.delivery import Delivery
from orchestrator.domain.message import Purpose
from orchestrator.schema import VariableType
from tests import hostile
from tests.shipped import NOW, data_of, said, shop, spoken

PLAIN = "Bia"
SMTP = build_adapter("email_smtp", Channel.EMAIL, {"host": "smtp.example.com", "sender": "Casa Lume <oi@shop.example>"})

every_name = pytest.mark.parametrize("name", hostile.NAMES, ids=lambda name: ascii(name[:32]))


def named(way, name):
    """The message, with that text for every text of its data."""
    data = data_of(way.message, "ana", way.locale)
    for path, variable in shop().messages[way.message].message.variables.items():
        if variable.type is VariableType.STRING:
            data = changed(data, path.split("."), lambda _: name)
        elif variable.type is VariableType.LIST:
            texts = {field: name for field, kind in variable.of.items() if kind is VariableType.STRING}
            data = changed(data, path.split("."), lambda items, texts=texts: [{**item, **texts} for item in items])
    return said(way, data=data)


def changed(data, path, change):
    """The same data with another value at a path; what is given stays what it was."""
    head, *rest = path
    value = data.get(head, {} if rest else None)
    return {**data, head: changed(value, rest, change) if rest else change(value)}


@cache
def plainly(way):
    return named(way, PLAIN)


def on(channel):
    return [way for way in spoken() if way.channel is channel]


def test_there_are_enough_of_them_and_they_get_into_every_message():
    """But into those that greet nobody: whoever asks about data has not proven yet who they are."""
    assert len(set(hostile.NAMES)) == len(hostile.NAMES) >= 40
    reached = {way for way in spoken() if PLAIN in str(plainly(way))}
    greeting = {way for way in on(Channel.EMAIL) + on(Channel.WHATSAPP) if not way.message.startswith("privacy_")}
    assert greeting <= reached
    assert {way.channel for way in reached} == set(Channel)


@every_name
def test_a_letter_keeps_its_elements_and_attributes(name):
    """Read by an independent parser, and in order."""
    for way in on(Channel.EMAIL):
        assert hostile.elements(named(way, name).html) == elements_of_a_plain_name(way), way


@cache
def elements_of_a_plain_name(way):
    return hostile.elements(plainly(way).html)


@every_name
def test_what_has_one_line_keeps_one_line_and_texts_keep_theirs(name):
    """Headers and titles grow no second line, and nothing that is said has an invisible character."""
    for way in spoken():
        rendered, plain = named(way, name), plainly(way)
        single = (rendered.subject, rendered.preheader, rendered.title, rendered.url)
        for text in (*single, *(button.label for button in rendered.buttons)):
            assert len(text.splitlines()) <= 1
            assert strip_controls(text) == text
        assert len(rendered.text.splitlines()) == len(plain.text.splitlines())
        rendered.text.encode()


@every_name
def test_nothing_is_evaluated(name):
    """Seven times seven is nowhere forty-nine, and what was sent as braces is read as braces."""
    cleaned = strip_controls(name).strip()
    for way in on(Channel.EMAIL):
        rendered = named(way, name)
        assert rendered.text.count("49") == plainly(way).text.count("49") + occurrences(way) * name.count("49")
        if cleaned and occurrences(way):
            assert cleaned in rendered.text
            assert cleaned in hostile.words(rendered.html)
        assert rendered.claims == plainly(way).claims


@cache
def occurrences(way):
    return plainly(way).text.count(PLAIN)


@every_name
def test_whatsapp_formats_what_the_copy_formats_and_nothing_more(name):
    """The same marks at the edges of words, in the same order."""
    for way in on(Channel.WHATSAPP):
        rendered, plain = named(way, name), plainly(way)
        assert hostile.formatting(rendered.text) == hostile.formatting(plain.text), way
        shown = no_whatsapp_marks(strip_controls(name))
        assert not shown.strip() or shown in rendered.text or PLAIN not in plain.text


@every_name
def test_data_is_never_taken_for_a_promise_or_for_a_broken_one(name):
    """A customer called "20% de desconto" is told her own name; `render` itself refuses what it cannot read back."""
    for way in spoken():
        rendered = named(way, name)
        assert differences(rendered) == ()
        assert [claim.value for claim in rendered.claims] == [claim.value for claim in plainly(way).claims]


@every_name
def test_a_mail_goes_to_one_person_and_has_the_headers_that_it_always_has(name):
    """Parsed by the standard library: one To, no Bcc, and a body that the name did not end."""
    for way in on(Channel.EMAIL):
        found = headers(named(way, name))
        assert [key for key, _ in found] == header_names_of_a_plain_name(way)
        assert [value for key, value in found if key == "To"] == ["bia@example.com"]
        assert not {key.lower() for key, _ in found} & {"bcc", "cc", "resent-to"}
        assert dict(found)["Content-Type"].startswith("multipart/alternative")


@cache
def header_names_of_a_plain_name(way):
    return [key for key, _ in headers(plainly(way))]


def headers(rendered):
    """Every header of the mail as it leaves, and that its two parts are two."""
    delivery = Delivery(
        reference="msg_01JC9ZK3XQ",
        customer_id="cus_bia",
        object_id="ord_1",
        channel=Channel.EMAIL,
        address=Address(id="adr_1", kind=AddressKind.EMAIL, value="bia@example.com"),
        purpose=Purpose.TRANSACTIONAL,
        topic="order_updates",
        rendered=rendered,
    )
    mail = BytesParser(policy=policy.default).parsebytes(SMTP.call(delivery, NOW, bytes).message)
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    return [(key, str(value)) for key, value in mail.items()]
