"""Every account of a release as the adapter that it names, with its settings and the environment's secrets."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from orchestrator import channels
from orchestrator.domain.errors import ConfigurationError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from orchestrator.channels import Adapter
    from orchestrator.domain.customer import Channel
    from orchestrator.release import Account, ChannelSettings, Release
    from orchestrator.settings import Settings


def wire(settings: Settings) -> Callable[[Release], Mapping[str, Adapter]]:
    """Every account of a release as an adapter: the file's settings, the channel's, and the environment's secrets.

    Raises ConfigurationError, also for secrets of an account that does not exist.
    """

    def adapters(release: Release) -> Mapping[str, Adapter]:
        found = _adapters(settings, release)
        refuse_strangers(settings, found)
        return found

    return adapters


def wire_running(settings: Settings) -> Callable[[Release], Mapping[str, Adapter]]:
    """The same for a process that outlives releases: whose account left the project keeps its secrets unused.

    Its environment is as old as itself, or as the process that started it. To refuse it would stop every account
    because one is gone; whoever brings a release into force was told already of a name that is misspelt.
    """
    return partial(_adapters, settings)


def _adapters(settings: Settings, release: Release) -> dict[str, Adapter]:
    return {
        account.id: _adapter(account, channel, shared, settings)
        for channel, shared in release.project.channels.items()
        for account in shared.accounts
    }


def wire_account(settings: Settings, release: Release, account_id: str) -> Adapter | None:
    """One account of a release as an adapter, so that nobody needs the secrets of the others; None: there is none."""
    for channel, shared in release.project.channels.items():
        for account in shared.accounts:
            if account.id == account_id:
                return _adapter(account, channel, shared, settings)
    return None


def _adapter(account: Account, channel: Channel, shared: ChannelSettings, settings: Settings) -> Adapter:
    """The sender and the channel's reply address reach only adapters that take them."""
    where = f"templates/project.yaml, account {account.id}"
    taken = channels.settings_of(account.adapter, where=where)
    of_channel = {"sender": account.sender or shared.from_, "reply_to": shared.reply_to}
    secrets = {
        name.lower(): secret.get_secret_value() for name, secret in settings.accounts.get(account.id, {}).items()
    }
    # A secret that the adapter does not know stands in no file: it is found where it was set.
    left = next((name for name in secrets if name not in taken), "")
    if left and account.settings.keys() <= taken:
        where = f"JOGRAL_ACCOUNTS__{account.id.upper()}__{left.upper()}"
    given = {name: value for name, value in of_channel.items() if value and name in taken} | account.settings | secrets
    return channels.build_adapter(account.adapter, channel, given, where=where)


def refuse_strangers(settings: Settings, accounts: Collection[str]) -> None:
    """A password for an account that does not exist is a password that somebody misses. Raises ConfigurationError."""
    for account_id in settings.accounts:
        if account_id not in accounts:
            raise ConfigurationError(
                "JOGRAL_ACCOUNTS__{name}__… names no account{hint}",
                remedy="The accounts of templates/project.yaml are: {known}.",
                name=account_id.upper(),
                hint=did_you_mean(account_id, accounts),
                known=", ".join(accounts),
            )
