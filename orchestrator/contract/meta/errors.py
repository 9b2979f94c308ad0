"""Meta's error codes in our words. The code decides, never the title, and the HTTP status only where no code is known.

The same failure may come as an answer, in a webhook, or both: one table serves the two.
https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes (November 2026)
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from orchestrator.domain.delivery import Outcome, OutcomeKind, Rejection

if TYPE_CHECKING:
    from collections.abc import Mapping

DETAIL_LENGTH_MAX = 300


class Fault(Enum):
    """Whose fault a failure is that says nothing against the message."""

    ACCOUNT = "account"
    """Locked, unpaid, misconfigured: no other call can succeed before a person mends it."""
    THROTTLED = "throttled"
    """Too many calls, or too many to one person: the same call succeeds later."""
    SPAM = "spam"
    """People block or report what we send: the account rests, and somebody has to look."""
    TRANSIENT = "transient"
    """Meta says that it failed to send, and that trying again may help."""
    DOUBT = "doubt"
    """Meta itself does not know what happened, unless the status says that nothing did."""


_ACCOUNT = (0, 3, 10, 33, 190, 368, 131005, 131031, 131037, 131042, 131045)
_THROTTLED = (4, 80007, 80008, 130429, 131056)
_SPAM = (131048, 131064)
_TRANSIENT = (2, 131000, 131016, 131057, 133004)
_DOUBT = (1, 135000)
_REJECTIONS: Mapping[Rejection, tuple[int, ...]] = MappingProxyType({
    # 131026 does not say why: not on WhatsApp, an old version, terms not accepted.
    Rejection.ADDRESS: (131021, 131026, 131030),
    # An experiment of Meta's, a country that we may not write to (others go on), the window closed, marketing only
    # through /marketing_messages, another identity key.
    Rejection.CHANNEL: (130472, 130497, 131047, 131063, 137000),
    Rejection.OPTED_OUT: (131050,),
    Rejection.ENOUGH: (131049,),
    Rejection.MESSAGE: (131051, 131052, 131053, 131062, 132018),
    Rejection.TEMPLATE: (
        100, 131008, 131009, 132000, 132001, 132005, 132007, 132008, 132012, 132015, 132016, 132068, 132069,
    ),
})  # fmt: skip

CODES: Mapping[int, Fault | Rejection] = MappingProxyType({
    **dict.fromkeys(_ACCOUNT, Fault.ACCOUNT),
    **dict.fromkeys(_THROTTLED, Fault.THROTTLED),
    **dict.fromkeys(_SPAM, Fault.SPAM),
    **dict.fromkeys(_TRANSIENT, Fault.TRANSIENT),
    **dict.fromkeys(_DOUBT, Fault.DOUBT),
    **{code: rejection for rejection, codes in _REJECTIONS.items() for code in codes},
})  # fmt: skip

# What a template is by a code that says nothing of the person, nor of the values that were filled in: every other
# message of it gets the same. 132005 (too long), 131009 and the like may be one customer's long name, and 100 anything.
TEMPLATES: Mapping[int, str] = MappingProxyType({
    132000: "mismatched",
    132001: "missing",
    132007: "rejected",
    132008: "mismatched",
    132012: "mismatched",
    132015: "paused",
    132016: "disabled",
})  # fmt: skip

# To these ranges Meta adds codes now and then: permissions, the registration of the number, and templates.
_ACCOUNT_RANGES = (range(200, 300), range(133000, 134000))
_TEMPLATE_RANGE = range(132000, 133000)

# "Object with ID … does not exist": the number or the business account of the settings is not there for this token.
_NO_SUCH_OBJECT = 33

# How long an account rests that people report.
SPAM_REST_SECONDS = 3_600.0


@dataclass(frozen=True, kw_only=True, slots=True)
class GraphError:
    """One error as Meta tells it; `code` is -1 where none can be read."""

    code: int
    subcode: int
    said: str

    @property
    def means(self) -> Fault | Rejection | None:
        """What it is about; None for a code that nobody has told us of."""
        if self.code == 100 and self.subcode == _NO_SUCH_OBJECT:  # noqa: PLR2004  # 100 is "invalid parameter"
            return Fault.ACCOUNT
        known = CODES.get(self.code)
        if known is None and any(self.code in codes for codes in _ACCOUNT_RANGES):
            return Fault.ACCOUNT
        return Rejection.TEMPLATE if known is None and self.code in _TEMPLATE_RANGE else known

    @property
    def rejection(self) -> Rejection | None:
        """What a definite refusal is about; None where it is none."""
        means = self.means
        return means if isinstance(means, Rejection) else None


def graph_error(told: Any) -> GraphError | None:
    """The error of an answer's `error`, or of one of a webhook's `errors`; None where it is none."""
    if not isinstance(told, dict):
        return None
    code = _number(told.get("code"))
    # In webhooks and when sending, `error_data` holds details; of templates it may be the sentence itself.
    data = told.get("error_data")
    details = data.get("details") if isinstance(data, dict) else data
    words = [told.get("error_user_msg"), details, told.get("message"), told.get("title")]
    said = next((word for word in words if isinstance(word, str) and word), "")
    number = f"{code}: " if code >= 0 else ""
    return GraphError(code=code, subcode=_number(told.get("error_subcode")), said=_readable(f"{number}{said}"))


def _number(told: Any) -> int:
    if isinstance(told, str) and told.isascii() and told.isdigit() and len(told) < _DIGITS_MAX:
        return int(told)
    return told if isinstance(told, int) and not isinstance(told, bool) else -1


_DIGITS_MAX = 12


def _readable(text: str) -> str:
    return text[:DETAIL_LENGTH_MAX].encode("utf-8", "replace").decode().replace("\0", "")


def failed(error: GraphError, status: int, retry_after_seconds: float | None) -> Outcome | None:
    """What a known error means for a call; None where its code is not known, and the status has to say."""
    means = error.means
    if isinstance(means, Rejection):
        return Outcome(OutcomeKind.REFUSED, means.reason, detail=error.said, template=TEMPLATES.get(error.code, ""))
    if means is Fault.ACCOUNT:
        return account_at_fault(error.said)
    if means is Fault.DOUBT and status >= _SERVER_ERRORS:
        return Outcome(OutcomeKind.UNKNOWN, "unreadable_answer", detail=error.said)
    if means is None:
        return None
    wait = retry_after_seconds
    if means is Fault.SPAM:
        wait = max(wait or 0.0, SPAM_REST_SECONDS)
    elif error.code == _PAIR:  # too many to one person is no reason to leave everybody else waiting
        wait = None
    reason = "rate_limit" if means in (Fault.THROTTLED, Fault.SPAM) else "provider_unavailable"
    return Outcome(OutcomeKind.NOT_SENT, reason, detail=error.said, retry_after_seconds=wait)


_PAIR = 131056
_SERVER_ERRORS = 500


def account_at_fault(said: str) -> Outcome:
    """No other call of the account can succeed before a person mends it."""
    return Outcome(OutcomeKind.NOT_SENT, "provider_unavailable", detail=said, stopped=True)
