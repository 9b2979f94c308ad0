"""Two support replies for tests, and a release that has them: what they say is not Casa Lume's to change."""

from __future__ import annotations

from orchestrator.release import Release
from orchestrator.replies.model import PublishedReply, Reply

WHERE = {
    "kind": "reply",
    "id": "cade_pedido",
    "title": "Cadê meu pedido?",
    "owner": "atendimento",
    "topic": "support",
    "shortcut": "/cade",
    "keywords": ["rastreio", "prazo"],
    "ask": {"ticket.next_step": {"label": "Próximo passo", "max_length": 120}},
    "variables": {
        "customer.first_name": {"type": "string", "fallback": "tudo bem"},
        "order.number": {"type": "string", "example": "10234"},
        "shipment.estimated_date": {"type": "date", "example": "2026-11-27"},
    },
    "claims": {"new_date": {"kind": "delivery_date", "from": "shipment.estimated_date"}},
    "variants": [
        {
            "when": 'shipment.status == "delivered"',
            "body": "O pedido {{ order.number }} foi entregue. {{ ticket.next_step }}",
        },
        {
            "when": 'shipment.estimated_date != ""',
            "body": "O pedido {{ order.number }} chega até {{ claims.new_date }}. {{ ticket.next_step }}",
        },
        {"otherwise": True, "body": "O pedido {{ order.number }} está sendo preparado. {{ ticket.next_step }}"},
    ],
}
THANKS = {
    "kind": "reply",
    "id": "agradecimento",
    "title": "Obrigado pelo contato",
    "owner": "atendimento",
    "topic": "support",
    "shortcut": "/obrigado",
    "variables": {"customer.first_name": {"type": "string", "fallback": "tudo bem"}},
    "variants": [{"otherwise": True, "body": "Que bom falar com você. Conte com a gente."}],
}


def with_replies(release, *documents, **other):
    """The release with these replies, and whatever else is to be different about it."""
    replies = {one["id"]: PublishedReply(reply=Reply.model_validate(one)) for one in documents or (WHERE, THANKS)}
    files = {name: getattr(release, name) for name in Release.model_fields}
    return Release(**files | {"replies": replies} | other)
