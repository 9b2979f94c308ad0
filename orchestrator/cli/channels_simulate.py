"""`jogral channels simulate`: play providers on this machine, so that a project sends for real and reaches nobody."""

import asyncio
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestrator.cli.help import Command
from orchestrator.cli.session import session_of
from orchestrator.cli.signals import stop_event
from orchestrator.cli.terminal import DIM, STRONG, Terminal
from orchestrator.domain.errors import InputError, did_you_mean
from orchestrator.simulators import PROVIDERS

if TYPE_CHECKING:
    from orchestrator.simulators.frame import Account, Played

app = typer.Typer(add_completion=False)


@app.command("simulate", cls=Command)
def simulate(
    context: typer.Context,
    providers: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PROVIDER...", help="Which ones; without any, all that can be played.", show_default=False
        ),
    ] = None,
    port: Annotated[
        int, typer.Option("--port", metavar="N", min=0, max=65_535, help="The port to listen on. 0 takes a free one.")
    ] = 9090,
    hooks: Annotated[
        str, typer.Option("--hooks", metavar="URL", help="Where Jogral listens, on this machine: it is called there.")
    ] = "http://127.0.0.1:8080",
    account: Annotated[
        list[str] | None,
        typer.Option(
            "--account",
            metavar="PROVIDER=ID",
            help="The id of the project's account for a provider.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Play providers on this machine: they take messages, refuse, throttle, sign and call back, and reach nobody.

    It says what makes a project use them, and listens on 127.0.0.1 only, until Ctrl+C.
    """
    session = session_of(context)
    accounts = _accounts(account or [])
    names = list(dict.fromkeys(providers or sorted(PROVIDERS)))
    asyncio.run(_play(session.terminal, names, port, hooks, accounts))
    session.terminal.say("Stopped.")


def _accounts(written: list[str]) -> dict[str, dict[str, str]]:
    """`--account twilio=sms` by provider."""
    accounts = {}
    for one in written:
        provider, equals, name = one.partition("=")
        if not equals or not name:
            raise InputError(
                '--account "{written}" does not name a provider and an account.',
                remedy="Write it as --account twilio=sms.",
                code="usage",
                written=one,
            )
        if provider not in PROVIDERS:
            raise InputError(
                'There is no provider "{name}" to play{hint}',
                remedy="Providers are: {known}.",
                name=provider,
                hint=did_you_mean(provider, PROVIDERS),
                known=", ".join(sorted(PROVIDERS)),
            )
        accounts[provider] = {"account": name}
    return accounts


async def _play(
    terminal: Terminal, names: list[str], port: int, hooks: str, accounts: Mapping[str, Mapping[str, str]]
) -> None:
    from orchestrator.simulators.frame import playing

    stop = stop_event()
    async with playing(names, port=port, hooks=hooks, options=accounts) as played:
        _tell(terminal, played)
        await stop.wait()


def _tell(terminal: Terminal, played: "list[Played]") -> None:
    told = [(one, one.simulator.account(one.base)) for one in played]
    terminal.document(
        "channels_simulate",
        providers=[
            {
                "name": one.name,
                "url": one.base,
                "account": _document(account) if account else None,
                "device": one.simulator.device(one.base) or None,
            }
            for one, account in told
        ],
    )
    for one, account in told:
        terminal.show((one.name, STRONG), f"  {one.base}")
        if account is not None:
            _show_account(terminal, account)
    _show_environment(terminal, [account for _, account in told if account is not None])
    terminal.show("")
    terminal.say("What each of them took: GET …/_told. How it behaves: PUT …/_mood. Let a person write: POST …/_say.")
    terminal.say("Stop it with Ctrl+C.")
    terminal.out.file.flush()


def _show_account(terminal: Terminal, account: "Account") -> None:
    terminal.show(
        "  ", terminal.words("In templates/project.yaml, under channels: {channel}: accounts:", channel=account.channel)
    )
    terminal.show("    - ", _in_yaml(account))


def _show_environment(terminal: Terminal, accounts: "list[Account]") -> None:
    """Of all providers together, so that it is marked and pasted at once."""
    variables = {name: value for account in accounts for name, value in _environment(account).items()}
    if not variables:
        return
    terminal.show("\n", terminal.words("Paste this where jogral up runs:"))
    for name, value in variables.items():
        terminal.show(("export ", DIM), f"{name}={_quoted(value)}")


def _in_yaml(account: "Account") -> str:
    """One line: JSON is YAML as well."""
    entry = {"id": account.id, "adapter": account.adapter, **account.settings}
    return "{" + ", ".join(f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in entry.items()) + "}"


def _environment(account: "Account") -> dict[str, str]:
    prefix = f"JOGRAL_ACCOUNTS__{account.id.upper()}__"
    return {
        **{f"{prefix}{name.upper()}": value for name, value in account.secrets.items()},
        **account.environment,
    }


def _quoted(value: str) -> str:
    import shlex

    return shlex.quote(value)


def _document(account: "Account") -> dict[str, Any]:
    return {
        "channel": account.channel,
        "id": account.id,
        "adapter": account.adapter,
        "settings": dict(account.settings),
        "environment": _environment(account),
    }
