"""Accept: what comes in is validated, told apart from what came before, and on disk before anybody hears yes."""

from orchestrator.dispatch.accept import mending
from orchestrator.dispatch.accept.desk import EventDesk
from orchestrator.dispatch.accept.event import Accepted, IncomingEvent, Quarantined, Result
from orchestrator.dispatch.accept.later import Later
from orchestrator.dispatch.accept.message import WantedMessage, accept_message
from orchestrator.dispatch.accept.once import Answer, IdempotencyKey, body_hash, once
from orchestrator.dispatch.accept.understood import misfit
from orchestrator.dispatch.accept.who import CustomerReference, find_customers

__all__ = [
    "Accepted",
    "Answer",
    "CustomerReference",
    "EventDesk",
    "IdempotencyKey",
    "IncomingEvent",
    "Later",
    "Quarantined",
    "Result",
    "WantedMessage",
    "accept_message",
    "body_hash",
    "find_customers",
    "mending",
    "misfit",
    "once",
]
