"""`jogral consent`: what a person agreed to, and what they tell us by other ways than ours."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestrator.cli.actor import Reason, actor, put_on_record
from orchestrator.cli.help import Command, Group
from orchestrator.cli.ledger import open_ledger, ring, running_release
from orchestrator.cli.session import Session, session_of
from orchestrator.cli.silence import tell_silence
from orchestrator.cli.terminal import BAD, DIM, GOOD, STRONG, Terminal
from orchestrator.cli.workplace import open_project
from orchestrator.domain.customer import Channel, ConsentState
from orchestrator.domain.delivery import State
from orchestrator.domain.errors import InputError, did_you_mean
from orchestrator.domain.message import Purpose
from orchestrator.domain.time import rfc3339
from orchestrator.facts.moments import as_moment, beginning
from orchestrator.reasons import reason as reason_of
from orchestrator.store.port import ConsentEvent, Transaction
from orchestrator.translations import mark

if TYPE_CHECKING:
    from orchestrator.app import App
    from orchestrator.dispatch.consents import LeftOut, Proof
    from orchestrator.release import Release

app = typer.Typer(cls=Group, add_completion=False, no_args_is_help=True)

SHOWN_MAX = 1_000  # enough for what a person can read; the API has pages

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
    from orchestrator.dispatch.consents import in_force
    from orchestrator.dispatch.explain.names import find_customer
    from orchestrator.dispatch.held_back import silent_channels

    session = session_of(context)
    with _opened(session) as (opened, release):
        with opened.store.read() as transaction:
            customer_id = find_customer(transaction, who).id
            standing = _said(transaction, customer_id, in_force(transaction, customer_id))
            kept = transaction.consents.history(customer_id, limit=SHOWN_MAX) if history else ()
            said = replace(standing, events=tuple(one.event for one in kept)) if history else standing
            silent = silent_channels(transaction, customer_id)
        put_on_record(opened, release, reason, "consents", [customer_id])
    zone, ids = release.project.timezone, {one.id for one in standing.events}
    session.terminal.document(
        "consent.show", customer_id=customer_id,
        items=[_document(one, zone, one.id in ids, said.not_sent.get(one.id)) for one in said.events],
        silent=[{"channel": channel.value, "reason": why} for channel, why in silent.items()],
    )  # fmt: skip
    if said.events or not silent:
        _list(session.terminal, said, zone)
    tell_silence(session.terminal, silent)


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
    from orchestrator.dispatch.consents import agree
    from orchestrator.dispatch.explain.names import find_customer

    session = session_of(context)
    with _opened(session) as (opened, release):
        proof = _proof(release, method, source, at, note, wording)
        with opened.store.write() as transaction:
            customer_id = find_customer(transaction, who).id
            agreed = agree(transaction, release, opened.clock, customer_id, topic, _channels(channel), proof)
            said = _said(transaction, customer_id, agreed.events)
        if any(one.state is ConsentState.PENDING for one in agreed.events):
            ring(opened, [Purpose.TRANSACTIONAL.value])
    _tell(session.terminal, "consent.grant", customer_id, said, release.project.timezone, agreed.left_out)
    if agreed.left_out:
        raise typer.Exit(1)


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
    from orchestrator.dispatch.consents import require_topic, withdraw
    from orchestrator.dispatch.explain.names import find_customer

    session = session_of(context)
    with _opened(session) as (opened, release):
        proof = _proof(release, method, source, at, note)
        with opened.store.write() as transaction:
            customer_id = find_customer(transaction, who).id
            if topic:
                require_topic(transaction, release, customer_id, topic)
            where = _channels(channel) if channel else None
            events = withdraw(transaction, opened.clock, [customer_id], topic or None, where, proof)
    _tell(session.terminal, "consent.withdraw", customer_id, Said(events), release.project.timezone)


@dataclass(frozen=True, slots=True)
class Said:
    """What is shown of what a person said. `not_sent`: of grants by which nothing is sent (by event), the reason."""

    events: tuple[ConsentEvent, ...]
    not_sent: Mapping[str, str] = field(default_factory=dict)


def _said(transaction: Transaction, customer_id: str, events: tuple[ConsentEvent, ...]) -> Said:
    from orchestrator.dispatch.held_back import held_back

    silent = held_back(transaction, customer_id, [(one.topic, one.channel, one.state) for one in events])
    agreed = [one for one in events if one.state is ConsentState.GRANTED]
    reasons = {one.id: silent.get((one.topic, one.channel)) for one in agreed}
    return Said(events, {id_: reason for id_, reason in reasons.items() if reason is not None})


# --- what is asked ----------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _opened(session: Session) -> "Iterator[tuple[App, Release]]":
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


def _proof(release: "Release", method: str, source: str, at: str, note: str, wording: str = "") -> "Proof":
    from orchestrator.dispatch.consents import Proof

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


def _document(event: ConsentEvent, zone: str, standing: bool, not_sent: str | None) -> dict[str, Any]:
    return {
        "id": event.id,
        "topic": event.topic,
        "channel": event.channel,
        "state": event.state.value,
        "in_force": standing,
        "not_sent": not_sent,
        "legal_basis": event.legal_basis,
        "method": event.method,
        "source": event.source,
        "actor": event.actor,
        "wording": event.wording,
        "at": rfc3339(event.at, zone),
    }


# Why an agreement was not recorded (`dispatch.consents.WhyNot`), and since when. That of files is for imports.
_LEFT_OUT = {
    "stopped": mark("not recorded: they said STOP there on {day}"),
    "outdated": mark("not recorded: it is older than what was said on {day}"),
    "refused": mark("not recorded: they said no"),
}


def _list(terminal: Terminal, said: Said, zone: str, *, together: bool = False) -> None:
    """A line each; `together`, as what was just said at once: one for all channels of a topic where it is the same."""
    if not said.events:
        terminal.say("They have agreed to nothing, and refused nothing.")
    lines: dict[tuple[object, ...], list[ConsentEvent]] = {}
    for one in said.events:
        alike = (one.topic, one.state, one.method, one.wording, said.not_sent.get(one.id))
        lines.setdefault(alike if together else (one.id,), []).append(one)
    topics = max((len(one.topic) for one in said.events), default=0)
    channels = max((len(_channels_of(line)) for line in lines.values()), default=0)
    states = max((len(terminal.translate(word)) for word, _ in _STATES.values()), default=0)
    for one, *others in lines.values():
        word, style = _STATES[one.state]
        proof = "  ".join(filter(None, (rfc3339(one.at, zone), one.method, one.wording, "" if others else one.id)))
        terminal.show(
            f"{one.topic:<{topics}}  {_channels_of([one, *others]):<{max(channels, 8)}}  ",
            (f"{terminal.translate(word):<{states}}", style), (f"  {proof}", DIM),
        )  # fmt: skip
        if one.id in said.not_sent:
            why = reason_of(State.BLOCKED, said.not_sent[one.id], terminal.translate).sentence
            terminal.show("  ", (terminal.words("But nothing of it is sent there. {why}", why=why), STRONG))


def _channels_of(events: "Sequence[ConsentEvent]") -> str:
    return ", ".join(one.channel for one in events)


def _tell(
    terminal: Terminal, name: str, customer_id: str, said: Said, zone: str, left_out: "Sequence[LeftOut]" = ()
) -> None:
    # What was said last is in force unless something newer was said before: `show` tells.
    terminal.document(
        name,
        ok=not left_out,
        customer_id=customer_id,
        items=[
            {
                "id": one.id, "topic": one.topic, "channel": one.channel, "state": one.state.value,
                "not_sent": said.not_sent.get(one.id),
            }
            for one in said.events
        ],
        left_out=[
            {"topic": one.topic, "channel": one.channel.value, "why": one.why.value, "since": _since(one, zone)}
            for one in left_out
        ],
    )  # fmt: skip
    if said.events or not left_out:
        _list(terminal, said, zone, together=True)
    for one in left_out:
        words = terminal.words(_LEFT_OUT[one.why], day=(_since(one, zone) or "")[:10])
        terminal.show(f"{one.topic}  {one.channel.value:<8}  ", (words, BAD))
    if left_out:
        terminal.say("Only they can take a STOP back: on their preference page, or by a text from that address.")
    if any(one.state is ConsentState.PENDING for one in said.events):
        terminal.say("They are asked at their own address, and have three days to confirm.")


def _since(one: "LeftOut", zone: str) -> str | None:
    return None if one.since is None else rfc3339(one.since, zone)
