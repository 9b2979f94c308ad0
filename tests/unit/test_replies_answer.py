"""An answer is a reply in the customer's state, in the words that messages have, and never with a hole."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from orchestrator.catalog.examples import complete_data
from orchestrator.catalog.refusals import OffBrand, SilentChannel
from orchestrator.catalog.render import render
from orchestrator.dispatch.promised import book_of, with_facts
from orchestrator.domain.customer import Channel
from orchestrator.domain.errors import InputError
from orchestrator.domain.time import instant
from orchestrator.project import SHIPPED, Project
from orchestrator.replies.answer import answer
from orchestrator.replies.model import AskType, PublishedReply, Reply
from orchestrator.schema import merged, nest
from tests import shipped
from tests.check.cases import GOOD

if TYPE_CHECKING:
    from orchestrator.release import Release

NOW = instant(datetime(2026, 11, 25, 12, tzinfo=UTC))
SPOKEN = (Channel.EMAIL, Channel.WHATSAPP, Channel.SMS)

ANA = {
    "customer": {"first_name": "Ana"},
    "order": {"number": "1024", "url": "https://loja.example/p/1024", "promised_date": "2026-12-04"},
}
STEP = {"ticket.next_step": "Te aviso quando sair."}


@pytest.fixture(scope="module")
def loja():
    return Project(GOOD).read()


@pytest.fixture
def said(loja):
    """The reply of the good project, to Ana on WhatsApp where nothing else is asked for."""

    def say(data=ANA, asked=STEP, channel=Channel.WHATSAPP, release=loja, reply="onde", **more):
        return answer(
            release.replies[reply],
            release.voice,
            data,
            asked,
            channel,
            book_of(release, {}),
            NOW,
            **{"locale": "pt-BR", **more},
        )

    return say


def with_reply(release, **changes):
    """The release with its reply changed, as a file would say it."""
    published = release.replies["onde"]
    own = published.reply.model_dump(mode="json", by_alias=True, exclude_unset=True)
    changed = PublishedReply(reply=Reply.model_validate({**own, **changes}), purpose=published.purpose)
    return release.model_copy(update={"replies": {"onde": changed}})


# --- the state decides ------------------------------------------------------------------------------------------------


def test_the_first_true_condition_is_said(said):
    found = said()
    assert (found.variant, found.missing) == (0, ())
    assert found.text == "O pedido 1024 chega até sexta-feira, 4 de dezembro. Te aviso quando sair."
    assert [(claim.name, claim.value) for claim in found.claims] == [("arrives", "2026-12-04")]


def test_otherwise_the_last_is_said(said):
    """The promised day has passed: `today` is the shop's."""
    found = said(merged(ANA, {"order": {"promised_date": "2026-11-24"}}))
    assert (found.variant, found.claims) == (1, ())
    assert found.text == "Estamos procurando o pedido 1024. Te aviso quando sair."


def test_an_absent_operand_is_false(said):
    """Nobody knows when it was promised for, so nothing is promised."""
    assert said({"order": {"number": "1024"}}).variant == 1


def test_each_channel_has_its_shape(said):
    mail, sms = said(channel=Channel.EMAIL), said(channel=Channel.SMS)
    assert mail.text.startswith("Oi, Ana,\n\nO pedido 1024 chega")
    assert mail.text.endswith("Um abraço,\nLoja")
    assert mail.rendered.html == ""
    assert sms.text == "Loja: O pedido 1024 chega ate 04/12. Te aviso quando sair."


def test_a_lock_screen_is_no_place_for_an_answer(said):
    with pytest.raises(SilentChannel):
        said(channel=Channel.PUSH)


def test_it_is_said_in_the_customers_language(said):
    found = said(locale="en-GB", asked={"ticket.next_step": "We will write when it leaves."})
    assert found.locale == "en"
    assert found.text.startswith("Your order 1024 arrives by Friday, December 4. We")


# --- never with a hole ------------------------------------------------------------------------------------------------


def test_what_the_agent_did_not_say_is_missing(said):
    found = said(asked={})
    assert (found.text, found.rendered) == ("", None)
    assert [(one.path, one.label, one.why) for one in found.missing] == [
        ("ticket.next_step", "Próximo passo", '"Próximo passo" has not been answered yet.')
    ]


