"""WhatsApp Cloud API: the token itself, the number, the business account, and what is subscribed to. All only read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from orchestrator.contract.calls import HttpCall
from orchestrator.contract.inspections import CREDENTIALS, Inspection, bad, base_of, good, judged, note
from orchestrator.domain.errors import Phrase, mark

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from orchestrator.contract.calls import Answer
    from orchestrator.contract.inspections import Seen
    from orchestrator.domain.time import Instant

SCOPES = frozenset({"whatsapp_business_messaging", "whatsapp_business_management"})
"""What the token must be allowed: to send, and to keep templates."""

FIELDS = frozenset({
    "messages", "message_template_status_update", "message_template_quality_update", "template_category_update",
    "user_preferences", "account_update",
})  # fmt: skip
"""What must be subscribed to: without `user_preferences`, people who stop marketing in WhatsApp are not heard."""

_DAY = 86_400
_SOON_DAYS = 7


def inspections(settings: Mapping[str, Any]) -> tuple[Inspection, ...]:
    """The token, the number, the account and its subscriptions, in this order."""
    base = f"{base_of(settings, 'https://graph.facebook.com')}/{settings.get('api_version') or 'v23.0'}"
    token = str(settings.get("token", ""))
    number, waba = str(settings.get("phone_number_id", "")), str(settings.get("business_account_id", ""))
    secret = str(settings.get("app_secret") or "")

    def get(path: str, bearer: str = token, **query: str) -> Callable[[Instant], HttpCall]:
        url = f"{base}/{path}" + (f"?{urlencode(query)}" if query else "")
        return lambda _now: HttpCall("GET", url, {"Authorization": f"Bearer {bearer}"}, b"")

    def token_of(answer: Answer) -> Seen:
        return judged(answer, lambda said: _token(said.get("data") or {}, fields_of))

    def fields_of(app: str) -> tuple[Inspection, ...]:
        if not secret or not app:
            return ()
        bearer = f"{app}|{secret}"  # an app's own token; only it may see what the app subscribes to
        return (Inspection(name=mark("webhook fields"), ask=get(f"{app}/subscriptions", bearer), read=_fields),)

    return (
        Inspection(name=CREDENTIALS, ask=get("debug_token", input_token=token), read=token_of),
        Inspection(
            name=mark("number"),
            ask=get(number, fields="display_phone_number,verified_name,quality_rating,code_verification_status,status"),
            read=lambda answer: judged(answer, _number, missing=_unknown("phone_number_id", number)),
        ),
        Inspection(
            name=mark("business account"),
            ask=get(waba, fields="id,name,account_review_status,whatsapp_business_manager_messaging_limit"),
            read=lambda answer: judged(answer, _account, missing=_unknown("business_account_id", waba)),
        ),
        Inspection(
            name=mark("subscription"),
            ask=get(f"{waba}/subscribed_apps"),
            read=lambda answer: judged(answer, _subscribed),
        ),
    )


def _unknown(name: str, value: str) -> Seen:
    return bad(
        Phrase("Meta knows no {name} {value}.", name=name, value=value),
        Phrase("Copy it again from WhatsApp Manager, API Setup."),
    )


def _token(said: Mapping[str, Any], fields_of: Callable[[str], tuple[Inspection, ...]]) -> Seen:
    app = str(said.get("app_id") or "")
    if said.get("is_valid") is not True:
        why = (said.get("error") or {}).get("message", "")
        return bad(
            Phrase("The token is not valid: {why}", why=why),
            Phrase("Make a new one for a system user, without an end."),
        )
    missing = sorted(SCOPES - set(said.get("scopes") or ()))
    if missing:
        return bad(
            Phrase("The token may not: {missing}.", missing=", ".join(missing)),
            Phrase("Make one with both permissions of WhatsApp."),
        )
    further = fields_of(app)
    ends, began = int(said.get("expires_at") or 0), int(said.get("issued_at") or 0)
    if ends and began and ends - began < _SOON_DAYS * _DAY:
        return note(
            Phrase("The token is right, and made for a few hours only."),
            Phrase("Make one for a system user, without an end, before it runs out."),
        )
    return good(Phrase("The token is right, and may send and keep templates."), *further)


def _number(said: Mapping[str, Any]) -> Seen:
    about = f"{said.get('display_phone_number', '?')} {said.get('verified_name', '')}".strip()
    if said.get("code_verification_status") == "NOT_VERIFIED":
        return bad(Phrase("{number} is not verified.", number=about), Phrase("Verify it in WhatsApp Manager."))
    quality = str(said.get("quality_rating", "UNKNOWN"))
    if quality == "RED":
        return note(
            Phrase("{number}: its quality is red.", number=about), Phrase("Send less, to people who asked for it.")
        )
    return good(Phrase("{number}; quality {quality}", number=about, quality=quality.lower()))


def _account(said: Mapping[str, Any]) -> Seen:
    review = str(said.get("account_review_status", "APPROVED"))
    if review not in {"APPROVED", ""}:
        return bad(
            Phrase("{name}: Meta's review says {status}.", name=said.get("name", "?"), status=review.lower()),
            Phrase("See Business Support in Meta's Business Manager."),
        )
    limit = said.get("whatsapp_business_manager_messaging_limit")
    if limit:
        return good(Phrase("{name}; may begin conversations: {limit}", name=said.get("name", "?"), limit=limit))
    return good(Phrase("{name}", name=said.get("name", "?")))


def _subscribed(said: Mapping[str, Any]) -> Seen:
    if said.get("data"):
        return good(Phrase("The app hears of this account."))
    return bad(
        Phrase("No app hears of this account: receipts, answers and opt-outs are lost."),
        Phrase("POST /{{business_account_id}}/subscribed_apps with the token, or set up the webhook in the app."),
    )


def _fields(answer: Answer) -> Seen:
    return judged(answer, _read_fields)


def _read_fields(said: Mapping[str, Any]) -> Seen:
    ours = [one for one in said.get("data") or () if one.get("object") == "whatsapp_business_account"]
    found = {
        field.get("name") if isinstance(field, dict) else field for one in ours for field in one.get("fields") or ()
    }
    missing = sorted(FIELDS - found)
    if missing:
        return bad(
            Phrase("Not subscribed to: {missing}.", missing=", ".join(missing)),
            Phrase("Tick them in the app: WhatsApp, Configuration, Webhook fields."),
        )
    return good(Phrase("All that is needed is subscribed to: {url}", url=ours[0].get("callback_url", "")))
