"""Errors as `application/problem+json` (RFC 9457), in the caller's language."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from aiohttp import web

from orchestrator.api.errors import MissingScope, Unauthorized
from orchestrator.api.language import language_for
from orchestrator.api.services import CALLER
from orchestrator.domain.errors import ConfigurationError, InputError, Unavailable
from orchestrator.translations import mark, translator

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from orchestrator.domain.errors import JogralError

TYPE = "https://jogral.example/problems/"
MEDIA_TYPE = "application/problem+json"

# A ledger that was away comes back within seconds, or not soon.
RETRY_AFTER_SECONDS = 5

TITLES: Mapping[str, str] = {
    "already_exists": mark("Name taken"),
    "ambiguous_id": mark("Ambiguous id"),
    "ambiguous_person": mark("Several people"),
    "as_of_in_the_future": mark("Time still to come"),
    "body_too_large": mark("Body too large"),
    "claim_contradicted": mark("Text and facts differ"),
    "claim_mismatch": mark("Text and facts differ"),
    "configuration": mark("Not ready"),
    "confirmation_time": mark("Time of the confirmation"),
    "conflict": mark("Contradiction"),
    "customer_exists": mark("Customer exists"),
    "due_too_late": mark("Too late"),
    "empty_text": mark("Empty text"),
    "error": mark("Internal error"),
    "etag_malformed": mark("Malformed request"),
    "event_id_reused": mark("Event id used twice"),
    "events_refused": mark("Events refused"),
    "external_id_taken": mark("External id taken"),
    "fact_not_live": mark("Value set elsewhere"),
    "foreign_object": mark("Another customer's"),
    "future_time": mark("Time still to come"),
    "idempotency_key_malformed": mark("Malformed request"),
    "idempotency_key_required": mark("Idempotency-Key required"),
    "idempotency_key_reused": mark("Idempotency-Key used twice"),
    "import_running": mark("Import running"),
    "internal_error": mark("Internal error"),
    "invalid_address": mark("Invalid address"),
    "invalid_document": mark("Invalid document"),
    "invalid_event": mark("Invalid event"),
    "invalid_input": mark("Invalid input"),
    "invalid_json": mark("Invalid JSON"),
    "malformed_request": mark("Malformed request"),
    "merge_not_done": mark("Merge not done"),
    "merge_not_suggested": mark("Merge not suggested"),
    "merged_since": mark("Merged since"),
    "method_not_allowed": mark("Method not allowed"),
    "live_key_needed": mark("Live key needed"),
    "missing_scope": mark("Missing scope"),
    "missing_variable": mark("Missing value"),
    "moved_twice": mark("Moved twice"),
    "no_address": mark("No address"),
    "no_callbacks": mark("Not found"),
    "not_found": mark("Not found"),
    "nothing_before": mark("No release before this one"),
    "nothing_to_confirm": mark("Nothing to confirm"),
    "nothing_to_correct": mark("Nothing to correct"),
    "nothing_to_export": mark("Nothing to export"),
    "nothing_to_prove_with": mark("Nothing to prove with"),
    "older_fact": mark("Older news"),
    "overtaken": mark("Unavailable"),
    "past_end": mark("Time gone by"),
    "past_time": mark("Time gone by"),
    "privacy_request_state": mark("Request in another state"),
    "reason_format": mark("Malformed reason"),
    "reason_required": mark("Reason required"),
    "refused": mark("Refused"),
    "render_error": mark("Unfit value"),
    "route_not_found": mark("Not found"),
    "same_customer": mark("One and the same customer"),
    "silent_channel": mark("Message not said on this channel"),
    "step_beside": mark("Step beside the way"),
    "too_far": mark("Too far ahead"),
    "too_many_events": mark("Too many events"),
    "unauthorized": mark("Unauthorized"),
    "unavailable": mark("Unavailable"),
    "unclear_step": mark("Unclear step"),
    "unfit_fact": mark("Unfit value"),
    "unfit_row": mark("Unfit row"),
    "unfit_value": mark("Invalid input"),
    "unknown_account": mark("Unknown account"),
    "unknown_ask": mark("Unknown question"),
    "unknown_channel": mark("Unknown channel"),
    "unknown_customer": mark("Unknown customer"),
    "unknown_event_type": mark("Unknown event type"),
    "unknown_fact": mark("Unknown fact"),
    "unknown_field": mark("Unknown field"),
    "unknown_kind": mark("Unknown kind"),
    "unknown_merge": mark("Unknown merge"),
    "unknown_message": mark("Unknown message"),
    "unknown_object": mark("Unknown object"),
    "unknown_privacy_request": mark("Unknown request"),
    "unknown_quarantined_event": mark("Not in quarantine"),
    "unknown_reason": mark("Unknown reason"),
    "unknown_release": mark("Unknown release"),
    "unknown_reply": mark("Unknown reply"),
    "unknown_scope": mark("Unknown scope"),
    "unknown_segment": mark("Unknown segment"),
    "unknown_step": mark("Unknown step"),
    "unknown_topic": mark("Unknown topic"),
    "unknown_wording": mark("Unknown wording"),
    "unreadable_notice": mark("Unreadable notice"),
    "unsupported_media_type": mark("Unsupported media type"),
    "version_conflict": mark("Changed in the meantime"),
    "voice_error": mark("Off brand voice"),
    "wording_changed": mark("Wording changed"),
    "wording_missing": mark("Wording required"),
    "wording_of_another_topic": mark("Wording of another topic"),
    "wrong_signature": mark("Wrong signature"),
}


def document(error: JogralError, instance: str, translate: Callable[[str], str]) -> dict[str, Any]:
    """The problem document of an error."""
    found: dict[str, Any] = {
        "type": TYPE + error.code.replace("_", "-"),
        "title": translate(_title(error)),
        "status": error.http_status,
        "code": error.code,
        "detail": sentences(error, translate),
        "instance": instance,
    }
    if isinstance(error, InputError) and error.fields:
        found["errors"] = [
            {"pointer": field.pointer, "code": field.code, "detail": field.told(translate)} for field in error.fields
        ]
    return found


def _title(error: JogralError) -> str:
    """That of its code; a code without one, as a project's own adapter may have, has that of its class."""
    codes = (error.code, *(getattr(one, "code", "") for one in type(error).__mro__))
    return next(TITLES[code] for code in codes if code in TITLES)


