"""Casa Lume's support replies: each in every state that it knows, for everybody, on every channel, in two languages."""

from __future__ import annotations

import re
from copy import deepcopy
from datetime import UTC, date, datetime
from functools import cache

import pytest

from orchestrator.catalog.examples import complete_data
from orchestrator.catalog.prose import About, faults
from orchestrator.catalog.refusals import SilentChannel
from orchestrator.catalog.render import render
from orchestrator.dispatch.promised import book_of, with_facts
from orchestrator.domain.customer import Channel
from orchestrator.domain.fact import LiveFact
from orchestrator.domain.time import instant
from orchestrator.project import SHIPPED, Project
from orchestrator.replies.answer import answer, contradictions

TODAY = date(2026, 11, 25)
NOW = instant(datetime(2026, 11, 25, 12, tzinfo=UTC))
AFTER_THE_OFFER = instant(datetime(2031, 1, 10, 12, tzinfo=UTC))
SOON, PAST = "2026-12-02", "2026-11-19"

LOCALES = ("pt-BR", "en")
CHANNELS = (Channel.EMAIL, Channel.WHATSAPP, Channel.SMS)
PERSONAS = sorted(path.stem for path in (SHIPPED / "templates/personas").glob("*.yaml"))
KNOWLEDGE = sorted((SHIPPED / "templates/kb").glob("*.md"))

# What an agent may say beside a choice, as long as it may be.
TYPED = {
    "ticket.next_step": "Te aviso quando sair para entrega, e de novo quando a transportadora registrar a chegada.",
    "ticket.next_contact": "2026-11-27",
    "ticket.new_date": "2026-12-04",
    "ticket.new_place": "Avenida Desembargador Antônio de Pádua Magalhães Sobrinho, 10250, bloco B, ap. 7",
    "ticket.posting_number": "20345678901234567890",
}

# What is different of a persona in each state: fields that are set, and None for an object that is not there.
STATES = {
    "as they are": {},
    "cancelled": {"order": {"status": "cancelled"}, "refund": None},
    "refunded": {"order": {"status": "cancelled"}, "refund": {"amount": "259.80 BRL"}},
    "lost": {"shipment": {"status": "lost"}},
    "delivered": {"shipment": {"status": "delivered"}},
    "delayed": {"shipment": {"status": "in_transit", "promised_date": PAST, "estimated_date": SOON}},
    "overdue": {
        "order": {"promised_date": PAST},
        "shipment": {"status": "in_transit", "promised_date": PAST, "estimated_date": PAST},
    },
    "on time": {
        "order": {"promised_date": SOON},
        "shipment": {"status": "in_transit", "promised_date": SOON, "estimated_date": SOON},
    },
    "preparing": {"order": {"promised_date": SOON}, "shipment": None},
    "preparing late": {"order": {"promised_date": PAST}, "shipment": None},
    "with a cart": {"cart": {"url": "https://casalume.example/c/8fk2"}},
    "without a cart": {"cart": None},
}

# The state, and what the agent chose or typed, in which each variant is said: in the order of the file.
REACHED = {
    "onde_esta_meu_pedido": (
        ("cancelled", {}), ("lost", {}), ("delivered", {}), ("delayed", {"ticket.next_step"}), ("on time", {}),
        ("preparing", {}), ("overdue", {"ticket.next_contact"}),
    ),
    "pedido_atrasado": (
        ("cancelled", {}), ("lost", {}), ("delivered", {}), ("delayed", {}),
        ("overdue", {"ticket.next_contact"}), ("preparing", {}), ("preparing late", {"ticket.next_contact"}),
    ),
    "pedido_extraviado": (
        ("lost", {"ticket.solution=reenvio", "ticket.new_date"}), ("lost", {"ticket.solution=reembolso"}),
        ("delivered", {}), ("lost", {}),
    ),
    "troca": (
        ("cancelled", {}), ("lost", {}), ("delivered", {"ticket.posting_number"}), ("on time", {}), ("preparing", {}),
    ),
    "devolucao_reembolso": (
        ("refunded", {}), ("cancelled", {}), ("lost", {}), ("delivered", {"ticket.posting_number"}), ("on time", {}),
        ("preparing", {}),
    ),
    "cancelamento": (
        ("cancelled", {}), ("lost", {}), ("delivered", {}), ("on time", {}), ("preparing", {}),
    ),
    "alterar_endereco": (
        ("cancelled", {}), ("lost", {}), ("delivered", {}), ("on time", {}),
        ("preparing", {"ticket.new_place", "ticket.new_date"}), ("preparing", {}),
    ),
    "nota_fiscal": (
        ("cancelled", {}), ("delivered", {"ticket.request=correção"}), ("as they are", {}), ("preparing", {}),
    ),
    "produto_com_defeito": (
        ("delivered", {"ticket.solution=troca", "ticket.posting_number"}),
        ("delivered", {"ticket.solution=reembolso", "ticket.posting_number"}),
        ("delivered", {}),
    ),
    "cupom_nao_funciona": (
        ("as they are", {"ticket.coupon_problem=outro produto"}), ("as they are", {"ticket.coupon_problem=vencido"}),
        ("with a cart", {}), ("without a cart", {}),
    ),
    "pagamento_recusado": (
        ("as they are", {"ticket.payment_method=Pix"}), ("with a cart", {"ticket.payment_method=cartão"}),
        ("without a cart", {"ticket.payment_method=cartão"}), ("as they are", {}),
    ),
    "preferencias": (
        ("as they are", {"ticket.change=todos os canais"}), ("as they are", {"ticket.change=só este canal"}),
        ("as they are", {}),
    ),
}  # fmt: skip
VARIANTS = [(reply, place) for reply, reached in REACHED.items() for place in range(len(reached))]