def test_what_is_known_is_claimed_while_something_is_missing(said):
    """An agent who is about to answer sees the dates that they are answering about."""
    assert [claim.value for claim in said(asked={}).claims] == ["2026-12-04"]
    assert said(merged(ANA, {"order": {"number": ""}})).claims[0].value == "2026-12-04"


def test_the_label_is_in_the_agents_and_customers_language(said):
    assert said(asked={}, locale="en").missing[0].label == "Next step"


@pytest.mark.parametrize("blank", ["", "  ", None])
def test_blank_is_not_said(said, blank):
    assert said(asked={"ticket.next_step": blank}).text == ""


def test_zero_widths_are_not_said_either(said):
    """What a reader cannot see is a hole to them."""
    found = said(asked={"ticket.next_step": "\u200b\u200b"})
    assert (found.text, [one.path for one in found.missing]) == ("", ["ticket.next_step"])


def test_everything_that_is_missing_is_named_at_once(said):
    found = said({"order": {}}, asked={})
    assert [one.path for one in found.missing] == ["order.number", "ticket.next_step"]
    assert found.missing[0].why == "The customer's data does not have order.number."


def test_a_fallback_is_enough(said):
    assert said(merged(ANA, {"customer": {"first_name": ""}}), channel=Channel.EMAIL).text.startswith("Oi, cliente,")


def test_what_the_variant_does_not_say_is_not_missed(loja, said):
    shop = with_reply(
        loja,
        ask={"ticket.next_step": {"label": "Próximo passo"}, "ticket.place": {"label": "Onde"}},
        variants=[
            {"when": 'ticket.place != ""', "body": "O pedido foi para {{ ticket.place }}."},
            {"otherwise": True, "body": "Estamos vendo. {{ ticket.next_step }}"},
        ],
    )
    assert [one.path for one in said(asked={}, release=shop).missing] == ["ticket.next_step"]
    assert said(asked={"ticket.place": "Recife"}, release=shop).text == "O pedido foi para Recife."


def test_a_fact_that_cannot_be_promised_now_is_missing(loja):
    """An offer that has ended, and a stock that nobody knows, are told to nobody."""
    offer = next(iter(loja.facts.offers))
    shop = with_reply(
        loja,
        claims={"price": {"kind": "price", "from": f"offers.{offer}.price"}},
        variants=[{"otherwise": True, "body": "Sai por {{ claims.price }}. {{ ticket.next_step }}"}],
    )
    later = instant(datetime(2199, 1, 1, tzinfo=UTC))
    found = answer(
        shop.replies["onde"], shop.voice, ANA, STEP, Channel.WHATSAPP, book_of(shop, {}), later, locale="pt-BR"
    )
    assert (found.text, [one.path for one in found.missing]) == ("", [f"offers.{offer}.price"])
    assert "cannot be promised now" in found.missing[0].why


# --- what the agent says ----------------------------------------------------------------------------------------------

QUESTIONS = {
    "ticket.count": {"label": "Quantas peças", "type": "number"},
    "ticket.day": {"label": "Que dia", "type": "date"},
    "ticket.way": {"label": "Como", "type": "choice", "choices": ["correio", "loja"]},
    "ticket.note": {"label": "Nota", "max_length": 10},
}


@pytest.fixture
def asking(loja):
    """A reply that asks in every way."""
    body = " ".join(f"{{{{ {path} }}}}" for path in QUESTIONS)
    return with_reply(loja, ask=QUESTIONS, claims={}, variants=[{"otherwise": True, "body": body}])


ANSWERS = {"ticket.count": "2", "ticket.day": "2026-11-27", "ticket.way": "loja", "ticket.note": "ok"}


def test_answers_are_written_as_their_types_are(said, asking):
    assert said(asked=ANSWERS, release=asking).text == "2 sexta-feira, 27 de novembro loja ok"
    assert said(asked=ANSWERS | {"ticket.count": "2,5"}, release=asking).text.startswith("2,5 ")


