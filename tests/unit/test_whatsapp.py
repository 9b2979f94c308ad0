"""WhatsApp templates: what Meta refuses, and what our messages become there."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.catalog.model import HeaderCopy, Message, PublishedMessage
from orchestrator.catalog.render import render
from orchestrator.catalog.voice import Voice
from orchestrator.catalog.whatsapp import is_valid, template_document, value_fault, violations
from orchestrator.catalog.whatsapp.review import folded_text
from orchestrator.catalog.whatsapp.words import WORDS
from orchestrator.check.whatsapp_rules import IMPOSSIBLE, RULE_OF, RULES
from orchestrator.domain.customer import Channel

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "whatsapp_templates.json").read_text("utf-8"))


def codes(template):
    return [violation.code for violation in violations(template)]


def template(*components, **said):
    return {"name": "pedido", "language": "pt_BR", "category": "MARKETING", "components": [*components], **said}


def body(text, *examples):
    """A body whose examples fit its variables."""
    return {"type": "BODY", "text": text, **({"example": {"body_text": [[*examples]]}} if examples else {})}


def buttons(*given):
    return {"type": "BUTTONS", "buttons": [*given]}


CORPO = body("Corpo.")
QUICK = {"type": "QUICK_REPLY", "text": "Ok"}
PHONE = {"type": "PHONE_NUMBER", "text": "Ligar", "phone_number": "+5511912345678"}
COPY = {"type": "COPY_CODE", "example": "LUME20"}


def url(address, **more):
    return {"type": "URL", "text": "Ver", "url": address, **more}


# --- against the vectors --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", VECTORS["templates"], ids=lambda case: case["id"])
def test_violations_are_those_of_the_vectors(case):
    """The same codes, and the same verdict."""
    found = violations(case["template"])

    assert [violation.code for violation in found] == case["violations"]
    assert is_valid(found) is case["valid"]


@pytest.mark.parametrize("case", VECTORS["parameter_values"], ids=lambda case: ascii(case["value"]))
def test_values_are_judged_as_in_the_vectors(case):
    """What a parameter may hold when a message is sent."""
    assert (value_fault(case["value"]) is None) is case["ok"]


# --- beyond them ----------------------------------------------------------------------------------------------------

REFUSED = [
    ({"name": "pedido", "language": "pt_BR", "category": "MARKETING"}, "bad_shape"),
    (template(CORPO, {"type": "CHAPEU"}), "unknown_component"),
    (template(CORPO, CORPO), "repeated_component"),
    (template(CORPO, name="Pedido"), "bad_name"),
    (template(CORPO, name="p" * 513), "bad_name"),
    (template(CORPO, language="pt"), "unknown_language"),
    (template(CORPO, category="marketing"), "unknown_category"),
    (template(CORPO, message_send_ttl_seconds=43_199), "bad_ttl"),
    (template(body(" ")), "missing_body"),
    (template({"type": "HEADER", "format": "TEXT", "text": "h" * 61}, CORPO), "header_too_long"),
    (template(body("b" * 1025)), "body_too_long"),
    (template(CORPO, {"type": "FOOTER", "text": "f" * 61}), "footer_too_long"),
    (template(body("Pedido {{1}}} confirmado hoje na loja.", "9")), "bad_braces"),
    (template(body("Pedido {{ 1 }} confirmado hoje na loja.", "9")), "bad_parameter_name"),
    (template(body("Pedido {{Numero}} confirmado hoje.", "9")), "bad_parameter_name"),
    (
        template(
            {"type": "HEADER", "format": "TEXT", "text": "Oi {{1}} hoje", "example": {"header_text": ["Ana"]}},
            {
                "type": "BODY",
                "text": "Pedido {{numero}} confirmado hoje.",
                "example": {"body_text_named_params": [{"param_name": "numero", "example": "9"}]},
            },
        ),
        "mixed_formats",
    ),
    (template(body("Pedido {{1}} confirmado hoje.", "9"), parameter_format="NAMED"), "mixed_formats"),
    (
        template(
            {
                "type": "BODY",
                "text": "Pedido {{numero}} confirmado hoje.",
                "example": {"body_text_named_params": [{"param_name": "numero", "example": "9"}]},
            }
        ),
        "missing_parameter_format",
    ),
    (template(body("Pedido {{2}} confirmado hoje.", "9")), "not_sequential"),
    (template(body("{{1}} confirmou o pedido hoje.", "Ana")), "variable_at_start"),
    (template(body("Pedido confirmado hoje por {{1}}", "Ana")), "variable_at_end"),
    (template(body("Pedido {{1}} {{2}} confirmado hoje na loja.", "9", "Ana")), "adjacent_variables"),
    (template(body("Oi {{1}}, {{2}}, {{3}} ok.", "a", "b", "c")), "too_many_variables"),
    (template({"type": "HEADER", "text": "Oi {{1}} e {{2}} aí", "example": {"header_text": ["a", "b"]}}, CORPO),
     "header_too_many_variables"),
    (template(CORPO, {"type": "FOOTER", "text": "Loja {{1}} aqui"}), "footer_variable"),
    (template(body("Pedido {{1}} confirmado hoje.")), "example_count"),
    (template(body("Pedido {{1}} confirmado hoje.", "9", "10")), "example_count"),
    (template(body("Pedido {{1}} confirmado hoje.", "a\nb")), "bad_example_value"),
    (template(CORPO, buttons({"type": "OTP", "otp_type": "COPY_CODE"})), "unknown_button"),
    (template(CORPO, buttons(*[QUICK] * 11)), "too_many_buttons"),
    (template(CORPO, buttons(*[url("https://a.example/")] * 3)), "too_many_url_buttons"),
    (template(CORPO, buttons(PHONE, PHONE)), "too_many_phone_buttons"),
    (template(CORPO, buttons(COPY, COPY)), "too_many_copy_code_buttons"),
    (template(CORPO, buttons(url("https://a.example/"), QUICK, PHONE)), "quick_replies_not_grouped"),
    (template(CORPO, buttons({"type": "QUICK_REPLY"})), "button_text_missing"),
    (template(CORPO, buttons({"type": "QUICK_REPLY", "text": "x" * 26})), "button_text_too_long"),
    (template(CORPO, buttons({"type": "QUICK_REPLY", "text": "Sou {{1}}"})), "button_variable"),
    (template(CORPO, buttons(url("{{1}}", example=["https://a.example/"]))), "bad_url"),
    (template(CORPO, buttons(url("https://{{1}}.example/", example=["a"]))), "bad_url"),
    (template(CORPO, buttons(url("https://a.example/" + "x" * 2000))), "url_too_long"),
    (template(CORPO, buttons(url("https://a.example/{{1}}/{{2}}", example=["1", "2"]))), "url_variable_not_at_end"),
    (template(CORPO, buttons(url("https://a.example/{{1}}"))), "example_count"),
    (template(CORPO, buttons({"type": "COPY_CODE"})), "example_count"),
    (template(CORPO, buttons({"type": "COPY_CODE", "example": ["X" * 16]})), "coupon_example_too_long"),
    (template(body("Cupom de 10% esperando por você."), category="UTILITY"), "marketing_content_in_utility"),
    (template(CORPO, buttons({"type": "QUICK_REPLY", "text": "Ver promoções"}), category="UTILITY"),
     "marketing_content_in_utility"),
    (template(body("Para liberar, responda com seu CPF completo.")), "asks_for_secrets"),
    (template(body("Please send us your card number today.")), "asks_for_secrets"),
    (template(CORPO, {"type": "HEADER", "format": "IMAGE"}, category="AUTHENTICATION"), "not_for_authentication"),
    (template({"type": "BODY"}, buttons(QUICK), category="AUTHENTICATION"), "not_for_authentication"),
    (template({"type": "BODY"}, {"type": "FOOTER", "code_expiration_minutes": 91}, category="AUTHENTICATION"),
     "bad_code_expiration"),
]  # fmt: skip
NAMES = [f"{code}-{place}" for place, (_, code) in enumerate(REFUSED)]


@pytest.mark.parametrize(("given", "code"), REFUSED, ids=NAMES)
def test_one_fault_is_one_violation(given, code):
    """Nothing else is said of a template that has one thing wrong."""
    assert codes(given) == [code]


def test_every_code_has_been_seen_and_has_words():
    """No violation is without a sentence, and no sentence is for nothing."""
    seen = {code for _, code in REFUSED} | {code for case in VECTORS["templates"] for code in case["violations"]}

    assert seen == set(WORDS)


@pytest.mark.parametrize(("given", "code"), REFUSED, ids=NAMES)
def test_every_violation_says_what_and_what_to_do(given, code):
    """Its places are filled, in both sentences."""
    (violation,) = violations(given)

    assert violation.code == code
    for sentence in (violation.told(), violation.remedy()):
        assert sentence[0].isupper() or not sentence[0].isalpha()


ACCEPTED = [
    template(body("b" * 1024)),
    template({"type": "HEADER", "format": "TEXT", "text": "Oi, {{1}}!", "example": {"header_text": ["Ana"]}}, CORPO),
    template(CORPO, buttons(*[QUICK] * 10)),
    template(CORPO, buttons(QUICK, url("https://a.example/{{1}}", example=["9"]), PHONE, COPY)),
    template(CORPO, buttons(url("https://a.example/{{1}}", example="https://a.example/9"), QUICK, QUICK)),
    template({"type": "BODY"}, buttons({"type": "OTP", "otp_type": "COPY_CODE"}), category="AUTHENTICATION"),
    template(body("Pedido {{1}} e de novo {{1}} confirmado hoje.", "9")),
    template(body("Nunca envie sua senha a ninguém, nem a nós.")),
    template(body("Seu pedido saiu; o cartão final 1234 foi cobrado."), category="UTILITY"),
    template(CORPO, message_send_ttl_seconds=43_200),
]


@pytest.mark.parametrize("given", ACCEPTED, ids=range(len(ACCEPTED)))
def test_what_meta_takes_has_no_violation(given):
    """The limits themselves are allowed."""
    assert codes(given) == []


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "text", "example", "buttons", "url", "components", "category", "body_text"]), inner
        )
    ),
    max_leaves=12,
)
words = st.sampled_from(["BODY", "HEADER", "FOOTER", "BUTTONS", "URL", "COPY_CODE", "{{1}}", "{{a}}", "{", "UTILITY"])


@given(
    st.fixed_dictionaries(
        {
            "components": st.lists(
                st.fixed_dictionaries(
                    {"type": words | json_values},
                    optional={"text": words | json_values, "buttons": st.lists(json_values), "example": json_values},
                )
            )
            | json_values
        },
        optional={"name": json_values, "category": words | json_values, "parameter_format": json_values},
    )
)
def test_any_json_is_judged(given):
    """Whatever somebody's file holds, the answer is a list of violations with words."""
    for violation in violations(given):
        assert violation.told()
        assert violation.pointer.startswith("#/")


