"""The links that Jogral makes for each delivery, which copy and layouts may use without declaring them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from orchestrator.catalog.model import LINKS, Variable
from orchestrator.schema import VariableType

if TYPE_CHECKING:
    from collections.abc import Mapping

# As long as one that is sent: an SMS with one in it must not look cheaper in a preview than it is.
_TOKEN: Final = "exemplo.".ljust(200, "0")

EXAMPLES: Final[Mapping[str, str]] = {
    "unsubscribe": f"https://loja.example/u/{_TOKEN}",
    "preferences": f"https://loja.example/p/{_TOKEN}",
    "why": f"https://loja.example/w/{_TOKEN}",
    "confirm": f"https://loja.example/c/{_TOKEN}",
}
"""What previews, examples and checks show: links that lead nowhere."""

DECLARED: Final[Mapping[str, Variable]] = {
    f"{LINKS}.{name}": Variable(type=VariableType.URL, example=example) for name, example in EXAMPLES.items()
}
"""Path → the variable, as if every message declared it."""


def with_links(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """The data, with examples where it has no links: only a delivery has some of its own (`dispatch.links`)."""
    return data if LINKS in data else {**data, LINKS: EXAMPLES}
