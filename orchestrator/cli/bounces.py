"""`jogral bounces`: letters that came back to a mailbox, told to the ledger as a provider would."""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.cli.help import Command, Group
from orchestrator.cli.session import session_of
from orchestrator.cli.terminal import DIM, Terminal
from orchestrator.domain.errors import InputError, NotFound
from orchestrator.translations import mark

if TYPE_CHECKING:
    from orchestrator.app import App
    from orchestrator.channels import Received
    from orchestrator.contract.mail.bounces import Mailroom
    from orchestrator.project import Project
    from orchestrator.release import Release

app = typer.Typer(cls=Group, add_completion=False, no_args_is_help=True)

# Letters that are told together: what they say is held so long, and each pack is one transaction.
LETTERS_PER_PACK = 200


@app.callback()
def bounces() -> None:
    """Read what came back by e-mail: bounces, complaints, and what people answered."""


@app.command("read", cls=Command)
def read(
    context: typer.Context,
    mailbox: Annotated[
        Path,
        typer.Argument(
            metavar="MAILBOX", help="An mbox file, a Maildir, one letter, or a folder of *.eml; - reads one from stdin."
        ),
    ],
    account: Annotated[
        str,
        typer.Option("--account", metavar="ID", help="The account that sent them, where several send e-mail."),
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what is in it, and do nothing.")] = False,
) -> None:
    """Read a mailbox of bounces and answers, and do what a provider's callbacks would.

    The mailbox stays as it is. What was read before is known, and nothing is done twice.
    """
    from orchestrator.cli.ledger import open_ledger, ring, running_release
    from orchestrator.cli.workplace import open_project

    session = session_of(context)
    project = open_project(session)
    with open_ledger(project) as opened:
        release = _running(opened, project) if dry_run else running_release(opened, project)
        chosen, mailroom = _account(opened, release, account)
        counted: Counter[str] = Counter()
        lanes: set[str] = set()
        letters = iter(_letters(mailbox))
        while pack := list(islice(letters, LETTERS_PER_PACK)):
            received = _told(mailroom, pack, opened.clock.now(), counted)
            if dry_run:
                counted["opt_outs"] += _opt_outs(received, release)
            else:
                lanes |= _heed(opened, release, chosen, received, counted)
        if lanes:
            ring(opened, lanes)
    _tell(session.terminal, chosen, counted, dry_run=dry_run)
    raise typer.Exit(1 if counted["unreadable"] or counted["lost"] else 0)


def _running(opened: "App", project: "Project") -> "Release":
    """What runs; where nothing does yet, the project as its files say. Neither is published."""
    from orchestrator.cli.workplace import read_admitted
    from orchestrator.release import read_release

    with opened.store.read() as reading:
        release_id = reading.ledger.release_id()
        content = reading.ledger.release(release_id) if release_id else None
    return read_release(content) if content is not None else read_admitted(project)


# --- which account --------------------------------------------------------------------------------------------------


def _account(opened: "App", release: "Release", wanted: str) -> "tuple[str, Mailroom]":
    """The account that the letters came back to, and who reads them."""
    from orchestrator.app.accounts import wire_account
    from orchestrator.domain.customer import Channel

    settings = release.project.channels.get(Channel.EMAIL)
    known = [one.id for one in settings.accounts] if settings is not None else []
    if wanted and wanted not in known:
        raise NotFound(
            'There is no account "{account}".', remedy="There are: {known}.", code="unknown_account", account=wanted,
            known=", ".join(known),
        )  # fmt: skip
    made = {one: wire_account(opened.settings, release, one) for one in known if wanted in ("", one)}
    found = {one: getattr(adapter, "mailroom", None) for one, adapter in made.items()}
    readers: dict[str, Mailroom] = {one: mailroom for one, mailroom in found.items() if mailroom is not None}
    if not readers:
        raise InputError(
            "No account of this project sends letters that could come back.",
            remedy="An account with the adapter email_smtp or email_ses does: see docs/how-to/read-bounces.md.",
            code="no_mailroom",
        )
    if len(readers) > 1:
        raise InputError(
            "Several accounts send e-mail: {known}.", remedy="Name the one that these came back to: --account ID.",
            code="usage", known=", ".join(readers),
        )  # fmt: skip
    return next(iter(readers.items()))


# --- letters --------------------------------------------------------------------------------------------------------


def _letters(place: Path) -> Iterable[bytes]:
    """Every letter of a mailbox, one at a time. Raises ConfigurationError, InputError."""
    if place.is_dir():
        return _maildir(place) if (place / "cur").is_dir() and (place / "new").is_dir() else _files(place)
    return _file(place)


def _maildir(place: Path) -> Iterator[bytes]:
    from mailbox import Maildir

    box = Maildir(place, create=False)
    for key in sorted(box.keys()):
        yield box.get_bytes(key)


def _files(place: Path) -> Iterator[bytes]:
    from orchestrator.cli.files import read_input

    found = sorted(place.glob("*.eml"))
    if not found:
        raise InputError(
            "There is no letter in {place}.", remedy="It holds *.eml files, or is a Maildir with cur and new.",
            code="no_letters", place=place,
        )  # fmt: skip
    for file in found:
        yield read_input(file)


def _file(place: Path) -> Iterator[bytes]:
    from orchestrator.cli.files import read_input

    with_from = str(place) != "-" and place.is_file() and _begins_with_from(place)
    if not with_from:
        yield read_input(place)
        return
    from mailbox import mbox

    box = mbox(place, create=False)
    try:
        for key in box.iterkeys():
            yield box.get_bytes(key)
    finally:
        box.close()


def _begins_with_from(file: Path) -> bool:
    from orchestrator.cli.files import read_input

    try:
        with file.open("rb") as opened:
            return opened.read(5) == b"From "
    except OSError:
        return read_input(file)[:5] == b"From "  # which says why it cannot be read


# --- what they say --------------------------------------------------------------------------------------------------


def _told(mailroom: "Mailroom", letters: list[bytes], now: int, counted: "Counter[str]") -> "Received":
    """All that a pack of letters says, as one notice."""
    from orchestrator.channels import Received

    told: list[Received] = []
    for raw in letters:
        counted["letters"] += 1
        try:
            one = mailroom.read(raw, now)
        except InputError:
            counted["unreadable"] += 1
            continue
        counted.update(_kinds(one))
        told.append(one)
    return Received(
        receipts=tuple(news for one in told for news in one.receipts),
        linked=tuple(news for one in told for news in one.linked),
        inbound=tuple(words for one in told for words in one.inbound),
    )


def _kinds(received: "Received") -> Iterator[str]:
    """What one letter counts as."""
    from orchestrator.domain.delivery import Rejection
    from orchestrator.domain.receipt import ReceiptKind

    for one in received.receipts:
        match one.kind, one.rejection:
            case ReceiptKind.BOUNCED, Rejection.POLICY:
                yield "blocked"
            case ReceiptKind.BOUNCED, Rejection.MESSAGE:
                yield "too_large"
            case ReceiptKind.BOUNCED, _:
                yield "hard" if one.permanent else "soft"
            case ReceiptKind.COMPLAINED, _:
                yield "complaints"
            case _:
                yield "delivered"
    yield from ("complaints" for _ in received.linked)
    yield from ("replies" for _ in received.inbound)
    yield from ("not_ours" for _ in range(received.passed_over))
    if not (received.receipts or received.linked or received.inbound or received.passed_over):
        yield "nothing"


def _heed(opened: "App", release: "Release", account: str, received: "Received", counted: "Counter[str]") -> set[str]:
    """Keep and do what they say; which lanes have something to send because of it."""
    from orchestrator.app.listening import open_ear
    from orchestrator.dispatch.hear import apply_parked, heed
    from orchestrator.domain.customer import Channel

    heeded = heed(open_ear(opened, release, account, Channel.EMAIL), received)
    counted["lost"] += heeded.lost
    counted["known"] += sum(one.repeated for one in heeded.heard)
    counted["opt_outs"] += sum(one.reading.ends and not one.repeated for one in heeded.heard)
    apply_parked(opened.store, opened.clock)
    return set(heeded.lanes)


def _opt_outs(received: "Received", release: "Release") -> int:
    from orchestrator.stop_words import read_text

    return sum(read_text(one.text, release.project.locale).ends for one in received.inbound)


# What is counted: the words for one, and for any other number.
_COUNTS = {
    "hard": (mark("address that does not exist: not written to any more"),
             mark("addresses that do not exist: not written to any more")),
    "soft": (mark("letter lost for now: a full mailbox, a server that is down"),
             mark("letters lost for now: full mailboxes, servers that are down")),
    "blocked": (mark("letter refused for what we are or say: the person has nothing to do with it"),
                mark("letters refused for what we are or say: the people have nothing to do with it")),
    "too_large": (mark("letter refused for its size or form"), mark("letters refused for their size or form")),
    "delivered": (mark("letter delivered"), mark("letters delivered")),
    "complaints": (mark("complaint"), mark("complaints")),
    "replies": (mark("letter of a person"), mark("letters of people")),
    "opt_outs": (mark("of them an opt-out"), mark("of them opt-outs")),
    "known": (mark("of them heard before"), mark("of them heard before")),
    "lost": (mark("of them could not be heard: no address in it"), mark("of them could not be heard: no address")),
    "nothing": (mark("that says nothing yet: a delay, or a machine's answer"),
                mark("that say nothing yet: delays, or machines' answers")),
    "not_ours": (mark("about no message of ours: passed over"), mark("about no message of ours: passed over")),
    "unreadable": (mark("is no letter: passed over"), mark("are no letters: passed over")),
}  # fmt: skip
_WIDTH = 9


def _tell(terminal: Terminal, account: str, counted: "Counter[str]", *, dry_run: bool) -> None:
    terminal.document(
        "bounces.read", ok=not (counted["unreadable"] or counted["lost"]), account=account, dry_run=dry_run,
        letters=counted["letters"], **{name: counted[name] for name in _COUNTS},
    )  # fmt: skip
    terminal.say("Letters that came back to {account}: {letters}", account=account, letters=counted["letters"])
    for name, (one, many) in _COUNTS.items():
        if counted[name]:
            terminal.show(f"{counted[name]:>{_WIDTH}}  ", terminal.words(one if counted[name] == 1 else many))
    if dry_run:
        terminal.show((terminal.words("Nothing was changed."), DIM))
