"""Consent: what people say about topics and channels, with its proof. Every door that hears it says it here."""

from orchestrator.consent import CONFIRMED_AT, DOUBLE_OPT_IN
from orchestrator.dispatch.consents.agreeing import Agreed, Agreement, LeftOut, WhyNot, agree, agree_all
from orchestrator.dispatch.consents.confirming import confirm
from orchestrator.dispatch.consents.ending import Stopped, stop, withdraw
from orchestrator.dispatch.consents.proof import (
    ADDRESS_ID,
    ENDED,
    PERSON,
    Misdated,
    Proof,
    latest_said,
    require_proof,
    require_topic,
)
from orchestrator.dispatch.consents.standing import in_force

__all__ = [
    "ADDRESS_ID",
    "CONFIRMED_AT",
    "DOUBLE_OPT_IN",
    "ENDED",
    "PERSON",
    "Agreed",
    "Agreement",
    "LeftOut",
    "Misdated",
    "Proof",
    "Stopped",
    "WhyNot",
    "agree",
    "agree_all",
    "confirm",
    "in_force",
    "latest_said",
    "require_proof",
    "require_topic",
    "stop",
    "withdraw",
]
