"""`jogral channels list` and `jogral channels test`: a project's accounts, and whether their adapters are sound."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestrator.cli.channel_names import NAMES
from orchestrator.cli.help import Command
from orchestrator.cli.session import session_of
from orchestrator.cli.terminal import BAD, DIM, GOOD, STRONG, Terminal
from orchestrator.domain.customer import Channel
from orchestrator.domain.errors import InputError, JogralError, NotFound, did_you_mean
from orchestrator.translations import mark

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from orchestrator.channels import Adapter
    from orchestrator.cli.session import Session
    from orchestrator.release import Release
    from orchestrator.settings import Settings
    from orchestrator.testing import Fault

app = typer.Typer(add_completion=False)


@app.command("list", cls=Command)
def list_accounts(
    context: typer.Context,
    adapters: Annotated[
        bool, typer.Option("--adapters", help="Every adapter that an account can name, instead of the accounts.")
    ] = False,
) -> None:
    """List the accounts of the project: channel, adapter, weight, what the provider can do, and its hook's address."""
    session = session_of(context)
    found = list(_known_adapters(session) if adapters else _accounts(session))
    if session.terminal.as_json:
        session.terminal.items("channels", [{name: one[name] for name in one if name != "said"} for one in found])
        return
    for one in found:
        _show(session.terminal, one)
    if not found:
        session.terminal.say("No channel has an account: see docs/how-to/send-email.md.")


@app.command("test", cls=Command)
def try_adapter(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="ACCOUNT|ADAPTER", help="An account of the project, or an adapter.")],
) -> None:
    """Try an adapter with everything that may happen to it: wrong answers, forged notices, hostile values.

    Nothing is sent: it is asked what it would do. Exit code 1 where something is wrong.
    """
    session = session_of(context)
    terminal = session.terminal
    tried = [(label, adapter, _faults(adapter)) for label, adapter in _chosen(session, name)]
    sound = not any(faults for _, _, faults in tried)
    if terminal.as_json:
        items = [_judged(label, adapter, faults) for label, adapter, faults in tried]
        terminal.document("channels.test", ok=sound, items=items)
    else:
        for label, _, faults in tried:
            _tell(terminal, label, faults)
    if not sound:
        raise typer.Exit(1)


# --- the accounts of a project --------------------------------------------------------------------------------------


def _project(session: "Session") -> tuple["Release", "Settings"]:
    from orchestrator import channels
    from orchestrator.cli.workplace import open_project
    from orchestrator.settings import read_settings

    project = open_project(session)
    channels.look_in(project.root / "channels")
    return project.read(), read_settings()  # whatever its messages are like: this is about its accounts


def _accounts(session: "Session") -> "Iterator[dict[str, Any]]":
    from orchestrator.app.accounts import wire_account

    release, settings = _project(session)
    hooks = f"{settings.public_url or settings.own_url}/hooks"
    for channel, shared in release.project.channels.items():
        for account in shared.accounts:
            known = {
                "account": account.id, "channel": channel.value, "adapter": account.adapter, "weight": account.weight,
            }  # fmt: skip
            try:
                adapter = wire_account(settings, release, account.id)
            except JogralError as error:
                translate = session.terminal.translate
                yield known | {"problem": error.told(translate), "remedy": error.remedy(translate), "said": ()}
                continue
            assert adapter is not None
            told = adapter.can.receives or adapter.can.hears
            yield known | _able(session.terminal, adapter) | {"hook_url": f"{hooks}/{account.id}" if told else None}


def _known_adapters(session: "Session") -> "Iterator[dict[str, Any]]":
    """All that can be named, without a project too; what the shipped ones can do with an account as in the docs."""
    from orchestrator.channels import adapter_names
    from orchestrator.testing.accounts import example_accounts

    _look_in_the_project(session)
    for name in adapter_names():
        examples = example_accounts(name)
        known: dict[str, Any] = {"adapter": name, "shipped": bool(examples)}
        if examples:
            adapter = examples[0].adapter()
            yield (
                known
                | _able(session.terminal, adapter)
                | {"channels": sorted(channel.value for channel in adapter.can.channels)}
            )
        else:
            yield known | {"said": ()}


