"""`jogral privacy`: what people ask about their own data, and doing it for them."""

import contextlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestrator.app import App
from orchestrator.cli.actor import actor
from orchestrator.cli.files import write_private
from orchestrator.cli.help import Command, Group
from orchestrator.cli.ledger import open_ledger, ring, running_release
from orchestrator.cli.privacy_asked import ask
from orchestrator.cli.privacy_shown import list_requests, tell_request
from orchestrator.cli.session import Session, session_of
from orchestrator.cli.terminal import BAD, GOOD
from orchestrator.cli.workplace import open_project
from orchestrator.dispatch.record import record
from orchestrator.domain.errors import InputError, Refused, did_you_mean
from orchestrator.domain.message import Purpose
from orchestrator.domain.privacy import PrivacyRequest, RequestKind, RequestState
from orchestrator.translations import mark

if TYPE_CHECKING:
    from orchestrator.dispatch.privacy import PrivacyDesk


app = typer.Typer(cls=Group, add_completion=False, no_args_is_help=True)

# Enough for what a person can read; the API has pages.
SHOWN_MAX = 1_000

_OURS = (mark("It is ours, and nothing in it was changed."), GOOD)
_NOT_OURS = (mark("It is not ours, or was changed."), BAD)
_CLEAN = mark("Nothing of the erased is left in the file.")
_BUSY = mark("Somebody reads from the ledger right now; try again.")

Customer = Annotated[str, typer.Argument(metavar="WHO", help="The customer: id, e-mail, phone, or SYSTEM:ID.")]
Anybody = Annotated[
    str,
    typer.Argument(
        metavar="WHO",
        help="The customer: id, e-mail, phone, or SYSTEM:ID. Or whoever wrote to us and is none: their address, or the "
        "id by which WhatsApp calls them, BR.…",
    ),
]
RequestId = Annotated[str, typer.Argument(metavar="ID", help="The request: dsr_…")]
Vouched = Annotated[
    str, typer.Option("--vouched", metavar="TEXT", help="How you made sure that it is they who ask: ticket 8841, ID…")
]
Settings = Annotated[
    list[str], typer.Option("--set", metavar="NAME=VALUE", help="What an attribute should be. May be given again.")
]
Emails = Annotated[list[str], typer.Option("--email", metavar="ADDRESS", help="Their e-mail, in place of the others.")]
Phones = Annotated[list[str], typer.Option("--phone", metavar="NUMBER", help="Their phone, in place of the others.")]


@app.command(cls=Command)
def requests(
    context: typer.Context,
    state: Annotated[
        str, typer.Option("--state", metavar="STATE", help="opened, verified, done, refused or expired.")
    ] = "",
    kind: Annotated[str, typer.Option("--kind", metavar="KIND", help="export, erase, rectify or unsubscribe.")] = "",
) -> None:
    """List what people asked for, until when it is due, and how far it has come."""
    session = session_of(context)
    filters = _filters(state=(state, RequestState), kind=(kind, RequestKind))
    with _opened(session) as (opened, desk):
        with opened.store.read() as transaction:
            found = transaction.privacy_requests.page("", SHOWN_MAX, filters)
        list_requests(session.terminal, found, desk.release.project.timezone, opened.clock.now())


@app.command(cls=Command)
def show(context: typer.Context, request_id: RequestId) -> None:
    """Show a request, and what came of it."""
    from orchestrator.dispatch import privacy

    session = session_of(context)
    with _opened(session) as (opened, desk):
        with opened.store.read() as transaction:
            found = privacy.existing(transaction, request_id)
        tell_request(session.terminal, "privacy.show", found, desk.release.project.timezone)


@app.command(cls=Command)
def export(
    context: typer.Context,
    who: Anybody,
    vouched: Vouched,
    to: Annotated[
        Path | None,
        typer.Option("--to", metavar="FOLDER", help="Write the files here; without it, the person gets a link."),
    ] = None,
) -> None:
    """Give a person everything that we hold about them: as JSON, and as a page to read."""
    from orchestrator.dispatch import privacy

    session = session_of(context)
    with _opened(session) as (opened, desk):
        details = {privacy.HANDED_OVER: True} if to is not None else {}
        request = ask(opened, desk, RequestKind.EXPORT, who, vouched, details)
        if to is not None:
            _write_export(session, opened, desk, request, to)
        done = _finish(opened, desk, request)
        tell_request(session.terminal, "privacy.export", done, desk.release.project.timezone)