@cache
def shop():
    return Project(SHIPPED).survey(TODAY)


@cache
def release():
    return shop().release()


@cache
def book():
    """The facts of the day; the offer is promised while there is stock."""
    path = "inventory.KIT-BANHO-04.available"
    return book_of(
        release(), {path: LiveFact(path=path, value=500, version=1, source="wms", as_of=NOW, recorded_at=NOW)}
    )


def data_in(state, persona="ana"):
    """A persona's data in a state."""
    data = deepcopy(shop().personas[persona].model.data)
    for kind, fields in STATES[state].items():
        if fields is None:
            data.pop(kind, None)
        else:
            data[kind] = {**data.get(kind, {}), **fields}
    return data


def asked_of(words):
    """`ticket.change=só este canal` is a choice; a path alone has something typed for it."""
    return {path: choice or TYPED[path] for path, _, choice in (word.partition("=") for word in words)}


def said(reply, place, persona="ana", channel=Channel.EMAIL, locale="pt-BR"):
    """One variant as a persona would read it."""
    state, words = REACHED[reply][place]
    data = data_in(state, persona)
    return answered(reply, data, asked_of(words), channel, locale)


def answered(reply, data, asked, channel=Channel.WHATSAPP, locale="pt-BR", now=NOW):
    """A reply to anybody, in the shop's voice and with the facts of the day."""
    return answer(release().replies[reply], release().voice, data, asked, channel, book(), now, locale=locale)


# --- what is there --------------------------------------------------------------------------------------------------


def test_support_has_twelve_replies_in_both_languages():
    assert sorted(release().replies) == sorted(REACHED)
    assert {reply: {*published.translations} for reply, published in release().replies.items()} == {
        reply: {"en"} for reply in REACHED
    }


def test_nothing_is_wrong_with_them():
    assert [finding for finding in shop().findings if "/replies/" in finding.file] == []


@pytest.mark.parametrize("reply", REACHED)
def test_every_variant_has_a_state_in_which_it_is_said(reply):
    """None that nobody would ever read."""
    assert len(REACHED[reply]) == len(release().replies[reply].reply.variants)
    assert [said(reply, place).variant for place in range(len(REACHED[reply]))] == [*range(len(REACHED[reply]))]


@pytest.mark.parametrize("reply", REACHED)
def test_every_reply_leads_to_its_page_of_knowledge(reply):
    assert (SHIPPED / "templates" / release().replies[reply].reply.knowledge) in KNOWLEDGE


@pytest.mark.parametrize("page", KNOWLEDGE, ids=lambda page: page.stem)
def test_a_page_of_knowledge_names_only_what_there_is(page):
    """Facts, shortcuts and other pages; and some reply leads to it."""
    text = page.read_text(encoding="utf-8")
    replies = [one.reply for one in release().replies.values()]

    facts = set(re.findall(r"`((?:policies|promises|offers)\.[\w.]+)`", text))
    offers = {path.rpartition(".")[0] for path in release().facts.known_paths()}
    assert facts <= {*release().facts.known_paths(), *offers}
    assert set(re.findall(r"`(/\w+)`", text)) <= {reply.shortcut for reply in replies}
    assert {page.parent / link for link in re.findall(r"\]\((\w+\.md)\)", text)} <= set(KNOWLEDGE)
    assert f"kb/{page.name}" in {reply.knowledge for reply in replies}


@pytest.mark.parametrize("page", KNOWLEDGE, ids=lambda page: page.stem)
def test_a_page_of_knowledge_names_facts_not_their_values(page):
    """A number of days on a page would be a second truth."""
    assert re.findall(r"\d+ (?:dias?|horas?)|R\$|\d%", page.read_text(encoding="utf-8")) == []


