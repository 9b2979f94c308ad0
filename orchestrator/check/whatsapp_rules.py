"""The WA rules, and which of them stands above what Meta refuses."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from orchestrator.check.rule import Rule
from orchestrator.domain.errors import mark

if TYPE_CHECKING:
    from collections.abc import Mapping

LANGUAGE = Rule(
    code="WA102",
    level="error",
    title=mark("The language of a WhatsApp template is not Meta's, or not that of the text"),
    why=mark("A template is approved in one language, with Meta's own code for it; there is no other to fall back to."),
    bad="channels:\n  whatsapp:\n    template: {name: order_late, category: utility, language: pt-BR}\n",
    good="channels:\n  whatsapp:\n    template: {name: order_late, category: utility, language: pt_BR}\n",
)
CATEGORY = Rule(
    code="WA110",
    level="error",
    title=mark("A utility template says something promotional"),
    why=mark(
        "Utility is what a customer's own order needs. Any promotion makes a template marketing: Meta reclassifies it, "
        "charges about nine times as much, and it then reaches people who never agreed to marketing."
    ),
    bad="""\
topic: offers
channels:
  whatsapp:
    template: {name: cart_offer, category: utility, language: pt_BR}
""",
    good="""\
topic: offers
channels:
  whatsapp:
    template: {name: cart_offer, category: marketing, language: pt_BR}
""",
)
MARKETING = Rule(
    code="WA111",
    level="warn",
    title=mark("A marketing template on a transactional topic"),
    why=mark("It costs about nine times as much, and is held back where Meta's own marketing limits say so."),
    bad="""\
topic: order_updates
channels:
  whatsapp:
    template: {name: order_late, category: marketing, language: pt_BR}
""",
    good="""\
topic: order_updates
channels:
  whatsapp:
    template: {name: order_late, category: utility, language: pt_BR}
""",
)
TTL = Rule(
    code="WA112",
    level="error",
    title=mark("Meta does not try for as long, or as short, as a template says"),
    why=mark(
        "How long it tries to reach a phone that is off depends on the category: 12 hours to 30 days for marketing, at "
        "most 12 hours for utility, at most 15 minutes for authentication."
    ),
    bad="channels:\n  whatsapp:\n    template: {name: cart_offer, category: marketing, language: pt_BR, ttl: 2h}\n",
    good="channels:\n  whatsapp:\n    template: {name: cart_offer, category: marketing, language: pt_BR, ttl: 12h}\n",
)
LENGTH = Rule(
    code="WA120",
    level="error",
    title=mark("A WhatsApp text is longer than Meta takes"),
    why=mark("The body of a template has 1,024 characters at most, with the names of its variables."),
    bad="channels:\n  whatsapp:\n    body: o regulamento inteiro\n",
    good="channels:\n  whatsapp:\n    body: duas frases e um botão\n",
)
NO_BODY = Rule(
    code="WA121",
    level="error",
    title=mark("A WhatsApp template has no text"),
    why=mark("The body is the one part that Meta asks of every template."),
    bad='channels:\n  whatsapp:\n    body: ""\n',
    good="channels:\n  whatsapp:\n    body: Seu pedido {{ order.number }} chegou. Que bom!\n",
)
EDGE = Rule(
    code="WA130",
    level="error",
    title=mark("A WhatsApp text begins or ends with a variable"),
    why=mark("Meta refuses it (2388299): without a word around it a reviewer cannot tell what will stand there."),
    bad='channels:\n  whatsapp:\n    body: "{{ customer.first_name }}, seu pedido chegou."\n',
    good='channels:\n  whatsapp:\n    body: "Oi, {{ customer.first_name }}, seu pedido chegou."\n',
)
TRAILING = Rule(
    code="WA131",
    level="warn",
    title=mark("Only punctuation follows the last variable"),
    why=mark("The API takes it; some reviewers do not, and a refusal costs a day."),
    bad="channels:\n  whatsapp:\n    body: Seu pedido chega até {{ claims.date }}.\n",
    good="channels:\n  whatsapp:\n    body: Seu pedido chega até {{ claims.date }}. Até lá!\n",
)
ADJACENT = Rule(
    code="WA132",
    level="error",
    title=mark("Two variables of a WhatsApp text stand side by side"),
    why=mark("Meta refuses it: nobody could tell where one ends."),
    bad="channels:\n  whatsapp:\n    body: Pedido {{ order.number }} {{ order.carrier }} a caminho de você.\n",
    good="channels:\n  whatsapp:\n    body: Pedido {{ order.number }} com {{ order.carrier }} a caminho de você.\n",
)
TOO_MANY_VARIABLES = Rule(
    code="WA133",
    level="error",
    title=mark("A WhatsApp text has too many variables for its length"),
    why=mark("Meta refuses it (2388293) and does not publish the ratio; two words for each variable are the least."),
    bad="""\
channels:
  whatsapp:
    body: "Pedido {{ order.number }}: {{ claims.date }}, {{ order.carrier }}. Obrigada!"
