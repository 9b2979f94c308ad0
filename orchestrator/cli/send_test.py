"""`jogral send-test`: one message, through the real adapter and the real provider, to somebody on the allow-list."""

import asyncio
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestrator.app import App
from orchestrator.cli.channel_names import chosen_channel
from orchestrator.cli.help import Command
from orchestrator.cli.ledger import open_ledger
from orchestrator.cli.session import Session, session_of
from orchestrator.cli.terminal import BAD, DIM, GOOD
from orchestrator.cli.workplace import open_project
from orchestrator.domain.customer import ADDRESS_KINDS, Address, Channel
from orchestrator.domain.delivery import Delivery, Outcome, OutcomeKind
from orchestrator.domain.errors import ConfigurationError, InputError, NotFound, Refused, did_you_mean
from orchestrator.domain.identifiers import ENTROPY_SIZE, new_id
from orchestrator.domain.message import Rendered
from orchestrator.translations import mark

if TYPE_CHECKING:
    from orchestrator.channels import Answer, Call
    from orchestrator.mapping import Persona
    from orchestrator.project import Project
    from orchestrator.release import Account, Release

app = typer.Typer(add_completion=False)

# What a test is marked with, by language.
MARKS = {"pt": "[teste]", "en": "[test]", "es": "[prueba]"}

ENDED = {
    OutcomeKind.SENT: mark("The provider took it."),
    OutcomeKind.NOT_SENT: mark("The provider did not take it, for now."),
    OutcomeKind.REFUSED: mark("The provider refused it."),
    OutcomeKind.UNKNOWN: mark("It may or may not have arrived."),
}


@app.command("send-test", cls=Command)
def send_test(  # each is an option of the command
    context: typer.Context,
    message: Annotated[str, typer.Argument(metavar="MESSAGE", help="The message's id.")],
    to: Annotated[
        str, typer.Option("--to", metavar="ADDRESS", help="Your e-mail, phone or push token; on JOGRAL_ALLOW_LIST.")
    ],
    who: Annotated[
        str, typer.Option("--as", metavar="WHO", help="Whom it is written for: a persona, or a customer's id.")
    ] = "",
    channel: Annotated[
        str, typer.Option("--channel", metavar="CHANNEL", help="Without it: the first that fits the address.")
    ] = "",
    account: Annotated[
        str, typer.Option("--account", metavar="ACCOUNT", help="Without it: the one that carries the channel.")
    ] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before it is sent.")] = False,
) -> None:
    """Send a message to yourself, through the real provider, as a customer would get it.

    It is marked as a test, counts in nothing, and goes to addresses on the allow-list only.
    """
    from orchestrator.app.accounts import wire_account

    session = session_of(context)
    project = open_project(session)
    release = project.read()
    topic = _topic_of(message, release)
    with open_ledger(project) as opened:
        address = _allowed(opened, to)
        spoken = _channel(release, message, address, channel)
        carrier = _account(release, spoken, account)
        adapter = wire_account(opened.settings, release, carrier.id)
        assert adapter is not None
        persona, customer_id = _persona(project, opened, who)
        said, marked = _said(release, opened, message, persona, spoken)
        reference = new_id("tst", opened.clock.now(), opened.clock.entropy(ENTROPY_SIZE))
        delivery = Delivery(
            reference=reference,
            customer_id=customer_id or persona.id,
            object_id="",
            channel=spoken,
            address=address,
            purpose=release.purpose(topic),
            topic=topic,
            rendered=said,
            unsubscribe_url=_way_out(release, topic, spoken),
            devices=(address,) if spoken is Channel.PUSH else (),
        )
        call = adapter.call(delivery, opened.clock.now(), opened.clock.entropy)
        _show(session, said, spoken, carrier, to, marked=marked)
        _ensure_wanted(session, yes=yes)
        _put_on_record(opened, message, spoken, carrier, reference, customer_id)
        outcome = adapter.outcome(_answer(opened, call))
    _tell(session, outcome, reference, message=message, channel=spoken.value, account=carrier.id, marked=marked)


