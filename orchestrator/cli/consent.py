"""`jogral consent`: what a person agreed to, and what they tell us by other ways than ours."""

import contextlib
from collections.abc import Iterable, Iterator
from typing import Annotated, Any

import typer

from orchestrator.app import App
from orchestrator.cli.actor import Reason, actor, put_on_record
from orchestrator.cli.help import Command, Group
from orchestrator.cli.ledger import open_ledger, ring, running_release
from orchestrator.cli.session import Session, session_of
from orchestrator.cli.terminal import BAD, DIM, GOOD, STRONG, Terminal
from orchestrator.cli.workplace import open_project
from orchestrator.dispatch.consents import Proof, agree, in_force, require_topic, withdraw
from orchestrator.dispatch.explain.names import find_customer
from orchestrator.domain.customer import Channel, ConsentState
from orchestrator.domain.errors import InputError, did_you_mean
from orchestrator.domain.message import Purpose
from orchestrator.domain.time import rfc3339
from orchestrator.facts.moments import as_moment, beginning
from orchestrator.release import Release
from orchestrator.store.port import ConsentEvent
from orchestrator.translations import mark

app = typer.Typer(cls=Group, add_completion=False, no_args_is_help=True)

# Enough for what a person can read; the API has pages.
SHOWN_MAX = 1_000

Customer = Annotated[str, typer.Argument(metavar="WHO", help="The customer: id, e-mail, phone, or SYSTEM:ID.")]
Topic = Annotated[str, typer.Option("--topic", metavar="TOPIC", help="A topic of templates/project.yaml.")]
Channels = Annotated[
    str, typer.Option("--channel", metavar="CHANNELS", help="Where: email, whatsapp, sms, push; several with commas.")
]
Method = Annotated[str, typer.Option("--method", metavar="WORD", help="How they said it, such as phone_call.")]
Source = Annotated[str, typer.Option("--source", metavar="NAME", help="Where they said it, such as atendimento.")]
At = Annotated[str, typer.Option("--at", metavar="TIME", help="When they said it; without it, now.")]
Note = Annotated[str, typer.Option("--note", metavar="TEXT", help="What else shows it, such as ticket 8841.")]


@app.command(cls=Command)
def show(
    context: typer.Context,
    who: Customer,
    history: Annotated[bool, typer.Option("--history", help="All that they said, newest first.")] = False,
    reason: Reason = "",
) -> None:
    """Show what is in force for a person, topic by topic, and what proves it."""
    session = session_of(context)
    with _opened(session) as (opened, release):
        with opened.store.read() as transaction:
            customer_id = find_customer(transaction, who).id
            standing = in_force(transaction, customer_id)
            said = (
                [one.event for one in transaction.consents.history(customer_id, limit=SHOWN_MAX)]
                if history
                else list(standing)
            )
        put_on_record(opened, release, reason, "consents", [customer_id])
    zone, ids = release.project.timezone, {one.id for one in standing}
    session.terminal.document(
        "consent.show", customer_id=customer_id, items=[_document(one, zone, one.id in ids) for one in said]
    )
    _list(session.terminal, said, zone)


@app.command(cls=Command)
def grant(  # noqa: PLR0913, PLR0917  # each is an option of the command
    context: typer.Context,
    who: Customer,
    topic: Topic,
    channel: Channels,
    wording: Annotated[
        str, typer.Option("--wording", metavar="ID", help="The words that they agreed to, such as optin_ofertas@4.")
    ] = "",
    method: Method = "operator",
    source: Source = "cli",
    at: At = "",
    note: Note = "",
) -> None:
    """Record that a person agreed to a topic, in which words and how we know.

    A topic with double opt-in stays pending: the person is asked at their own address, and confirms there.
    """
    session = session_of(context)
    with _opened(session) as (opened, release):
        proof = _proof(release, method, source, at, note, wording)
        with opened.store.write() as transaction:
            customer_id = find_customer(transaction, who).id
            events = agree(transaction, release, opened.clock, customer_id, topic, _channels(channel), proof)
        if any(one.state is ConsentState.PENDING for one in events):
            ring(opened, [Purpose.TRANSACTIONAL.value])
    _tell(session.terminal, "consent.grant", customer_id, events, release.project.timezone)