def _able(terminal: Terminal, adapter: "Adapter") -> dict[str, Any]:
    from orchestrator.cli.abilities import abilities, as_document

    said = tuple(terminal.words(sentence, **params) for sentence, params in abilities(adapter.can))
    return {"can": as_document(adapter.can), "said": said}


def _show(terminal: Terminal, one: dict[str, Any]) -> None:
    if "account" in one:
        channel = terminal.translate(NAMES[Channel(one["channel"])])
        weight = terminal.words("weight {weight}", weight=one["weight"])
        terminal.show(f"{channel:<9} ", (f"{one['account']:<16} ", STRONG), f"{one['adapter']:<15} ", (weight, DIM))
    else:
        spoken = ", ".join(one.get("channels", ())) or terminal.words("the project's own")
        terminal.show((f"{one['adapter']:<16} ", STRONG), (spoken, DIM))
    if one["said"]:
        terminal.show("  ", "; ".join(one["said"]))
    if one.get("hook_url"):
        terminal.show("  ", (one["hook_url"], DIM))
    if one.get("problem"):
        terminal.show("  ", (one["problem"], BAD))
        if one["remedy"]:
            terminal.show("  ", one["remedy"])


# --- trying one -----------------------------------------------------------------------------------------------------


def _chosen(session: "Session", name: str) -> "list[tuple[str, Adapter]]":
    """The account of that name, else accounts as a shipped adapter's documentation describes them."""
    from orchestrator.channels import adapter_names
    from orchestrator.testing.accounts import example_accounts

    accounts: list[str] = []
    if _look_in_the_project(session):
        from orchestrator.app.accounts import wire_account

        release, settings = _project(session)
        accounts = [one.id for shared in release.project.channels.values() for one in shared.accounts]
        if name in accounts:
            adapter = wire_account(settings, release, name)
            assert adapter is not None
            return [(name, adapter)]
    examples = example_accounts(name)
    if examples:
        return [(f"{name} ({one.channel})", one.adapter()) for one in examples]
    if name in adapter_names():
        raise InputError(
            "{name} is the project's own adapter: it is tried with the settings of an account.",
            remedy="Give an account of templates/project.yaml adapter: {name}, and test that account.",
            name=name,
        )
    known = [*accounts, *adapter_names()]
    raise NotFound(
        'There is no account and no adapter "{name}"{hint}', remedy="There are: {known}.", code="unknown_account",
        name=name, hint=did_you_mean(name, known), known=", ".join(known),
    )  # fmt: skip


def _look_in_the_project(session: "Session") -> "Path | None":
    """Its folder, where there is one around: its own adapters come first. Without one, the shipped ones are tried."""
    from orchestrator import channels
    from orchestrator.cli.workplace import project_root
    from orchestrator.domain.errors import ConfigurationError

    try:
        root = project_root(session)
    except ConfigurationError:
        return None
    channels.look_in(root / "channels")
    return root


def _faults(adapter: "Adapter") -> "list[Fault]":
    from orchestrator.testing import channel_faults

    return channel_faults(adapter)


def _judged(label: str, adapter: "Adapter", faults: "list[Fault]") -> dict[str, Any]:
    said = [{"rule": fault.rule, "sentence": fault.sentence, "more": fault.more} for fault in faults]
    return {"tested": label, "channel": adapter.channel.value, "ok": not faults, "faults": said}


_SOUND = mark("{name}: it does what an adapter has to do.")
_WRONG = mark("{name}: what is wrong ({count}):")


def _tell(terminal: Terminal, label: str, faults: "list[Fault]") -> None:
    if not faults:
        terminal.show((terminal.words(_SOUND, name=label), GOOD))
        return
    terminal.show((terminal.words(_WRONG, name=label, count=len(faults)), BAD))
    for fault in faults:
        terminal.show((f"  {fault.rule:<16} ", STRONG), fault.sentence)