@pytest.mark.parametrize(
    ("path", "wrong", "why"),
    [
        ("ticket.count", "duas", '"Quantas peças" must be a number, not "duas".'),
        ("ticket.count", "NaN", '"Quantas peças" must be a number, not "NaN".'),
        ("ticket.day", "27/11", '"Que dia" must be a date such as 2026-11-27, not "27/11".'),
        ("ticket.way", "pombo", '"Como" must be one of correio, loja, not "pombo".'),
        ("ticket.note", "longa demais", '"Nota" has 12 characters, and at most 10 fit.'),
        ("ticket.note", "{{ nome }}", '"Nota" still holds {{ nome }}.'),
    ],
)
def test_what_does_not_fit_is_missing_too(said, asking, path, wrong, why):
    found = said(asked=ANSWERS | {path: wrong}, release=asking)
    assert (found.text, [(one.path, one.why) for one in found.missing]) == ("", [(path, why)])


def test_what_nobody_asks_for_is_refused(said):
    with pytest.raises(
        InputError, match=r'does not ask for "ticket.next_stp"; did you mean "ticket.next_step"'
    ) as told:
        said(asked={"ticket.next_stp": "…"})
    assert told.value.code == "unknown_ask"


def test_a_choice_is_said_in_the_customers_language_and_known_in_the_shops(loja):
    """Conditions are the original's, so they know the original's words."""
    own = {
        "ask": {"ticket.way": {"label": "Como", "type": "choice", "choices": ["correio", "loja"]}},
        "claims": {},
        "variants": [
            {"when": 'ticket.way == "loja"', "body": "Na {{ ticket.way }}."},
            {"otherwise": True, "body": "?"},
        ],
    }
    shop = with_reply(loja, **own)
    english = Reply.model_validate(
        merged(
            shop.replies["onde"].reply.model_dump(mode="json", by_alias=True),
            {"ask": {"ticket.way": {"choices": ["mail", "shop"]}}, "variants": [{"body": "At the {{ ticket.way }}."}]},
        )
    )
    bilingual = PublishedReply(reply=shop.replies["onde"].reply, translations={"en": english})
    shop = shop.model_copy(update={"replies": {"onde": bilingual}})
    for chosen in ("loja", "shop"):
        asked = {"ticket.way": chosen}
        found = answer(
            shop.replies["onde"], shop.voice, ANA, asked, Channel.WHATSAPP, book_of(shop, {}), NOW, locale="en"
        )
        assert (found.variant, found.text) == (0, "At the shop.")


# --- the agent's own words --------------------------------------------------------------------------------------------


def test_an_edit_is_what_is_sent(said):
    found = said(edited="Ana, ele chega até 04/12. Pode contar.\n")
    assert found.text == "Ana, ele chega até 04/12. Pode contar."
    assert found.contradictions == ()
    assert found.rendered.text == found.text


def test_an_edit_on_sms_has_the_alphabet_of_an_sms(said):
    assert said(edited="Ele chega até 04/12, não se preocupe.", channel=Channel.SMS).text == (
        "Ele chega ate 04/12, nao se preocupe."
    )


def test_an_edit_that_contradicts_names_both_values(said):
    (one,) = said(edited="Ele chega até 03/12.").contradictions
    assert (one.claim, one.kind, one.wrote, one.fact) == (
        "arrives", "delivery_date", "03/12", "sexta-feira, 4 de dezembro",
    )  # fmt: skip


def test_an_answer_to_a_question_contradicts_too(said):
    """It goes into the reply's own text, beside the claim."""
    found = said(asked={"ticket.next_step": "Chega antes, em 02/12."})
    assert [(one.claim, one.wrote) for one in found.contradictions] == [("arrives", "02/12")]
    assert said(asked={"ticket.next_step": "Confirmo em 04/12."}).contradictions == ()


def test_an_answer_contradicts_however_its_channel_spells_it(said):
    """An SMS drops the accents, and WhatsApp the marks of bold type."""
    for channel, words in ((Channel.SMS, "Chega até terça, 1º de março."), (Channel.WHATSAPP, "Chega em *02/12*.")):
        assert said(asked={"ticket.next_step": words}, channel=channel).contradictions


def test_what_the_agent_answered_does_not_vouch_for_an_edit(said):
    """Neither do the words themselves, nor the date that no fact of the reply knows."""
    words = "Ele chega até 04/12. Te ligo em 02/12."
    assert said(asked={"ticket.next_step": "Te ligo em 02/12."}, edited=words).contradictions
    assert said(asked={}, edited=words).contradictions