@app.command(cls=Command)
def erase(
    context: typer.Context,
    who: Anybody,
    vouched: Vouched,
    yes: Annotated[bool, typer.Option("--yes", help="Do it. What is erased cannot be brought back.")] = False,
    certificate: Annotated[
        Path | None, typer.Option("--certificate", metavar="FILE", help="Where the certificate of it is written.")
    ] = None,
) -> None:
    """Take a person out of everything that we keep; they stay unwritten to. The certificate names nobody."""
    from orchestrator.dispatch import privacy

    session = session_of(context)
    _require_yes(yes)
    with _opened(session) as (opened, desk):
        request = ask(opened, desk, RequestKind.ERASE, who, vouched, {})
        done = _finish(opened, desk, request)
        privacy.overwrite(opened.store, bytes_max=privacy.OVERWRITTEN_BYTES_MAX)
        if certificate is not None and privacy.CERTIFICATE in done.result:
            write_private(certificate, _as_json(done.result[privacy.CERTIFICATE]))
        tell_request(session.terminal, "privacy.erase", done, desk.release.project.timezone)
    if not done.ended:
        session.terminal.say("A message to them is being sent right now; the timer erases them after it.")


@app.command(cls=Command)
def rectify(  # each is an option of the command
    context: typer.Context,
    who: Customer,
    vouched: Vouched,
    settings: Settings = [],  # noqa: B006  # typer reads it, and nobody changes it
    email: Emails = [],  # noqa: B006  # as above
    phone: Phones = [],  # noqa: B006  # as above
) -> None:
    """Correct what we hold about a person, and tell other systems which fields changed."""
    from orchestrator.dispatch import privacy

    session = session_of(context)
    changes = _changes(settings, email, phone)
    privacy.profile_of(changes)  # refused before anything is opened
    with _opened(session) as (opened, desk):
        request = ask(opened, desk, RequestKind.RECTIFY, who, vouched, {privacy.CHANGES: changes})
        done = _finish(opened, desk, request)
        tell_request(session.terminal, "privacy.rectify", done, desk.release.project.timezone)


@app.command(cls=Command)
def approve(
    context: typer.Context,
    request_id: RequestId,
    customer: Annotated[
        str, typer.Option("--customer", metavar="ID", help="Whose it is, where several have the address that asked.")
    ] = "",
    settings: Settings = [],  # noqa: B006  # typer reads it, and nobody changes it
    email: Emails = [],  # noqa: B006  # as above
    phone: Phones = [],  # noqa: B006  # as above
    yes: Annotated[bool, typer.Option("--yes", help="Do it, where it is an erasure: it cannot be undone.")] = False,
) -> None:
    """Carry out a request that waits for a person: a correction, or one by an address that several have."""
    from orchestrator.dispatch import privacy

    session = session_of(context)
    changes = _changes(settings, email, phone) or None
    with _opened(session) as (opened, desk):
        with opened.store.read() as transaction:
            asked = privacy.existing(transaction, request_id)
        if asked.kind is RequestKind.ERASE:
            _require_yes(yes)
        done = privacy.finish(opened.store, desk, request_id, by=actor(), customer_id=customer or None, changes=changes)
        ring(opened, [Purpose.TRANSACTIONAL.value])
        tell_request(session.terminal, "privacy.approve", done, desk.release.project.timezone)


@app.command(cls=Command)
def refuse(
    context: typer.Context,
    request_id: RequestId,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; it is kept with the request.")],
) -> None:
    """End a request that is not carried out, and keep the reason."""
    from orchestrator.dispatch import privacy

    session = session_of(context)
    with _opened(session) as (opened, desk):
        with opened.store.write() as transaction:
            ended = privacy.refuse(transaction, desk, request_id, by=actor(), reason=reason)
        tell_request(session.terminal, "privacy.refuse", ended, desk.release.project.timezone)


