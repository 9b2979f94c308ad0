"""Twilio: GET the account itself. It says whether the credentials are right, and whether the account may send."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any

from orchestrator.contract.calls import HttpCall
from orchestrator.contract.inspections import CREDENTIALS, Inspection, bad, base_of, good, judged, note
from orchestrator.domain.errors import Phrase, mark

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from orchestrator.contract.calls import Answer
    from orchestrator.contract.inspections import Seen
    from orchestrator.domain.time import Instant


# Twilio's own number for trying things: nobody has it, so that no message of anybody's comes back.
_NOBODY = "%2B15005550006"


def inspections(settings: Mapping[str, Any]) -> tuple[Inspection, ...]:
    """The account (https://www.twilio.com/docs/iam/api/account), and the key, where messages are sent by one.

    A standard key may not look at the account: the token asks for that.
    """
    sid = str(settings.get("account_sid", ""))
    base = f"{base_of(settings, 'https://api.twilio.com')}/2010-04-01/Accounts/{sid}"
    unknown = bad(Phrase("Twilio knows no account {sid}.", sid=sid), Phrase("Copy account_sid again; it begins AC."))

    def asking(url: str, user: str, secret: str) -> Callable[[Instant], HttpCall]:
        proof = b64encode(f"{user}:{secret}".encode()).decode()
        return lambda _now: HttpCall("GET", url, {"Authorization": f"Basic {proof}"}, b"")

    account = Inspection(
        name=CREDENTIALS,
        ask=asking(f"{base}.json", sid, str(settings.get("auth_token", ""))),
        read=lambda answer: judged(answer, _account, missing=unknown),
    )
    key = str(settings.get("api_key") or "")
    if not key:
        return (account,)
    messages = asking(f"{base}/Messages.json?PageSize=1&To={_NOBODY}", key, str(settings.get("api_secret") or ""))
    return (account, Inspection(name=mark("API key"), ask=messages, read=_key))


def _key(answer: Answer) -> Seen:
    return judged(answer, lambda _said: good(Phrase("It may read messages of the account.")))


def _account(said: Mapping[str, Any]) -> Seen:
    status = str(said.get("status", ""))
    if status != "active":
        return bad(Phrase("The account is {status}.", status=status or "?"), Phrase("See the Twilio console."))
    if said.get("type") == "Trial":
        return note(
            Phrase("They are right. A trial account writes to verified numbers only."),
            Phrase("Upgrade the account before it writes to customers."),
        )
    return good(Phrase("They are right, and the account is active."))
