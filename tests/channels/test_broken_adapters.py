"""The suite finds what it is for: adapters that are wrong in one thing fail it, and for that thing."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from orchestrator.channels import DeviceAnswers, SmtpAnswer
from orchestrator.domain.customer import Channel
from orchestrator.domain.delivery import Outcome, OutcomeKind
from orchestrator.testing import channel_faults, exercise_channel
from orchestrator.testing.accounts import example_accounts
from tests.channels.broken import BROKEN
from tests.channels.sound import RECORDED, Sound

CHANNELS = (Channel.WHATSAPP, Channel.PUSH)


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_sound_adapter_passes(channel):
    """Whatever it is, it is the change that the others fail for."""
    exercise_channel(Sound(channel=channel), recorded=RECORDED)


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken.__name__)
def test_a_broken_adapter_fails_for_its_own_reason(broken):
    """On one channel or the other; and what it is told names what is wrong."""
    rule = BROKEN[broken]
    for channel in CHANNELS:
        found = channel_faults(broken(channel=channel), recorded=RECORDED)
        assert all(fault.sentence for fault in found)
        if rule in {fault.rule for fault in found}:
            return

    pytest.fail("\n".join(map(str, found)))


def test_every_fault_is_told_at_once():
    """Not the first one alone."""
    with pytest.raises(AssertionError) as told:
        exercise_channel(next(broken for broken in BROKEN if broken.__name__ == "CallsATimeoutDefinite")())

    lines = str(told.value).splitlines()
    assert lines[0].startswith("tests.channels.broken, whatsapp:")
    assert [line for line in lines if line.startswith("- [silence]")]


def test_there_are_more_than_twenty():
    """Every rule of the suite is broken by somebody."""
    assert len(BROKEN) >= 20


# --- other protocols: one change to a shipped adapter ---------------------------------------------------------------


def greylisting_is_a_no(shipped, answer):
    """The server asks to come back later."""
    refused = isinstance(answer, SmtpAnswer) and answer.code == 450
    return Outcome(OutcomeKind.REFUSED, "provider_rejected:address", detail="450") if refused else shipped(answer)


def a_wrong_password_is_a_no(shipped, answer):
    """535, and every address is dead by noon."""
    refused = isinstance(answer, SmtpAnswer) and answer.code == 535
    return Outcome(OutcomeKind.REFUSED, "provider_rejected:policy", detail="535") if refused else shipped(answer)


def the_last_device_decides(shipped, answer):
    """The first one may have it."""
    return shipped(DeviceAnswers(answer.answers[-1:]) if isinstance(answer, DeviceAnswers) else answer)


def every_device_is_gone(shipped, answer):
    """Places of devices that were never called."""
    outcome = shipped(answer)
    return replace(outcome, gone=(len(answer.answers),)) if isinstance(answer, DeviceAnswers) else outcome


@pytest.mark.parametrize(
    ("name", "change", "rule"),
    [
        ("email_smtp", greylisting_is_a_no, "smtp"),
        ("email_smtp", a_wrong_password_is_a_no, "account"),
        ("push_fcm", the_last_device_decides, "devices"),
        ("push_web", the_last_device_decides, "devices"),
        ("push_fcm", every_device_is_gone, "devices"),
    ],
)
def test_mistakes_of_mail_servers_and_devices_are_found_too(name, change, rule):
    """As shipped it passes, and with one change it does not."""
    (account,) = example_accounts(name)
    sound = account.adapter()
    methods = {"outcome": lambda self, answer: change(super(changed, self).outcome, answer)}
    changed = type("Adapter", (type(sound),), methods)
    settings = {item.name: getattr(sound, item.name) for item in fields(sound) if item.init}

    assert channel_faults(sound) == []
    assert rule in {fault.rule for fault in channel_faults(changed(**settings))}
