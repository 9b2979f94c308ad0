"""What JO128 and JO134 say: the rules about what journeys do to each other."""

from __future__ import annotations

from orchestrator.check.rule import Rule
from orchestrator.domain.errors import mark

ROUND_AND_ROUND = Rule(
    code="JO128",
    level="error",
    title=mark("Journeys that start each other for ever"),
    why=mark(
        "An event that a run says begins another run at once, and that one says it again: nothing ends this, and the "
        "first event can never be accepted."
    ),
    bad="""\
# templates/journeys/pesquisas.yaml
trigger: {event: survey.due}
steps:
  - {id: lembrar, emit: {event: survey.due}}
""",
    good="""\
trigger: {event: survey.due}
entry: {key: order.id}          # one run per order: the second event begins none
steps:
  - {id: lembrar, emit: {event: survey.due}}
""",
)
TOLD_TWICE = Rule(
    code="JO134",
    level="warn",
    title=mark("Two places send the same message on the same event"),
    why=mark("Each is right by itself, and the customer reads the same words twice, a moment apart."),
    bad="""\
# templates/journeys/pedidos.yaml
trigger: {event: order.placed}
steps: [{id: confirmar, send: order_confirmed}]
# templates/journeys/entregas.yaml
trigger: {event: order.placed, when: order.total >= 500.0}
steps: [{id: agradecer, send: order_confirmed}]
""",
    good="""\
# templates/journeys/pedidos.yaml
trigger: {event: order.placed, when: order.total < 500.0}
steps: [{id: confirmar, send: order_confirmed}]
# templates/journeys/entregas.yaml
trigger: {event: order.placed, when: order.total >= 500.0}
steps: [{id: agradecer, send: order_confirmed}]
""",
)
