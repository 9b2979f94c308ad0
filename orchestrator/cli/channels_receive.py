"""`jogral channels receive`: what a provider's callback would do, from its headers and body in two files."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestrator.cli.help import Command
from orchestrator.cli.session import session_of
from orchestrator.domain.errors import InputError, NotFound, Refused

if TYPE_CHECKING:
    from orchestrator.app import App
    from orchestrator.channels import Adapter, Notice, Received
    from orchestrator.dispatch.heard.rehearsal import Would
    from orchestrator.project import Project
    from orchestrator.release import Release

app = typer.Typer(add_completion=False)

# A document may name another one; a third is nobody's chain.
NEEDS_MAX = 2


@app.command("receive", cls=Command)
def receive(
    context: typer.Context,
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="The account's id in templates/project.yaml.")],
    headers: Annotated[
        Path,
        typer.Option("--headers", metavar="FILE", help="Its headers: a line each, as `Name: value`, or JSON."),
    ],
    body: Annotated[
        Path, typer.Option("--body", metavar="FILE", help="The callback's body, byte by byte; - reads stdin.")
    ],
    url: Annotated[
        str,
        typer.Option("--url", metavar="URL", help="The address that was called; without it, the hook of this account."),
    ] = "",
    method: Annotated[str, typer.Option("--method", metavar="METHOD", help="GET for a handshake.")] = "POST",
) -> None:
    """Show what a callback of a provider would do: whether it is genuine, and what it says of whom.

    Nothing is changed. A forged one ends with exit code 4.
    """
    from orchestrator.cli.ledger import open_ledger
    from orchestrator.cli.received_shown import show_received
    from orchestrator.cli.workplace import open_project

    session = session_of(context)
    terminal, project = session.terminal, open_project(session)
    with open_ledger(project) as opened:
        release = _release(opened, project)
        adapter = _adapter(opened, release, account)
        notice = _notice(opened, account, headers, body, url, method)
        try:
            received = _read(opened, adapter, notice)
        except Refused as error:
            raise Refused(
                "This notice is not genuine, or it was changed on the way: {why}",
                remedy="Compare the account's secret, and give the body byte by byte; some sign the URL too: --url",
                code="wrong_signature",
                why=error,
            ) from error
        would = _would(opened, release, account, adapter, received)
    terminal.document("channels.receive", **_document(account, received, would))
    show_received(terminal, received, would)


def _release(opened: "App", project: "Project") -> "Release":
    """What runs; where nothing does yet, the project as its files say. Neither is published."""
    from orchestrator.cli.workplace import read_admitted
    from orchestrator.release import read_release

    with opened.store.read() as reading:
        release_id = reading.ledger.release_id()
        content = reading.ledger.release(release_id) if release_id else None
    return read_release(content) if content is not None else read_admitted(project)


def _adapter(opened: "App", release: "Release", account: str) -> "Adapter":
    from orchestrator.app.accounts import wire_account

    found = wire_account(opened.settings, release, account)
    if found is None:
        known = [one.id for settings in release.project.channels.values() for one in settings.accounts]
        raise NotFound(
            'There is no account "{account}".', remedy="There are: {known}.", code="unknown_account", account=account,
            known=", ".join(known),
        )  # fmt: skip
    return found


def _notice(opened: "App", account: str, headers: Path, body: Path, url: str, method: str) -> "Notice":
    from urllib.parse import parse_qsl, urlsplit

    from orchestrator.channels import Notice
    from orchestrator.cli.files import read_input

    address = url or f"{opened.public_url}/hooks/{account}"
    return Notice(
        method=method.upper(),
        headers=_headers(read_input(headers), headers),
        body=read_input(body),
        query=dict(parse_qsl(urlsplit(address).query, keep_blank_values=True)),
        url=address,
    )


def _headers(content: bytes, file: Path) -> dict[str, str]:
    """Names in lower case. A request line before them is passed over."""
    import json

    text = content.decode("utf-8", "surrogateescape")
    if text.lstrip().startswith("{"):
        try:
            given = json.loads(text)
        except json.JSONDecodeError as error:
            raise _unreadable(file, error.lineno) from error
        return {str(name).lower(): str(value) for name, value in given.items()}
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        name, colon, value = line.partition(":")
        if not line.strip() or (number == 1 and " HTTP/" in line):
            continue
        if not colon:
            raise _unreadable(file, number)
        found[name.strip().lower()] = value.strip()
    return found


def _unreadable(file: Path, line: int) -> InputError:
    return InputError(
        "{file}, line {line}: this is no header.", remedy="Write one a line: X-Hub-Signature-256: sha256=…",
        code="usage", file=file, line=line,
    )  # fmt: skip


def _read(opened: "App", adapter: "Adapter", notice: "Notice") -> "Received":
    """What it says, with the certificates that it takes to see whether it is genuine."""
    from dataclasses import replace

    received = adapter.receive(notice, opened.clock.now())
    for _ in range(NEEDS_MAX):
        if received.needs is None:
            return received
        found = _fetched(opened, received.needs)
        notice = replace(notice, documents={**notice.documents, received.needs.url: found})
        received = adapter.receive(notice, opened.clock.now())
    if received.needs is not None:
        raise Refused("it wants to be verified with more documents than there can be")
    return received


def _fetched(opened: "App", call: Any) -> bytes:
    import asyncio

    from orchestrator.app.carrying import open_transport
    from orchestrator.channels import HttpAnswer
    from orchestrator.domain.errors import Unavailable
    from orchestrator.transport import host_of

    async def carried() -> Any:
        async def run(work: Any) -> Any:
            return work()

        transport = open_transport(opened, run)
        try:
            return await transport.carry(call)
        finally:
            await transport.close()

    answer = asyncio.run(carried())
    if isinstance(answer, HttpAnswer) and answer.status == 200:  # noqa: PLR2004  # HTTP's own number
        return answer.body
    raise Unavailable("What the notice is verified with cannot be fetched from {host} now.", host=host_of(call))


def _would(opened: "App", release: "Release", account: str, adapter: "Adapter", received: "Received") -> "Would":
    from orchestrator.app.listening import open_ear
    from orchestrator.dispatch.heard.rehearsal import rehearse

    return rehearse(open_ear(opened, release, account, adapter.channel), received)


def _document(account: str, received: "Received", would: "Would") -> dict[str, Any]:
    """No text and no address: a callback is often shown to somebody else."""
    from orchestrator.domain.receipt import suppression

    return {
        "account": account,
        "genuine": True,
        "receipts": [
            {
                "kind": one.kind.value,
                "reference": one.reference or None,
                "provider_id": one.provider_id or None,
                "permanent": one.permanent,
                "rejection": one.rejection.value if one.rejection else None,
                "suppresses": suppression(one.kind, permanent=one.permanent, rejection=one.rejection) or None,
            }
            for one in received.receipts
        ],
        "deliveries": [
            {
                "id": name,
                "before": {"state": before[0], "receipt": before[1] or None},
                "after": {"state": after[0], "receipt": after[1] or None},
            }
            for name, (before, after) in would.deliveries.items()
        ],
        "waiting": len(received.receipts) - len(would.matches),
        "words": [
            {
                "kind": one.reading.kind.value,
                "done": one.done.value,
                "customer_ids": list(one.holders),
                "repeated": one.repeated,
                "answered": one.confirmation is not None,
            }
            for one in would.heeded.heard
        ],
        "words_lost": would.heeded.lost,
        "templates": [
            {"name": one.name, "language": one.language, "status": one.status or None, "category": one.category or None}
            for one in received.templates
        ],
        "users": len(received.users),
        "alarms": list(received.alarms),
        "passed_over": received.passed_over,
        "unknown": list(received.unknown),
        "asks_afterwards": len(received.calls),
        "reply": received.reply,
    }
