"""What CO150 to CO161 say of quiet hours, caps and suppress rules, and why."""

from __future__ import annotations

from orchestrator.check.rule import Rule
from orchestrator.domain.errors import mark

SAME_ID = Rule(
    code="CO150",
    level="error",
    title=mark("Two rules that hold messages back have the same id"),
    why=mark("The id is what a decision tells: with two of them nobody would know which rule it was."),
    bad="""\
quiet_hours:
  - {id: noite, from: "21:00", to: "09:00"}
frequency_caps:
  - {id: noite, limit: 1, per: 1d, window: calendar_day}
""",
    good="""\
quiet_hours:
  - {id: noite, from: "21:00", to: "09:00"}
frequency_caps:
  - {id: um_por_dia, limit: 1, per: 1d, window: calendar_day}
""",
)
IDLE = Rule(
    code="CO151",
    level="warn",
    title=mark("A rule names a topic that its purposes leave out"),
    why=mark("Both must fit, so the rule does nothing about that topic, and whoever wrote it thinks that it does."),
    bad="""\
frequency_caps:
  - {id: avisos, purposes: [marketing], topics: [order_updates], limit: 2, per: 1d, window: calendar_day}
""",
    good="""\
frequency_caps:
  - {id: avisos, topics: [order_updates], limit: 2, per: 1d, window: calendar_day}
""",
)
NEVER_REACHED = Rule(
    code="CO152",
    level="warn",
    title=mark("A cap that another one never lets anybody reach"),
    why=mark(
        "It promises a limit that is not the one in force: the stricter cap has always stopped everything before."
    ),
    bad="""\
frequency_caps:
  - {id: dia, purposes: [marketing], limit: 1, per: 1d, window: calendar_day}
  - {id: semana, purposes: [marketing], limit: 10, per: 7d, window: rolling}
""",
    good="""\
frequency_caps:
  - {id: dia, purposes: [marketing], limit: 1, per: 1d, window: calendar_day}
  - {id: semana, purposes: [marketing], limit: 3, per: 7d, window: rolling}
""",
)
NO_NEXT_CHANNEL = Rule(
    code="CO153",
    level="error",
    title=mark("A cap sends to the next channel, and counts there as well"),
    why=mark("Where every channel counts towards the cap, the next one is as full as this one: nothing would be sent."),
    bad="""\
frequency_caps:
  - {id: semana, limit: 3, per: 7d, window: rolling, on_block: next_channel}
""",
    good="""\
frequency_caps:
  - {id: semana_whatsapp, channels: [whatsapp], limit: 3, per: 7d, window: rolling, on_block: next_channel}
""",
)
THROWN_AWAY = Rule(
    code="CO154",
    level="warn",
    title=mark("A rule throws away messages about the order"),
    why=mark(
        "What is transactional is told because the customer waits for it. It may be told later; what is dropped is "
        "never told."
    ),
    bad="""\
suppress_rules:
  - {id: pedido_atrasado, title: Pedido atrasado, object: shipment, when: shipment.promised_date < today}
""",
    good="""\
suppress_rules:
  - id: pedido_atrasado
    title: Pedido atrasado
    purposes: [marketing]
    object: shipment
    when: shipment.promised_date < today
""",
)
NEVER_OPENS = Rule(
    code="CO155",
    level="error",
    title=mark("Quiet hours never end"),
    why=mark("Together these rules leave no minute of any day: what waits for their end waits for ever."),
    bad="""\
quiet_hours:
  - {id: noite, from: "21:00", to: "09:00"}
  - {id: dia, from: "09:00", to: "21:00"}
""",
    good="""\
quiet_hours:
  - {id: noite, from: "21:00", to: "09:00"}
""",
)
NO_HOLIDAYS = Rule(
    code="CO156",
    level="warn",
    title=mark("Quiet on holidays, in a project that has none"),
    why=mark("Which days are holidays depends on the country; without one, no day is."),
    bad="""\
quiet_hours:
  - {id: noite, from: "21:00", to: "09:00", holidays: quiet}
""",
    good="""\
holidays: {country: BR, subdivision: SP}
quiet_hours:
  - {id: noite, from: "21:00", to: "09:00", holidays: quiet}
""",
)
SAID_TWICE = Rule(
    code="CO157",
    level="error",
    title=mark("Marketing is sent again when in doubt"),
    why=mark(
        "Where nobody knows whether a message arrived, a second one is worth it for what the customer waits for. An "
        "offer that comes twice is why people refuse offers."
    ),
    bad="""\
topics:
  offers: {title: Ofertas, purpose: marketing, legal_basis: consent, on_doubt: resend}
""",
    good="""\
topics:
  offers: {title: Ofertas, purpose: marketing, legal_basis: consent}
""",
)
UNKNOWN_OBJECT = Rule(
    code="CO158",
    level="error",
    title=mark("A suppress rule reads an object that no event makes"),
    why=mark("Nobody would ever have one, so the rule would never hold anything back."),
    bad="""\
suppress_rules:
  - {id: atrasado, title: Pedido atrasado, purposes: [marketing], object: shipments, when: shipments.late}
""",
    good="""\
# templates/events/shipment.dispatched.yaml says updates: shipment
suppress_rules:
  - {id: atrasado, title: Pedido atrasado, purposes: [marketing], object: shipment, when: shipment.late}
""",
)
UNKNOWN_IN_RULE = Rule(
    code="CO159",
    level="error",
    title=mark("A suppress rule reads what its object does not have"),
    why=mark("A missing value makes a condition false, silently: the rule would never hold anything back."),
    bad="""\
suppress_rules:
  - {id: ticket_aberto, title: Atendimento aberto, purposes: [marketing], object: ticket, when: ticket.state == "open"}
""",
    good="""\
suppress_rules:
  - {id: ticket_aberto, title: Atendimento aberto, purposes: [marketing], object: ticket, when: ticket.status == "open"}
""",
)
OPEN_AT_NIGHT = Rule(
    code="CO160",
    level="warn",
    title=mark("Marketing may leave in the middle of the night"),
    why=mark(
        "An offer at 03:00 wakes somebody. Quiet hours written the wrong way round, or for some topics or channels "
        "only, leave the night open, and nothing else says so."
    ),
    bad="""\
quiet_hours:
  - {id: noite, purposes: [marketing], from: "09:00", to: "21:00"}
""",
    good="""\
quiet_hours:
  - {id: noite, purposes: [marketing], from: "21:00", to: "09:00"}
""",
)
UNKNOWN_VALUE = Rule(
    code="CO161",
    level="warn",
    title=mark("A suppress rule compares a field with a text that it never is"),
    why=mark(
        "The events that set the field declare its values. Another text makes the comparison the same for everybody, "
        "silently: the rule holds nothing back, or too much."
    ),
    bad="""\
# templates/events/ticket.opened.yaml says values: [open, closed]
suppress_rules:
  - {id: ticket, title: Atendimento, purposes: [marketing], object: ticket, when: ticket.status == "aberto"}
""",
    good="""\
suppress_rules:
  - {id: ticket, title: Atendimento, purposes: [marketing], object: ticket, when: ticket.status == "open"}
""",
)
