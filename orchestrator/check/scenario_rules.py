"""What TE100 and on say: the rules about scenarios, the tests of journeys."""

from __future__ import annotations

from orchestrator.check.rule import Rule
from orchestrator.domain.errors import mark

UNKNOWN_JOURNEY = Rule(
    code="TE100",
    level="error",
    title=mark("A scenario names a journey or a persona that is not there"),
    why=mark("Nobody can live through it, so nothing is tested. What runs beside the journey is named under `beside`."),
    bad="kind: test\njourney: abandoned_crat\npersona: ana",
    good="kind: test\njourney: abandoned_cart\npersona: ana",
)
UNKNOWN_EVENT = Rule(
    code="TE101",
    level="error",
    title=mark("A scenario names an event, a field or an object that nobody declares"),
    why=mark("The shop would refuse the event, so the case shows nothing of what happens in it."),
    bad="when:\n  - {at: 0m, event: order.placed, data: {totl: 80.0}}",
    good="when:\n  - {at: 0m, event: order.placed, data: {total: 80.0}}",
)
UNKNOWN_MESSAGE = Rule(
    code="TE102",
    level="error",
    title=mark("A scenario names a message that does not exist"),
    why=mark("What does not exist is never sent: `not_sent` would be true of it for ever."),
    bad="expect:\n  - {not_sent: cart_ofer}",
    good="expect:\n  - {not_sent: cart_offer}",
)
UNKNOWN_STEP = Rule(
    code="TE103",
    level="error",
    title=mark("A scenario names a step that the journey does not have"),
    why=mark("Nobody can stand there. A renamed step keeps its people, and its scenarios are renamed with it."),
    bad="expect:\n  - {stands_at: esperar_evio, at: 1d}",
    good="expect:\n  - {stands_at: esperar_envio, at: 1d}",
)
UNKNOWN_VALUE = Rule(
    code="TE104",
    level="error",
    title=mark("A scenario names a topic, a claim or a live fact that is not there"),
    why=mark("What is given must be something that the shop knows. Facts that a file says change with the file."),
    bad="given:\n  consent: {offer: denied}",
    good="given:\n  consent: {offers: denied}",
)
SAYS_NOTHING = Rule(
    code="TE105",
    level="warn",
    title=mark("An expectation about something that the journeys of the case never do"),
    why=mark("It is met, or missed, whatever the journeys become: it tests nothing."),
    bad="# no step of abandoned_cart sends order_late\nexpect:\n  - {not_sent: order_late}",
    good="expect:\n  - {not_sent: cart_offer}",
)
UNFIT_CUSTOMER = Rule(
    code="TE106",
    level="error",
    title=mark("A scenario gives the customer an address or a time zone that is none"),
    why=mark("Nobody could be written to there, and the case would be about a customer whom no shop has."),
    bad="given:\n  customer: {timezone: America/Sao_Pualo}",
    good="given:\n  customer: {timezone: America/Sao_Paulo}",
)
