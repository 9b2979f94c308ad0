"""A person is taken out of everything that we keep.

A digest of their addresses stays, so that they stay unwritten to, and a certificate of the erasure that names nobody.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any

from orchestrator.dispatch.privacy.desk import digest, keep_pepper, user_digest
from orchestrator.dispatch.privacy.ending import emptied
from orchestrator.dispatch.record import forget, record
from orchestrator.domain.customer import ADDRESS_KINDS, REMAINS, AddressKind
from orchestrator.domain.identifiers import ENTROPY_SIZE, new_id
from orchestrator.domain.time import rfc3339

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from orchestrator.dispatch.privacy.desk import PrivacyDesk
    from orchestrator.domain.privacy import PrivacyRequest
    from orchestrator.store.port import Person, Transaction

SCHEMA = "jogral.privacy.certificate/1"

ERASED = "erased"
"""The reason of what stays suppressed."""

SEAL_USE = "certificate"


def stop_everything(transaction: Transaction, desk: PrivacyDesk, person: Person) -> bool:
    """End what waits for the person, and suppress their own addresses. True: a message of theirs is being sent now.

    Then the erasure comes after it: whoever makes the call still writes down how it ended, and providers' words may
    repeat an address.
    """
    now = desk.clock.now()
    transaction.personal_data.stop(person, now)
    found = transaction.customers.addresses(person.own)
    for channel, kind in ADDRESS_KINDS.items():
        own = [address.id for address in found.values() if address.kind is kind]
        transaction.consents.suppress(own, channel.value, ERASED, now)
    return transaction.personal_data.on_its_way(person, now)


def erase(
    transaction: Transaction, desk: PrivacyDesk, request: PrivacyRequest, person: Person, *, by: str
) -> dict[str, Any]:
    """Take the person out; the certificate. Nothing of theirs is being sent, and they are locked."""
    clock, now = desk.clock, desk.clock.now()
    digests = {digest(transaction, clock, kind, value) for kind, value in person.values}
    digests |= {user_digest(transaction, clock, one) for one in person.users}
    # Of a family's address too: the others are served there, and whoever comes to it later is not.
    familys = [(one.kind, one.value) for one in transaction.customers.addresses(person.shared).values()]
    kept = _remember(transaction, desk, [*person.values, *familys])
    if person.users:
        transaction.personal_data.remember_users(person.users, now)
    _forget_requests(transaction, desk, request, person, digests)
    logged = forget(transaction, clock, person.customer_ids, by=by)
    counts = transaction.personal_data.erase(person, remains=new_id(REMAINS, now, clock.entropy(ENTROPY_SIZE)), at=now)
    return certificate(
        desk,
        request=request.id,
        rows={table: count for table, count in counts.items() if count} | ({"audit_entries": logged} if logged else {}),
        addresses=len(person.values),
        suppressions=kept,
        shared=len(person.shared),
    )


def _remember(transaction: Transaction, desk: PrivacyDesk, values: Sequence[tuple[AddressKind, str]]) -> int:
    if not values:
        return 0
    keep_pepper(transaction, desk.clock)
    return transaction.personal_data.remember_erased(values, ERASED, desk.clock.now())


def readmit(
    transaction: Transaction, desk: PrivacyDesk, address: tuple[AddressKind, str], *, by: str, vouched: str
) -> bool:
    """Let an erased address in again, because its owner came back by themselves; False where it was not erased.

    What they agreed to before is gone: they agree anew, or hear of what they buy alone.
    """
    lifted = transaction.personal_data.readmit(address)
    if lifted:
        record(transaction, desk.clock, "address.released", by=by, reason=ERASED, vouched=vouched)
    return lifted


def certificate(
    desk: PrivacyDesk, *, request: str, rows: Mapping[str, int], addresses: int, suppressions: int, shared: int
) -> dict[str, Any]:
    """What was done, and our seal on it: whoever shows it to us can prove that it was.

    Args:
        desk: whose certificate it is.
        request: the request that it ends.
        rows: table → how many rows were emptied or deleted.
        addresses: how many addresses went.
        suppressions: how many digests of them keep us from writing to them again.
        shared: how many addresses stay, because somebody else has them too.
    """
    rules = desk.rules
    said = {
        "schema": SCHEMA,
        "request": request,
        "controller": rules.controller if rules else desk.release.project.name,
        "erased_at": rfc3339(desk.clock.now(), desk.release.project.timezone),
        "rows": dict(sorted(rows.items())),
        "addresses_erased": addresses,
        "suppressions_kept": suppressions,
        "addresses_of_others": shared,
    }
    key_id = desk.keyring.newest.id
    return said | {"key_id": key_id, "seal": _seal(desk, key_id, said)}


def is_ours(desk: PrivacyDesk, document: Mapping[str, Any]) -> bool:
    """Whether a certificate is as we gave it."""
    said = {name: value for name, value in document.items() if name not in {"key_id", "seal"}}
    expected = _seal(desk, str(document.get("key_id", "")), said)
    return expected is not None and hmac.compare_digest(expected, str(document.get("seal", "")))


def _seal(desk: PrivacyDesk, key_id: str, said: Mapping[str, Any]) -> str | None:
    key = desk.keyring.derived(key_id, SEAL_USE)
    canonical = json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return None if key is None else hmac.new(key, canonical.encode(), hashlib.sha256).hexdigest()


def _forget_requests(
    transaction: Transaction, desk: PrivacyDesk, request: PrivacyRequest, person: Person, digests: set[str]
) -> None:
    """Other requests of theirs end with the person: who they were about is gone."""
    for one in transaction.privacy_requests.about(person.customer_ids, digests):
        if one.id != request.id:
            transaction.privacy_requests.put(emptied(one, desk.clock.now(), request.id))
