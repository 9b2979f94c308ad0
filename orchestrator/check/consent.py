"""CO: consent and topics. Marketing rests on consent, says how to end it, and does not pass for something else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from orchestrator.catalog.copy import sources
from orchestrator.check.rule import Rule
from orchestrator.domain.claim import ClaimKind
from orchestrator.domain.customer import Channel
from orchestrator.domain.errors import mark
from orchestrator.domain.message import Purpose
from orchestrator.journeys.asking import askings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from orchestrator.catalog.model import Message
    from orchestrator.catalog.voice import Voice
    from orchestrator.domain.errors import Finding
    from orchestrator.project import Read, Survey
    from orchestrator.release import Topic

_NO_BASIS = Rule(
    code="CO110",
    level="error",
    title=mark("A marketing topic without consent or legitimate interest"),
    why=mark(
        "A contract or a legal duty carries messages about the order itself, never advertising (LGPD, art. 7, I, V "
        "and IX)."
    ),
    bad="""\
topics:
  offers: {title: Ofertas, purpose: marketing, legal_basis: contract}
""",
    good="""\
topics:
  offers: {title: Ofertas, purpose: marketing, legal_basis: consent, opt_in: double}
""",
)
_NO_WAY_OUT = Rule(
    code="CO120",
    level="warn",
    title=mark("Marketing by SMS or WhatsApp without a way out"),
    why=mark(
        "On these channels the message itself is the only place where a person learns how to end it; an e-mail has "
        "its header and footer, and a push its switch."
    ),
    bad="""\
channels:
  sms:
    body: "Sentimos sua falta. Veja as novidades: {{ shop.url }}"
""",
    good="""\
channels:
  sms:
    body: "Sentimos sua falta. Veja as novidades: {{ shop.url }} SAIR p/ cancelar"
""",
)
_OTHER_PURPOSE = Rule(
    code="CO130",
    level="error",
    title=mark("A journey sends a message of another purpose"),
    why=mark(
        "The journey's topic tells everybody what it is for. An offer in the middle of order updates is what makes "
        "customers switch off both."
    ),
    bad="""\
# templates/journeys/orders.yaml
topic: order_updates
steps:
  - {id: oferta, send: cart_offer, channels: {all: [email]}}   # cart_offer has topic offers
""",
    good="""\
topic: order_updates
steps:
  - {id: confirmar, send: order_confirmed, channels: {all: [email]}}
""",
)
_OFFER_IN_SERVICE = Rule(
    code="CO140",
    level="error",
    title=mark("An offer in a message that needs no consent"),
    why=mark(
        "A message about the order reaches people who refused advertising, in quiet hours too. With a discount or a "
        "coupon in it, it is advertising (and WhatsApp bills it as such)."
    ),
    bad="""\
topic: order_updates
claims:
  coupon: {kind: coupon, from: offers.volta_10.coupon}
""",
    good="""\
topic: offers
claims:
  coupon: {kind: coupon, from: offers.volta_10.coupon}
