"""`JOGRAL_ALLOW_LIST`: whom rehearsals may write to. Addresses, phones, push tokens, and whole domains of one's own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from orchestrator.decide.recipients import EVERYBODY, Recipients
from orchestrator.domain.customer import AddressKind
from orchestrator.domain.errors import InputError, Unfit

if TYPE_CHECKING:
    from collections.abc import Iterator

_BETWEEN = re.compile(r"[\s,;]+")
_DOMAIN = re.compile(r"@?((?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9])", re.IGNORECASE)
_PHONE = re.compile(r"\+[0-9().-]+")  # as people write it; `normalise` knows the rest

# Whoever lists one of these lists half the country.
PUBLIC_MAILBOXES = frozenset({
    "aol.com", "bol.com.br", "fastmail.com", "gmail.com", "gmx.com", "gmx.net", "globo.com", "globomail.com",
    "googlemail.com", "hotmail.com", "hotmail.com.br", "icloud.com", "ig.com.br", "live.com", "mac.com", "mail.com",
    "me.com", "msn.com", "outlook.com", "outlook.com.br", "proton.me", "protonmail.com", "r7.com", "terra.com.br",
    "uol.com.br", "yahoo.com", "yahoo.com.br", "yandex.com", "zipmail.com.br",
})  # fmt: skip


def read_allow_list(written: str, *, staging: bool = False) -> Recipients:
    """The list as it is compared: every entry in the form in which addresses are stored.

    Raises:
        Unfit: an entry is no address, or opens the list to everybody who has a free mailbox.
    """
    if not written.strip():
        return Recipients(staging=True) if staging else EVERYBODY
    addresses: set[str] = set()
    domains: set[str] = set()
    for place, entry in enumerate(_entries(written), 1):
        domain = _DOMAIN.fullmatch(entry)
        if domain is None:
            addresses.add(_address(entry, place))
            continue
        name = domain[1].lower()
        if name in PUBLIC_MAILBOXES:
            raise Unfit("entry {place} is {domain}, where anybody may have a mailbox", place=place, domain=name)
        domains.add(name)
    return Recipients(frozenset(addresses), frozenset(domains), staging=staging)


def kind_of(entry: str) -> AddressKind:
    """What an address is by its looks: an e-mail has an @, a phone begins with +, and anything else is a token."""
    if "@" in entry:
        return AddressKind.EMAIL
    return AddressKind.PHONE if _PHONE.fullmatch(entry) else AddressKind.PUSH_TOKEN


def _entries(written: str) -> Iterator[str]:
    return (entry for entry in _BETWEEN.split(written) if entry)


def _address(entry: str, place: int) -> str:
    from orchestrator.addresses import normalise  # noqa: PLC0415  # the phones of the world

    try:
        return normalise(kind_of(entry), entry)
    except InputError as error:
        # Not repeated: it is somebody's address.
        raise Unfit("entry {place} is neither an address nor a domain of your own", place=place) from error
