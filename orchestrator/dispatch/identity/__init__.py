"""Who is who: two customers become one, and two again; and those who may be one are found."""

from orchestrator.dispatch.identity.looking import Looked, apply, dismiss, look, suggest
from orchestrator.dispatch.identity.merging import BY_HAND, merge, undo
from orchestrator.dispatch.whose import lock_customer, lock_customers

__all__ = [
    "BY_HAND",
    "Looked",
    "apply",
    "dismiss",
    "lock_customer",
    "lock_customers",
    "look",
    "merge",
    "suggest",
    "undo",
]
