"""Whom an adapter believes: what its provider signed, as it was signed, and nobody where no secret is known."""

from __future__ import annotations

import base64
import dataclasses
import hmac
from typing import TYPE_CHECKING, Any

from orchestrator.contract.notices import Notice, Received
from orchestrator.domain.errors import ConfigurationError, InputError, JogralError, NotFound, Refused
from orchestrator.testing.specimens import BODIES, NOW
from orchestrator.testing.subject import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.contract.adapter import Adapter
    from orchestrator.testing.recorded import RecordedNotice
    from orchestrator.testing.subject import Subject

_URL = "https://loja.example/hooks/account?reference=msg_1"
_NEWS = (
    b'{"reference": "msg_1", "status": "delivered", "event": "delivered", "id": "1"}',
    b'{"object": "whatsapp_business_account", "entry": []}',
    b"MessageSid=SM1&MessageStatus=delivered&From=%2B5511955550123&Body=SAIR",
    b"From: a@example.com\r\nTo: b@example.com\r\nSubject: SAIR\r\n\r\nSAIR",
)
# What Meta sends to subscribe, by somebody who knows no token.
_HANDSHAKE = Notice(
    method="GET", headers={}, body=b"", query={"hub.mode": "subscribe", "hub.verify_token": "", "hub.challenge": "1"}
)
# Headers in which providers sign, or prove themselves.
_HEADERS = (
    "x-signature", "x-hub-signature-256", "x-hub-signature", "x-twilio-signature", "authorization", "x-jogral-secret",
    "x-webhook-signature", "webhook-signature", "x-amz-sns-message-type", "x-api-token", "x-api-key", "x-auth-token",
    "x-token", "x-zenvia-signature", "svix-signature",
)  # fmt: skip


def the_unsigned_is_refused(subject: Subject) -> Iterator[Fault]:
    """Whoever does not know the secret is not heard, whatever they say, and nothing of it is read."""
    for notice, what in _forgeries(b""):
        yield from _not_believed(subject.adapter, notice, what)
    yield from _not_believed(subject.adapter, _HANDSHAKE, "a handshake with an empty token")
    yield from _not_believed(subject.adapter, Notice(method="GET", headers={}, body=b""), "a bare GET")


def without_a_secret_nobody_is_believed(subject: Subject) -> Iterator[Fault]:
    """An account that was not given its secret hears nobody: least of all who signs with an empty one."""
    bare = _without_secrets(subject)
    if bare is None:
        return
    for key in (b"", b"None"):
        for notice, what in _forgeries(key):
            yield from _not_believed(bare, notice, f"an account without a secret, {what}", rule="no-secret")
    yield from _not_believed(bare, _HANDSHAKE, "an account without a token, a handshake", rule="no-secret")
    for one in subject.notices:
        if not _is_proven_otherwise(subject, one):
            told = f"an account without a secret, {one.what}"
            yield from _not_believed(bare, one.notice, told, one.at, rule="no-secret")


def the_genuine_is_heard(subject: Subject) -> Iterator[Fault]:
    """What the provider did tell once: it is believed, says the same each time, and is told apart by its keys."""
    keys: dict[str, str] = {}
    for one in subject.notices:
        try:
            received = subject.adapter.receive(one.notice, one.at)
        except Exception as error:  # noqa: BLE001  # that is what is looked for
            yield Fault("genuine", f"{one.what}: {type(error).__name__}: {error}")
            continue
        if not isinstance(received, Received):
            yield Fault("genuine", f"{one.what}: receive gives {received!r}, not Received")
            continue
        if received != subject.twin().receive(one.notice, one.at):
            yield Fault("genuine", f"{one.what}: it says something else the second time")
        yield from _means(one.what, one.means, received)
        yield from _keyed(one.what, received, keys)
        later = subject.adapter.receive(one.notice, one.at + 60_000)
        if _keys_of(later) != _keys_of(received):
            yield Fault("event-key", f"{one.what}: the same news has another event_key a minute later")


def _keyed(what: str, received: Received, keys: dict[str, str]) -> Iterator[Fault]:
    for key in _keys_of(received):
        if not key:
            yield Fault("event-key", f"{what}: news without an event_key would be lost as a repetition")
        elif keys.setdefault(key, what) != what:
            yield Fault("event-key", f"{what}: it has the event_key of {keys[key]}")
    for receipt in received.receipts:
        if not receipt.reference and not receipt.provider_id:
            yield Fault("event-key", f"{what}: a receipt that names no message")


def _keys_of(received: Received) -> list[str]:
    keys = [receipt.event_key for receipt in received.receipts]
    keys += [message.event_key for message in received.inbound]
    return keys + [said.event_key for said in received.preferences]


def the_changed_is_refused(subject: Subject) -> Iterator[Fault]:
    """One byte of the body, or any letter of the proof, makes it somebody else's."""
    for one in subject.notices:
        if one.notice.method != "POST":
            continue
        try:
            genuine = subject.adapter.receive(one.notice, one.at)
        except JogralError:
            continue  # which is told above
        for changed, what in _changes(subject, one.notice):
            told = f"{one.what}, {what}"
            yield from _not_believed(subject.adapter, changed, told, one.at, rule="mutated", genuine=genuine)