def sentences(error: JogralError, translate: Callable[[str], str]) -> str:
    """What happened and what to do, as one text."""
    told, remedy = error.told(translate), error.remedy(translate)
    end = "" if told.endswith((".", "?", "!")) else "."
    return f"{told}{end} {remedy}" if remedy else told


def answer(error: JogralError, request: web.Request, **further: str) -> web.Response:
    """The response to a request that failed. `further` is added to the document."""
    language = language_for(request)
    shown = error if request.get(CALLER) is not None else _for_strangers(error)
    return web.Response(
        status=error.http_status,
        body=json.dumps(document(shown, request.path, translator(language)) | further, ensure_ascii=False).encode(),
        content_type=MEDIA_TYPE,
        headers={"Content-Language": language} | _headers(error),
    )


def _for_strangers(error: JogralError) -> JogralError:
    """Whoever has not shown a key learns that something is wrong, not where our ledger is."""
    if isinstance(error, Unavailable | ConfigurationError):
        words = mark("This cannot be done now; nothing was stored.")
        return cast("JogralError", type(error)(words, remedy=mark("Try again in a moment.")))
    return error


def _headers(error: JogralError) -> dict[str, str]:
    if isinstance(error, Unavailable):
        return {"Retry-After": str(RETRY_AFTER_SECONDS)}
    if isinstance(error, MissingScope):
        return {
            "WWW-Authenticate": f'Bearer realm="jogral", error="insufficient_scope", scope="{" ".join(error.wanted)}"'
        }
    if isinstance(error, Unauthorized):
        return {"WWW-Authenticate": 'Bearer realm="jogral"'}
    return {}
