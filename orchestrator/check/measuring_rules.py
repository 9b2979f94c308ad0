"""What JO138, JO141 and JO142 say: the rules about whether a journey does any good, and to whom."""

from __future__ import annotations

from orchestrator.check.rule import Rule
from orchestrator.domain.errors import mark

AFTER_THE_GOAL = Rule(
    code="JO138",
    level="warn",
    title=mark("Whoever reached the goal goes on being written to"),
    why=mark("A goal is counted and ends nothing: a reminder to buy reaches those who have bought meanwhile."),
    bad="""\
topic: cart_reminders
trigger: {event: cart.updated, quiet_for: 1h}
entry: {key: cart.id}
goal: {event: order.placed, within: 3d}
""",
    good="""\
topic: cart_reminders
trigger: {event: cart.updated, quiet_for: 1h}
entry: {key: cart.id}
exit_on: [{event: order.placed}]
goal: {event: order.placed, within: 3d}
""",
)
NO_HOLDOUT = Rule(
    code="JO141",
    level="warn",
    title=mark("A holdout that is written to after all"),
    why=mark(
        "The way without steps is there to be compared with: what is sent behind the split reaches it too, and the "
        "difference tells nothing."
    ),
    bad="""\
steps:
  - id: testar
    split:
      com_oferta: {weight: 50, steps: [{id: oferecer, send: cart_offer}]}
      sem_nada:   {weight: 50}
    metric: goal
  - {id: esperar, wait: 2d}
  - {id: lembrar, send: cart_reminder}
""",
    good="""\
steps:
  - id: testar
    split:
      com_oferta:
        weight: 50
        steps:
          - {id: oferecer, send: cart_offer}
          - {id: esperar, wait: 2d}
          - {id: lembrar, send: cart_reminder}
      sem_nada: {weight: 50}
    metric: goal
""",
)
NOTHING_TO_COMPARE = Rule(
    code="JO142",
    level="error",
    title=mark("A split is compared by a goal that the journey does not have"),
    why=mark("Without a goal nothing is counted, and the test ends without an answer."),
    bad="""\
kind: journey
trigger: {event: cart.updated}
steps:
  - id: testar
    split:
      com_oferta: {weight: 50, steps: [{id: oferecer, send: cart_offer}]}
      sem_oferta: {weight: 50}
    metric: goal
""",
    good="""\
kind: journey
trigger: {event: cart.updated}
goal: {event: order.placed, within: 3d}
steps:
  - id: testar
    split:
      com_oferta: {weight: 50, steps: [{id: oferecer, send: cart_offer}]}
      sem_oferta: {weight: 50}
    metric: goal
""",
)
