"""Data subjects' requests: asked for, proven, carried out and certified (LGPD art. 18)."""

from orchestrator.dispatch.privacy.asking import WantedRequest, ask, existing, prove, refuse, requested
from orchestrator.dispatch.privacy.chores import LOOK_SECONDS, OVERWRITTEN_BYTES_MAX, attend, forget_strangers, tidy
from orchestrator.dispatch.privacy.completing import CERTIFICATE, HANDED_OVER, finish, overwrite
from orchestrator.dispatch.privacy.correcting import CHANGES, FIELDS, profile_of
from orchestrator.dispatch.privacy.desk import PrivacyDesk, read_contact
from orchestrator.dispatch.privacy.erasing import is_ours, readmit
from orchestrator.dispatch.privacy.export_page import export_page
from orchestrator.dispatch.privacy.exporting import export
from orchestrator.dispatch.privacy.whose import FOR_STRANGERS, person_of

__all__ = [
    "CERTIFICATE",
    "CHANGES",
    "FIELDS",
    "FOR_STRANGERS",
    "HANDED_OVER",
    "LOOK_SECONDS",
    "OVERWRITTEN_BYTES_MAX",
    "PrivacyDesk",
    "WantedRequest",
    "ask",
    "attend",
    "existing",
    "export",
    "export_page",
    "finish",
    "forget_strangers",
    "is_ours",
    "overwrite",
    "person_of",
    "profile_of",
    "prove",
    "read_contact",
    "readmit",
    "refuse",
    "requested",
    "tidy",
]
