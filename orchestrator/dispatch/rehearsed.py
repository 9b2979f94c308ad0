"""Messages of test keys: they are put into the local inbox, and nobody is reached.

A few fixed addresses play each way in which a provider may answer. They are in names and numbers that are kept free for
examples (RFC 2606, and 555-01XX of the North American plan), so that nobody is behind them; what is written to them by
a key of another mode is an ordinary message.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from orchestrator.channels import InboxAnswer, InboxCall, InboxEntry
from orchestrator.domain.customer import AddressKind
from orchestrator.domain.delivery import Mode, Outcome, OutcomeKind, Rejection, State
from orchestrator.domain.receipt import Receipt, ReceiptKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from orchestrator.channels import Answer
    from orchestrator.dispatch.draft import Draft
    from orchestrator.domain.customer import Address
    from orchestrator.domain.delivery import Delivery, Request
    from orchestrator.domain.time import Instant
    from orchestrator.store.port import Settlement

MAGIC_DOMAIN = "jogral.example"
"""`bounced@jogral.example`; what stands behind a plus in the name is free: `bounced+17@jogral.example`."""

MAGIC_TOKEN = "jogral-test-"  # noqa: S105  # how a push token of a test begins
"""`jogral-test-bounced`."""

TEST_MODE = "test_mode"
"""The reason of what was sent, and reached nobody."""

THROTTLED_SECONDS = 1.0


_TAKEN = Outcome(OutcomeKind.SENT)


@dataclass(frozen=True, slots=True)
class Magic:
    """How a magic recipient answers, and what is told of them afterwards.

    `once`: only the first call ends so; the second is taken.
    """

    phone: str
    outcome: Outcome = _TAKEN
    told: tuple[ReceiptKind, ...] = ()
    once: bool = False


def _refusal(rejection: Rejection) -> Outcome:
    return Outcome(OutcomeKind.REFUSED, rejection.reason, detail="a magic recipient refused it")


MAGIC: Mapping[str, Magic] = {
    "delivered": Magic("+12015550100", told=(ReceiptKind.DELIVERED,)),
    "read": Magic("+12015550101", told=(ReceiptKind.DELIVERED, ReceiptKind.READ)),
    "clicked": Magic("+12015550102", told=(ReceiptKind.DELIVERED, ReceiptKind.READ, ReceiptKind.CLICKED)),
    "bounced": Magic("+12015550103", told=(ReceiptKind.BOUNCED,)),
    "complained": Magic("+12015550104", told=(ReceiptKind.DELIVERED, ReceiptKind.COMPLAINED)),
    "refused": Magic("+12015550105", _refusal(Rejection.ADDRESS)),
    "opted_out": Magic("+12015550106", _refusal(Rejection.OPTED_OUT)),
    "rejected": Magic("+12015550107", _refusal(Rejection.MESSAGE)),
    "throttled": Magic(
        "+12015550108",
        Outcome(OutcomeKind.NOT_SENT, "rate_limit", detail="429", retry_after_seconds=THROTTLED_SECONDS),
        once=True,
    ),
    "unavailable": Magic("+12015550109", Outcome(OutcomeKind.NOT_SENT, "provider_unavailable", detail="503")),
    "unknown": Magic("+12015550110", Outcome(OutcomeKind.UNKNOWN, "timeout", detail="no answer")),
}
"""The word of each magic address: what becomes of a test message to it. See docs/how-to/send-safely.md."""

_BY_PHONE = {magic.phone: word for word, magic in MAGIC.items()}


def is_test(request: Request) -> bool:
    """Whether it was asked for by a test key."""
    return request.mode is Mode.TEST


def magic_word(address: Address) -> str:
    """Which outcome an address plays, or nothing where it is nobody's special one."""
    match address.kind:
        case AddressKind.EMAIL:
            name, _, domain = address.value.rpartition("@")
            word = name.partition("+")[0] if domain == MAGIC_DOMAIN else ""
        case AddressKind.PHONE:
            word = _BY_PHONE.get(address.value, "")
        case AddressKind.PUSH_TOKEN:
            word = address.value.removeprefix(MAGIC_TOKEN) if address.value.startswith(MAGIC_TOKEN) else ""
    return word if word in MAGIC else ""


def played(address: Address, calls: int) -> Outcome | None:
    """How a call to a magic recipient ends after so many others; None where it is put into the inbox as it is."""
    magic = MAGIC.get(magic_word(address))
    if magic is None or magic.outcome.kind is OutcomeKind.SENT or (magic.once and calls):
        return None
    return magic.outcome


def inbox_call(delivery: Delivery, at: Instant) -> InboxCall:
    """The message as the local inbox keeps it."""
    entry = InboxEntry(
        reference=delivery.reference,
        customer_id=delivery.customer_id,
        object_id=delivery.object_id,
        channel=delivery.channel,
        address=delivery.address.value,
        rendered=delivery.rendered,
    )
    return InboxCall(entry, at)


def kept(answer: Answer) -> Outcome:
    """What the inbox said."""
    if isinstance(answer, InboxAnswer) and answer.entry_id is not None:
        return Outcome(OutcomeKind.SENT, TEST_MODE, provider_id=answer.entry_id)
    return Outcome(OutcomeKind.NOT_SENT, "provider_unavailable", detail="the local inbox did not take it")


def rehearsed(
    drafts: Sequence[Draft], settlements: Sequence[Settlement], at: Instant
) -> tuple[list[Settlement], dict[str, tuple[Receipt, ...]]]:
    """The settlements of a slice, tests named as such; and what magic recipients tell of theirs, by delivery."""
    named: list[Settlement] = []
    told: dict[str, tuple[Receipt, ...]] = {}
    for draft, one in zip(drafts, settlements, strict=True):
        if not is_test(draft.request) or one.state is not State.SENT:
            named.append(one)
            continue
        named.append(replace(one, reason=TEST_MODE))
        magic = MAGIC.get(magic_word(draft.send.address))
        if magic is not None and magic.told:
            told[one.id] = tuple(_receipt(one.id, draft.send.account, kind, at) for kind in magic.told)
    return named, told


def _receipt(delivery_id: str, account: str, kind: ReceiptKind, at: Instant) -> Receipt:
    return Receipt(
        event_key=f"test/{account}/{delivery_id}/{kind.value}",
        kind=kind,
        at=at,
        reference=delivery_id,
        permanent=kind is ReceiptKind.BOUNCED,
        detail="told by a magic recipient",
    )