# --- what they read -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("persona", PERSONAS)
@pytest.mark.parametrize(("reply", "place"), VARIANTS)
def test_everybody_can_be_answered_in_every_state(reply, place, persona, locale):
    """Without a hole, read back, and no longer than a channel takes."""
    for channel in CHANNELS:
        found = said(reply, place, persona, channel, locale)

        assert (found.variant, found.locale, found.missing, found.contradictions) == (place, locale, (), ())
        assert found.text
        assert contradictions(found.text, found.rendered, locale) == ()  # sent as an edit, it says what it says
        assert not re.search(r"\{\{|\}\}|\bNone\b|exemplo|  ", found.text.replace("  \n", "\n"))
        assert found.text.count("!") <= 1
        if channel is Channel.EMAIL:
            assert len(found.rendered.subject) <= 60
        if channel is Channel.SMS:
            assert found.rendered.encoding == "GSM-7"
            assert found.rendered.segments <= 3


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize(("reply", "place"), VARIANTS)
def test_the_brand_voice_finds_nothing_to_say(reply, place, locale):
    """Not even a warning: no long sentence, no jargon; an apology and a way out where an order is late."""
    spoken = release().replies[reply].spoken[place].message
    for channel in CHANNELS:
        found = said(reply, place, channel=channel, locale=locale)
        about = About(
            purpose=release().purpose(spoken.topic).value,
            tags=frozenset(spoken.tags),
            claim_kinds=frozenset(claim.kind.value for claim in spoken.claims.values()),
            channel=channel,
        )

        assert faults(release().voice.in_locale(locale), found.text, about) == []


@pytest.mark.parametrize(("reply", "place"), VARIANTS)
def test_both_languages_promise_the_same(reply, place):
    ours, theirs = (said(reply, place, locale=locale) for locale in LOCALES)

    assert [(claim.name, claim.value) for claim in ours.claims] == [
        (claim.name, claim.value) for claim in theirs.claims
    ]


@pytest.mark.parametrize("reply", REACHED)
def test_nothing_is_said_on_a_lock_screen(reply):
    with pytest.raises(SilentChannel):
        said(reply, 0, channel=Channel.PUSH)


@pytest.mark.parametrize(
    ("reply", "place", "path"),
    [
        (reply, place, word)
        for reply, reached in REACHED.items()
        for place, (_, words) in enumerate(reached)
        for word in sorted(words)
        # Without its place the address has not been changed, which is another variant.
        if "=" not in word and word != "ticket.new_place"
    ],
)
def test_what_the_agent_has_not_said_is_asked_for_and_nothing_is_sent(reply, place, path):
    state, words = REACHED[reply][place]
    found = answered(reply, data_in(state), asked_of({*words} - {path}))

    assert (found.variant, found.text, [one.path for one in found.missing]) == (place, "", [path])


def test_an_offer_that_has_ended_is_promised_to_nobody():
    _, words = REACHED["cupom_nao_funciona"][0]
    found = answered("cupom_nao_funciona", data_in("as they are"), asked_of(words), now=AFTER_THE_OFFER)

    assert found.text == ""
    assert found.missing


# --- what messages say of the same order ----------------------------------------------------------------------------


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("persona", PERSONAS)
@pytest.mark.parametrize(
    ("state", "reply", "message"),
    [
        ("preparing", "onde_esta_meu_pedido", "order_confirmed"),
        ("on time", "onde_esta_meu_pedido", "order_shipped"),
        ("delayed", "onde_esta_meu_pedido", "order_delayed"),
        ("delayed", "pedido_atrasado", "order_delayed"),
        ("overdue", "pedido_atrasado", "order_late"),
        ("delivered", "devolucao_reembolso", "order_delivered"),
        ("refunded", "devolucao_reembolso", "refund_confirmed"),
        ("lost", "pedido_extraviado", "order_lost"),
    ],
)
def test_a_reply_says_of_an_order_what_its_message_says(state, reply, message, persona, locale):
    """Every fact that both speak of has one value, and reads the same."""
    data = data_in(state, persona)
    asked = {path: TYPED[path] for path in release().replies[reply].reply.ask if path in TYPED}
    for channel in CHANNELS:
        replied = answered(reply, data, asked, channel, locale)
        written = written_by(message, data, channel, locale)
        ours = {claim.fact: (claim.value, claim.text) for claim in replied.claims}
        theirs = {claim.fact: (claim.value, claim.text) for claim in written.claims}
        both = ours.keys() & theirs.keys()

        assert both or not theirs  # an SMS of one part does not say it all
        assert {fact: ours[fact] for fact in both} == {fact: theirs[fact] for fact in both}


def written_by(message, data, channel, locale):
    published = release().messages[message]
    known = complete_data(published.message, with_facts(data, published.claimed, book(), NOW, locale))
    return render(published, release().voice, locale, channel, known, today=TODAY)
