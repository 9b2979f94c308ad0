"""CH185 and CH186: the accounts of the project name adapters that there are, and settings that those take.

Only adapters that come with Jogral are asked: a project's own code does not run when its files are looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.channels import adapter_names, is_shipped, settings_of
from orchestrator.check.rule import Rule
from orchestrator.domain.errors import did_you_mean, mark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.domain.customer import Channel
    from orchestrator.domain.errors import Finding
    from orchestrator.project import Survey
    from orchestrator.release import Account

_ADAPTER = Rule(
    code="CH185",
    level="error",
    title=mark("An account names an adapter that there is not, or one of another channel"),
    why=mark("Nothing can be sent through it, and nothing starts: no worker would know what to do with its messages."),
    bad="channels:\n  sms: {accounts: [{id: sms, adapter: sms_zenvya, sender: loja}]}\n",
    good="channels:\n  sms: {accounts: [{id: sms, adapter: sms_zenvia, sender: loja}]}\n",
)
_SETTING = Rule(
    code="CH186",
    level="error",
    title=mark("An account has a setting that its adapter does not take"),
    why=mark("What it was meant to change stays as it is, and nobody would notice: so nothing starts with it."),
    bad="channels:\n  email: {accounts: [{id: email, adapter: email_smtp, hots: smtp.casalume.example}]}\n",
    good="channels:\n  email: {accounts: [{id: email, adapter: email_smtp, host: smtp.casalume.example}]}\n",
)

RULES = (_ADAPTER, _SETTING)


def findings(survey: Survey) -> Iterator[Finding]:
    """Every account of every channel."""
    if survey.settings is None:
        return
    for channel, shared in survey.settings.model.channels.items():
        for place, account in enumerate(shared.accounts):
            if is_shipped(account.adapter, survey.project.root / "channels"):
                yield from _of_shipped(survey, channel, place, account)
            elif not _is_own(survey, account.adapter):
                yield from _unknown(survey, channel, place, account)


def _of_shipped(survey: Survey, channel: Channel, place: int, account: Account) -> Iterator[Finding]:
    from orchestrator.testing.accounts import example_accounts  # noqa: PLC0415  # only where somebody sends for real

    assert survey.settings is not None
    at = ("channels", channel.value, "accounts", place)
    speaks = [one.channel for one in example_accounts(account.adapter)]
    if channel not in speaks:
        yield survey.settings.document.finding(
            (*at, "adapter"), mark("{adapter} does not speak {channel}: it is for {known}"),
            params={"adapter": account.adapter, "channel": channel.value, "known": ", ".join(speaks)},
            code=_ADAPTER.code, level=_ADAPTER.level, help=mark("jogral channels list says what each of them does."),
        )  # fmt: skip
        return
    taken = settings_of(account.adapter)
    for name in account.settings.keys() - taken:
        yield survey.settings.document.finding(
            (*at, name), mark('The adapter {adapter} has no setting "{name}"{hint}'),
            params={
                "adapter": account.adapter, "name": name, "hint": did_you_mean(name, taken),
                "known": ", ".join(sorted(taken)),
            },
            code=_SETTING.code, level=_SETTING.level, on_key=True, help=mark("It takes: {known}."),
        )  # fmt: skip


def _unknown(survey: Survey, channel: Channel, place: int, account: Account) -> Iterator[Finding]:
    assert survey.settings is not None
    own = survey.project.root / "channels"
    known = sorted({*adapter_names(), *(path.stem for path in own.glob("[!_]*.py"))})
    yield survey.settings.document.finding(
        ("channels", channel.value, "accounts", place, "adapter"), mark('There is no adapter "{adapter}"{hint}'),
        params={"adapter": account.adapter, "hint": did_you_mean(account.adapter, known), "known": ", ".join(known)},
        code=_ADAPTER.code, level=_ADAPTER.level, help=mark("Known adapters: {known}."),
    )  # fmt: skip


def _is_own(survey: Survey, name: str) -> bool:
    return (survey.project.root / "channels" / f"{name}.py").is_file()