def test_an_edit_needs_no_answer_that_it_does_not_give(said):
    """A question of the reply is no question of other words, and neither is its number."""
    found = said(merged(ANA, {"order": {"number": ""}}), asked={}, edited="Ele chega até 04/12. Pode contar.")
    assert (found.text, found.missing, found.contradictions) == ("Ele chega até 04/12. Pode contar.", (), ())


def test_an_edit_needs_what_it_is_compared_with(loja, said):
    """A date that nobody knows cannot be compared, whether a question asks for it or the data should have it."""
    shop = with_reply(
        loja,
        ask={"ticket.next_step": {"label": "Próximo passo"}, "ticket.day": {"label": "Dia", "type": "date"}},
        claims={
            "arrives": {"kind": "delivery_date", "from": "order.promised_date"},
            "call": {"kind": "deadline", "from": "ticket.day"},
        },
        variants=[{"otherwise": True, "body": "Chega até {{ claims.arrives }}. Ligo até {{ claims.call }}."}],
    )
    found = said(asked={}, edited="Ele chega até 03/12, e eu ligo antes.", release=shop)
    assert (found.text, [one.path for one in found.missing]) == ("", ["ticket.day"])
    assert [(one.claim, one.wrote) for one in found.contradictions] == [("arrives", "03/12")]
    unfit = said(asked={"ticket.day": "amanhã"}, edited="Ele chega até 04/12.", release=shop)
    assert [str(one.why) for one in unfit.missing] == ['"Dia" must be a date such as 2026-11-27, not "amanhã".']


def test_what_else_is_true_may_be_said(said):
    """The shop's policy is nobody's slip; another period is."""
    words = "Ele chega até 04/12. O prazo para devolver é de {} dias corridos."
    assert said(edited=words.format(7)).contradictions == ()
    (one,) = said(edited=words.format(10)).contradictions
    assert "10 dias corridos" in one.wrote


def test_contradictions_are_shown_beside_what_is_missing(said):
    """Both can be mended at once."""
    edited = said(edited="Oi, {nome}! Ele chega até 03/12.")
    assert (len(edited.missing), [one.wrote for one in edited.contradictions]) == (1, ["03/12"])
    answered = said(merged(ANA, {"order": {"number": ""}}), asked={"ticket.next_step": "Chega antes, em 02/12."})
    assert (len(answered.missing), [one.wrote for one in answered.contradictions]) == (1, ["02/12"])


@pytest.mark.parametrize("asked", [{}, STEP])
def test_words_in_another_language_than_the_customers_are_advised_against(said, asked):
    """An edit, or an answer that the reply prints; never forbidden."""
    english = "Hi Ana, your order is on its way and will be there by 04/12."
    (advice,) = said(asked=asked, edited=english).advice
    assert (advice.rule, advice.code, advice.level) == ("language", "other_language", "warn")
    assert advice.message == "This reads like English, and the customer reads Portuguese."
    assert said(asked={"ticket.next_step": "We will write to you when it leaves."}).advice
    assert said(asked=asked, edited=english, locale="en-GB").advice == ()
    assert said(asked=STEP).advice == ()


@pytest.mark.parametrize(
    "edited",
    [
        "Oi, {{ customer.first_name }}!", "Seu pedido [[numero]]", "{% if x %}", "}}",
        "Oi, {nome}!", "Oi, [NOME]", "Veja em [LINK DO PEDIDO]", "Oi, XXX", "Chega dia ____",
    ],
)  # fmt: skip
def test_an_edit_with_an_open_place_is_not_said(said, edited):
    found = said(edited=edited)
    assert (found.text, len(found.missing)) == ("", 1)
    assert "would be sent as it stands" in found.missing[0].why


def test_an_edit_without_words_is_refused(said):
    with pytest.raises(InputError, match="The text is empty") as told:
        said(edited=" \n")
    assert told.value.code == "empty_text"


