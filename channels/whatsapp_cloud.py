"""WhatsApp through Meta's Cloud API: approved templates, and free text while the conversation is open.

    accounts:
      - id: whatsapp_main
        adapter: whatsapp_cloud
        phone_number_id: "106540352242922"
        business_account_id: "102290129340398"

`token`, `app_secret` and `verify_token` are secrets: JOGRAL_ACCOUNTS__WHATSAPP_MAIN__TOKEN and so on. Meta has no
idempotency key and cannot be asked for a message: our reference travels in `biz_opaque_callback_data`, and every
status brings it back.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from orchestrator.channels import Capabilities, HttpCall, still_unknown
from orchestrator.contract.meta.answers import outcome_of
from orchestrator.contract.meta.sending import TEXT_LENGTH_MAX, message_to
from orchestrator.contract.meta.webhooks import Ours, received
from orchestrator.domain.customer import Channel
from orchestrator.domain.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from orchestrator.channels import Answer, Notice, Received
    from orchestrator.domain.delivery import Delivery, Outcome
    from orchestrator.domain.time import Instant

POLICIES = ("", "CLOUD_API_FALLBACK", "STRICT")

_VERSION = re.compile(r"v[1-9][0-9]*\.[0-9]+")
_TOKEN = re.compile(r"[!-~]+")


@dataclass(frozen=True, kw_only=True)
class Adapter:
    """One WhatsApp number of a business account.

    `marketing_messages: true` sends templates of the category marketing through the Marketing Messages API, which
    alone keeps to the time that a template says it may be tried for (`template.ttl`); `product_policy` says there
    whether the Cloud API may take over. Without `app_secret` every notice is refused, without `verify_token` Meta
    cannot subscribe.
    """

    channel: Channel
    phone_number_id: str
    business_account_id: str
    token: str = field(repr=False)
    app_secret: str = field(default="", repr=False)
    verify_token: str = field(default="", repr=False)
    api_version: str = "v23.0"
    base_url: str = "https://graph.facebook.com"
    marketing_messages: bool = False
    product_policy: str = ""

    can: ClassVar[Capabilities] = Capabilities(
        channels=frozenset({Channel.WHATSAPP}),
        text_length_max=TEXT_LENGTH_MAX,
        buttons_max=10,
        button_length_max=25,
        media=True,
        templates=True,
        per_second=80.0,
        receives=True,
        hears=True,
    )

    def __post_init__(self) -> None:
        """Raises ConfigurationError for settings that cannot be right."""
        for name in ("phone_number_id", "business_account_id"):
            if not re.fullmatch("[0-9]+", str(getattr(self, name))):
                raise ConfigurationError(
                    "{name} must be digits, without spaces",
                    remedy="It is an id, not the phone number: see WhatsApp Manager, API Setup.",
                    name=name,
                )
        if not _TOKEN.fullmatch(self.token):
            raise ConfigurationError("token cannot stand in a header", remedy="Copy it again, without line ends.")
        if not _VERSION.fullmatch(self.api_version):
            raise ConfigurationError("api_version must be written as v23.0")
        if not self.base_url.startswith(("https://", "http://")):
            raise ConfigurationError("base_url must begin with https://")
        if self.product_policy not in POLICIES:
            raise ConfigurationError(
                "product_policy must be one of {known}", known=", ".join(policy for policy in POLICIES if policy)
            )

    def call(self, delivery: Delivery, now: Instant, entropy: Callable[[int], bytes]) -> HttpCall:  # noqa: ARG002  # the reference is all the identity it has
        """Raises InputError where Meta could not take it: see `contract.meta.sending`."""
        body = message_to(delivery)
        endpoint = "messages"
        if self.marketing_messages and _is_marketing(delivery, body["type"]):
            endpoint = "marketing_messages"
            if self.product_policy:
                body["product_policy"] = self.product_policy
        return HttpCall(
            "POST",
            f"{self.base_url.rstrip('/')}/{self.api_version}/{self.phone_number_id}/{endpoint}",
            {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
            json.dumps(body, separators=(",", ":")).encode(),
        )

    def outcome(self, answer: Answer) -> Outcome:
        return outcome_of(answer)

    def look_up(self, reference: str) -> None:  # noqa: ARG002  # Meta cannot be asked
        return None

    def found(self, answer: Answer) -> Outcome:  # noqa: ARG002
        return still_unknown("Meta cannot be asked for a message")

    def receive(self, notice: Notice, now: Instant) -> Received:
        """Meta's webhooks: the handshake (GET), and news signed with the app's secret."""
        ours = Ours(
            phone_number_id=str(self.phone_number_id),
            business_account_id=str(self.business_account_id),
            app_secret=self.app_secret,
            verify_token=self.verify_token,
        )
        return received(notice, ours, now)


def _is_marketing(delivery: Delivery, sent_as: str) -> bool:
    template = delivery.rendered.template
    return sent_as == "template" and template is not None and template["category"] == "marketing"