""",
)

RULES = (_NO_BASIS, _NO_WAY_OUT, _OTHER_PURPOSE, _OFFER_IN_SERVICE)


def findings(survey: Survey) -> Iterator[Finding]:
    """Everything that is wrong with topics and purposes."""
    if survey.settings is None:
        return
    topics = survey.settings.model.topics
    yield from _without_basis(survey)
    for message_id, read in survey.messages.items():
        topic = topics.get(read.model.topic)
        if topic is None:
            continue
        if topic.purpose is Purpose.TRANSACTIONAL:
            yield from _offers(read)
        elif survey.voice is not None:
            for locale, one in ((None, read), *survey.translations.get(message_id, {}).items()):
                voice = survey.voice.model if locale is None else survey.voice.model.in_locale(locale)
                yield from _without_way_out(one, voice)
    yield from _other_purposes(survey, topics)


_BASES_OF_MARKETING = ("consent", "legitimate_interest")


def _without_basis(survey: Survey) -> Iterator[Finding]:
    assert survey.settings is not None
    for name, topic in survey.settings.model.topics.items():
        if topic.purpose is Purpose.MARKETING and topic.legal_basis not in _BASES_OF_MARKETING:
            yield survey.settings.document.finding(
                ("topics", name, "legal_basis"),
                mark('Marketing cannot rest on "{basis}"'),
                params={"basis": topic.legal_basis},
                code=_NO_BASIS.code,
                level=_NO_BASIS.level,
                help=mark("Write legal_basis: consent, with opt_in: single or double."),
            )


# The words that end marketing when they are answered, said as an instruction: in capitals, after "answer", or on a
# button. "Cancelar sem custo" is about an order and no way out.
_WAY_OUT = re.compile(
    r"\b(?:SAIR|PARAR|PARE|CANCELAR|DESCADASTRAR|STOP|UNSUBSCRIBE)\b"
    r"|(?i:\b(?:respond\w*|envi\w+|mande|digite|reply|text|send)\b[^.!?\n]{0,20}"
    r"\b(?:sair|parar|pare|cancelar|descadastrar|stop|unsubscribe)\b)"
    r"|(?i:\b(?:n[ãa]o (?:quero )?receber|parar (?:de receber|ofertas|mensagens)|descadastr\w+)\b)"
    r"|(?i:\b(?:unsubscribe|stop (?:messages|offers))\b)"
)
_TEXT_CHANNELS = (Channel.WHATSAPP, Channel.SMS)


def _without_way_out(read: Read[Message], voice: Voice) -> Iterator[Finding]:
    for channel in _TEXT_CHANNELS:
        said = sources(read.model, voice, channel)
        if said is not None and not any(_WAY_OUT.search(text) for text in said.values()):
            yield read.document.finding(
                ("channels", channel.value, "body"),
                mark("This {channel} does not say how to stop it"),
                params={"channel": _CALLED[channel]},
                code=_NO_WAY_OUT.code,
                level=_NO_WAY_OUT.level,
                help=mark('End it with the word to answer, such as "SAIR p/ cancelar" or "Reply STOP to opt out".'),
            )


_CALLED: Mapping[Channel, str] = {Channel.WHATSAPP: "WhatsApp", Channel.SMS: "SMS"}


def _other_purposes(survey: Survey, topics: Mapping[str, Topic]) -> Iterator[Finding]:
    for read in survey.journeys.values():
        journey = topics.get(read.model.topic)
        for asking in askings(read.model):
            message = survey.messages.get(asking.message)
            topic = topics.get(message.model.topic) if message is not None else None
            if journey is None or message is None or topic is None or topic.purpose is journey.purpose:
                continue
            yield read.document.finding(
                (*asking.path, "send"),
                mark("{message} is {purpose} (topic {topic}), and this journey is {own} (topic {own_topic})"),
                params={
                    "message": asking.message,
                    "purpose": topic.purpose.value,
                    "topic": message.model.topic,
                    "own": journey.purpose.value,
                    "own_topic": read.model.topic,
                },
                code=_OTHER_PURPOSE.code,
                level=_OTHER_PURPOSE.level,
                help=mark("Send it from a journey of its own, whose topic has the purpose {purpose}."),
            )


_KINDS_OF_OFFER = (ClaimKind.DISCOUNT, ClaimKind.COUPON)


def _offers(read: Read[Message]) -> Iterator[Finding]:
    for name, claim in read.model.claims.items():
        if claim.kind in _KINDS_OF_OFFER or claim.from_.startswith("offers."):
            yield read.document.finding(
                ("claims", name),
                mark('Claim "{name}" is part of an offer, and topic {topic} is transactional'),
                params={"name": name, "topic": read.model.topic},
                code=_OFFER_IN_SERVICE.code,
                level=_OFFER_IN_SERVICE.level,
                help=mark("Take the offer out, or give the message a marketing topic."),
                on_key=True,
            )
