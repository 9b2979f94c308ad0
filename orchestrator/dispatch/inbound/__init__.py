"""What people write to us: kept once, read, and done before anybody answers."""

from orchestrator.dispatch.inbound.answering import ANSWERED_AGAIN_MS, ANSWERED_WITHIN_MS
from orchestrator.dispatch.inbound.hear import Heard, hear_text
from orchestrator.dispatch.inbound.hearing import Done, InboundText
from orchestrator.dispatch.inbound.stopping import PAUSED_MS

__all__ = ["ANSWERED_AGAIN_MS", "ANSWERED_WITHIN_MS", "PAUSED_MS", "Done", "Heard", "InboundText", "hear_text"]
