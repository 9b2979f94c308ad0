"""CH140 to CH142, push. What a lock screen shows, and what a provider carries."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from orchestrator.check.rule import Rule
from orchestrator.check.samples import THE_EXAMPLES, renderings
from orchestrator.domain.customer import Channel
from orchestrator.domain.errors import mark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.check.samples import Spoken
    from orchestrator.domain.errors import Finding
    from orchestrator.domain.message import Rendered
    from orchestrator.project import Survey

# What Android shows of a closed notification, and iOS on a lock screen.
TITLE_LENGTH_VISIBLE = 50
BODY_LENGTH_VISIBLE = 120

# All providers carry 4,096 bytes; the encryption of Web Push takes 103 of them.
PAYLOAD_BYTES_MAX = 4_096 - 103

_TITLE = Rule(
    code="CH140",
    level="warn",
    title=mark("A push title is longer than a lock screen shows"),
    why=mark("The end of it is cut away, and the end is often what it is about."),
    bad="channels:\n  push: {title: Temos uma ótima notícia sobre o seu pedido mais recente na loja}\n",
    good="channels:\n  push: {title: Seu pedido está a caminho}\n",
)
_BODY = Rule(
    code="CH141",
    level="warn",
    title=mark("A push text is longer than a lock screen shows"),
    why=mark("The rest is only read by those who open the notification."),
    bad="channels:\n  push:\n    body: quatro linhas que explicam tudo o que a página do pedido já explica\n",
    good="channels:\n  push:\n    body: Chega até amanhã. Toque para acompanhar.\n",
)
_PAYLOAD = Rule(
    code="CH142",
    level="error",
    title=mark("A push notification is larger than providers carry"),
    why=mark("Title, text and address together must fit: what is larger is refused, not shortened."),
    bad="channels:\n  push:\n    body: o regulamento inteiro da promoção\n",
    good="channels:\n  push:\n    body: Veja o regulamento na página.\n",
)

RULES = (_TITLE, _BODY, _PAYLOAD)


def findings(survey: Survey, one: Spoken) -> Iterator[Finding]:
    """What is wrong with one message as a push notification. The longest persona counts."""
    rendered = list(renderings(survey, one, Channel.PUSH))
    own = one.own()
    measured = (
        ("title", _TITLE, mark("The title has {found} characters for {persona}, and {max} are seen"),
         TITLE_LENGTH_VISIBLE, lambda said: len(said.title)),
        ("body", _BODY, mark("The text has {found} characters for {persona}, and {max} are seen"),
         BODY_LENGTH_VISIBLE, lambda said: len(said.text)),
        ("body", _PAYLOAD, mark("The notification has {found} bytes for {persona}, and {max} are carried"),
         PAYLOAD_BYTES_MAX, _payload_bytes),
    )  # fmt: skip
    for key, rule, message, allowed, size in measured:
        persona, found = max(((name, size(said)) for name, said in rendered), key=lambda pair: pair[1], default=("", 0))
        if found > allowed and ("channels", "push", key) in own:
            yield one.document.finding(
                ("channels", "push", key), message,
                params={"found": found, "max": allowed, "persona": persona or THE_EXAMPLES},
                code=rule.code, level=rule.level, help=mark("Put what matters first, and shorten the rest."),
            )  # fmt: skip


def _payload_bytes(said: Rendered) -> int:
    return len(json.dumps([said.title, said.text, said.url], ensure_ascii=False).encode())
