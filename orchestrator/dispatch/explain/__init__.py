"""Why a message was or was not sent, gate by gate, with what stood behind each answer."""

from orchestrator.dispatch.explain.ask import explain_message, explain_request
from orchestrator.dispatch.explain.listing import list_decisions
from orchestrator.dispatch.explain.names import find_customer, find_request
from orchestrator.dispatch.explain.past import reason_of
from orchestrator.dispatch.explain.values import Explanation

__all__ = [
    "Explanation",
    "explain_message",
    "explain_request",
    "find_customer",
    "find_request",
    "list_decisions",
    "reason_of",
]