@given(st.text())
def test_folding_keeps_every_character_in_its_place(text):
    """A word that is found in the folded text stands at the same place in the text itself."""
    assert len(folded_text(text)) == len(text)


# --- our own messages -----------------------------------------------------------------------------------------------

VOICE = Voice.model_validate(
    {
        "kind": "brand_voice",
        "id": "loja",
        "locale": "pt-BR",
        "owner": "marketing",
        "channels": {"whatsapp": {"greeting": "Oi, {{ customer.first_name }}!"}},
        "locales": {"en": {"channels": {"whatsapp": {"greeting": "Hi {{ customer.first_name }}!"}}}},
    }
)


def message(*, body, category="utility", language="pt_BR", buttons=(), claims=None, **variables):
    return Message.model_validate(
        {
            "kind": "message",
            "id": "pedido",
            "title": "Pedido",
            "owner": "operacoes",
            "topic": "order_updates",
            "variables": {
                "customer.first_name": {"type": "string", "example": "Ana", "fallback": "cliente"},
                "order.number": {"type": "string", "example": "10234"},
                "order.date": {"type": "date", "example": "2026-11-27"},
                **variables,
            },
            "claims": claims or {"date": {"kind": "delivery_date", "from": "order.date"}},
            "content": {"headline": "Pedido", "body": "Seu **pedido** {{ order.number }} chegou hoje."},
            "channels": {
                "email": None,
                "sms": None,
                "push": None,
                "whatsapp": {
                    "template": {"name": "pedido", "category": category, "language": language},
                    "body": body,
                    "buttons": list(buttons),
                },
            },
        }
    )


