"""WhatsApp templates as Meta's JSON: what our messages become there, and what Meta would refuse."""

from orchestrator.catalog.whatsapp.document import template_document
from orchestrator.catalog.whatsapp.lint import is_valid, value_fault, violations
from orchestrator.catalog.whatsapp.parts import Violation

__all__ = ["Violation", "is_valid", "template_document", "value_fault", "violations"]