def test_the_voice_stops_an_agents_words_as_it_stops_a_campaigns():
    """A word that Casa Lume does not say, in its own rule."""
    release = shipped.shop()
    rule = next(
        one for one in release.voice.rules if one.extends == "existence" and one.level == "error" and not one.purposes
    )
    data = merged(Project(SHIPPED).persona("ana").data, {"shipment": {"status": "lost"}})
    reply, book = release.replies["onde_esta_meu_pedido"], book_of(release, {})
    with pytest.raises(OffBrand):
        answer(reply, release.voice, data, {}, Channel.WHATSAPP, book, NOW, locale="pt-BR", edited=rule.bad)
    assert answer(
        reply, release.voice, data, {}, Channel.WHATSAPP, book, NOW, locale="pt-BR", edited="Já vamos ver isso."
    ).text


# --- one company, one promise -----------------------------------------------------------------------------------------

STATES = (
    {},
    {"order": {"status": "cancelled"}},
    *({"shipment": {"status": status}} for status in ("in_transit", "out_for_delivery", "delivered", "lost")),
    {"shipment": {"status": "in_transit", "promised_date": "2026-11-24", "estimated_date": "2026-11-30"}},
    {"shipment": {"status": "in_transit", "promised_date": "2026-12-02", "estimated_date": "2026-12-02"}},
)
PERSONAS = sorted(path.stem for path in (SHIPPED / "templates/personas").glob("*.yaml"))
STAND_INS = {AskType.STRING: "Combinado", AskType.DATE: "2026-11-28", AskType.NUMBER: 2}


def asks_of(reply: Reply) -> dict[str, object]:
    return {path: ask.choices[0] if ask.choices else STAND_INS[ask.type] for path, ask in reply.ask.items()}


def promises_of(release: Release, data, locale, channel) -> dict[tuple[str, str], set[tuple[str, str]]]:
    """What the messages about the same order say: kind and fact → value and words."""
    book, found = book_of(release, {}), {}
    for name, published in release.messages.items():
        if channel in release.said_on[name]:
            known = complete_data(published.message, with_facts(data, published.claimed, book, NOW, locale))
            rendered = render(published, release.voice, locale, channel, known, today=shipped.TODAY)
            for claim in rendered.claims:
                found.setdefault((claim.kind, claim.fact), set()).add((claim.value, claim.text))
    return found


@pytest.mark.parametrize("channel", SPOKEN)
@pytest.mark.parametrize("persona", PERSONAS)
def test_support_promises_what_campaigns_promise(persona, channel):
    """In every state, every reply says each fact with the value and the words that messages of the same order have."""
    release = shipped.shop()
    book = book_of(release, {})
    who = Project(SHIPPED).persona(persona)
    locale = who.customer.get("locale") or "pt-BR"
    answered, compared = set(), 0
    for state in STATES:
        data = merged(who.data, state)
        promised = promises_of(release, data, locale, channel)
        for name, published in release.replies.items():
            asked = asks_of(published.reply)
            found = answer(published, release.voice, data, asked, channel, book, NOW, locale=locale)
            assert bool(found.text) is not bool(found.missing), (name, found.missing)
            assert "{{" not in found.text
            assert found.contradictions == ()
            if found.missing:
                continue
            answered.add(name)
            for claim in found.claims:
                said = promised.get((claim.kind, claim.fact))
                assert said in (None, {(claim.value, claim.text)}), (name, state)
                compared += said is not None
    assert len(answered) >= len(release.replies) - 2
    assert compared


def test_every_variant_of_every_reply_can_be_said_to_everybody():
    """Each persona's data with stand-ins for what it lacks, whichever state the variant is for."""
    release = shipped.shop()
    book = book_of(release, {})
    people = [Project(SHIPPED).persona(name) for name in PERSONAS]
    for published, person, locale, channel in itertools.product(
        release.replies.values(), people, shipped.LOCALES, SPOKEN
    ):
        asked: dict[str, object] = {}
        for path, value in asks_of(published.said_in(locale)).items():
            nest(asked, path, value)
        for message in published.spoken:
            known = with_facts(merged(person.data, asked), message.claimed, book, NOW, locale)
            rendered = render(
                message, release.voice, locale, channel, complete_data(message.message, known), today=shipped.TODAY
            )
            assert rendered.text
            assert {claim.name for claim in rendered.claims} == set(message.message.claims)
