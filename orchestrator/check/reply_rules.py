"""RE: what a support reply must be, each rule with the reason for it."""

from __future__ import annotations

from orchestrator.check.rule import Rule
from orchestrator.domain.errors import mark
from orchestrator.replies import read

NO_OTHERWISE = Rule(
    code=read.NO_OTHERWISE,
    level="error",
    title=mark("A reply has no variant for every other case"),
    why=mark("A customer in a state that nobody thought of would get nothing, or an agent's improvisation."),
    bad="""\
variants:
  - when: shipment.status == "in_transit"
    body: O pedido {{ order.number }} está a caminho.
""",
    good="""\
variants:
  - when: shipment.status == "in_transit"
    body: O pedido {{ order.number }} está a caminho.
  - otherwise: true
    body: O pedido {{ order.number }} ainda está sendo preparado.
""",
)
UNREACHABLE = Rule(
    code=read.UNREACHABLE,
    level="error",
    title=mark("A variant of a reply is never said"),
    why=mark("The first variant whose condition is true is said, so what stands behind it has no effect, unnoticed."),
    bad="""\
variants:
  - otherwise: true
    body: O pedido {{ order.number }} ainda está sendo preparado.
  - when: shipment.status == "delivered"
    body: O pedido {{ order.number }} foi entregue.
""",
    good="""\
variants:
  - when: shipment.status == "delivered"
    body: O pedido {{ order.number }} foi entregue.
  - otherwise: true
    body: O pedido {{ order.number }} ainda está sendo preparado.
""",
)
OTHER_VARIANTS = Rule(
    code=read.OTHER_VARIANTS,
    level="error",
    title=mark("A translation of a reply has other variants, questions or conditions than its original"),
    why=mark("The original decides what is asked and when something is said; a translation only says it."),
    bad="""\
# templates/replies/onde.en.yaml; the original has two variants
variants:
  - body: Your order is on its way.
""",
    good="""\
# templates/replies/onde.en.yaml
variants:
  - body: Your order is on its way.
  - body: Your order is still being prepared.
""",
)
SAME_SHORTCUT = Rule(
    code="RE110",
    level="error",
    title=mark("Two replies have the same shortcut"),
    why=mark("Whoever types it gets one of the two, and cannot know which."),
    bad="""\
# templates/replies/troca.yaml
shortcut: /trocar
# templates/replies/devolucao.yaml
shortcut: /trocar
""",
    good="""\
# templates/replies/devolucao.yaml
shortcut: /devolver
""",
)
SAME_ID = Rule(
    code="RE111",
    level="error",
    title=mark("A reply has the id of a message"),
    why=mark(
        "What is sent is known by its id: in the ledger and in explanations one could not be told from the other."
    ),
    bad="# templates/messages/troca.yaml, templates/replies/troca.yaml\nid: troca",
    good="# templates/messages/exchange_confirmed.yaml, templates/replies/troca.yaml\nid: troca",
)
UNKNOWN_IN_WHEN = Rule(
    code="RE120",
    level="error",
    title=mark("The condition of a variant reads what nobody brings"),
    why=mark("A missing value makes a condition false, silently: this variant would never be said."),
    bad="""\
variants:
  - when: shipment.sttus == "in_transit"
    body: Está a caminho.
""",
    good="""\
variants:
  - when: shipment.status == "in_transit"
    body: Está a caminho.
""",
)
NEVER_USED = Rule(
    code="RE130",
    level="warn",
    title=mark("A reply declares a question, a claim or a variable and never uses it"),
    why=mark("An agent would be asked for nothing; often it is what a misspelt place has left."),
    bad="""\
ask:
  ticket.next_step: {label: Próximo passo}
variants:
  - otherwise: true
    body: Estamos vendo isso.
""",
    good="""\
ask:
  ticket.next_step: {label: Próximo passo}
variants:
  - otherwise: true
    body: Estamos vendo isso. {{ ticket.next_step }}
""",
)
NO_KNOWLEDGE = Rule(
    code="RE140",
    level="warn",
    title=mark("The page behind a reply does not exist"),
    why=mark("An agent who wants to know more would find nothing. Pages stand under templates/, such as kb/trocas.md."),
    bad="knowledge: kb/troca.md   # the file is templates/kb/trocas.md",
    good="knowledge: kb/trocas.md",
)
ABOUT_MARKETING = Rule(
    code="RE150",
    level="error",
    title=mark("A reply belongs to a marketing topic"),
    why=mark("It answers somebody who asked. Who does not want advertising must still get an answer."),
    bad="# offers is marketing\nkind: reply\ntopic: offers",
    good="kind: reply\ntopic: order_updates",
)

RULES = (
    NO_OTHERWISE,
    UNREACHABLE,
    OTHER_VARIANTS,
    SAME_SHORTCUT,
    SAME_ID,
    UNKNOWN_IN_WHEN,
    NEVER_USED,
    NO_KNOWLEDGE,
    ABOUT_MARKETING,
)
