"""`jogral events`: checking events, and feeding them into the ledger as `POST /v1/events` would take them."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestrator.app import App
from orchestrator.cli import quarantine
from orchestrator.cli.files import read_input
from orchestrator.cli.help import Command, Group
from orchestrator.cli.ledger import open_ledger, ring, running_release
from orchestrator.cli.session import session_of
from orchestrator.cli.terminal import BAD, DIM, GOOD, STRONG, Terminal
from orchestrator.cli.workplace import open_project
from orchestrator.domain.errors import InputError, JogralError

if TYPE_CHECKING:
    from orchestrator.api.forms import Posted
    from orchestrator.dispatch.accept import Accepted, EventDesk, Result


app = typer.Typer(cls=Group, add_completion=False, no_args_is_help=True)
app.add_typer(quarantine.app, name="quarantine")

File = Annotated[
    Path,
    typer.Argument(metavar="FILE", help="JSON: one event, a list, or one a line; CloudEvents too. - is stdin."),
]


@app.callback()
def events() -> None:
    """Feed events: orders, shipments, whatever happened."""


@app.command(cls=Command)
def validate(context: typer.Context, file: File) -> None:
    """Check the events of a file against templates/events. Nothing is sent, and no ledger is needed.

    Whether we know their customers is not asked. Exit code 1: some do not fit.
    """
    from orchestrator.cli.validated import validated

    session = session_of(context)
    terminal = session.terminal
    types = open_project(session).events()
    content = read_input(file)
    found = validated(types, _text(content, file), _IdsByContent(content))
    terminal.document(
        "events.validate",
        ok=not found.problems,
        events=found.events,
        invalid=found.invalid,
        items=[one.document(terminal.translate) for one in found.problems],
    )
    for one in found.problems:
        where = f"{file}:{one.line}:{one.column}"
        terminal.show(f"{where}  ", (one.code, BAD), f"  {one.told(terminal.translate)}")
    terminal.say("{events} events, {invalid} do not fit.", events=found.events, invalid=found.invalid)
    if found.problems:
        raise typer.Exit(1)


@app.command(cls=Command)
def send(context: typer.Context, file: File) -> None:
    """Feed the events of a file into the ledger; a running worker sends what they ask for.

    Each is accepted or refused by itself. Sent again, an event asks for nothing a second time. With
    JOGRAL_UNKNOWN_EVENTS=quarantine, what is not understood is kept: see jogral events quarantine.
    """
    from orchestrator.api.forms import read_text_events
    from orchestrator.dispatch.accept import EventDesk

    session = session_of(context)
    terminal = session.terminal
    content = read_input(file)
    made_id = _IdsByContent(content)
    report = _Report(terminal)
    session.left_behind = report.summary
    project = open_project(session)
    with open_ledger(project) as opened:
        quarantines = opened.settings.unknown_events == "quarantine"
        desk = EventDesk(release=running_release(opened, project), clock=opened.clock, quarantines=quarantines)
        for batch in read_text_events(_text(content, file), opened.clock.now(), made_id):
            report.add(batch, _accept(opened, desk, batch))
    terminal.document("events.send", ok=not report.refused, **report.counts, items=report.items)
    terminal.show("")
    terminal.show(report.summary())
    if report.quarantined:
        terminal.say("{count} in quarantine. See why: jogral events quarantine list", count=report.quarantined)
    if report.refused:
        raise typer.Exit(1)


class _IdsByContent:
    """Ids for events that have none: the same file gives the same ones, so that it may be sent again."""

    def __init__(self, content: bytes) -> None:
        self._prefix = hashlib.sha256(content).hexdigest()[:16]

    def __call__(self, place: int) -> str:
        return f"file/{self._prefix}/{place}"


def _text(content: bytes, file: Path) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            "{path} is not UTF-8 text (byte {place}).", remedy="Save it as UTF-8.", path=file, place=error.start
        ) from error


def _accept(opened: App, desk: "EventDesk", batch: "Posted") -> "list[Result]":
    """One transaction a batch; what could not be read keeps its place among the results."""
    from orchestrator.dispatch.accept import Accepted, IncomingEvent

    readable = {place: one for place, one in enumerate(batch.events) if isinstance(one, IncomingEvent)}
    with opened.store.write() as transaction:
        accepted = dict(zip(readable, desk.accept(transaction, list(readable.values())), strict=True))
    results = [one if isinstance(one, JogralError) else accepted[place] for place, one in enumerate(batch.events)]
    ring(opened, {request.purpose.value for one in results if isinstance(one, Accepted) for request in one.requests})
    return results


@dataclass
class _Report:
    """What became of each event, told as it happens."""

    terminal: Terminal
    accepted: int = 0
    repeated: int = 0
    refused: int = 0
    quarantined: int = 0
    items: list[dict[str, Any]] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        return {
            "accepted": self.accepted,
            "repeated": self.repeated,
            "refused": self.refused,
            "quarantined": self.quarantined,
        }

    def summary(self) -> str:
        """The last line, also of a run that was cut short."""
        return self.terminal.words("{accepted} accepted, {repeated} known already, {refused} refused.", **self.counts)

    def add(self, batch: "Posted", results: "list[Result]") -> None:
        from orchestrator.dispatch.accept import Accepted, IncomingEvent, Quarantined

        for place, event, result in zip(batch.places, batch.events, results, strict=True):
            name = event.type if isinstance(event, IncomingEvent) else ""
            if isinstance(result, Accepted):
                self._add_accepted(place, name, result)
            elif isinstance(result, Quarantined):
                self.quarantined += 1
                self._add_problem(place, name, result.error, ("… ", STRONG), {"quarantined": result.quarantine_id})
            else:
                self.refused += 1
                self._add_problem(place, name, result, ("✖ ", BAD), {})

    def _add_accepted(self, place: int, name: str, result: "Accepted") -> None:
        self.repeated += result.repeated
        self.accepted += not result.repeated
        messages = [request.id for request in result.requests]
        self.items.append({
            "place": place, "accepted": True, "repeated": result.repeated, "type": name, "id": result.event_id,
            "customer_id": result.customer_id, "messages": messages,
        })  # fmt: skip
        asked = self.terminal.words("known already") if result.repeated else " ".join(
            f"{request.message} ({request.id})" for request in result.requests
        )  # fmt: skip
        self.terminal.show(("  ✔ ", GOOD), f"{place:>4}  {name:<24}{result.customer_id:<20}  ", (asked, DIM))

    def _add_problem(  # what became of it, how that is marked, and what a document adds
        self, place: int, name: str, error: InputError, mark: tuple[str, str], further: dict[str, str]
    ) -> None:
        translate = self.terminal.translate
        fields = [{"pointer": one.pointer, "code": one.code, "detail": one.told(translate)} for one in error.fields]
        told, remedy = error.told(translate), error.remedy(translate)
        self.items.append({
            "place": place, "accepted": False, "type": name, **further,
            "error": {"code": error.code, "message": told, "remedy": remedy, "fields": fields},
        })  # fmt: skip
        self.terminal.show("  ", mark, f"{place:>4}  {name:<24}{told}")
        for one in fields if len(fields) > 1 else ():
            self.terminal.show(f"{'':<34}", (f"{one['pointer']}  ", DIM), one["detail"])
        if remedy:
            self.terminal.show(f"{'':<34}", ("= ", DIM), remedy)
