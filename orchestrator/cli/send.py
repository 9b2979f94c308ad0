"""`jogral send`: one message to one customer, as `POST /v1/messages` would take it."""

import json
import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestrator.app import App
from orchestrator.cli.channel_names import chosen_channel
from orchestrator.cli.files import read_input
from orchestrator.cli.help import Command
from orchestrator.cli.ledger import open_ledger, ring, running_release
from orchestrator.cli.session import Session, session_of
from orchestrator.cli.workplace import open_project
from orchestrator.domain.customer import Channel
from orchestrator.domain.delivery import OPEN, Request, State
from orchestrator.domain.errors import InputError, NotFound, did_you_mean
from orchestrator.domain.identifiers import ENTROPY_SIZE, new_id
from orchestrator.domain.time import rfc3339, zone_info
from orchestrator.facts.moments import as_moment, has_time
from orchestrator.zones import CUSTOMER, PROJECT

if TYPE_CHECKING:
    from orchestrator.dispatch.accept import Later, WantedMessage
    from orchestrator.release import Release


app = typer.Typer(add_completion=False)

# How often the ledger is asked how it ended.
LOOK_SECONDS = 0.05


@app.command(cls=Command)
def send(  # noqa: PLR0913, PLR0917  # each is an option of the command
    context: typer.Context,
    message: Annotated[str, typer.Argument(metavar="MESSAGE", help="The message's id.")],
    customer: Annotated[
        str, typer.Option("--customer", metavar="WHO", help="The customer's id, e-mail, phone, or SYSTEM:ID.")
    ],
    channel: Annotated[
        list[str] | None,
        typer.Option(
            "--channel", metavar="CHANNEL", help="Where it may go, best first; without it, wherever it is said."
        ),
    ] = None,
    about: Annotated[
        list[str] | None,
        typer.Option("--object", metavar="KIND=ID", help="What it is about, such as order=ord_1. May be given again."),
    ] = None,
    data: Annotated[
        str, typer.Option("--data", metavar="FILE", help="A JSON file with further values; - reads stdin.")
    ] = "",
    at: Annotated[
        str,
        typer.Option(
            "--at", metavar="TIME", help="When, such as 2026-12-01T09:00 by the customer's clock; without it, now."
        ),
    ] = "",
    zone: Annotated[
        str,
        typer.Option("--zone", metavar="ZONE", help="Whose clock --at is: customer, project, or America/Manaus."),
    ] = CUSTOMER,
    wait: Annotated[
        float, typer.Option("--wait", metavar="SECONDS", help="Wait for the outcome, and show it.", show_default=False)
    ] = 0,
) -> None:
    """Send one message to one customer, on the first channel that reaches them.

    It is accepted into the ledger; a running worker sends it.
    """
    from orchestrator.dispatch.accept import WantedMessage
    from orchestrator.journeys.steps import Channels

    session = session_of(context)
    project = open_project(session)
    with open_ledger(project) as opened:
        release = running_release(opened, project)
        wanted = WantedMessage(
            message=message,
            customer_id=customer,
            channels=Channels(first_reachable=_channels(channel or [], message, release)),
            objects=_objects(about or []),
            data=_data(data),
            send_at=later_of(at, zone) if at else None,
        )
        request, late = _accept(opened, release, wanted)
        session.left_behind = lambda: session.terminal.words("{id} is accepted and will be sent.", id=request.id)
        later = {"due_at": rfc3339(request.due_at, release.project.timezone)} if at else {}
        if late:
            session.terminal.say("Accepted {id}: its time is past, and it goes at once.", id=request.id)
        elif later:
            session.terminal.say("Accepted {id} for {due_at}", id=request.id, **later)
        else:
            ring(opened, {request.purpose.value})
            session.terminal.say("Accepted {id}", id=request.id)
        outcome = _awaited(opened, request.id, wait) if wait else None
    _tell(session, request, outcome, wait, later)


