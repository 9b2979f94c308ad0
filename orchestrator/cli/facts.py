"""`jogral facts`: what holds, as every channel says it, and new values of what moves while we run."""

import contextlib
import re
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer._click.exceptions import NoSuchOption  # where typer keeps what its parser raises

from orchestrator.cli.help import Command, Group
from orchestrator.cli.ledger import open_ledger, ring, running_release
from orchestrator.cli.session import Session, session_of
from orchestrator.cli.terminal import DIM, STRONG, Terminal
from orchestrator.cli.workplace import open_project
from orchestrator.domain.errors import InputError
from orchestrator.domain.fact import FactValue, LiveFact
from orchestrator.domain.time import Instant, rfc3339
from orchestrator.facts.moments import as_moment, beginning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.app import App
    from orchestrator.dispatch.facts import Effects, KnownFact
    from orchestrator.release import Release


app = typer.Typer(cls=Group, add_completion=False, no_args_is_help=True)

_INTEGER = re.compile(r"-?[0-9]{1,18}")
_DECIMAL = re.compile(r"-?[0-9]{1,15}\.[0-9]{1,9}")
_VERSION = re.compile(r"v?([0-9]{1,9})")

# A thousand in Brazil is one in the United States, and the other way round.
_GROUPED = re.compile(r"[0-9]{1,3}([.,][0-9]{3})+")
_NEGATIVE = re.compile(r"-[0-9.,]+")

Path = Annotated[str, typer.Argument(metavar="PATH", help="The fact, such as inventory.KIT-BANHO-04.available.")]


@app.command(cls=Command)
def get(
    context: typer.Context,
    path: Annotated[
        str, typer.Argument(metavar="PATH", help="The fact, such as offers.banho_lume20.price; without it, all.")
    ] = "",
    at: Annotated[
        str, typer.Option("--at", metavar="TIME", help="When; of a delivery promise, when the order was placed.")
    ] = "",
    region: Annotated[
        str, typer.Option("--region", metavar="REGION", help="Where a delivery goes: SP, or Sudeste.")
    ] = "",
) -> None:
    """Say what holds now: the value that every channel states, and who answers for it."""
    from orchestrator.dispatch.facts import Asked, read_fact, read_facts

    session = session_of(context)
    with _opened(session) as (opened, release), opened.store.read() as transaction:
        zone = release.project.timezone
        if path:
            asked = Asked(at=_instant(at, zone), region=region or None)
            found = [read_fact(transaction, release, opened.clock, path, asked)]
        else:
            found = read_facts(transaction, release, opened.clock)
    session.terminal.document("facts.get", items=[_document(one, zone) for one in found])
    width = max((len(one.path) for one in found), default=0)
    for one in found:
        _show(session.terminal, one, zone, width)


class _SetCommand(Command):
    """`-5` is a number that somebody typed, not an option that they misspelt."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        negative = next((one for one in args if _NEGATIVE.fullmatch(one)), None)
        try:
            return super().parse_args(ctx, args)
        except NoSuchOption:
            if negative is None:
                raise
            raise InputError(
                "{text} cannot be the value of a fact: none is below 0.",
                remedy="Write a number such as 52.",
                code="unfit_fact",
                text=negative,
            ) from None


@app.command("set", cls=_SetCommand)
def set_value(
    context: typer.Context,
    path: Path,
    value: Annotated[
        str, typer.Argument(metavar="VALUE", help="As it would stand in YAML: 52, 129.90 BRL, 20%, 2026-11-30.")
    ],
    source: Annotated[str, typer.Option("--source", metavar="NAME", help="Who says so.")] = "cli",
    as_of: Annotated[str, typer.Option("--as-of", metavar="TIME", help="For when it holds; without it, now.")] = "",
    if_version: Annotated[
        str,
        typer.Option("--if-version", metavar="N", help="Only if it is still at this version; 0: if it has none yet."),
    ] = "",
) -> None:
    """Give a live fact its new value.

    Messages that wait are decided by it from then on. What a file says changes with a release only.
    """
    from orchestrator.dispatch.facts import put_fact

    session = session_of(context)
    with _opened(session) as (opened, release):
        with opened.store.write() as transaction:
            fact, effects = put_fact(
                transaction,
                release,
                opened.clock,
                path,
                _value(release, path, value),
                source=source,
                as_of=_instant(as_of, release.project.timezone),
                expected=_version(if_version),
            )
        ring(opened, effects.released)
    _tell(session.terminal, fact, effects)


@app.command(cls=Command)
def history(
    context: typer.Context,
    path: Path,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, max=1_000, help="How many at most.")] = 50,
) -> None:
    """Show the versions of a live fact, newest first."""
    from orchestrator.dispatch.facts import Asked, history_path, read_fact

    session = session_of(context)
    terminal = session.terminal
    with _opened(session) as (opened, release), opened.store.read() as transaction:
        found = transaction.facts.history(history_path(release, path), limit=limit)
        place = read_fact(transaction, release, opened.clock, path, Asked()).written_at
        written = release.facts.static(path)
    zone = release.project.timezone
    terminal.document("facts.history", path=path, items=[_version_document(one, zone) for one in found])
    for one in found:
        terminal.show((f"v{one.version:<6}", STRONG), f"{one.value!s:<20}  ", (_told_by(one, zone), DIM))
    if written:
        terminal.say("{path} is written in {place}: its history is that of the file.", path=path, place=place)
    elif not found:
        terminal.say("Nobody has said {path} yet.", path=path)


# --- what is asked ----------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _opened(session: Session) -> "Iterator[tuple[App, Release]]":
    project = open_project(session)
    with open_ledger(project) as opened:
        yield opened, running_release(opened, project)


def _instant(text: str, zone: str) -> Instant | None:
    """A date or a date-time; without an offset it is wall time in the project's zone."""
    if not text:
        return None
    try:
        return beginning(as_moment(text), zone)
    except ValueError as error:
        raise InputError(
            '"{text}" is not a time.', remedy="Write 2026-11-25T15:00, or with an offset.", code="usage", text=text
        ) from error