@app.command("withdraw", cls=Command)
def withdraw_consent(  # noqa: PLR0917  # each is an option of the command
    context: typer.Context,
    who: Customer,
    topic: Topic = "",
    channel: Channels = "",
    method: Method = "operator",
    source: Source = "cli",
    at: At = "",
    note: Note = "",
) -> None:
    """Record that a person wants no more of a topic; without one, of any marketing. It is in force at once."""
    session = session_of(context)
    with _opened(session) as (opened, release):
        proof = _proof(release, method, source, at, note)
        with opened.store.write() as transaction:
            customer_id = find_customer(transaction, who).id
            if topic:
                require_topic(transaction, release, customer_id, topic)
            where = _channels(channel) if channel else None
            events = withdraw(transaction, opened.clock, [customer_id], topic or None, where, proof)
    _tell(session.terminal, "consent.withdraw", customer_id, events, release.project.timezone)


# --- what is asked ----------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _opened(session: Session) -> Iterator[tuple[App, Release]]:
    project = open_project(session)
    with open_ledger(project) as opened:
        yield opened, running_release(opened, project)


def _channels(text: str) -> tuple[Channel, ...]:
    known = [one.value for one in Channel]
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in known:
            raise InputError(
                'There is no channel "{name}"{hint}',
                remedy="There are: {known}.",
                code="unknown_channel",
                name=name,
                hint=did_you_mean(name, known),
                known=", ".join(known),
            )
    if not names:
        raise InputError("Name at least one channel.", remedy="There are: {known}.", known=", ".join(known))
    return tuple(Channel(name) for name in names)


def _proof(release: Release, method: str, source: str, at: str, note: str, wording: str = "") -> Proof:
    said_at = None
    if at:
        try:
            said_at = beginning(as_moment(at), release.project.timezone)
        except ValueError as error:
            raise InputError(
                '"{text}" is not a time.', remedy="Write 2026-11-25T15:00, or with an offset.", code="usage", text=at
            ) from error
    return Proof(
        method=method,
        source=source,
        actor=actor(),
        wording=wording or None,
        evidence={"note": note} if note else {},
        at=said_at,
    )


# --- what is answered -------------------------------------------------------------------------------------------------

_STATES = {
    ConsentState.GRANTED: (mark("granted"), GOOD),
    ConsentState.PENDING: (mark("to be confirmed"), STRONG),
    ConsentState.WITHDRAWN: (mark("withdrawn"), BAD),
}


def _document(event: ConsentEvent, zone: str, standing: bool) -> dict[str, Any]:  # a column of a list
    return {
        "id": event.id,
        "topic": event.topic,
        "channel": event.channel,
        "state": event.state.value,
        "in_force": standing,
        "legal_basis": event.legal_basis,
        "method": event.method,
        "source": event.source,
        "actor": event.actor,
        "wording": event.wording,
        "at": rfc3339(event.at, zone),
    }


def _list(terminal: Terminal, said: Iterable[ConsentEvent], zone: str) -> None:
    listed = list(said)
    if not listed:
        terminal.say("They have agreed to nothing, and refused nothing.")
    topics = max((len(one.topic) for one in listed), default=0)
    states = max((len(terminal.translate(word)) for word, _ in _STATES.values()), default=0)
    for one in listed:
        word, style = _STATES[one.state]
        proof = "  ".join(filter(None, (rfc3339(one.at, zone), one.method, one.wording, one.id)))
        terminal.show(
            f"{one.topic:<{topics}}  {one.channel:<8}  ", (f"{terminal.translate(word):<{states}}", style),
            (f"  {proof}", DIM),
        )  # fmt: skip


def _tell(terminal: Terminal, name: str, customer_id: str, events: tuple[ConsentEvent, ...], zone: str) -> None:
    # What was said last is in force unless something newer was said before: `show` tells.
    terminal.document(
        name,
        customer_id=customer_id,
        items=[{"id": one.id, "topic": one.topic, "channel": one.channel, "state": one.state.value} for one in events],
    )
    _list(terminal, events, zone)
    if any(one.state is ConsentState.PENDING for one in events):
        terminal.say("They are asked at their own address, and have three days to confirm.")
