"""A shop to hurt: the repository's own templates in a folder, its accounts at our provider, a ledger, real processes.

    with provider.running(folder) as far, harness.shop(setting, far) as shop:
        people = shop.enrol(100)
        asked = shop.ask([Wish(customer, harness.SHIPPED, Channel.PUSH) for customer in people])
        with Crew(shop, 3) as crew:
            shop.until_done(crew.tend)

Every channel is an account of its own, and each account can do another thing: answer look-ups, refuse a repeated
idempotency key, or neither. What promises a message makes, and how it is spelt, is Casa Lume's own.
"""

from __future__ import annotations

import itertools
import os
import shutil
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML
from sqlalchemy import text

from orchestrator.app import SystemClock
from orchestrator.dispatch import keys
from orchestrator.dispatch.accept import WantedMessage, accept_message
from orchestrator.dispatch.publish import publish
from orchestrator.dispatch.register import Profile, register
from orchestrator.dispatch.settle import RESEND_AFTER_MS
from orchestrator.domain.customer import Channel, ConsentState
from orchestrator.domain.receipt import ReceiptKind
from orchestrator.journeys.steps import Channels
from orchestrator.project import find_project
from tests.ledgers import url_of
from tests.saying import said
from tests.shipped import keep_only

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from orchestrator.release import Release
    from orchestrator.store.sql import SqlStore
    from tests.faults.items import Setting
    from tests.faults.provider import Provider
    from tests.preloaded import Preloaded

ROOT = Path(__file__).parents[2]

# One transactional and one marketing message of Casa Lume, both said on e-mail, WhatsApp and push.
SHIPPED, REVIEW = "order_shipped", "review_request"
REVIEWS = "reviews"
REVIEWS_ON = (Channel.EMAIL, Channel.WHATSAPP, Channel.PUSH)

LOOKED_UP, KEYED, NEITHER, LETTERS = "looked_up", "keyed", "neither", "smtp"
ACCOUNTS: Mapping[Channel, str] = {
    Channel.WHATSAPP: LOOKED_UP,
    Channel.EMAIL: KEYED,
    Channel.PUSH: NEITHER,
    Channel.SMS: NEITHER,
}
POLL_SECONDS = 0.1
PATIENCE_SECONDS = 600.0
DOUBT_SECONDS = 150.0
BATCH = 500

_pause = threading.Event()  # nobody sets it: a wait for the clock, between two looks at other processes


