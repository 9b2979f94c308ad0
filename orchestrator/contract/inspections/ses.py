"""Amazon SES: the account, and the identity that letters are sent as. Both only read."""

from __future__ import annotations

from email.utils import parseaddr
from typing import TYPE_CHECKING, Any

from orchestrator.contract.calls import HttpCall
from orchestrator.contract.inspections import CREDENTIALS, Inspection, bad, base_of, good, judged, note
from orchestrator.contract.sigv4 import Credentials
from orchestrator.domain.errors import Phrase, mark

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.contract.calls import Answer
    from orchestrator.contract.inspections import Seen
    from orchestrator.domain.time import Instant


def inspections(settings: Mapping[str, Any]) -> tuple[Inspection, ...]:
    """GetAccount and GetEmailIdentity (https://docs.aws.amazon.com/ses/latest/APIReference-V2/)."""
    region = str(settings.get("region", ""))
    credentials = Credentials(
        access_key=str(settings.get("access_key", "")),
        secret_key=str(settings.get("secret_key", "")),
        region=region,
        service="ses",
        session_token=str(settings.get("session_token") or ""),
    )
    base = base_of(settings, f"https://email.{region}.amazonaws.com")
    domain = parseaddr(str(settings.get("sender", "")))[1].rpartition("@")[2].lower()

    def ask(path: str, now: Instant) -> HttpCall:
        url = f"{base}{path}"
        return HttpCall("GET", url, credentials.signed("GET", url, {}, b"", now), b"")

    unknown = bad(
        Phrase("SES in {region} does not know the domain {domain}.", region=region, domain=domain),
        Phrase("Verify it there: SES console, Identities."),
    )

    def identity(answer: Answer) -> Seen:
        return judged(answer, lambda said: _identity(said, domain), missing=unknown)

    return (
        Inspection(name=CREDENTIALS, ask=lambda now: ask("/v2/email/account", now), read=_account),
        Inspection(name=mark("identity"), ask=lambda now: ask(f"/v2/email/identities/{domain}", now), read=identity),
    )


def _account(answer: Answer) -> Seen:
    return judged(answer, _read_account)


def _read_account(said: Mapping[str, Any]) -> Seen:
    if said.get("SendingEnabled") is False or said.get("EnforcementStatus") == "SHUTDOWN":
        return bad(
            Phrase("They are right, and Amazon has stopped the account."), Phrase("See the SES console: Reputation.")
        )
    quota = said.get("SendQuota") or {}
    left = int(quota.get("Max24HourSend", 0)) - int(quota.get("SentLast24Hours", 0))
    if said.get("ProductionAccessEnabled") is False:
        return note(
            Phrase("They are right. The account is in Amazon's sandbox: it writes to verified addresses only."),
            Phrase("Request production access in the SES console."),
        )
    if said.get("EnforcementStatus") == "PROBATION":
        return note(Phrase("They are right. The account is under review."), Phrase("See the SES console: Reputation."))
    return good(Phrase("They are right; {left} more letters may leave within 24 hours.", left=left))


def _identity(said: Mapping[str, Any], domain: str) -> Seen:
    if said.get("VerifiedForSendingStatus") is not True:
        return bad(
            Phrase("{domain} is not verified.", domain=domain),
            Phrase("Put the three CNAME records into its DNS that SES shows."),
        )
    dkim = said.get("DkimAttributes") or {}
    if dkim.get("Status") != "SUCCESS" or dkim.get("SigningEnabled") is False:
        return bad(
            Phrase("{domain} is not signed with DKIM ({status}).", domain=domain, status=dkim.get("Status", "?")),
            Phrase("Switch on Easy DKIM, and put its records into the DNS."),
        )
    mail_from = said.get("MailFromAttributes") or {}
    if mail_from.get("MailFromDomain") and mail_from.get("MailFromDomainStatus") != "SUCCESS":
        return note(
            Phrase("{domain} is verified; its MAIL FROM domain is not.", domain=domain),
            Phrase("Put its MX and SPF records into the DNS: until then bounces are Amazon's, and SPF does not align."),
        )
    return good(Phrase("{domain} is verified, and signed with DKIM.", domain=domain))