def document(said, locale="pt-BR", translations=None):
    published = PublishedMessage(message=said, translations=translations or {})
    return template_document(published, VOICE, locale)


def test_a_message_becomes_a_template_that_meta_takes():
    """Named parameters with the examples that a customer would read, and a button's variable under a number."""
    said = message(
        body="Oi, {{ customer.first_name }}! O pedido {{ order.number }} chega até {{ claims.date }}. Até lá!",
        buttons=[
            {"type": "url", "label": "Ver pedido", "url": "https://loja.example/p/{{ order.number }}"},
            {"type": "quick_reply", "label": "Falar com alguém"},
        ],
    )

    made = document(said)

    assert made == {
        "name": "pedido_30b3e1",
        "language": "pt_BR",
        "category": "UTILITY",
        "parameter_format": "NAMED",
        "components": [
            {
                "type": "BODY",
                "text": "Oi, {{customer_first_name}}! O pedido {{order_number}} chega até {{date}}. Até lá!",
                "example": {
                    "body_text_named_params": [
                        {"param_name": "customer_first_name", "example": "Ana"},
                        {"param_name": "order_number", "example": "10234"},
                        {"param_name": "date", "example": "sexta-feira, 27 novembro"},
                    ]
                },
            },
            {
                "type": "BUTTONS",
                "buttons": [
                    {
                        "type": "URL",
                        "text": "Ver pedido",
                        "url": "https://loja.example/p/{{1}}",
                        "example": ["10234"],
                    },
                    {"type": "QUICK_REPLY", "text": "Falar com alguém"},
                ],
            },
        ],
    }
    assert violations(made) == ()


