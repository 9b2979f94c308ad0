"""Webhooks as Meta posts them: their shape, their escapes, and their signature over the bytes."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

DISPLAY_PHONE_NUMBER = "551140001234"

_HREF = "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/"


def signed(document: Any, app_secret: str) -> tuple[dict[str, str], bytes]:
    """Headers and bytes: ASCII alone, with escapes in lower case and of the slash: written anew it is another body."""
    raw = json.dumps(document, separators=(",", ":")).replace("/", "\\/").encode()
    digest = hmac.new(app_secret.encode(), raw, hashlib.sha256).hexdigest()
    return {"Content-Type": "application/json", "X-Hub-Signature-256": f"sha256={digest}"}, raw


def envelope(business: str, field: str, value: Mapping[str, Any]) -> dict[str, Any]:
    """One change of one account."""
    change = {"value": dict(value), "field": field}
    entry = {"id": business, "time": int(time.time()), "changes": [change]}
    return {"object": "whatsapp_business_account", "entry": [entry]}


def of_number(number: str, **value: Any) -> dict[str, Any]:
    """What news of a number begins with."""
    metadata = {"display_phone_number": DISPLAY_PHONE_NUMBER, "phone_number_id": number}
    return {"messaging_product": "whatsapp", "metadata": metadata, **value}


def wamid() -> str:
    """The id of a new message: none was told before, also not by one that was played earlier."""
    return f"wamid.HBgN{secrets.token_hex(12).upper()}"


def scoped_id(person: str) -> str:
    """By which id the business knows a person: digits that are no phone."""
    return f"BR.{int(hashlib.sha256(person.encode()).hexdigest()[:16], 16)}"


def contact(person: str, name: str = "João") -> dict[str, Any]:
    """A person as `contacts` has them."""
    return {"profile": {"name": name}, "wa_id": person, "user_id": scoped_id(person)}


def status(sent: Mapping[str, Any], word: str, error: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """One status of a message that was taken: `sent` has its `id`, `to`, `reference` and `category`."""
    told: dict[str, Any] = {
        "id": sent["id"], "status": word, "timestamp": str(int(time.time())), "recipient_id": sent["to"],
        "recipient_user_id": scoped_id(sent["to"]),
    }  # fmt: skip
    if word in ("sent", "delivered"):
        told["pricing"] = {
            "billable": True, "pricing_model": "PMP", "type": "regular", "category": sent["category"],
        }  # fmt: skip
    if sent["reference"]:
        told["biz_opaque_callback_data"] = sent["reference"]
    if error is not None:
        told["errors"] = [{**error, "href": _HREF}]
    return told


def written(said: Mapping[str, Any]) -> dict[str, Any]:
    """What a person sends: `text`, `tap` (a template's button), `choose` (one of ours), `caption`, `reaction`."""
    told: dict[str, Any] = {"id": wamid(), "timestamp": str(int(time.time()))}
    if "from" in said:
        told |= {"from": said["from"], "from_user_id": scoped_id(said["from"])}
    else:
        told["from_user_id"] = said["from_user_id"]
    if said.get("about"):
        told["context"] = {"from": DISPLAY_PHONE_NUMBER, "id": said["about"]}
    return told | _content(said)


def _content(said: Mapping[str, Any]) -> dict[str, Any]:
    if "text" in said:
        return {"type": "text", "text": {"body": said["text"]}}
    if "tap" in said:
        return {"type": "button", "button": {"payload": said["tap"], "text": said.get("label", said["tap"])}}
    if "choose" in said:
        reply = {"id": said["choose"], "title": said.get("label", said["choose"])}
        return {"type": "interactive", "interactive": {"type": "button_reply", "button_reply": reply}}
    if "reaction" in said:
        return {"type": "reaction", "reaction": {"message_id": said.get("about", ""), "emoji": said["reaction"]}}
    return {"type": "image", "image": {"id": "1", "mime_type": "image/jpeg", "caption": said["caption"]}}
