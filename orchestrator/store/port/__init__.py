"""What the ledger does, as the core sees it: values in, values out, inside one transaction.

`SqlStore` is the implementation; the contract suite in `tests/contract` says what any other would have to do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from orchestrator.store.port.chain import Chain
from orchestrator.store.port.conversations import Conversations
from orchestrator.store.port.forwards import FORWARD, Forward, Forwards, ForwardState
from orchestrator.store.port.goals import Achieved, Goals
from orchestrator.store.port.identity import FieldValue, Identity, Merge, MergeState
from orchestrator.store.port.inbound import Inbound, KeptText
from orchestrator.store.port.ledger import (
    Accounts,
    Audit,
    Facts,
    Inbox,
    Ledger,
    Pauses,
)
from orchestrator.store.port.memberships import Memberships, Watch
from orchestrator.store.port.people import (
    Consents,
    Customers,
    Imports,
)
from orchestrator.store.port.privacy import Person, PersonalData, PrivacyRequests
from orchestrator.store.port.provider_users import ProviderUsers
from orchestrator.store.port.quarantine import Chosen, Quarantine, QuarantinedEvent, Waiting
from orchestrator.store.port.queue import (
    Deliveries,
    Events,
    Receipts,
    Timers,
)
from orchestrator.store.port.rests import RestRule, Rests
from orchestrator.store.port.runs import Runs
from orchestrator.store.port.schedules import Schedule, Schedules
from orchestrator.store.port.segments import Audience, Segments
from orchestrator.store.port.shares import Shares
from orchestrator.store.port.templates import AWAITING, HeardTemplate, ProviderTemplate, Templates
from orchestrator.store.port.values import (
    ApiKey,
    BusinessClock,
    ChainQuery,
    ClosedAccount,
    Conclusion,
    ConsentEvent,
    Deferred,
    DueAlarm,
    ExitMark,
    FirstAnswer,
    HeardOf,
    ImportRun,
    InFlight,
    KeptConsent,
    KeptWording,
    LastRun,
    Look,
    Match,
    NewDelivery,
    Progress,
    Promise,
    SaidByCustomer,
    Sending,
    SentMessage,
    Settlement,
    Stop,
    StoredEvent,
    Told,
    Whereabouts,
)

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from orchestrator.store.evidence import Explanations

__all__ = [
    "AWAITING",
    "FORWARD",
    "Accounts",
    "Achieved",
    "ApiKey",
    "Audience",
    "Audit",
    "BusinessClock",
    "Chain",
    "ChainQuery",
    "Chosen",
    "ClosedAccount",
    "Conclusion",
    "ConsentEvent",
    "Consents",
    "Conversations",
    "Customers",
    "Deferred",
    "Deliveries",
    "DueAlarm",
    "Events",
    "ExitMark",
    "Facts",
    "FieldValue",
    "FirstAnswer",
    "Forward",
    "ForwardState",
    "Forwards",
    "Goals",
    "HeardOf",
    "HeardTemplate",
    "Identity",
    "ImportRun",
    "Imports",
    "InFlight",
    "Inbound",
    "Inbox",
    "KeptConsent",
    "KeptText",
    "KeptWording",
    "LastRun",
    "Ledger",
    "Look",
    "Match",
    "Memberships",
    "Merge",
    "MergeState",
    "NewDelivery",
    "Pauses",
    "Person",
    "PersonalData",
    "PrivacyRequests",
    "Progress",
    "Promise",
    "ProviderTemplate",
    "ProviderUsers",
    "Quarantine",
    "QuarantinedEvent",
    "Receipts",
    "RestRule",
    "Rests",
    "Runs",
    "SaidByCustomer",
    "Schedule",
    "Schedules",
    "Segments",
    "Sending",
    "SentMessage",
    "Settlement",
    "Shares",
    "Stop",
    "Store",
    "StoredEvent",
    "Templates",
    "Timers",
    "Told",
    "Transaction",
    "Waiting",
    "Watch",
    "Whereabouts",
]


class Transaction(Protocol):
    """Everything that one transaction can do, by noun."""

    @property
    def customers(self) -> Customers: ...
    @property
    def consents(self) -> Consents: ...
    @property
    def identity(self) -> Identity: ...
    @property
    def events(self) -> Events: ...
    @property
    def deliveries(self) -> Deliveries: ...
    @property
    def receipts(self) -> Receipts: ...
    @property
    def rests(self) -> Rests: ...
    @property
    def provider_users(self) -> ProviderUsers: ...
    @property
    def quarantine(self) -> Quarantine: ...
    @property
    def runs(self) -> Runs: ...
    @property
    def goals(self) -> Goals: ...
    @property
    def segments(self) -> Segments: ...
    @property
    def memberships(self) -> Memberships: ...
    @property
    def schedules(self) -> Schedules: ...
    @property
    def timers(self) -> Timers: ...
    @property
    def facts(self) -> Facts: ...
    @property
    def pauses(self) -> Pauses: ...
    @property
    def accounts(self) -> Accounts: ...
    @property
    def shares(self) -> Shares: ...
    @property
    def conversations(self) -> Conversations: ...
    @property
    def templates(self) -> Templates: ...
    @property
    def imports(self) -> Imports: ...
    @property
    def inbound(self) -> Inbound: ...
    @property
    def forwards(self) -> Forwards: ...
    @property
    def inbox(self) -> Inbox: ...
    @property
    def audit(self) -> Audit: ...
    @property
    def chain(self) -> Chain: ...
    @property
    def explanations(self) -> Explanations: ...
    @property
    def ledger(self) -> Ledger: ...
    @property
    def personal_data(self) -> PersonalData: ...
    @property
    def privacy_requests(self) -> PrivacyRequests: ...


class Store(Protocol):
    """The ledger."""

    def write(self, *, durable: bool = True) -> AbstractContextManager[Transaction]:
        """A transaction that commits at the end, or leaves no trace. Raises Unavailable.

        What is not `durable` is not waited for until it is on the disk: a power cut may undo it, never a crash.
        """
        ...

    def read(self) -> AbstractContextManager[Transaction]:
        """A consistent view that changes nothing."""
        ...

    def overwrite_deleted(self, *, bytes_max: int | None = None) -> bool:
        """Leave nothing of deleted rows in the ledger's file; False where that has to be tried again, or by hand."""
        ...
