"""Accept: what comes in is validated, told apart from what came before, and on disk before anybody hears yes."""

from orchestrator.dispatch.accept.desk import EventDesk
from orchestrator.dispatch.accept.event import Accepted, IncomingEvent, Result
from orchestrator.dispatch.accept.later import Later
from orchestrator.dispatch.accept.message import WantedMessage, accept_message
from orchestrator.dispatch.accept.once import Answer, IdempotencyKey, body_hash, once
from orchestrator.dispatch.accept.who import CustomerReference, find_customers

__all__ = [
    "Accepted",
    "Answer",
    "CustomerReference",
    "EventDesk",
    "IdempotencyKey",
    "IncomingEvent",
    "Later",
    "Result",
    "WantedMessage",
    "accept_message",
    "body_hash",
    "find_customers",
    "once",
]