def _topic_of(message: str, release: "Release") -> str:
    """The topic of the message."""
    if message not in release.messages:
        raise NotFound(
            'There is no message "{message}"{hint}', remedy="There are: {known}.", code="unknown_message",
            message=message, hint=did_you_mean(message, release.messages), known=", ".join(release.messages),
        )  # fmt: skip
    topic: str = release.messages[message].message.topic
    return topic


def _allowed(opened: App, to: str) -> Address:
    from orchestrator.addresses import normalise
    from orchestrator.allow_list import kind_of

    kind = kind_of(to)
    address = Address(id="test", kind=kind, value=normalise(kind, to))
    if not opened.settings.recipients.listed(address):
        raise Refused(
            "{to} is not on the allow-list: nothing was sent.",
            remedy="If it is yours, allow it: JOGRAL_ALLOW_LIST={value}",
            to=to,
            value=",".join(filter(None, (opened.settings.allow_list, address.value))),
        )
    return address


def _channel(release: "Release", message: str, address: Address, named: str) -> Channel:
    """The one that was named, or the first that the message is said on and that reaches such an address."""
    fitting = [one for one in Channel if ADDRESS_KINDS[one] is address.kind]
    said = release.said_on[message]
    if named:
        fitting = [one for one in fitting if one is chosen_channel(named)]
        if not fitting:
            raise InputError(
                "{channel} does not reach such an address.", remedy="Take another address, or leave --channel out.",
                code="usage", channel=named,
            )  # fmt: skip
    found = next((one for one in fitting if one in said and (named or one in release.accounts)), None)
    if found is None:
        raise InputError(
            '"{message}" is not said on {channel}.', remedy="It is said on: {known}.", code="silent_channel",
            message=message, channel=", ".join(fitting), known=", ".join(sorted(said)),
        )  # fmt: skip
    return found


def _account(release: "Release", channel: Channel, named: str) -> "Account":
    shared = release.project.channels.get(channel)
    accounts = {one.id: one for one in shared.accounts} if shared is not None else {}
    if named:
        if named not in accounts:
            raise NotFound(
                '{channel} has no account "{account}"{hint}', remedy="It has: {known}.", channel=channel.value,
                account=named, hint=did_you_mean(named, accounts), known=", ".join(accounts) or "-",
            )  # fmt: skip
        return accounts[named]
    if channel not in release.accounts:
        raise ConfigurationError(
            "{channel} has no account.", remedy="Give it one in templates/project.yaml.", channel=channel.value
        )
    return release.accounts[channel]


def _persona(project: "Project", opened: App, who: str) -> "tuple[Persona, str | None]":
    """Whom it is written for; with the customer's id, where it is a real one."""
    personas = [path.stem for path in project.files("personas")]
    if who and who not in personas:
        return _customer(opened, who), who
    if not personas:
        raise ConfigurationError(
            "The project has no persona to say it to.", remedy="Write templates/personas/ana.yaml (see the docs)."
        )
    return project.persona(who or personas[0]), None


def _customer(opened: App, customer_id: str) -> "Persona":
    """A customer of the ledger, with what was bought last, as a message would read them."""
    from orchestrator.mapping import Persona

    with opened.store.read() as transaction:
        kinds = frozenset({"order", "cart", "shipment", "refund", "product_alert"})
        found = transaction.customers.standings([customer_id], [], kinds=kinds).get(customer_id)
    if found is None:
        raise NotFound(
            'There is no persona and no customer "{who}".', remedy="See: jogral customers, templates/personas/",
            code="unknown_customer", who=customer_id,
        )  # fmt: skip
    customer = {**found.customer.attributes, "id": customer_id, "locale": found.customer.locale}
    about: dict[str, Any] = {"kind": "persona", "id": customer_id, "title": customer_id, "customer": customer}
    about |= {kind: dict(objects[-1]) for kind, objects in found.objects.items() if objects}
    return Persona.model_construct(consent={}, **about)


