"""What JO114, JO115, JO117, JO118 and JO135 say: the rules about what a journey reads."""

from __future__ import annotations

from orchestrator.check.rule import Rule
from orchestrator.domain.errors import mark

UNKNOWN_IN_WHEN = Rule(
    code="JO114",
    level="error",
    title=mark("A journey reads what is not known at that place"),
    why=mark("A missing value makes a condition false, silently: nobody would ever go this way."),
    bad="""\
trigger:
  event: order.placed
  when: order.totl >= 50.0
""",
    good="""\
trigger:
  event: order.placed
  when: order.total >= 50.0
""",
)
UNKNOWN_KEY = Rule(
    code="JO115",
    level="error",
    title=mark("A key is not brought by the event that it is read from"),
    why=mark("Without its key no run begins, and an event that must match it moves none."),
    bad="""\
trigger: {event: order.placed}
entry: {key: cart.id}
""",
    good="""\
trigger: {event: order.placed}
entry: {key: order.id}
""",
)
NEVER_EQUAL = Rule(
    code="JO117",
    level="error",
    title=mark("A condition compares what can never be equal"),
    why=mark("Values of other types are never equal and cannot be told apart by size: the condition is always false."),
    bad="""\
branch:
  - when: order.total >= "50"
    steps: [{id: agradecer, send: order_thanks}]
  - otherwise: true
    steps: []
""",
    good="""\
branch:
  - when: order.total >= 50.0
    steps: [{id: agradecer, send: order_thanks}]
  - otherwise: true
    steps: []
""",
)
NO_FUNCTION = Rule(
    code="JO118",
    level="error",
    title=mark("A condition calls a function that does not exist there"),
    why=mark("A condition that cannot be worked out is false, silently, whenever it is asked."),
    bad="""\
branch:
  - when: day(now, order.placed_at) >= 5
    steps: [{id: perguntar, send: csat_survey}]
  - otherwise: true
    steps: []
""",
    good="""\
branch:
  - when: days(now, order.placed_at) >= 5
    steps: [{id: perguntar, send: csat_survey}]
  - otherwise: true
    steps: []
""",
)
SHARED_KEY = Rule(
    code="JO135",
    level="warn",
    title=mark("A key that many customers have in common"),
    why=mark("A key admits one run in the whole shop: the second customer with the same value is left out."),
    bad="""\
trigger: {event: order.placed}
entry: {key: order.total}
""",
    good="""\
trigger: {event: order.placed}
entry: {key: order.id}
""",
)