def _changes(subject: Subject, notice: Notice) -> Iterator[tuple[Notice, str]]:
    yield dataclasses.replace(notice, headers={}, query={}, url=notice.url.partition("?")[0]), "without its headers"
    if _proves_secret_alone(subject, notice):
        return
    size = len(notice.body)
    for place in sorted({0, size // 3, size // 2, size - 1}) if size else ():
        changed = bytearray(notice.body)
        changed[place] ^= 1
        yield dataclasses.replace(notice, body=bytes(changed)), f"with byte {place} changed"
    yield dataclasses.replace(notice, body=notice.body + b" "), "with a space behind it"
    for name, body in BODIES.items():
        yield dataclasses.replace(notice, body=body), f"with {name} for a body"


def _proves_secret_alone(subject: Subject, notice: Notice) -> bool:
    """A shared secret in a header or the query signs no body: then only the secret itself can be changed."""
    carried = (*notice.headers.values(), *notice.query.values())
    return any(secret in value for secret in subject.secrets().values() if secret for value in carried)


def _not_believed(
    adapter: Adapter,
    notice: Notice,
    what: str,
    at: int = NOW,
    *,
    rule: str = "unsigned",
    genuine: Received | None = None,
) -> Iterator[Fault]:
    """Refused, or no callbacks at all. A call for what is needed to judge it says nothing yet.

    What was changed where nothing is signed (a space between two words of an envelope) may say what the `genuine` one
    says, and nothing else.
    """
    try:
        received = adapter.receive(notice, at)
    except (Refused, NotFound):
        return
    except InputError as error:
        yield Fault(f"{rule}-parsed", f"{what}: it is read before it is verified ({error})")
    except Exception as error:  # noqa: BLE001  # that is what is looked for
        yield Fault(f"{rule}-parsed", f"{what}: {type(error).__name__} instead of Refused")
    else:
        asks_first = received.needs is not None and received == Received(needs=received.needs)
        if not asks_first and received != genuine:
            yield Fault(rule, f"{what}: it is believed")


def _means(what: str, means: Any, received: Received) -> Iterator[Fault]:
    for name, expected in means.items():
        found = getattr(received, name)
        if name in {"receipts", "inbound"}:
            said: Any = [one.kind.value for one in found]
        elif isinstance(found, tuple) and isinstance(expected, int):
            said = len(found)
        else:
            said = list(found) if isinstance(found, tuple) else found
        if said != expected:
            yield Fault("recorded", f"{what}: {name} are {said!r}, not {expected!r}")


# --- who signs what -------------------------------------------------------------------------------------------------


def _forgeries(key: bytes) -> Iterator[tuple[Notice, str]]:
    for body in (*_NEWS, *BODIES.values()):
        yield _posted(body, {}), "an unsigned notice"
    for body in (*_NEWS, b""):
        for header in _HEADERS:
            for value in _proofs(key, body):
                yield _posted(body, {header: value}), f"a notice whose {header} is {value[:24]!r}"
    everything = dict.fromkeys(_HEADERS, "\udcff")
    yield _posted(_NEWS[0], everything), "a notice signed with bytes that are no text"


def _posted(body: bytes, headers: dict[str, str]) -> Notice:
    return Notice(method="POST", headers=headers, body=body, url=_URL, query={"reference": "msg_1"})


def _proofs(key: bytes, body: bytes) -> Iterator[str]:
    yield from ("", "0" * 64, "sha256=", "Bearer ", "Basic Og==")
    for algorithm in ("sha256", "sha1"):
        for signed in (body, _URL.encode()):
            made = hmac.new(key, signed, algorithm)
            yield from (made.hexdigest(), f"{algorithm}={made.hexdigest()}", base64.b64encode(made.digest()).decode())


def _is_proven_otherwise(subject: Subject, one: RecordedNotice) -> bool:
    """By a public key: then an account of quite other secrets believes it as well."""
    try:
        subject.twin(**dict.fromkeys(subject.secrets(), "another-secret")).receive(one.notice, one.at)
    except (JogralError, ValueError):
        return False
    return True


def _without_secrets(subject: Subject) -> Adapter | None:
    """The same account with every secret taken away that it can be made without; None: it cannot be."""
    secrets = dict.fromkeys(subject.secrets(), "")
    optional = {item.name for item in dataclasses.fields(subject.adapter) if item.default == ""}  # type: ignore[arg-type]
    for gone in (secrets, {name: "" for name in secrets if name in optional}):
        try:
            return subject.twin(**gone) if gone else None
        except (ConfigurationError, ValueError):
            continue
    return None


CHECKS = (
    the_unsigned_is_refused,
    without_a_secret_nobody_is_believed,
    the_genuine_is_heard,
    the_changed_is_refused,
)
