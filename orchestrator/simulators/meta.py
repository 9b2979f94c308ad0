"""Meta played here: the Graph API of WhatsApp, which sends, judges templates, and tells by signed webhooks.

Built from Meta's documentation (November 2026). Free text goes through only within 24 hours of a person's message;
outside it is taken and fails afterwards (131047), as with Meta. What `POST /meta/_say` understands:

    {"from": "5511987654321", "text": "oi"}          also "tap", "choose", "caption", "reaction"; "label", "about"
    {"from_user_id": "BR.1349…", "text": "sair"}     somebody without a phone
    {"from": "5511987654321", "prefers": "stop"}     in WhatsApp's own settings; "resume"
    {"from": "5511987654321", "now": "5511911112222"}    another number
    {"id": "wamid.…", "status": "read"}              also "failed", with "code"
    {"person": "5511987654321", "refuses": 131026}   every message to them fails so; null ends it. "at_once": true
    {"review": "reject"}                             the fate of new templates: approve, pending, reject, recategorise
    {"templates": "any"}                             messages may name templates that are not there; "known"
    {"template": "pedido_30b3e1", "language": "pt_BR", "event": "PAUSED"}   also "quality": "RED", "category": "UTILITY"
    {"handshake": true}                              subscribe: asks our callback with the verify token
    {"field": "account_alerts", "value": {…}}        any other webhook; "business", "number" make it another account's
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from aiohttp import web

from orchestrator.simulators.frame import Account, Simulator
from orchestrator.simulators.meta_graph import (
    APP,
    APP_SECRET,
    BUSINESS,
    NUMBER,
    TITLES,
    TOKEN,
    VERIFY_TOKEN,
    document,
    no_such_object,
    number,
    refusal,
    require_business,
    require_token,
)
from orchestrator.simulators.meta_messages import checked
from orchestrator.simulators.meta_templates import REVIEWS, GraphError, StoredTemplate, Templates
from orchestrator.simulators.meta_uploads import Uploads
from orchestrator.simulators.meta_webhooks import (
    contact,
    envelope,
    of_number,
    scoped_id,
    signed,
    status,
    wamid,
    written,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from orchestrator.simulators.frame import Hooks, Told

# What an app of WhatsApp is subscribed to.
FIELDS = (
    "messages", "message_template_status_update", "message_template_quality_update", "template_category_update",
    "user_preferences", "account_update",
)  # fmt: skip

WINDOW_SECONDS = 24 * 3600


def make(told: Told, hooks: Hooks, options: Mapping[str, str]) -> Meta:
    """Meta, with one number of one business account. `options`: `account`, `templates` (any, known), `review`."""
    return Meta(told, hooks, options)


class Meta(Simulator):
    """The Graph API, as far as WhatsApp goes."""

    name = "meta"

    def __init__(self, told: Told, hooks: Hooks, options: Mapping[str, str]) -> None:
        self._told, self._hooks = told, hooks
        self._account = options.get("account", "whatsapp_main")
        self._uploads = Uploads()
        self.templates = Templates(
            review=options.get("review", "approve"),
            any_name=options.get("templates", "known") == "any",
            handles=self._uploads.handles,
        )
        self._sent: dict[str, dict[str, Any]] = {}
        self._wrote_at: dict[str, float] = {}
        self._stopped: set[str] = set()
        self._refusals: dict[str, tuple[int, bool]] = {}

    def account(self, base: str) -> Account:
        return Account(
            channel="whatsapp",
            id=self._account,
            adapter="whatsapp_cloud",
            settings={"phone_number_id": NUMBER, "business_account_id": BUSINESS, "base_url": base},
            secrets={"token": TOKEN, "app_secret": APP_SECRET, "verify_token": VERIFY_TOKEN},
        )

    def routes(self) -> list[web.RouteDef]:
        version = r"/{version:v\d+\.\d+}"
        return [
            web.post(f"{version}/{{id}}/messages", self._answering(self._send)),
            web.post(f"{version}/{{id}}/marketing_messages", self._answering(self._promote)),
            web.post(f"{version}/{{id}}/message_templates", self._answering(self._create)),
            web.get(f"{version}/{{id}}/message_templates", self._answering(self._list)),
            web.delete(f"{version}/{{id}}/message_templates", self._answering(self._delete)),
            web.post(f"{version}/{APP}/uploads", self._answering(self._begin_upload)),
            web.post(rf"{version}/{{upload:upload:.+}}", self._answering(self._upload, "OAuth")),
            web.get(f"{version}/debug_token", self._answering(self._debug)),
            web.get(f"{version}/1/subscriptions", self._fields),
            web.get(f"{version}/{{id}}/subscribed_apps", self._answering(self._subscribed)),
            web.get(f"{version}/{{id}}/phone_numbers", self._answering(self._numbers)),
            web.get(f"{version}/{{id}}", self._answering(self._show)),
            web.post(f"{version}/{{id}}", self._answering(self._edit)),
        ]

    def _answering(
        self, handle: Callable[[web.Request], Awaitable[Any]], scheme: str = "Bearer"
    ) -> Callable[[web.Request], Awaitable[Any]]:
        async def answer(request: web.Request) -> web.StreamResponse:
            try:
                require_token(request, scheme)
                return web.json_response(await handle(request))
            except GraphError as error:
                return refusal(error)
            except (TypeError, AttributeError, ValueError, KeyError, IndexError):
                return refusal(GraphError(100, "Invalid parameter"))

        return answer

    # --- messages

    async def _send(self, request: web.Request) -> Any:
        asked = await self._message(request)
        template = self.templates.fitting(asked["template"]) if asked["type"] == "template" else None
        return self._take(asked, template)

    async def _promote(self, request: web.Request) -> Any:
        asked = await self._message(request)
        if asked["type"] != "template":
            raise GraphError(100, "Only marketing templates are sent here")
        template = self.templates.fitting(asked["template"])
        if template is not None and template.category != "MARKETING":
            raise GraphError(100, "Only marketing templates are sent here")
        if asked.get("product_policy", "STRICT") not in ("STRICT", "CLOUD_API_FALLBACK"):
            raise GraphError(131009, "product_policy is not valid")
        return self._take(asked, template)

    async def _message(self, request: web.Request) -> dict[str, Any]:
        if request.match_info["id"] != NUMBER:
            raise no_such_object(request.match_info["id"])
        return checked(await document(request))

    def _take(self, asked: Mapping[str, Any], template: StoredTemplate | None) -> dict[str, Any]:
        to = str(asked.get("to") or asked["recipient"]).removeprefix("+")
        code, at_once = self._refusals.get(to, (0, False))
        if code and at_once:
            raise GraphError(code, TITLES.get(code, "Message failed to send"))
        category = template.category.lower() if template is not None else "service"
        reference = asked.get("biz_opaque_callback_data", "")
        sent = {"id": wamid(), "to": to, "reference": reference, "category": category}
        self._sent[sent["id"]] = sent
        self._told.add(asked["type"], reference or sent["id"], to, dict(asked))
        is_free = asked["type"] != "template"
        if not code and is_free and time.time() - self._wrote_at.get(to, 0.0) > WINDOW_SECONDS:
            code = 131047
        if not code and category == "marketing" and to in self._stopped:
            code = 131050
        for word in ("failed",) if code else ("sent", "delivered"):
            self._tell_status(sent, word, code)
        return {
            "messaging_product": "whatsapp",
            "contacts": [{"input": str(asked.get("to", "")), "wa_id": to}],
            "messages": [{"id": sent["id"], "message_status": "accepted"}],
        }

    def _tell_status(self, sent: Mapping[str, Any], word: str, code: int = 0) -> dict[str, Any]:
        title = TITLES.get(code, "Message failed to send")
        error = {"code": code, "title": title, "message": title, "error_data": {"details": title}} if code else None
        value = of_number(NUMBER, contacts=[contact(sent["to"])], statuses=[status(sent, word, error)])
        return self._post("messages", value)

    # --- templates

    async def _create(self, request: web.Request) -> Any:
        require_business(request)
        made = self.templates.create(await document(request))
        if self.templates.review != "pending":
            self._later(lambda: self._review(made))
        return {"id": made.id, "status": made.status, "category": made.category}

    def _review(self, template: StoredTemplate) -> None:
        if self.templates.review == "reject":
            template.status, template.rejected_reason = "REJECTED", "TAG_CONTENT_MISMATCH"
            why = {"reason": "the text promotes something", "recommendation": "take it out"}
            self._tell_event(template, reason=template.rejected_reason, rejection_info=why)
            return
        if self.templates.review == "recategorise" and template.category == "UTILITY":
            template.category = "MARKETING"
            changed = {"previous_category": "UTILITY", "new_category": "MARKETING"}
            self._post("template_category_update", {**template.news(), **changed})
        template.status = "APPROVED"
        self._tell_event(template)

    def _tell_event(self, template: StoredTemplate, reason: str = "NONE", **more: Any) -> dict[str, Any]:
        told = {"event": template.status, **template.news(), "reason": reason, **more}
        return self._post("message_template_status_update", {**told, "message_template_category": template.category})

    async def _list(self, request: web.Request) -> Any:
        require_business(request)
        asked = request.query
        found = [
            one.document()
            for one in self.templates.known.values()
            if one.name.startswith(asked.get("name", "")) and asked.get("status", one.status) == one.status
        ]
        begin, limit = int(asked.get("after", "0")), int(asked.get("limit", "25"))
        page, end = found[begin : begin + limit], begin + limit
        wanted = {"id", *asked["fields"].split(",")} if "fields" in asked else None
        data = [{key: value for key, value in one.items() if wanted is None or key in wanted} for one in page]
        if end >= len(found):
            return {"data": data, "paging": {"cursors": {"before": str(begin)}}}
        following = str(request.url.update_query(after=str(end)))
        return {"data": data, "paging": {"cursors": {"before": str(begin), "after": str(end)}, "next": following}}

    async def _edit(self, request: web.Request) -> Any:
        template = self._by_id(request.match_info["id"])
        self.templates.edit(template, await document(request))
        if template.status == "PENDING" and self.templates.review != "pending":
            self._later(lambda: self._review(template))
        return {"success": True}

    async def _delete(self, request: web.Request) -> Any:
        require_business(request)
        name, hsm_id = request.query.get("name", ""), request.query.get("hsm_id")
        gone = [
            key for key, one in self.templates.known.items() if one.name == name and hsm_id in (None, one.id)
        ]  # fmt: skip
        if not gone:
            raise GraphError(100, f"template {name} is not there", subcode=2593002, status=404)
        for key in gone:
            del self.templates.known[key]
        return {"success": True}

    def _by_id(self, id_: str) -> StoredTemplate:
        found = next((one for one in self.templates.known.values() if one.id == id_), None)
        if found is None:
            raise no_such_object(id_)
        return found

    async def _begin_upload(self, request: web.Request) -> Any:
        return self._uploads.begin(request.query)

    async def _upload(self, request: web.Request) -> Any:
        id_ = f"{request.match_info['upload']}?sig={request.query.get('sig', '')}"
        return self._uploads.put(id_, request.headers, await request.read())

    # --- what can be looked at

    async def _show(self, request: web.Request) -> Any:
        id_ = request.match_info["id"]
        if id_ == NUMBER:
            return number()
        if id_ == BUSINESS:
            return {"id": BUSINESS, "name": "Casa Lume", "account_review_status": "APPROVED"}
        return self._by_id(id_).document()

    async def _debug(self, request: web.Request) -> Any:
        """What a token may do."""
        scopes = ["whatsapp_business_messaging", "whatsapp_business_management"]
        valid = request.query.get("input_token") == TOKEN
        return {"data": {"app_id": APP, "type": "SYSTEM_USER", "is_valid": valid, "scopes": scopes, "expires_at": 0}}

    async def _fields(self, request: web.Request) -> web.Response:
        """What the app is subscribed to, which only the app's own token may see."""
        if request.headers.get("Authorization") != f"Bearer 1|{APP_SECRET}":
            return refusal(GraphError(190, "Invalid OAuth access token signature.", status=401))
        fields = [{"name": name, "version": "v23.0"} for name in FIELDS]
        hook = {"object": "whatsapp_business_account", "callback_url": self._hooks.url(self._account), "fields": fields}
        return web.json_response({"data": [hook]})

    async def _subscribed(self, request: web.Request) -> Any:
        require_business(request)
        return {
            "data": [{"whatsapp_business_api_data": {"id": "1", "name": "Jogral", "link": "https://jogral.example"}}]
        }

    async def _numbers(self, request: web.Request) -> Any:
        require_business(request)
        return {"data": [number()]}

    # --- what people do

    async def say(self, said: Mapping[str, Any]) -> Any:
        if said.get("handshake"):
            query = {"hub.mode": "subscribe", "hub.verify_token": VERIFY_TOKEN, "hub.challenge": "1158201444"}
            answered, text = await self._hooks.ask(self._account, urlencode(query))
            return {"status": answered, "text": text}
        for key, say in (
            ("field", self._any), ("status", self._become), ("template", self._decide), ("person", self._refuse),
            ("review", self._set), ("templates", self._set), ("prefers", self._prefer), ("now", self._renumber),
        ):  # fmt: skip
            if key in said:
                return say(said)
        return self._write(said)

    def _any(self, said: Mapping[str, Any]) -> Any:
        return self._post(said["field"], said["value"], said.get("business", BUSINESS))

    def _become(self, said: Mapping[str, Any]) -> Any:
        return self._tell_status(self._sent[said["id"]], said["status"], int(said.get("code", 0)))

    def _decide(self, said: Mapping[str, Any]) -> Any:
        template = self.templates.known[said["template"], said["language"]]
        if "quality" in said:
            before, template.quality = template.quality, said["quality"]
            scores = {"previous_quality_score": before, "new_quality_score": template.quality}
            return self._post("message_template_quality_update", {**template.news(), **scores})
        if "category" in said:
            before, template.category = template.category, said["category"]
            categories = {"previous_category": before, "new_category": template.category}
            return self._post("template_category_update", {**template.news(), **categories})
        template.status, template.rejected_reason = said["event"], said.get("reason", "NONE")
        return self._tell_event(template, template.rejected_reason)

    def _refuse(self, said: Mapping[str, Any]) -> Any:
        if said["refuses"] is None:
            self._refusals.pop(said["person"], None)
        else:
            self._refusals[said["person"]] = int(said["refuses"]), bool(said.get("at_once"))
        return dict(said)

    def _set(self, said: Mapping[str, Any]) -> Any:
        if said.get("review", "approve") not in REVIEWS or said.get("templates", "any") not in ("any", "known"):
            raise ValueError(f"review is one of {', '.join(REVIEWS)}; templates is any or known")
        self.templates.review = said.get("review", self.templates.review)
        if "templates" in said:
            self.templates.any_name = said["templates"] == "any"
        return dict(said)

    def _prefer(self, said: Mapping[str, Any]) -> Any:
        (self._stopped.add if said["prefers"] == "stop" else self._stopped.discard)(said["from"])
        told = {
            "wa_id": said["from"], "detail": f"User requested to {said['prefers']} marketing messages",
            "category": "marketing_messages", "value": said["prefers"], "timestamp": int(time.time()),
        }  # fmt: skip
        value = of_number(NUMBER, contacts=[contact(said["from"])], user_preferences=[told])
        return self._post("user_preferences", value)

    def _renumber(self, said: Mapping[str, Any]) -> Any:
        body = f"User João changed from {said['from']} to {said['now']}"
        system = {
            "body": body, "wa_id": said["now"], "user_id": scoped_id(said["now"]), "type": "user_changed_number",
        }  # fmt: skip
        told = {
            "from": said["from"], "id": wamid(), "timestamp": str(int(time.time())), "type": "system", "system": system,
        }  # fmt: skip
        return self._post("messages", of_number(NUMBER, messages=[told]))

    def _write(self, said: Mapping[str, Any]) -> Any:
        message = written(said)
        person = said.get("from")
        if person and message["type"] != "reaction":
            self._wrote_at[person] = time.time()
        contacts = [contact(person)] if person else [{"profile": {"name": "Ana"}, "user_id": said["from_user_id"]}]
        number_id, business = said.get("number", NUMBER), said.get("business", BUSINESS)
        return self._post("messages", of_number(number_id, contacts=contacts, messages=[message]), business)

    # --- telling

    def _post(self, field: str, value: Mapping[str, Any], business: str = BUSINESS) -> dict[str, Any]:
        told = envelope(business, field, value)
        headers, raw = signed(told, APP_SECRET)
        self._hooks.call(self._account, "POST", headers, raw)
        return told

    def _later(self, act: Callable[[], None]) -> None:
        """After the answer: nobody hears of a review before they know of the template."""
        asyncio.get_running_loop().call_later(0.05, act)
