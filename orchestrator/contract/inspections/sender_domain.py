"""Whether mailbox providers can believe letters of a domain: SPF (RFC 7208), DKIM (RFC 6376) and DMARC (RFC 7489).

Everything is read from the DNS through `Look`; nothing is sent. Domains are compared as DMARC does when it is relaxed,
by the part that somebody registered, as far as that can be told without the public suffix list.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from orchestrator.contract.inspections import Seen, Verdict, bad, good, note
from orchestrator.domain.errors import Phrase

if TYPE_CHECKING:
    from collections.abc import Iterator

LOOKUPS_MAX = 10
"""How many further questions an SPF record may make a receiver ask (RFC 7208, 4.6.4); with more it counts as broken."""

RSA_BITS_MIN, RSA_BITS_GOOD = 1024, 2048

_INCLUDES_MAX = 30  # a circle ends here, long after the limit


class Unanswered(Exception):
    """No name server answered in time: nothing is known, not even that there is nothing."""


class Look(Protocol):
    """The TXT records of a name, empty where there are none. Raises Unanswered."""

    async def __call__(self, name: str, /) -> list[str]: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Sender:
    """Who letters are from, and where they come back to; `selector` names the DKIM key, empty where nobody said it."""

    domain: str
    bounce_domain: str
    selector: str = ""


async def spf(look: Look, sender: Sender) -> Seen:  # noqa: PLR0911  # a way to be wrong each
    """The domain that letters come back to: who may send for it, and whether it stands for the sender."""
    domain = sender.bounce_domain
    records = [one for one in await look(domain) if _is_spf(one)]
    if not records:
        return bad(
            Phrase("{domain} has no SPF record.", domain=domain),
            Phrase('Put a TXT record there, such as "v=spf1 include:<your provider> -all".'),
        )
    if len(records) > 1:
        return bad(
            Phrase("{domain} has {count} SPF records, and then none counts.", domain=domain, count=len(records)),
            Phrase("Make one of them."),
        )
    everything = _Counted()
    await _count(look, domain, records[0], everything)
    if everything.broken:
        return bad(
            Phrase("SPF of {domain} includes {name}, which has no SPF record.", domain=domain, name=everything.broken),
            Phrase("Correct the name, or take it out."),
        )
    if everything.lookups > LOOKUPS_MAX:
        return bad(
            Phrase("SPF of {domain} asks {count} further questions, and only {most} may be.", domain=domain,
                   count=everything.lookups, most=LOOKUPS_MAX),
            Phrase("Take includes out that are not used any more."),
        )  # fmt: skip
    ends = _all(records[0])
    if ends in {"+", "?"} or (not ends and "redirect=" not in records[0].lower()):
        return bad(
            Phrase("SPF of {domain} lets anybody send for it.", domain=domain), Phrase("End it with -all or ~all.")
        )
    if not aligned(domain, sender.domain):
        return note(
            Phrase("SPF of {domain} is fine, and says nothing for {sender}: DMARC has DKIM alone.", domain=domain,
                   sender=sender.domain),
            Phrase("Let letters come back to a domain under {sender}: bounce_to.", sender=sender.domain),
        )  # fmt: skip
    asked = everything.lookups
    return good(Phrase("{domain}: {count} of {most} lookups", domain=domain, count=asked, most=LOOKUPS_MAX))


async def dkim(look: Look, sender: Sender) -> Seen:
    """The key that letters are signed with. Nobody can list the keys of a domain, so somebody has to name it."""
    if not sender.selector:
        return note(
            Phrase("Which DKIM key signs letters of {domain} is not known.", domain=sender.domain),
            Phrase("Name its selector: dkim_selector, in the account in templates/project.yaml."),
        )
    name = f"{sender.selector}._domainkey.{sender.domain}"
    found = [_tags(one) for one in await look(name)]
    keys = [tags for tags in found if "p" in tags]
    if not keys:
        return bad(
            Phrase("There is no DKIM key at {name}.", name=name),
            Phrase("Put the record there that your provider shows."),
        )
    if not keys[0]["p"]:
        return bad(Phrase("The DKIM key at {name} was revoked.", name=name), Phrase("Publish the one in use."))
    return _key(name, keys[0])


async def dmarc(look: Look, sender: Sender) -> Seen:
    """What receivers do with letters that fail both; without it, large senders are refused by Gmail and Outlook."""
    policy: dict[str, str] | None = None
    place = sender.domain
    for place in dict.fromkeys((sender.domain, registered(sender.domain))):
        found = [one for one in await look(f"_dmarc.{place}") if one.lower().replace(" ", "").startswith("v=dmarc1")]
        if len(found) > 1:
            return bad(
                Phrase("{domain} has {count} DMARC records, and then none counts.", domain=place, count=len(found)),
                Phrase("Make one of them."),
            )
        if found:
            policy = _tags(found[0])
            break
    if policy is None:
        return bad(
            Phrase("{domain} has no DMARC record.", domain=sender.domain),
            Phrase('Put a TXT record at _dmarc.{domain}: "v=DMARC1; p=none; rua=mailto:…".', domain=sender.domain),
        )
    wanted = policy.get("p", "").lower()
    if place != sender.domain:
        wanted = policy.get("sp", wanted).lower()
    if wanted not in {"none", "quarantine", "reject"}:
        return bad(
            Phrase("The DMARC record of {domain} says no policy.", domain=place), Phrase("Write p=none or stricter.")
        )
    if wanted == "none":
        return note(
            Phrase("{domain} only watches (p=none): forged letters arrive.", domain=place),
            Phrase("Read the reports for some weeks, then write p=quarantine."),
        )
    return good(Phrase("{domain}: p={policy}", domain=place, policy=wanted))


def aligned(one: str, other: str) -> bool:
    """Whether DMARC takes the two for the same sender (relaxed)."""
    return registered(one) == registered(other)


def registered(domain: str) -> str:
    """The part of a domain that somebody registered: `casalume.com.br` of `mail.casalume.com.br`."""
    labels = domain.lower().rstrip(".").split(".")
    country = len(labels[-1]) == 2  # noqa: PLR2004  # a country's code
    second = len(labels) > 2 and country and (labels[-2] in _SECOND_LEVELS or len(labels[-2]) <= 2)  # noqa: PLR2004
    return ".".join(labels[-3:] if second else labels[-2:])


# Under the codes of countries, Brazil first (registro.br).
_SECOND_LEVELS = frozenset({
    "com", "net", "org", "gov", "edu", "art", "blog", "eco", "ind", "inf", "log", "loja", "med", "app", "dev", "tec",
    "emp", "srv", "tur", "ong", "adv", "eng", "ac", "mil", "gob", "nom",
})  # fmt: skip


# --- records ----------------------------------------------------------------------------------------------------------


@dataclass
class _Counted:
    """What an SPF record asks for, with all that it includes. `broken` is an include that leads to none."""

    lookups: int = 0
    broken: str = ""
    seen: set[str] = field(default_factory=set)


async def _count(look: Look, domain: str, record: str, so_far: _Counted) -> None:
    so_far.seen.add(domain)
    for term in _terms(record):
        so_far.lookups += 1
        kind, _, target = term.replace("=", ":", 1).partition(":")
        # A macro depends on the letter: it costs a question, and cannot be followed.
        if kind not in {"include", "redirect"} or "%" in target or target in so_far.seen:
            continue
        if so_far.lookups > _INCLUDES_MAX or so_far.broken:
            return
        inner = [one for one in await look(target) if _is_spf(one)]
        if len(inner) != 1:
            so_far.broken = target
            return
        await _count(look, target, inner[0], so_far)


def _terms(record: str) -> Iterator[str]:
    """The parts of a record that make a receiver ask further."""
    for part in record.lower().split()[1:]:
        term = part.lstrip("+-~?")
        bare = term.partition("/")[0].partition(":")[0]
        if term.startswith(("include:", "exists:", "redirect=")) or bare in {"a", "mx", "ptr"}:
            yield term


def _is_spf(record: str) -> bool:
    return record.lower() == "v=spf1" or record.lower().startswith("v=spf1 ")


def _all(record: str) -> str:
    """How it ends: `-`, `~`, `?` or `+`; nothing where it does not say."""
    for part in record.lower().split():
        if part.lstrip("+-~?") == "all":
            return part[0] if part[0] in "+-~?" else "+"
    return ""


def _tags(record: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in record.split(";"))
    return {name.strip().lower(): "".join(value.split()) for name, equals, value in pairs if equals}


def _key(name: str, tags: dict[str, str]) -> Seen:
    if tags.get("k", "rsa").lower() == "ed25519":
        return good(Phrase("{name}: Ed25519", name=name))
    try:
        key = load_der_public_key(base64.b64decode(tags["p"], validate=True))
    except (ValueError, binascii.Error, UnsupportedAlgorithm):
        return bad(
            Phrase("The DKIM key at {name} cannot be read.", name=name),
            Phrase("Copy it again; no part may be missing."),
        )
    bits = key.key_size if isinstance(key, RSAPublicKey) else 0
    if bits < RSA_BITS_MIN:
        return bad(Phrase("The DKIM key at {name} has {bits} bits.", name=name, bits=bits), Phrase("Use 2048."))
    if bits < RSA_BITS_GOOD:
        return note(Phrase("The DKIM key at {name} has {bits} bits.", name=name, bits=bits), Phrase("Use 2048."))
    return Seen(verdict=Verdict.GOOD, told=Phrase("{name}: RSA, {bits} bits", name=name, bits=bits))