def _version(text: str) -> int | None:
    if not text:
        return None
    found = _VERSION.fullmatch(text)
    if found is None:
        raise InputError('"{text}" is not a version.', remedy="Write 17, or v17.", code="usage", text=text)
    return int(found[1])


def _value(release: "Release", path: str, text: str) -> FactValue:
    """A number where only a number fits, else the text: `10` may be a coupon."""
    if release.facts.unfit(path, text) is None:
        return text
    if _INTEGER.fullmatch(text):
        return int(text)
    if _GROUPED.fullmatch(text) and release.facts.unfit(path, plain := int(re.sub("[.,]", "", text))) is None:
        raise InputError(
            '"{text}" can be read as two numbers.', remedy="Write {plain}.", code="unfit_fact", text=text, plain=plain
        )
    return float(text) if _DECIMAL.fullmatch(text) else text


# --- what is answered -------------------------------------------------------------------------------------------------


def _document(one: "KnownFact", zone: str) -> dict[str, Any]:
    return {
        "path": one.path,
        "value": one.value,
        "kind": one.kind,
        "owner": one.owner,
        "live": one.is_live,
        "declared": one.written_at,
        **({} if one.live is None else _source_document(one.live, zone)),
    }


def _version_document(fact: LiveFact, zone: str) -> dict[str, Any]:
    return {"value": fact.value, **_source_document(fact, zone), "recorded_at": rfc3339(fact.recorded_at, zone)}


def _source_document(fact: LiveFact, zone: str) -> dict[str, Any]:
    return {"version": f"v{fact.version}", "source": fact.source, "as_of": rfc3339(fact.as_of, zone)}


def _show(terminal: Terminal, one: "KnownFact", zone: str, width: int) -> None:
    value = _plain(terminal, one.value)
    whence = one.written_at if one.live is None else f"v{one.live.version}  {_told_by(one.live, zone)}"
    style = DIM if one.value is None else STRONG
    terminal.show(f"{one.path:<{width}}  ", (f"{value:<20}", style), (f"  {one.owner:<12}  {whence}", DIM))


def _plain(terminal: Terminal, value: object) -> str:
    """A truth as a person would say it; all else as it would be written."""
    if value is None:
        return terminal.words("not known")
    if isinstance(value, bool):
        return terminal.words("yes") if value else terminal.words("no")
    return str(value)


def _told_by(fact: LiveFact, zone: str) -> str:
    return f"{fact.source}  {rfc3339(fact.as_of, zone)}"


def _tell(terminal: Terminal, fact: LiveFact, effects: "Effects") -> None:
    released = sum(effects.released.values())
    told = {"held_messages": effects.held, "released_messages": released}
    terminal.document(
        "facts.set", path=fact.path, value=fact.value, version=f"v{fact.version}", source=fact.source,
        effects=told | ({"reason": effects.reason} if effects.reason else {}),
    )  # fmt: skip
    terminal.say("{path} is {value} now (v{version}).", path=fact.path, value=fact.value, version=fact.version)
    if effects.reason:
        terminal.say(
            "1 message is held for it in all: {reason}"
            if effects.held == 1
            else "{count} messages are held for it in all: {reason}",
            count=effects.held,
            reason=effects.reason,
        )
    if released == 1:
        terminal.say("1 message that was held is decided anew.")
    elif released:
        terminal.say("{count} messages that were held are decided anew.", count=released)
