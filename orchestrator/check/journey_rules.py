"""What JO120 and on say: the rules about how a journey is built."""

from __future__ import annotations

from orchestrator.check.rule import Rule
from orchestrator.domain.errors import mark

UNREACHED = Rule(
    code="JO120",
    level="error",
    title=mark("A trigger that can never fire"),
    why=mark("The first trigger whose event and condition fit decides: what stands after it is never asked."),
    bad="""\
triggers:
  - event: order.placed
    steps: [{id: confirmar, send: order_confirmed, channels: {all: [email]}}]
  - event: order.placed
    when: order.total >= 500.0
    steps: [{id: agradecer, send: order_thanks, channels: {all: [email]}}]
""",
    good="""\
triggers:
  - event: order.placed
    when: order.total >= 500.0
    steps: [{id: agradecer, send: order_thanks, channels: {all: [email]}}]
  - event: order.placed
    steps: [{id: confirmar, send: order_confirmed, channels: {all: [email]}}]
""",
)
RENAMED_TO_ITSELF = Rule(
    code="JO121",
    level="error",
    title=mark("A step is renamed from the name that it has"),
    why=mark("`was` holds the old id of a renamed step, so that its counts and the people in it move along."),
    bad="""\
steps:
  - {id: avisar, was: avisar, send: order_shipped, channels: {all: [email]}}
""",
    good="""\
steps:
  - {id: avisar_envio, was: avisar, send: order_shipped, channels: {all: [email]}}
""",
)
RENAMED_FROM_ANOTHER = Rule(
    code="JO122",
    level="error",
    title=mark("Two steps claim the same past"),
    why=mark("The people in a step can move along to one other step only, and not away from one that is still there."),
    bad="""\
steps:
  - {id: avisar, send: order_shipped, channels: {all: [email]}}
  - {id: avisar_envio, was: avisar, send: order_shipped, channels: {all: [sms]}}
""",
    good="""\
steps:
  - {id: avisar, send: order_shipped, channels: {all: [email]}}
  - {id: avisar_por_sms, send: order_shipped, channels: {all: [sms]}}
""",
)
SENT_TWICE = Rule(
    code="JO123",
    level="error",
    title=mark("A run sends the same message twice on a channel, at once"),
    why=mark("The customer would read the same words twice, a moment apart."),
    bad="""\
steps:
  - {id: confirmar, send: order_confirmed, channels: {all: [email]}}
  - {id: reforcar,  send: order_confirmed, channels: {first_reachable: [email, sms]}}
""",
    good="""\
steps:
  - {id: confirmar, send: order_confirmed, channels: {all: [email, sms]}}
""",
)
WAITS_FOR_NOTHING = Rule(
    code="JO130",
    level="warn",
    title=mark("Steps that wait for nothing"),
    why=mark(
        "An entry key admits one run, for ever: after the first event of an order, the journey's other events about "
        "that order start nothing, and their steps are not reached."
    ),
    bad="""\
entry: {key: order.id}
triggers:
  - event: order.placed
    steps: [{id: confirmar, send: order_confirmed, channels: {all: [email]}}]
  - event: order.cancelled
    steps: [{id: lamentar, send: order_cancelled, channels: {all: [email]}}]
""",
    good="""\
# no entry: each event is a run of its own
triggers:
  - event: order.placed
    steps: [{id: confirmar, send: order_confirmed, channels: {all: [email]}}]
  - event: order.cancelled
    steps: [{id: lamentar, send: order_cancelled, channels: {all: [email]}}]
""",
)
URGENT_MARKETING = Rule(
    code="JO140",
    level="error",
    title=mark("Marketing with high priority"),
    why=mark("High priority may pass quiet hours and frequency caps, and marketing never may."),
    bad="""\
steps:
  - {id: oferta, send: cart_offer, channels: {all: [email]}, priority: high}
""",
    good="""\
steps:
  - {id: oferta, send: cart_offer, channels: {all: [email]}}
""",
)
STEP_AFTER_THE_END = Rule(
    code="JO124",
    level="error",
    title=mark("A step that no run can reach"),
    why=mark("The run is over before it, on every way: whoever wrote the step means it to happen, and it never will."),
    bad="""\
steps:
  - {id: fim, exit: comprou}
  - {id: agradecer, send: order_thanks}
""",
    good="""\
steps:
  - {id: agradecer, send: order_thanks}
  - {id: fim, exit: comprou}
""",
)
NEVER_HEARD = Rule(
    code="JO125",
    level="error",
    title=mark("A wait for an event that ends something else first"),
    why=mark("What ends a watch, or the run, is asked first: what should happen on the same event never does."),
    bad="""\
watch:
  for: 30d
  until: [{event: shipment.lost}]
  react:
    - {event: shipment.lost, steps: [{id: avisar, send: order_lost}]}
""",
    good="""\
watch:
  for: 30d
  until: [{event: shipment.lost}]
  react:
    - {event: shipment.eta_changed, steps: [{id: avisar, send: order_delayed}]}
""",
)
NOBODYS_WAY = Rule(
    code="JO129",
    level="error",
    title=mark("A way of a branch that nobody goes"),
    why=mark("The first condition that is true decides. One that holds only where it does as well is never asked."),
    bad="""\
branch:
  - when: cart.total >= 100.0
    steps: [{id: lembrar, send: cart_reminder}]
  - when: cart.total >= 500.0
    steps: [{id: oferecer, send: cart_offer}]
""",
    good="""\
branch:
  - when: cart.total >= 500.0
    steps: [{id: oferecer, send: cart_offer}]
  - when: cart.total >= 100.0
    steps: [{id: lembrar, send: cart_reminder}]
""",
)
NO_OTHERWISE = Rule(
    code="JO131",
    level="warn",
    title=mark("A branch that does not say what happens otherwise"),
    why=mark("Whom no condition fits goes on with the next step, and nobody reads that off the file."),
    bad="""\
branch:
  - when: cart.total >= 120.0
    steps: [{id: oferta, send: cart_offer}]
""",
    good="""\
branch:
  - when: cart.total >= 120.0
    steps: [{id: oferta, send: cart_offer}]
  - otherwise: true
    steps: []
""",
)
EVERYBODYS_EVENT = Rule(
    code="JO132",
    level="warn",
    title=mark("An awaited event that names no run"),
    why=mark(
        "The journey has a run for each key, and this event does not name one: it moves every run of the customer, "
        "of whatever order it is."
    ),
    bad="""\
entry: {key: order.id}
steps:
  - {id: esperar_visita, wait_for: {event: site.visited}}
""",
    good="""\
entry: {key: order.id}
steps:
  - {id: esperar_envio, wait_for: {event: shipment.dispatched}}
""",
)
NO_GOAL = Rule(
    code="JO133",
    level="warn",
    title=mark("A marketing journey without a goal"),
    why=mark(
        "Nobody can tell whether it does any good: a goal is counted for all who went through, and for a holdout."
    ),
    bad="""\
kind: journey
topic: cart_reminders
trigger: {event: cart.updated, quiet_for: 1h}
entry: {key: cart.id}
""",
    good="""\
kind: journey
topic: cart_reminders
trigger: {event: cart.updated, quiet_for: 1h}
entry: {key: cart.id}
goal: {event: order.placed, within: 3d}
""",
)