def test_content_brings_the_greeting_and_its_own_marks():
    """What is approved is what is sent: greeting first, Markdown as WhatsApp writes it."""
    made = document(message(body=None))

    assert made["components"][0]["text"] == "Oi, {{customer_first_name}}!\n\nSeu *pedido* {{order_number}} chegou hoje."


def test_two_places_never_share_a_parameter():
    """A claim may be named as a variable's path reads, and a filtered value is another one."""
    said = message(
        body="Pedido {{ order.number }} de {{ customer.first_name | upper }}: {{ claims.order_number }}, pronto.",
        claims={"order_number": {"kind": "policy", "from": "order.number"}},
    )

    pairs = document(said)["components"][0]["example"]["body_text_named_params"]

    assert [pair["param_name"] for pair in pairs] == ["order_number", "customer_first_name_upper", "order_number_2"]
    assert [pair["example"] for pair in pairs] == ["10234", "ANA", "10234"]


def test_new_words_are_a_template_of_a_new_name_and_a_new_example_is_not():
    """Two texts cannot share a name and a language at Meta; what reviewers read beside the text may change."""
    said = message(body="Pedido {{ order.number }} confirmado hoje na loja.")
    other_words = message(body="Pedido {{ order.number }} aprovado hoje na loja.")
    other_example = message(
        body="Pedido {{ order.number }} confirmado hoje na loja.",
        **{"order.number": {"type": "string", "example": "99"}},
    )

    names = [document(one)["name"] for one in (said, other_words, other_example, message(body=None))]

    assert len(set(names)) == 3
    assert names[0] == names[2]
    assert all(re.fullmatch("pedido_[0-9a-f]{6}", name) for name in names)


def test_how_long_meta_tries_is_said_when_the_template_is_made():
    """In seconds; another time is no other template."""
    said = message(body="Pedido {{ order.number }} confirmado hoje na loja.")
    template = said.channels.whatsapp.template.model_copy(update={"ttl": "12h"})
    whatsapp = said.channels.whatsapp.model_copy(update={"template": template})
    patient = said.model_copy(update={"channels": said.channels.model_copy(update={"whatsapp": whatsapp})})

    made = document(patient)

    assert made["message_send_ttl_seconds"] == 43_200
    assert made["name"] == document(said)["name"]
    assert violations(made) == ()


def test_a_picture_stands_above_the_text():
    """Its kind is approved, with an example; each customer gets their own."""
    plain = message(body="O pedido {{ order.number }} chegou na loja.")
    header = HeaderCopy(type="document", url="https://loja.example/nota/{{ order.number }}.pdf", filename="Nota.pdf")
    whatsapp = plain.channels.whatsapp.model_copy(update={"header": header})
    said = plain.model_copy(update={"channels": plain.channels.model_copy(update={"whatsapp": whatsapp})})

    made = document(said)
    rendered = render(
        PublishedMessage(message=said), VOICE, "pt-BR", Channel.WHATSAPP, {"order": {"number": "7"}}
    )  # fmt: skip

    assert made["components"][0] == {
        "type": "HEADER",
        "format": "DOCUMENT",
        "example": {"header_handle": ["https://loja.example/nota/10234.pdf"]},
    }
    assert made["name"] != document(plain)["name"]
    assert violations(made) == ()
    assert rendered.template["header"] == {
        "type": "document",
        "link": "https://loja.example/nota/7.pdf",
        "filename": "Nota.pdf",
    }
    assert rendered.text == "O pedido 7 chegou na loja."