@app.command("check-certificate", cls=Command)
def check_certificate(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A certificate of an erasure.", exists=True)],
) -> None:
    """Say whether a certificate of an erasure is ours, and as we gave it."""
    from orchestrator.dispatch import privacy

    session = session_of(context)
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError("{file} is not JSON.", code="usage", file=file) from error
    with _opened(session) as (_, desk):
        ours = isinstance(document, dict) and privacy.is_ours(desk, document)
    session.terminal.document("privacy.certificate", ok=ours, ours=ours)
    words, style = _OURS if ours else _NOT_OURS
    session.terminal.show((session.terminal.translate(words), style))
    raise typer.Exit(0 if ours else 1)


@app.command(cls=Command)
def readmit(
    context: typer.Context,
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="The e-mail or phone of somebody who was erased.")],
    vouched: Vouched,
) -> None:
    """Write to an erased address again, because its owner came back and wants it."""
    from orchestrator.dispatch import privacy

    session = session_of(context)
    contact = privacy.read_contact(address)
    with _opened(session) as (opened, desk), opened.store.write() as transaction:
        lifted = privacy.readmit(transaction, desk, contact, by=actor(), vouched=vouched)
    if not lifted:
        raise InputError("Nobody with this address was erased.", code="not_erased")
    session.terminal.document("privacy.readmit", lifted=True)
    session.terminal.say("It is written to again. What its owner agreed to before is gone: they agree anew.")


@app.command(cls=Command)
def overwrite(context: typer.Context) -> None:
    """Write the ledger's file anew where erased rows may still be in its gaps. Nobody else writes meanwhile."""
    from orchestrator.dispatch import privacy

    session = session_of(context)
    with _opened(session) as (opened, _):
        clean = privacy.overwrite(opened.store)
    session.terminal.document("privacy.overwrite", ok=clean)
    session.terminal.say(_CLEAN if clean else _BUSY)
    raise typer.Exit(0 if clean else 1)


# --- what the commands share ------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _opened(session: Session) -> "Iterator[tuple[App, PrivacyDesk]]":
    from orchestrator.privacy_desk import open_privacy_desk

    project = open_project(session)
    with open_ledger(project) as opened:
        yield opened, open_privacy_desk(opened, running_release(opened, project))


def _require_yes(yes: bool) -> None:
    if not yes:
        raise Refused("What is erased cannot be brought back.", remedy="Say so with --yes.")


def _finish(opened: App, desk: "PrivacyDesk", request: PrivacyRequest) -> PrivacyRequest:
    from orchestrator.dispatch import privacy

    done = privacy.finish(opened.store, desk, request.id, by=actor())
    ring(opened, [Purpose.TRANSACTIONAL.value])
    return done


def _write_export(session: Session, opened: App, desk: "PrivacyDesk", request: PrivacyRequest, folder: Path) -> None:
    from orchestrator.dispatch import privacy

    owner = request.customer_ids[0] if request.customer_ids else None
    with opened.store.write() as transaction:
        document = privacy.export(transaction, desk, privacy.person_of(transaction, request))
        record(transaction, opened.clock, "export.made", by=actor(), customer_id=owner, request=request.id)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_private(folder / f"{request.id}.json", _as_json(document))
    write_private(folder / f"{request.id}.html", privacy.export_page(document, session.terminal.language))
    session.terminal.say("Written: {file}", file=folder / f"{request.id}.json")
    session.terminal.say("Written: {file}", file=folder / f"{request.id}.html")


def _as_json(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _changes(settings: Sequence[str], emails: Sequence[str], phones: Sequence[str]) -> dict[str, Any]:
    attributes = {}
    for text in settings:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise InputError(
                '"{text}" is not NAME=VALUE.', remedy="Write --set first_name=Ana.", code="usage", text=text
            )
        attributes[name] = value or None
    given = {"attributes": attributes, "emails": list(emails), "phones": list(phones)}
    return {name: value for name, value in given.items() if value}


def _filters(**given: tuple[str, type[RequestState] | type[RequestKind]]) -> dict[str, str]:
    for word, known in given.values():
        if word and word not in {one.value for one in known}:
            raise InputError(
                'There is no "{word}"{hint}',
                remedy="There are: {known}.",
                code="usage",
                word=word,
                hint=did_you_mean(word, [one.value for one in known]),
                known=", ".join(one.value for one in known),
            )
    return {name: word for name, (word, _) in given.items() if word}
