"""News of the business account: what Meta decided about templates, and what somebody has to look at."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from orchestrator.contract.meta.reading import fields, word
from orchestrator.contract.notices import TemplateNews
from orchestrator.domain.errors import Phrase

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from orchestrator.domain.time import Instant

_STATUS = "message_template_status_update"
_QUALITY = "message_template_quality_update"
_CATEGORY = "template_category_update"
_COMPONENTS = "message_template_components_update"
TEMPLATE_FIELDS = (_STATUS, _QUALITY, _CATEGORY, _COMPONENTS)

EDITED = "components_updated"
"""The reason of news that somebody edited a template elsewhere: what goes out is no longer what we wrote."""


def template_news(field: str, value: Mapping[str, Any], at: Instant) -> TemplateNews | None:
    """What one of `TEMPLATE_FIELDS` says; None where it names no template."""
    name, language = word(value, "message_template_name"), word(value, "message_template_language")
    if not name or not language:
        return None
    reason = word(value, "rejection_info", "reason") or word(value, "reason")
    if field == _COMPONENTS:
        reason = EDITED
    return TemplateNews(
        name=name,
        language=language,
        at=at,
        template_id=word(value, "message_template_id"),
        status=word(value, "event").lower() if field == _STATUS else "",
        # Of a change that is only announced, `new_category` is still the one in force.
        category=word(value, "new_category" if field == _CATEGORY else "message_template_category").lower(),
        quality=word(value, "new_quality_score").lower() if field == _QUALITY else "",
        reason="" if reason == "NONE" else reason,
    )


def template_alarm(field: str, value: Mapping[str, Any]) -> str:
    """What somebody should know of it at once, or nothing."""
    name, language = word(value, "message_template_name"), word(value, "message_template_language")
    if field == _CATEGORY and (category := word(value, "correct_category")):
        return Phrase(
            "Meta will change the category of template {name} ({language}) to {category} within 24 hours.",
            name=name, language=language, category=category.lower(),
        )  # fmt: skip
    if field == _COMPONENTS:
        return Phrase("Template {name} ({language}) was edited outside Jogral.", name=name, language=language)
    return ""


# --- alarms ---------------------------------------------------------------------------------------------------------


def _account(value: Mapping[str, Any]) -> str:
    return Phrase("The WhatsApp business account has changed: {what}.", what=word(value, "event") or "?")


def _alert(value: Mapping[str, Any]) -> str:
    info = fields(value, "alert_info") or value
    return Phrase(
        "Meta warns of the WhatsApp account: {kind} ({severity}). {said}",
        kind=word(info, "alert_type"), severity=word(info, "alert_severity"), said=word(info, "alert_description"),
    )  # fmt: skip


def _quality(value: Mapping[str, Any]) -> str:
    return Phrase(
        "The quality of the WhatsApp number has changed: {what}, limit {limit}.",
        what=word(value, "event"),
        limit=word(value, "current_limit") or word(value, "max_daily_conversations_per_business") or "?",
    )


def _capability(value: Mapping[str, Any]) -> str:
    limits = (
        "max_daily_conversations_per_business", "max_daily_conversation_per_phone", "max_phone_numbers_per_business",
    )  # fmt: skip
    told = ", ".join(f"{name} {said}" for name in limits if (said := word(value, name)))
    return Phrase("What the WhatsApp account may send has changed: {what}.", what=told or "?")


def _name(value: Mapping[str, Any]) -> str:
    return Phrase("Meta has decided on the name of the WhatsApp number: {what}.", what=word(value, "decision") or "?")


def _review(value: Mapping[str, Any]) -> str:
    return Phrase("Meta has reviewed the WhatsApp account: {what}.", what=word(value, "decision") or "?")


def _security(value: Mapping[str, Any]) -> str:
    return Phrase(
        "The security settings of the WhatsApp number have changed: {what}.", what=word(value, "event") or "?"
    )


# Field → what to tell whoever runs the account.
ALARMS: Mapping[str, Callable[[Mapping[str, Any]], str]] = MappingProxyType({
    "account_alerts": _alert,
    "account_review_update": _review,
    "account_update": _account,
    "business_capability_update": _capability,
    "phone_number_name_update": _name,
    "phone_number_quality_update": _quality,
    "security": _security,
})  # fmt: skip
