"""What BV101 to BV190 are: the brand voice, as it is written and as it is kept."""

from __future__ import annotations

from orchestrator.check.rule import Rule
from orchestrator.domain.errors import mark

MISWRITTEN = Rule(
    code="BV101",
    level="error",
    title=mark("A rule of the brand voice is written wrong"),
    why=mark("It would never speak up, or could not be obeyed: nobody would notice before a customer does."),
    bad="""\
rules:
  - id: shouting
    extends: occurrence
    tokens: ["!"]
    message: Mais de uma exclamação
""",
    good="""\
rules:
  - id: shouting
    extends: occurrence
    token: "!"
    max: 1
    message: Mais de uma exclamação
""",
)
UNPROVED = Rule(
    code="BV102",
    level="error",
    title=mark("A rule of the brand voice does not do what its examples say"),
    why=mark("`bad` must break the rule and `good` must keep it: a rule that nobody has seen work is none."),
    bad="""\
rules:
  - id: blame
    extends: existence
    tokens: [você esqueceu]
    message: "'%s' culpa o cliente"
    bad: Você se esqueceu do pagamento.
""",
    good="""\
rules:
  - id: blame
    extends: existence
    tokens: [você esqueceu, você se esqueceu]
    message: "'%s' culpa o cliente"
    bad: Você se esqueceu do pagamento.
    good: Ainda não recebemos o pagamento.
""",
)
TERM = Rule(
    code="BV110",
    level="error",
    title=mark("A word has a better one in this voice"),
    why=mark("One thing has one name, in a campaign and in an answer alike. A term may say another `level`."),
    bad="content:\n  body: Responda pelo zap.\n",
    good="content:\n  body: Responda pelo WhatsApp.\n",
    fixable=True,
)
EXISTENCE = Rule(
    code="BV120",
    level="error",
    title=mark("Words that the voice does not use"),
    why=mark("A rule `existence` of brand_voice.yaml. The level is the rule's own."),
    bad="content:\n  body: Corra, é só hoje.\n",
    good="content:\n  body: Vale até {{ claims.ends }}.\n",
)
SUBSTITUTION = Rule(
    code="BV130",
    level="error",
    title=mark("Words that the voice says otherwise"),
    why=mark("A rule `substitution` of brand_voice.yaml. The level is the rule's own."),
    bad="content:\n  body: A encomenda foi despachada.\n",
    good="content:\n  body: A encomenda foi enviada.\n",
    fixable=True,
)
OCCURRENCE = Rule(
    code="BV140",
    level="error",
    title=mark("Something occurs more often than the voice allows"),
    why=mark("A rule `occurrence` of brand_voice.yaml, counted over all that one channel says. The level is its own."),
    bad='channels:\n  push: {title: Chegou!, body: "Abra já!"}\n',
    good="channels:\n  push: {title: Chegou!, body: Seu pedido está na portaria.}\n",
)
CONDITIONAL = Rule(
    code="BV150",
    level="error",
    title=mark("A message of this kind must say something that it does not say"),
    why=mark("A rule `conditional` of brand_voice.yaml, asked of every channel. The level is the rule's own."),
    bad="tags: [delay]\ncontent:\n  body: Seu pedido vai atrasar.\n",
    good="tags: [delay]\ncontent:\n  body: Seu pedido vai atrasar. Pedimos desculpas.\n",
)
SENTENCE = Rule(
    code="BV160",
    level="warn",
    title=mark("A sentence is longer than the voice allows"),
    why=mark("People read on a small screen, once. `reading_level` of brand_voice.yaml says how many words they get."),
    bad="content:\n  body: Uma frase que não acaba, porque diz uma coisa, e outra, e mais outra, e volta à primeira.\n",
    good="content:\n  body: Uma frase diz uma coisa. A outra vem depois.\n",
)
EMOJI = Rule(
    code="BV170",
    level="warn",
    title=mark("More emoji than the voice allows on a channel"),
    why=mark("The voice says how many each channel may carry, greeting and sign-off included."),
    bad='channels:\n  push: {title: Chegou 🎉, body: "Abra 🎁"}\n',
    good="channels:\n  push: {title: Chegou 🎉, body: Seu pedido está na portaria}\n",
)
TONE = Rule(
    code="BV180",
    level="error",
    title=mark("The tone is unknown, or not the one that the tags ask for"),
    why=mark("Writers look the tone up in brand_voice.yaml. A message tagged `delay` is written in the tone `delay`."),
    bad="tags: [delay]\ntone: default\n",
    good="tags: [delay]\ntone: delay\n",
)
BY_HAND = Rule(
    code="BV190",
    level="error",
    title=mark("A greeting, sign-off or prefix is written where the voice adds it"),
    why=mark("The customer would read it twice."),
    bad="content:\n  body: Oi, {{ customer.first_name }}! Seu pedido saiu.\n",
    good="content:\n  body: Seu pedido saiu.\n",
)

RULES = (
    MISWRITTEN, UNPROVED, TERM, EXISTENCE, SUBSTITUTION, OCCURRENCE, CONDITIONAL, SENTENCE, EMOJI, TONE, BY_HAND,
)  # fmt: skip
