"""docs/channels.md is what adapters say of themselves, and how they read what was recorded of their providers.

pytest --refresh-golden writes it.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from orchestrator.channels import DeviceAnswers, HttpAnswer, SmtpAnswer, adapter_names, build_adapter
from orchestrator.cli.abilities import abilities, as_document
from orchestrator.contract.capabilities import Capabilities
from orchestrator.domain.customer import Channel
from orchestrator.domain.delivery import OutcomeKind
from orchestrator.domain.errors import filled
from orchestrator.testing import RecordedAnswer, channel_faults, recorded_in
from orchestrator.testing.accounts import example_accounts

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/channels.md"
RECORDED = ROOT / "tests/recorded"

INTRODUCTION = """\
# Channels

What the adapters that come with Jogral can do, and what they make of their providers' answers. `jogral channels list
--adapters` says the first half, `jogral channels list` says it of your accounts. `jogral check` holds every message
beside the accounts that could carry it (rules [CH180](reference/rules.md#ch180) to CH184): nothing is dropped silently.
A provider that is not here takes [a recipe](how-to/use-any-http-api.md) or
[a file of your own](how-to/add-a-channel.md).

This page is made from the adapters and from tests/recorded/; a test keeps it so.

## What an answer can mean

| | | What happens next |
|---|---|---|
| **sent** | the provider has it | receipts say how far it got |
| **throttled** | not taken, too many | the same account, not before the time that it asks for |
| **not now** | certainly not taken | it is tried again, through another account too |
| **account stopped** | our login, bill or settings | no call through this account before somebody has mended it |
| **not this address** | nobody is reached there | the next channel; the address rests |
| **not this channel** | not here now | the next channel |
| **opted out** | the person told the provider to stop | kept as their word against marketing here; the next channel |
| **had enough** | no more marketing for this person now | the next channel; not again here for 24 hours |
| **not this message**, **against the rules** | what we said | it fails; somebody looks |
| **not this template** | paused, gone, changed | [blocked](how-to/whatsapp-templates.md); the message is decided anew |
| **unknown** | perhaps taken: 409, 5xx, an unreadable 200, silence | it waits for news, and goes no other way |
"""
COLUMNS = ("Adapter", "Channels", "Text", "Buttons", "Devices", "Tells", "Hears", "Asked", "Repeats refused")
WORDS = {
    "address": "not this address", "channel": "not this channel", "opted_out": "opted out", "enough": "had enough",
    "message": "not this message", "policy": "against the rules", "template": "not this template",
}  # fmt: skip


def test_the_page_of_channels_is_what_adapters_do(request):
    """Nobody has to remember to write it."""
    text = "\n".join([INTRODUCTION, table(), *(section(name) for name in adapter_names())])
    if request.config.getoption("--refresh-golden"):
        PAGE.write_text(text, encoding="utf-8")

    assert PAGE.read_text(encoding="utf-8") == text, "run pytest --refresh-golden, and read the page"


def table():
    rows = [row(name) for name in adapter_names()]
    return "\n".join(["## What they can do", "", *map(line, (COLUMNS, ["---"] * len(COLUMNS), *rows)), ""])


def row(name):
    accounts = {account.channel: account for account in example_accounts(name)}
    can = accounts.get(Channel.WHATSAPP, next(iter(accounts.values()))).adapter().can
    buttons = "no" if can.buttons_max == 0 else can.buttons_max or "any"
    return (
        f"[`{name}`](#{name})", ", ".join(sorted(channel.value for channel in can.channels)),
        can.text_length_max or "any", buttons if Channel.WHATSAPP in can.channels else "no", can.devices_max,
        *("yes" if able else "no" for able in (can.receives, can.hears, can.looks_up, can.idempotent)),
    )  # fmt: skip


def line(cells):
    return f"| {' | '.join(map(str, cells))} |"


def section(name):
    account = example_accounts(name)[0]
    adapter = account.adapter()
    said = "; ".join(filled(sentence, params) for sentence, params in abilities(adapter.can))
    parts = [f"## {name}", "", f"{said[:1].upper()}{said[1:]}.", ""]
    answers = [one for one in recorded_in(RECORDED / name) if isinstance(one, RecordedAnswer) and not one.of_look_up]
    if answers:
        parts += [line(("It answers", "", "which means")), line(["---"] * 3)]
        parts += [line((status(one.answer), one.what, meaning(adapter, one))) for one in answers]
        parts.append("")
    return "\n".join(parts)


def status(answer):
    match answer:
        case HttpAnswer():
            return answer.status
        case SmtpAnswer():
            return answer.code
        case DeviceAnswers():
            return ", ".join(str(one.status) for one in answer.answers)


def meaning(adapter, one):
    wrapped = isinstance(one.answer, HttpAnswer) and adapter.channel is Channel.PUSH and not adapter.can.local
    outcome = adapter.outcome(DeviceAnswers((one.answer,)) if wrapped else one.answer)
    match outcome.kind:
        case OutcomeKind.REFUSED:
            return f"**{WORDS[outcome.reason.partition(':')[2]]}**"
        case OutcomeKind.NOT_SENT:
            if outcome.stopped:
                return "**account stopped**"
            return "**throttled**" if outcome.reason == "rate_limit" else "**not now**"
        case kind:
            return f"**{kind.value}**"


@pytest.mark.parametrize("name", adapter_names())
def test_what_an_adapter_can_do_is_said_in_words(name):
    """Every capability that it has is in the sentence, and programs get all of them."""
    for account in example_accounts(name):
        can = account.adapter().can
        assert list(abilities(can))
        assert set(as_document(can)) == {item.name for item in dataclasses.fields(Capabilities)}


def test_an_account_without_its_secret_is_tried_too():
    """Secrets of the examples are made up, and none of them has to be there for the suite to speak."""
    bare = build_adapter("webhook", Channel.SMS, {"url": "https://api.provider.example/", "body": {"text": "{text}"}})

    assert {fault.rule for fault in channel_faults(bare)} == {"reference", "unreadable"}
