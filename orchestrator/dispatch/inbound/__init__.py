"""What people write to us: kept once, read, and done before anybody answers."""

from orchestrator.dispatch.inbound.answering import ANSWERED_AGAIN_MS, ANSWERED_WITHIN_MS
from orchestrator.dispatch.inbound.hear import Heard, hear_text
from orchestrator.dispatch.inbound.hearing import BUTTON, PREFERENCE, TEXT, Done, InboundText, stored_addresses
from orchestrator.dispatch.inbound.stopping import PAUSED_MS

__all__ = [
    "ANSWERED_AGAIN_MS",
    "ANSWERED_WITHIN_MS",
    "BUTTON",
    "PAUSED_MS",
    "PREFERENCE",
    "TEXT",
    "Done",
    "Heard",
    "InboundText",
    "hear_text",
    "stored_addresses",
]
