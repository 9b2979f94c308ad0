"""Addresses as they may stand in the head of a letter and on its envelope: in ASCII, and exactly one."""

from __future__ import annotations

import re
from functools import lru_cache

from orchestrator.domain.errors import InputError

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
DOT_ATOM = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
ATOMS = re.compile(rf"{_ATOM}(?: {_ATOM})*")
_DOMAIN = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9-]{2,63}|localhost")

LOCAL_LENGTH_MAX = 64  # RFC 5321, 4.5.3.1.1

# Python's idna codec is IDNA 2003, which writes these four as something else ("ß" as "ss"): another domain, maybe
# another owner. IDNA 2008 keeps them, so we refuse rather than write to a stranger.
_IDNA_DEVIATIONS = frozenset("ßς\u200c\u200d")


# A server repeats whom it could not reach: for a person to read, the reason is enough. Looked for where a word begins,
# and not at each of its letters: one of a megabyte would take the night.
_REPEATED = re.compile(r"(?<![^\s<>,;:\"'])[^\s<>,;:\"']+@[^\s<>,;:\"']+")


def without_addresses(text: str) -> str:
    """What a server said, without the addresses that it repeats."""
    return _REPEATED.sub("***", text)


def ascii_address(text: str) -> str:
    """One address, its domain in ASCII.

    Letters outside ASCII before the @ would need SMTPUTF8, which the large providers do not take.

    Raises:
        InputError: it is not one plain address, or nothing can be sent to its domain.
    """
    local, _, domain = text.rpartition("@")
    if not DOT_ATOM.fullmatch(local) or len(local) > LOCAL_LENGTH_MAX:
        raise InputError("an e-mail address of this form cannot be written to", code="invalid_address")
    return f"{local}@{ascii_domain(domain)}"


@lru_cache(maxsize=4096)
def ascii_domain(text: str) -> str:
    """A domain in ASCII. Raises InputError."""
    try:
        domain = text if text.isascii() else text.encode("idna").decode("ascii")
    except UnicodeError:
        domain = ""
    if not _DOMAIN.fullmatch(domain) or _IDNA_DEVIATIONS.intersection(text):
        raise InputError('"{domain}" is not a domain that mail can be sent to', code="invalid_address", domain=text)
    return domain