""",
    good="channels:\n  whatsapp:\n    body: Seu pedido {{ order.number }} chega até {{ claims.date }}. Obrigada!\n",
)
BRACES = Rule(
    code="WA134",
    level="error",
    title=mark("A WhatsApp text has a brace of its own"),
    why=mark("In a template braces are for variables only, two on each side: Meta takes a single one for a mistake."),
    bad="channels:\n  whatsapp:\n    body: Seu pedido {novo} chegou hoje.\n",
    good="channels:\n  whatsapp:\n    body: Seu pedido (novo) chegou hoje.\n",
)
EXAMPLE = Rule(
    code="WA135",
    level="error",
    title=mark("An example could not be sent as a value"),
    why=mark("Reviewers read the examples, and a value with a line end, a tab or five spaces is refused (132018)."),
    bad='variables:\n  order.carrier: {type: string, example: "Rápido      Sul"}\n',
    good="variables:\n  order.carrier: {type: string, example: Rápido Sul}\n",
)
BUTTONS = Rule(
    code="WA140",
    level="error",
    title=mark("Too many WhatsApp buttons"),
    why=mark("Meta takes ten, of which two open a page; beyond three, customers see two and a list."),
    bad="channels:\n  whatsapp:\n    buttons: [three buttons of type url]\n",
    good="channels:\n  whatsapp:\n    buttons: [one button of type url, one quick_reply]\n",
)
LABEL = Rule(
    code="WA141",
    level="error",
    title=mark("The words on a WhatsApp button are missing, too long, or vary"),
    why=mark("They are approved with the template: 25 characters, the same for everybody."),
    bad='channels:\n  whatsapp:\n    buttons:\n      - {type: quick_reply, label: "Sou {{ customer.first_name }}"}\n',
    good="channels:\n  whatsapp:\n    buttons:\n      - {type: quick_reply, label: Falar com alguém}\n",
)
ADDRESS = Rule(
    code="WA142",
    level="error",
    title=mark("The address of a WhatsApp button varies before its end"),
    why=mark("Reviewers approve where a button leads: the address is literal, with at most one variable at its end."),
    bad='channels:\n  whatsapp:\n    buttons:\n      - {type: url, label: Ver pedido, url: "{{ order.url }}"}\n',
    good=(
        "channels:\n  whatsapp:\n    buttons:\n"
        '      - {type: url, label: Ver pedido, url: "https://casalume.example/p/{{ order.number }}"}\n'
    ),
)
GROUPS = Rule(
    code="WA143",
    level="error",
    title=mark("Quick replies stand among other WhatsApp buttons"),
    why=mark("Meta takes them only together, before or after the others."),
    bad="channels:\n  whatsapp:\n    buttons: [quick_reply, url, quick_reply]\n",
    good="channels:\n  whatsapp:\n    buttons: [url, quick_reply, quick_reply]\n",
)
NO_EVENT = Rule(
    code="WA144",
    level="error",
    title=mark("A WhatsApp button emits an event that nobody declares"),
    why=mark("The customer would tap it, and nothing would begin: an event without a file is refused."),
    bad="""\
# the file is templates/events/support.requested.yaml
channels:
  whatsapp:
    buttons:
      - {type: quick_reply, label: Falar com alguém, emit: support.request}
""",
    good="""\
channels:
  whatsapp:
    buttons:
      - {type: quick_reply, label: Falar com alguém, emit: support.requested}
""",
)
SECRETS = Rule(
    code="WA150",
    level="error",
    title=mark("A WhatsApp text asks for a card, an account, a national number or a password"),
    why=mark("Meta forbids it, and it is what fraud looks like."),
    bad="channels:\n  whatsapp:\n    body: Para liberar o pedido, responda com seu CPF completo.\n",
    good="channels:\n  whatsapp:\n    body: Para liberar o pedido, confirme seus dados na página dele.\n",
)
SAME_TEXT = Rule(
    code="WA160",
    level="error",
    title=mark("Two WhatsApp templates say the same"),
    why=mark("Meta refuses the second of two templates with one text in one language."),
    bad="""\
# two messages, both with:
channels:
  whatsapp:
    body: Seu pedido {{ order.number }} mudou. Veja na página.
""",
    good="# one message, sent by both journeys\n",
)

RULES = (
    LANGUAGE, CATEGORY, MARKETING, TTL, LENGTH, NO_BODY, EDGE, TRAILING, ADJACENT, TOO_MANY_VARIABLES, BRACES, EXAMPLE,
    BUTTONS, LABEL, ADDRESS, GROUPS, NO_EVENT, SECRETS, SAME_TEXT,
)  # fmt: skip

# What the linter of templates finds → the rule that it breaks.
RULE_OF: Mapping[str, Rule] = MappingProxyType({
    "unknown_language": LANGUAGE,
    "marketing_content_in_utility": CATEGORY,
    "bad_ttl": TTL,
    "body_too_long": LENGTH,
    "missing_body": NO_BODY,
    "variable_at_start": EDGE,
    "variable_at_end": EDGE,
    "review_risk_trailing_punctuation": TRAILING,
    "adjacent_variables": ADJACENT,
    "too_many_variables": TOO_MANY_VARIABLES,
    "bad_example_value": EXAMPLE,
    "example_count": EXAMPLE,
    "too_many_buttons": BUTTONS,
    "too_many_url_buttons": BUTTONS,
    "button_text_missing": LABEL,
    "button_text_too_long": LABEL,
    "button_variable": LABEL,
    "bad_url": ADDRESS,
    "url_too_long": ADDRESS,
    "url_variable_not_at_end": ADDRESS,
    "quick_replies_not_grouped": GROUPS,
    "asks_for_secrets": SECRETS,
    "not_for_authentication": CATEGORY,
    "bad_braces": BRACES,
})  # fmt: skip

# What a template made of our YAML cannot be: its schema, or the way it is made, leaves no room for it.
IMPOSSIBLE = frozenset({
    "bad_shape", "unknown_component", "repeated_component", "bad_name", "unknown_category",
    "header_too_long", "footer_too_long", "header_too_many_variables", "footer_variable", "bad_parameter_name",
    "mixed_formats", "missing_parameter_format", "not_sequential", "unknown_button", "too_many_phone_buttons",
    "too_many_copy_code_buttons", "coupon_example_too_long", "bad_code_expiration",
})  # fmt: skip
