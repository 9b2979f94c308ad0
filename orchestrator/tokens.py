"""Signed tokens: what a link carries so that a page knows whom it is about and what it may do, without a login.

A token is good for one purpose: each has keys of its own, and purpose, version and key are part of what is signed. It
holds opaque ids alone and shows none of them: a shop chooses its customers' ids, and some choose e-mail addresses.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from orchestrator.domain.errors import InputError, Unfit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from orchestrator.domain.time import Instant


class TokenPurpose(StrEnum):
    """What the bearer of a token may do."""

    UNSUBSCRIBE = "unsubscribe"
    PREFERENCES = "preferences"
    WHY = "why"
    CONFIRM = "confirm"
    VERIFY = "verify"
    DOWNLOAD = "download"


DAY_MS: Final = 86_400_000

# Links in messages live for more than a year: people open old mail, and a way out must not be gone (CASL asks for 60
# days, RFC 8058 names none). What proves an address lives as long as somebody takes to look into a mailbox.
LIVES_MS: Final[Mapping[TokenPurpose, int]] = {
    TokenPurpose.UNSUBSCRIBE: 400 * DAY_MS,
    TokenPurpose.PREFERENCES: 400 * DAY_MS,
    TokenPurpose.WHY: 400 * DAY_MS,
    TokenPurpose.CONFIRM: 3 * DAY_MS,
    TokenPurpose.VERIFY: 1 * DAY_MS,
    TokenPurpose.DOWNLOAD: 7 * DAY_MS,
}

# What a token may be about, and how it is written there. Ids and nothing else: names, addresses and words have no
# place in a URL.
SUBJECTS: Final[Mapping[str, str]] = {
    "customer": "c",
    "address": "a",
    "topic": "t",
    "delivery": "d",
    "request": "r",
}

VERSION: Final = 1
SECRET_CHARACTERS_MIN: Final = 32


class InvalidToken(InputError):
    """Not a token of ours for this purpose, or not any more (`expired_token`)."""

    code = "invalid_token"


@dataclass(frozen=True, kw_only=True, slots=True)
class SigningKey:
    """A secret and the id by which tokens name it. Raises Unfit where it could not keep a secret."""

    id: str
    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if not _ID.fullmatch(self.id):
            raise Unfit("the id of a signing key is letters, digits, _ and -, at most 32 of them")
        if len(self.secret) < SECRET_CHARACTERS_MIN:
            raise Unfit("the secret of a signing key has {least} characters or more", least=SECRET_CHARACTERS_MIN)


_ID = re.compile(r"[A-Za-z0-9_-]{1,32}")


@dataclass(frozen=True, kw_only=True)
class Keyring:
    """The keys of one project, newest first: the first signs, and all of them verify. There is at least one."""

    keys: tuple[SigningKey, ...]
    _pairs: Mapping[tuple[str, TokenPurpose], _Pair] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        ids = [key.id for key in self.keys]
        if not ids:
            raise Unfit("there must be at least one signing key")
        for id_ in ids:
            if ids.count(id_) > 1:
                raise Unfit('two signing keys have the id "{id}"', id=id_)
        pairs = {(key.id, purpose): _pair(key, purpose) for key in self.keys for purpose in TokenPurpose}
        object.__setattr__(self, "_pairs", pairs)

    @property
    def newest(self) -> SigningKey:
        """The key that signs."""
        return self.keys[0]

    def issue(
        self, purpose: TokenPurpose, subject: Mapping[str, str], *, now: Instant, lives_ms: int | None = None
    ) -> str:
        """A token for one purpose, which ends `lives_ms` after `now`; without it, as `LIVES_MS` says.

        The same arguments make the same token, so that what is rendered twice is the same text.
        """
        if strange := subject.keys() - SUBJECTS.keys():
            raise ValueError(f"a token holds ids, and not {', '.join(sorted(strange))}")
        ends = now + (LIVES_MS[purpose] if lives_ms is None else lives_ms)
        key_id = self.newest.id
        return f"{key_id}.{_text(self._pairs[key_id, purpose].seal(_said(subject, ends)))}"

    def read(self, purpose: TokenPurpose, token: str, now: Instant) -> dict[str, str]:
        """The subject of a token that was issued for this purpose and has not ended.

        Raises:
            InvalidToken: it was not; nothing says which part of it was wrong.
        """
        key_id, _, text = token.partition(".")
        pair = self._pairs.get((key_id, purpose))
        said = pair.open(_bytes(text)) if pair is not None else None
        if said is None:
            raise InvalidToken(
                "This link is not valid.",
                remedy="Open it as it stands in the message, to its last character, or use a newer message.",
            )
        ends, subject = json.loads(said)
        if now >= ends:
            raise InvalidToken("This link has expired.", remedy="Use a newer message.", code="expired_token")
        return {_NAMES[letter]: id_ for letter, id_ in subject.items()}

    def derived(self, key_id: str, use: str) -> bytes | None:
        """A key for something else than tokens, such as the audit chain; None where there is no key of that id."""
        return next((_derived(key, f"use/{use}") for key in self.keys if key.id == key_id), None)


def keys_of(text: str) -> tuple[SigningKey, ...]:
    """The keys of `JOGRAL_SIGNING_KEYS`: `id:secret,id:secret`. Raises Unfit, which never holds a secret."""
    return tuple(_listed(text))


def _listed(text: str) -> Iterator[SigningKey]:
    for place, item in enumerate(text.split(","), start=1):
        id_, colon, secret = item.strip().partition(":")
        if not colon:
            raise Unfit("key {place} is not written as id:secret", place=place)
        yield SigningKey(id=id_, secret=secret.encode())


# --- one key for one purpose ------------------------------------------------------------------------------------------

_TAG_SIZE = 16


@dataclass(frozen=True, slots=True)
class _Pair:
    """Signs what is said, and hides it (a synthetic IV: the signature is what the stream starts from).

    What is accepted depends on the HMAC alone. The stream keeps ids out of logs and histories of browsers.
    """

    about: bytes
    signing: bytes
    hiding: bytes

    def seal(self, said: bytes) -> bytes:
        tag = self._tag(said)
        return tag + self._mixed(said, tag)

    def open(self, sealed: bytes) -> bytes | None:
        """What was said; None: it was not sealed with this pair."""
        tag, hidden = sealed[:_TAG_SIZE], sealed[_TAG_SIZE:]
        said = self._mixed(hidden, tag)
        return said if hmac.compare_digest(tag, self._tag(said)) else None

    def _tag(self, said: bytes) -> bytes:
        return hmac.digest(self.signing, self.about + said, "sha256")[:_TAG_SIZE]

    def _mixed(self, said: bytes, tag: bytes) -> bytes:
        stream = hashlib.shake_256(self.hiding + tag).digest(len(said))
        return (int.from_bytes(said) ^ int.from_bytes(stream)).to_bytes(len(said))


def _pair(key: SigningKey, purpose: TokenPurpose) -> _Pair:
    return _Pair(
        about=f"{VERSION}/{purpose}/{key.id}/".encode(),
        signing=_derived(key, f"token/{purpose}/sign"),
        hiding=_derived(key, f"token/{purpose}/hide"),
    )


def _derived(key: SigningKey, use: str) -> bytes:
    return hmac.digest(key.secret, f"jogral/{VERSION}/{use}".encode(), "sha256")


# --- how it is written ------------------------------------------------------------------------------------------------


# `json.dumps` makes an encoder at each call where it is asked for anything of its own.
_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def _said(subject: Mapping[str, str], ends: Instant) -> bytes:
    return _json((ends, {SUBJECTS[name]: id_ for name, id_ in subject.items()})).encode()


_NAMES: Final = {letter: name for name, letter in SUBJECTS.items()}


def _text(sealed: bytes) -> str:
    return urlsafe_b64encode(sealed).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    """The bytes of a token's text; nothing where it is not exactly what `_text` writes: one token is one text."""
    try:
        sealed = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return b""
    return sealed if _text(sealed) == text else b""