def _said(release: "Release", opened: App, message: str, persona: "Persona", channel: Channel) -> tuple[Rendered, bool]:
    """The message as it is sent, and whether it could be marked as a test."""
    from orchestrator.dispatch.promised import book_of
    from orchestrator.previews import preview_of

    preview = preview_of(release, message, persona, [channel], book_of(release, {}), opened.clock.now())
    said = preview.said[channel]
    if isinstance(said, InputError):
        raise said
    assert said is not None
    word = MARKS.get(said.locale.partition("-")[0], MARKS["en"])
    if channel is Channel.EMAIL:
        return replace(said, subject=f"{word} {said.subject}"), True
    if channel is Channel.PUSH:
        return replace(said, title=f"{word} {said.title}"), True
    if said.template is not None:
        return said, False  # its words are what was approved
    return replace(said, text=f"{word} {said.text}"), True


def _way_out(release: "Release", topic: str, channel: Channel) -> str:
    """Where the button of a mailbox leads: nowhere. Nobody's topic is ended by a test."""
    from orchestrator.catalog.links import EXAMPLES
    from orchestrator.dispatch.links import unsubscribe_url

    return unsubscribe_url(EXAMPLES, release.purpose(topic), channel)


def _show(session: Session, said: Rendered, channel: Channel, account: "Account", to: str, *, marked: bool) -> None:
    terminal = session.terminal
    terminal.say("{channel}, by {account} ({adapter}), to {to}:", channel=channel.value, account=account.id,
                 adapter=account.adapter, to=to)  # fmt: skip
    for line in filter(None, (said.subject, said.title, *said.text.splitlines()[:6])):
        terminal.show("  ", (line, DIM))
    if not marked:
        terminal.note("It is a template: its words cannot be changed, so it is not marked as a test.")


def _ensure_wanted(session: Session, *, yes: bool) -> None:
    """A person is asked; a script has an allow-list."""
    terminal = session.terminal
    if yes or terminal.as_json or not sys.stdin.isatty():
        return
    if not typer.confirm(terminal.words("Send it?")):
        raise typer.Exit(1)


def _put_on_record(
    opened: App, message: str, channel: Channel, account: "Account", reference: str, customer_id: str | None
) -> None:
    """Before it leaves: what was tried is known, whatever becomes of it."""
    from orchestrator.cli.actor import actor
    from orchestrator.dispatch.record import record

    with opened.store.write() as transaction:
        record(
            transaction, opened.clock, "message.tested", by=actor(), customer_id=customer_id, message=message,
            channel=channel.value, account=account.id, reference=reference,
        )  # fmt: skip


def _answer(opened: App, call: "Call") -> "Answer":
    """Through the transport that workers use: the same deadlines, the same guard."""
    from orchestrator.app.draining import StoreInbox
    from orchestrator.transport import Transport

    async def at_once(work: Any) -> Any:
        return work()

    async def carried() -> "Answer":
        transport = Transport(inbox=StoreInbox(opened), run=at_once, clock=opened.clock)
        try:
            return await transport.carry(call)
        finally:
            await transport.close()

    return asyncio.run(carried())


def _tell(session: Session, outcome: Outcome, reference: str, **about: Any) -> None:
    terminal = session.terminal
    sent = outcome.kind is OutcomeKind.SENT
    terminal.document(
        "send_test", ok=sent, reference=reference, outcome=outcome.kind.value, reason=outcome.reason,
        detail=outcome.detail, provider_id=outcome.provider_id or None, **about,
    )  # fmt: skip
    terminal.show(("✔ " if sent else "✖ ", GOOD if sent else BAD), terminal.translate(ENDED[outcome.kind]))
    if outcome.provider_id:
        terminal.say("  The provider calls it {id}.", id=outcome.provider_id)
    if outcome.detail and not sent:
        terminal.say("  It said: {said}", said=outcome.detail)
    if not sent:
        terminal.say("  See what is wrong with the account: jogral doctor")
        raise typer.Exit(1)
