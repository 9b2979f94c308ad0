"""What JO127, JO136, JO137 and JO139 say: the rules about when a journey does things."""

from __future__ import annotations

from orchestrator.check.rule import Rule
from orchestrator.domain.errors import mark

NEVER_IN_TIME = Rule(
    code="JO127",
    level="error",
    title=mark("Steps whose time never comes"),
    why=mark("The wait is over before: nobody is ever told what stands there."),
    bad="""\
wait_for:
  event: shipment.dispatched
  timeout: 5d
  on_timeout: [{id: avisar, send: order_preparing}]
  give_up: 3d
""",
    good="""\
wait_for:
  event: shipment.dispatched
  timeout: 2d
  on_timeout: [{id: avisar, send: order_preparing}]
  give_up: 30d
""",
)
INTO_QUIET_HOURS = Rule(
    code="JO136",
    level="warn",
    title=mark("A message is due when nothing may be sent"),
    why=mark(
        "The hour in the file is never the hour at which customers hear of it, and some rules drop what is due then."
    ),
    bad="""\
# project.yaml: quiet_hours: [{id: noite, purposes: [marketing], from: "21:00", to: "09:00"}]
trigger: {schedule: "0 7 * * tue", segment: inativos_120d}
steps:
  - {id: presentear, send: win_back}
""",
    good="""\
trigger: {schedule: "0 10 * * tue", segment: inativos_120d}
steps:
  - {id: presentear, send: win_back}
""",
)
ASKED_AT_ONCE = Rule(
    code="JO137",
    level="warn",
    title=mark("A journey asks at once whether a message was read"),
    why=mark("No time passes between the message and the question: nobody has read it yet, and all go the other way."),
    bad="""\
steps:
  - {id: presentear, send: win_back}
  - id: leu
    branch:
      - when: engaged("presentear")
        steps: []
      - otherwise: true
        steps: [{id: perguntar, send: preference_checkin}]
""",
    good="""\
steps:
  - {id: presentear, send: win_back}
  - {id: esperar, wait: 7d}
  - id: leu
    branch:
      - when: engaged("presentear")
        steps: []
      - otherwise: true
        steps: [{id: perguntar, send: preference_checkin}]
""",
)
MANY_TIMES_AN_HOUR = Rule(
    code="JO139",
    level="warn",
    title=mark("A schedule that comes many times an hour"),
    why=mark("Each time is a run for everybody in the segment. The first field is the minute: a star means all sixty."),
    bad="""\
trigger: {schedule: "* 10 * * tue", segment: inativos_120d}
""",
    good="""\
trigger: {schedule: "0 10 * * tue", segment: inativos_120d}
""",
)