def _channels(named: list[str], message: str, release: "Release") -> tuple[Channel, ...]:
    if message not in release.messages:
        raise NotFound(
            'There is no message "{message}"{hint}', remedy="There are: {known}.", code="unknown_message",
            message=message, hint=did_you_mean(message, release.messages), known=", ".join(release.messages),
        )  # fmt: skip
    if named:
        return tuple(dict.fromkeys(chosen_channel(name) for name in named))
    return release.messages[message].message.said_on


def _objects(pairs: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in pairs:
        kind, equals, object_id = pair.partition("=")
        if not (kind and equals and object_id):
            raise InputError('"{pair}" is not an object.', remedy="Write --object order=ord_1", code="usage", pair=pair)
        found[kind] = object_id
    return found


def _data(file: str) -> dict[str, Any]:
    if not file:
        return {}
    try:
        found = json.loads(read_input(Path(file)))
    except ValueError as error:
        raise InputError("{file} is not JSON: {why}.", code="invalid_json", file=file, why=error) from error
    if not isinstance(found, dict):
        raise InputError("{file} must hold one JSON object.", code="invalid_json", file=file)
    return found


def later_of(at: str, zone: str) -> "Later":
    """What --at and --zone say. Raises InputError."""
    from orchestrator.dispatch.accept import Later

    try:
        text = as_moment(at)
    except ValueError:
        text = ""
    if not has_time(text):
        raise InputError(
            '"{text}" is not a time.', remedy="Write 2026-12-01T09:00, or with an offset.", code="usage", text=at
        )
    if zone not in (CUSTOMER, PROJECT):
        _ensure_zone(zone)
    return Later(datetime.fromisoformat(text), zone)


def _ensure_zone(zone: str) -> None:
    try:
        zone_info(zone)
    except (KeyError, ValueError, OSError) as error:  # a folder of the zone database, and a path out of it, too
        raise InputError(
            '"{zone}" is no time zone.', remedy="Write customer, project, or America/Manaus.", code="usage", zone=zone
        ) from error


def _accept(opened: App, release: "Release", wanted: "WantedMessage") -> tuple[Request, bool]:
    """The request, and whether it is wanted at a time that has just gone by."""
    from orchestrator.dispatch.accept import accept_message
    from orchestrator.dispatch.explain.names import find_customer

    identity = new_id("cli", opened.clock.now(), opened.clock.entropy(ENTROPY_SIZE))
    with opened.store.write() as transaction:
        wanted = replace(wanted, customer_id=find_customer(transaction, wanted.customer_id).id)
        (request,) = accept_message(transaction, release, opened.clock, wanted, identity=identity, origin="cli")
        now = transaction.ledger.clock().now(opened.clock.now())
    return request, wanted.send_at is not None and request.due_at <= now


def _awaited(opened: App, request_id: str, seconds: float) -> dict[str, Any] | None:
    """How it ended, or how it stands when the time is up."""
    end = opened.clock.monotonic() + seconds
    while True:
        with opened.store.read() as transaction:
            found = transaction.deliveries.get(request_id) or transaction.timers.get(request_id)
        # `deferred` is an answer too: it says until when.
        settled = found is None or State(found["state"]) not in OPEN or found["state"] == State.DEFERRED
        if settled or opened.clock.monotonic() > end:
            return found
        time.sleep(LOOK_SECONDS)


def _tell(
    session: Session, request: Request, outcome: dict[str, Any] | None, wait: float, later: dict[str, str]
) -> None:
    from orchestrator.cli.outcome import outcome_document, show_outcome

    terminal = session.terminal
    ended = outcome is not None and outcome["state"] != State.ACCEPTED
    terminal.document(
        "send", ok=not wait or ended, id=request.id, message=request.message, customer_id=request.customer_id, **later,
        **(outcome_document(outcome) if outcome is not None else {}),
    )  # fmt: skip
    if outcome is not None:
        show_outcome(terminal, outcome)
    if wait and not ended:
        terminal.note(
            "Nothing took it within {seconds} s. Does a worker run? Start one: jogral up", seconds=f"{wait:g}"
        )
    if wait and (outcome is None or outcome["state"] != State.SENT):
        raise typer.Exit(1)