def test_what_is_sent_names_what_was_approved_and_fills_it():
    """The rendering carries the words of each parameter by name, what ends an address, and what a tap brings back."""
    said = message(
        body="Oi, {{ customer.first_name }}! O pedido {{ order.number }} chega até {{ claims.date }}. Até lá!",
        buttons=[
            {"type": "url", "label": "Ver pedido", "url": "https://loja.example/p/{{ order.number }}"},
            {"type": "url", "label": "Loja", "url": "https://loja.example/"},
            {"type": "quick_reply", "label": "Falar com alguém", "emit": "support.wanted"},
            {"type": "quick_reply", "label": "Sair"},
        ],
    )
    published = PublishedMessage(message=said)
    data = {"customer": {"first_name": "João\n*Sá*"}, "order": {"number": "10234", "date": "2026-11-27"}}

    rendered = render(published, VOICE, "pt-BR", Channel.WHATSAPP, data)

    assert rendered.template == {
        "name": document(said)["name"],
        "base": "pedido",
        "language": "pt_BR",
        "category": "utility",
        "body": {
            "customer_first_name": "João \u2217Sá\u2217",
            "order_number": "10234",
            "date": "sexta-feira, 27 novembro",
        },
        "buttons": [
            {"index": 0, "type": "url", "suffix": "10234"},
            {"index": 2, "type": "quick_reply", "payload": "support.wanted"},
            {"index": 3, "type": "quick_reply", "payload": "button_3"},
        ],
    }
    assert all(value_fault(value) is None for value in rendered.template["body"].values())


def test_the_approved_body_with_its_values_is_the_text_that_was_read_back():
    """What Meta puts together is what preview showed and the claims were compared with."""
    said = message(body="O pedido {{ order.number }} de {{ customer.first_name | upper }} chega {{ claims.date }}, ok.")
    data = {"customer": {"first_name": "Ana"}, "order": {"number": "1", "date": "2026-11-27"}}

    rendered = render(PublishedMessage(message=said), VOICE, "pt-BR", Channel.WHATSAPP, data)

    text = document(said)["components"][0]["text"]
    for name, value in rendered.template["body"].items():
        text = text.replace("{{" + name + "}}", value)
    assert text == rendered.text


def test_a_translation_is_a_template_of_its_own_language():
    """Its words, its code, and dates as that language writes them."""
    english = message(body="Order {{ order.number }} arrives by {{ claims.date }}. See you soon!", language="en")
    said = message(body="Pedido {{ order.number }} chega até {{ claims.date }}. Até lá!")

    made = document(said, "en", {"en": PublishedMessage(message=english)})

    assert made["language"] == "en"
    assert made["components"][0]["example"]["body_text_named_params"][1]["example"] == "Friday, 27 November"


def test_data_comes_before_examples_and_stand_ins():
    """An offer that is known gives its own price; one that is not still has an example."""
    said = message(
        body="Kit por {{ claims.price }} até {{ claims.ends }}, para {{ customer.first_name }} aproveitar.",
        category="marketing",
        claims={
            "price": {"kind": "price", "from": "offers.kit.price"},
            "ends": {"kind": "deadline", "from": "offers.kit.ends_at"},
        },
    )
    published = PublishedMessage(message=said)

    made = template_document(published, VOICE, "pt-BR", {"offers": {"kit": {"price": "80.00 BRL"}}})

    examples = [pair["example"] for pair in made["components"][0]["example"]["body_text_named_params"]]
    assert examples == ["R$\u00a080,00", "31 dezembro", "Ana"]


def test_a_message_without_a_template_is_none():
    """It can only be said inside the 24 hours, where no template is needed."""
    said = message(body="Oi.")
    whatsapp = said.channels.whatsapp.model_copy(update={"template": None})
    silent = said.channels.model_copy(update={"whatsapp": None})

    for channels in (said.channels.model_copy(update={"whatsapp": whatsapp}), silent):
        assert document(said.model_copy(update={"channels": channels})) is None


def test_every_violation_belongs_to_a_rule_of_the_check():
    """Or cannot come of our YAML; nothing is both."""
    assert set(RULE_OF) | IMPOSSIBLE == set(WORDS)
    assert set(RULE_OF) & IMPOSSIBLE == set()
    assert {rule.code for rule in RULE_OF.values()} <= {rule.code for rule in RULES}
