"""E-mail through Amazon SES: API v2 with Signature Version 4, and its news through Amazon SNS.

The letter goes as `Content.Raw`, the same bytes that SMTP would carry, so that List-Unsubscribe and everything else is
in what SES signs. SES puts a Message-ID of its own in the place of ours; the tag `jogral` brings our reference back.

https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html
https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from orchestrator.channels import (
    Capabilities,
    HttpAnswer,
    HttpCall,
    NoAnswer,
    Received,
    no_callbacks,
    still_unknown,
    unanswered,
)
from orchestrator.contract.http_answers import by_status, doubt, excerpt, no_http, told
from orchestrator.contract.mail.bounces import Mailroom
from orchestrator.contract.mail.mime import Letterhead, letterhead
from orchestrator.contract.recipes.reading import NotThere, document, word_at
from orchestrator.contract.ses_events import TAG, news
from orchestrator.contract.sigv4 import Credentials
from orchestrator.contract.sns import NOTIFICATION, SUBSCRIPTION, SnsTopics, sns_topics
from orchestrator.domain.customer import Channel
from orchestrator.domain.delivery import Outcome, OutcomeKind, Rejection
from orchestrator.domain.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from orchestrator.channels import Answer, Notice
    from orchestrator.domain.delivery import Delivery
    from orchestrator.domain.time import Instant

PATH = "/v2/email/outbound-emails"

# What an exception is about (channels.md 3.4); `stopped` is the account's own fault, which no other call gets around.
THROTTLED = frozenset({"TooManyRequestsException", "LimitExceededException", "ThrottlingException", "Throttling"})
STOPPED = frozenset({
    "AccountSuspendedException", "SendingPausedException", "MailFromDomainNotVerifiedException", "NotFoundException",
    "AccessDeniedException", "AccessDenied", "UnrecognizedClientException", "InvalidClientTokenId", "ExpiredToken",
    "ExpiredTokenException", "InvalidSignatureException", "SignatureDoesNotMatch", "IncompleteSignature",
    "IncompleteSignatureException", "MissingAuthenticationToken", "MissingAuthenticationTokenException",
    "OptInRequired", "SubscriptionRequiredException", "RequestExpired", "NotAuthorized",
})  # fmt: skip
REFUSED = {"MessageRejected": Rejection.MESSAGE, "BadRequestException": Rejection.MESSAGE}
# Both say "message rejected" and mean the account: an identity that was never verified, or the sandbox.
NOT_VERIFIED = re.compile(r"address is not verified|identities failed the check", re.IGNORECASE)
# A bad request that is about whom we write to.
BAD_ADDRESS = re.compile(
    r"missing final '@domain'|(?:illegal|invalid).{0,9}address|local address contains|domain (?:contains|starts|ends)",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True)
class Adapter:
    """One AWS account in one region.

    `sender` is `Casa Lume <oi@casalume.example>`, `bounce_to` where SES forwards bounces by mail, `sns_topics` the
    topics that it tells its news through. `base_url` and `sns_base_url` stand for Amazon's hosts where somebody plays
    them; `session_token` belongs to keys that run out.
    """

    channel: Channel
    sender: str
    region: str
    access_key: str
    secret_key: str = field(repr=False)
    session_token: str = field(default="", repr=False)
    configuration_set: str = ""
    reply_to: str = ""
    bounce_to: str = ""
    message_id_domain: str = ""
    dkim_selector: str = ""
    sns_topics: list[str] = field(default_factory=list)
    base_url: str = ""
    sns_base_url: str = ""

    # Made once from the settings.
    _head: Letterhead = field(init=False, repr=False, compare=False)
    _credentials: Credentials = field(init=False, repr=False, compare=False)
    _topics: SnsTopics = field(init=False, repr=False, compare=False)
    _url: str = field(init=False, repr=False, compare=False)
    mailroom: Mailroom = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z]{2}(?:-[a-z]+)+-\d", self.region):
            raise ConfigurationError('"{region}" is not a region', remedy="Such as sa-east-1.", region=self.region)
        head = letterhead(
            sender=self.sender, reply_to=self.reply_to, bounce_to=self.bounce_to,
            message_id_domain=self.message_id_domain,
        )  # fmt: skip
        credentials = Credentials(
            access_key=self.access_key, secret_key=self.secret_key, region=self.region, service="ses",
            session_token=self.session_token,
        )  # fmt: skip
        base = self.base_url.rstrip("/") or f"https://email.{self.region}.amazonaws.com"
        object.__setattr__(self, "_head", head)
        object.__setattr__(self, "_credentials", credentials)
        object.__setattr__(self, "_topics", sns_topics(self.sns_topics, self.sns_base_url))
        object.__setattr__(self, "_url", base + PATH)
        object.__setattr__(self, "mailroom", Mailroom(head, ids_at="amazonses.com"))

    @property
    def can(self) -> Capabilities:
        hears = bool(self._topics.arns)
        return Capabilities(
            channels=frozenset({Channel.EMAIL}), html=True, payload_bytes_max=40_000_000, receives=hears, hears=hears
        )

    def call(self, delivery: Delivery, now: Instant, entropy: Callable[[int], bytes]) -> HttpCall:  # noqa: ARG002  # the reference is all the identity that a letter has
        """The signed request. Raises InputError for an address or subject that cannot stand in a header."""
        recipient, letter = self._head.letter(delivery, now)
        said: dict[str, Any] = {
            "FromEmailAddress": self._head.mailbox.replace("\r\n", ""),
            "Destination": {"ToAddresses": [recipient]},
            "Content": {"Raw": {"Data": base64.b64encode(letter).decode()}},
            "EmailTags": [{"Name": TAG, "Value": delivery.reference}],
        }
        if self.bounce_to:
            said["FeedbackForwardingEmailAddress"] = self._head.envelope_sender(delivery.reference)
        if self.configuration_set:
            said["ConfigurationSetName"] = self.configuration_set
        body = json.dumps(said, separators=(",", ":")).encode()
        headers = {"Content-Type": "application/json"}
        return HttpCall("POST", self._url, self._credentials.signed("POST", self._url, headers, body, now), body)

    def outcome(self, answer: Answer) -> Outcome:
        match answer:
            case HttpAnswer(200):
                return _accepted(answer)
            case HttpAnswer():
                return _refused(answer)
            case NoAnswer():
                return unanswered(answer)
            case _:
                return no_http()

    def look_up(self, reference: str) -> None:  # noqa: ARG002  # SES finds messages by its own id only
        return None

    def found(self, answer: Answer) -> Outcome:  # noqa: ARG002  # and so there is no answer to read
        return still_unknown("Amazon SES cannot be asked by our reference")

    def receive(self, notice: Notice, now: Instant) -> Received:
        """What a topic of ours says; where its certificate is not known yet, what to fetch first."""
        if not self._topics.arns:
            raise no_callbacks()
        opened = self._topics.opened(notice, now)
        if isinstance(opened, HttpCall):
            return Received(needs=opened)
        if opened.type == SUBSCRIPTION:
            return Received(calls=(self._topics.confirmation(opened),))
        if opened.type != NOTIFICATION:
            ended = f"The subscription of {opened.topic} has ended: SES tells nothing there any more."
            return Received(alarms=(ended,))
        return news(opened.message, self.mailroom, now)


# --- what answers mean ----------------------------------------------------------------------------------------------


def _accepted(answer: HttpAnswer) -> Outcome:
    try:
        return Outcome(OutcomeKind.SENT, provider_id=word_at(document(answer.body), ("MessageId",)))
    except NotThere:
        return told(answer, OutcomeKind.UNKNOWN, "unreadable_answer", said=excerpt(answer))


def _refused(answer: HttpAnswer) -> Outcome:
    """The exception decides; without one, the status. Of what SES may have taken, nobody knows."""
    word, said = _exception(answer), excerpt(answer)
    reason = doubt(answer.status)
    if reason:
        return told(answer, OutcomeKind.UNKNOWN, reason, said=said)
    if word in THROTTLED:
        return told(answer, OutcomeKind.NOT_SENT, "rate_limit", said=said)
    if word in STOPPED or NOT_VERIFIED.search(said):
        return told(answer, OutcomeKind.NOT_SENT, "provider_unavailable", said=said, stopped=True)
    if word in REFUSED:
        about = Rejection.ADDRESS if BAD_ADDRESS.search(said) else REFUSED[word]
        return told(answer, OutcomeKind.REFUSED, about.reason, said=said)
    return by_status(answer, said=said)


def _exception(answer: HttpAnswer) -> str:
    """`MessageRejected`, wherever this part of Amazon writes it."""
    said = answer.headers.get("x-amzn-errortype", "")
    for key in ("__type", "code", "Code"):
        try:
            said = said or word_at(document(answer.body), (key,))
        except NotThere:
            continue
    return said.partition(":")[0].rpartition("#")[2].strip()