@dataclass(frozen=True)
class Wish:
    """A message that is wanted for somebody on one channel."""

    customer: str
    message: str
    channel: Channel


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A wish that was promised, in the client's own list. `canary` stands in the text, and in no other's."""

    id: str
    customer: str
    message: str
    account: str
    canary: str


@dataclass
class Shop:
    """A project with its release in force, and its ledger."""

    folder: Path
    store: SqlStore
    release: Release
    provider: Provider
    preloaded: Preloaded
    accounts: Mapping[Channel, str]
    clock: SystemClock = field(default_factory=SystemClock)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(100_000))

    @property
    def environment(self) -> dict[str, str]:
        """What its processes need to know."""
        return {
            **os.environ,
            "JOGRAL_DATABASE_URL": url_of(self.store),
            "JOGRAL_REDIS_URL": "none",
            "JOGRAL_LANG": "en",
        }

    def key(self) -> str:
        """The secret of an API key that may do everything."""
        with self.store.write() as transaction:
            return keys.create(transaction, self.clock, "faults", ["admin"], by="test")[1]

    def enrol(self, count: int, *, zone: str = "America/Sao_Paulo") -> list[str]:
        """So many new customers, reachable everywhere, who have said yes to invitations on every channel."""
        numbers = [next(self._numbers) for _ in range(count)]
        for batch in batches(numbers):
            with self.store.write() as transaction:
                customer_ids = register(transaction, [_profile(number, zone) for number in batch], self.clock)
                yes = said(self.clock, customer_ids, ConsentState.GRANTED, [REVIEWS], REVIEWS_ON)
                transaction.consents.record(yes, self.clock.now())
        return [_customer_id(number) for number in numbers]

    def ask(self, wishes: Sequence[Wish]) -> list[Asked]:
        """Accept them as a door does, many in one commit; what was promised when it is committed."""
        asked: list[Asked] = []
        for batch in batches(wishes):
            with self.store.write() as transaction:
                promised = [self._accept(transaction, wish, self.canary()) for wish in batch]
            asked += promised
        return asked

    def canary(self) -> str:
        """The number of an order that no other message is about."""
        return str(next(self._numbers))

    def until_done(
        self, tend: Callable[[], object] = lambda: None, *, doubts: bool = False, again: bool = False
    ) -> float:
        """Wait until nothing waits and nothing is on its way; how many seconds that took.

        Args:
            tend: called again and again meanwhile.
            doubts: whether to wait for doubts too that asking can settle; not for ever, because whether they are
                settled in time is for the judge to say.
            again: whether to wait for what goes out again as well.
        """
        began = time.monotonic()
        open_ = OPEN + (IN_DOUBT if doubts else "") + (WAITING_AGAIN if again else "")
        while waiting := self.one(f"SELECT count(*) FROM deliveries WHERE {open_}"):
            tend()
            waited = time.monotonic() - began
            if waited > DOUBT_SECONDS and not again and not self.one(f"SELECT count(*) FROM deliveries WHERE {OPEN}"):
                break
            if waited > PATIENCE_SECONDS:
                raise TimeoutError(f"{waiting} deliveries are still open after {PATIENCE_SECONDS:g} s: {self.states()}")
            _pause.wait(POLL_SECONDS)
        return time.monotonic() - began

    def states(self) -> dict[str, int]:
        """State → how many, in plain SQL."""
        return dict(sorted(self.rows("SELECT state, count(*) FROM deliveries GROUP BY state")))

    def one(self, question: str, **values: Any) -> Any:
        """The one value that a query answers."""
        return self.rows(question, **values)[0][0]

    def rows(self, question: str, **values: Any) -> list[Any]:
        """What the ledger answers to a query."""
        with self.store.engine.connect().execution_options(jogral_read_only=True) as connection:
            return [tuple(row) for row in connection.execute(text(question), values)]

    def _accept(self, transaction: Any, wish: Wish, canary: str) -> Asked:
        wanted = WantedMessage(
            message=wish.message,
            customer_id=wish.customer,
            channels=Channels(all=(wish.channel,)),
            data=data_about(canary),
        )
        (request,) = accept_message(
            transaction, self.release, self.clock, wanted, identity=f"faults/{canary}", origin="faults"
        )
        return self.asked(request.id, wish, canary)

    def asked(self, message_id: str, wish: Wish, canary: str) -> Asked:
        """A promise as the client writes it down."""
        return Asked(
            id=message_id,
            customer=wish.customer,
            message=wish.message,
            account=self.accounts[wish.channel],
            canary=canary,
        )


OPEN = "state IN ('accepted', 'deferred', 'sending', 'held')"
# What the provider can be asked about; marketing is not repeated, even where that would do no harm.
CAN_BE_SETTLED = f"(account LIKE '{LOOKED_UP}%' OR account LIKE '{KEYED}%' AND purpose = 'transactional')"
# What was bought is sent again where nobody can be asked, until there were four calls.
GOES_OUT_AGAIN = f"(purpose = 'transactional' AND doubts <= {len(RESEND_AFTER_MS)})"
IN_DOUBT = f" OR (state = 'unknown' AND {CAN_BE_SETTLED})"
WAITING_AGAIN = f" OR (state = 'unknown' AND {GOES_OUT_AGAIN})"


@contextmanager
def shop(
    setting: Setting,
    provider: Provider,
    *,
    accounts: Mapping[Channel, str] = ACCOUNTS,
    caps: Sequence[Mapping[str, Any]] = (),
    topics: Mapping[str, Mapping[str, Any]] | None = None,
    messages: Sequence[str] = (SHIPPED, REVIEW),
    journeys: Mapping[str, str] | None = None,
) -> Iterator[Shop]:
    """A shop for the length of a `with`, on an empty ledger of the setting's database.

    Args:
        setting: where it is made.
        provider: who takes its messages.
        accounts: what each channel's account can do; LETTERS speaks SMTP, with a pool of five connections.
        caps: its frequency caps; without any, nothing limits how much a customer gets. There are no quiet hours.
        topics: further settings by topic.
        messages: those of Casa Lume that it says.
        journeys: its journeys, as their files are written, by id.
    """
    folder = setting.folder / "shop"
    shutil.copytree(ROOT / "templates", folder / "templates")
    shutil.copy(ROOT / "brand_voice.yaml", folder)
    keep_only(folder, *messages)
    for name, written in (journeys or {}).items():
        (folder / "templates" / "journeys" / f"{name}.yaml").write_text(written, encoding="utf-8")
    _rewrite(folder / "templates" / "project.yaml", provider, accounts, caps, topics or {})
    release = find_project(folder).read()
    with setting.ledgers.migrated() as store:
        found = Shop(
            folder=folder,
            store=store,
            release=release,
            provider=provider,
            preloaded=setting.preloaded,
            accounts=accounts,
        )
        publish(store, release, found.clock.now())
        yield found


def batches(things: Sequence[Any], size: int = BATCH) -> Iterator[Sequence[Any]]:
    """Slices of at most so many."""
    for start in range(0, len(things), size):
        yield things[start : start + size]


def until(condition: Callable[[], object], *, seconds: float = PATIENCE_SECONDS, what: str = "it") -> None:
    """Wait until it holds. Raises TimeoutError."""
    ends = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > ends:
            raise TimeoutError(f"{what} did not come about within {seconds:g} s")
        _pause.wait(POLL_SECONDS / 5)


def data_about(canary: str) -> dict[str, Any]:
    """What a message is about: an order of its own, promised for next month."""
    promised = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
    order = {"number": canary, "url": f"https://casalume.example/p/{canary}", "first_item": "Kit Banho"}
    return {"order": order, "shipment": {"promised_date": promised}}


# --- the project ------------------------------------------------------------------------------------------------------

# Whatever a channel says, its text or its button holds the order's URL, and that the canary.
_BODY = {
    "reference": "{reference}",
    "customer": "{customer_id}",
    "message": "{message}",
    "object": "{object_id}",
    "to": "{to}",
    "text": "{text} {url}",
}


# How the provider signs what it tells afterwards, and in which words: our own.
RECEIPTS_HEADER, RECEIPTS_SECRET = "X-Signature", "not-a-secret"
_RECEIPTS = {
    "signature_header": RECEIPTS_HEADER,
    "event_at": "event",
    "reference_at": "reference",
    "provider_id_at": "id",
    "status_at": "status",
    "words": {kind.value: kind.value for kind in ReceiptKind},
    "permanent": ["bounced"],
}


def _rewrite(
    file: Path,
    provider: Provider,
    accounts: Mapping[Channel, str],
    caps: Sequence[Mapping[str, Any]],
    topics: Mapping[str, Mapping[str, Any]],
) -> None:
    yaml = YAML()
    project = yaml.load(file)
    for channel, account in accounts.items():
        project["channels"][channel.value]["accounts"] = [_account(f"{account}_{channel.value}", account, provider)]
    project["quiet_hours"] = []
    project["frequency_caps"] = list(caps)
    project["suppress_rules"] = []
    for topic, settings in topics.items():
        project["topics"][topic].update(settings)
    yaml.dump(project, file)


def _account(account_id: str, kind: str, provider: Provider) -> dict[str, Any]:
    if kind == LETTERS:
        return {
            "id": account_id,
            "adapter": "email_smtp",
            "host": "127.0.0.1",
            "port": provider.smtp_port,
            "security": "none",
        }
    recipe: dict[str, Any] = {
        "id": account_id,
        "adapter": "webhook",
        "url": provider.url(kind),
        "allow_private": True,
        "body": _BODY,
        "id_at": "id",
        "receipts": _RECEIPTS,
        "receipts_secret": RECEIPTS_SECRET,
    }
    if kind == KEYED:
        recipe["idempotency_header"] = "Idempotency-Key"
    if kind == LOOKED_UP:
        recipe["look_up"] = {"url": f"{provider.url(kind)}/{{reference}}", "found_at": "id", "missing": "404"}
    return recipe


# --- the customers ----------------------------------------------------------------------------------------------------


def _customer_id(number: int) -> str:
    return f"cus_{number:08d}"


def _profile(number: int, zone: str) -> Profile:
    return Profile(
        id=_customer_id(number),
        time_zone=zone,
        attributes={"first_name": "Ana"},
        emails=(f"pessoa{number}@example.com",),
        phones=(f"+5511{910_000_000 + number}",),
        push_tokens=(f"token-{number}",),
    )
