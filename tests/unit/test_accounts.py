"""The accounts of a release, and the environment that knows of more."""

from __future__ import annotations

import contextlib
import sys

import pytest

from orchestrator import channels
from orchestrator.app.accounts import wire, wire_running
from orchestrator.channels import adapter_names, build_adapter, settings_of
from orchestrator.domain.customer import Channel
from orchestrator.domain.errors import ConfigurationError
from orchestrator.release import Account, ChannelSettings
from orchestrator.settings import Settings
from orchestrator.testing.accounts import example_accounts
from tests.shipped import shop

SECRETS = Settings(accounts={"left_us": {"token": "t"}})


def test_whoever_brings_a_release_into_force_is_told_of_secrets_of_no_account():
    with pytest.raises(ConfigurationError, match="JOGRAL_ACCOUNTS__LEFT_US__"):
        wire(SECRETS)(shop())


def test_a_worker_goes_on_with_the_others_when_an_account_left_the_project():
    """Its environment still holds the secrets of it: they are those with which it was started."""
    assert wire_running(SECRETS)(shop()).keys() == {"email", "whatsapp", "sms", "push"}


def test_a_secret_that_its_adapter_does_not_take_is_told_by_its_own_name():
    """It stands in no file: whoever looked for it in project.yaml would find nothing."""
    left = Settings(accounts={"email": {"secret_key": "left of another adapter"}})
    with pytest.raises(ConfigurationError, match='"outbox" has no setting "secret_key"') as refused:
        wire(left)(shop())
    assert refused.value.where == "JOGRAL_ACCOUNTS__EMAIL__SECRET_KEY"


@pytest.mark.parametrize(("channel", "adapter", "taken"), [("sms", "sms_zenvia", True), ("whatsapp", "outbox", False)])
def test_the_number_that_customers_see_reaches_the_adapters_that_take_one(channel, adapter, taken):
    """For the others it is what the project knows of itself: a text with it tells nobody's own number."""
    release = shop()
    account = Account.model_validate({"id": channel, "adapter": adapter, "sender": "+551155550100"})
    channels_of_shop = {**release.project.channels, Channel(channel): ChannelSettings(accounts=(account,))}
    project = release.project.model_copy(update={"channels": channels_of_shop})
    secrets = Settings(accounts={channel: {"token": "t"}} if taken else {})

    assert getattr(wire(secrets)(release.model_copy(update={"project": project}))[channel], "sender", None) == (
        "+551155550100" if taken else None
    )


DATACLASS = "from dataclasses import dataclass\n@dataclass(frozen=True, kw_only=True)\nclass Adapter:\n"

EXAMPLES = [one for name in adapter_names() for one in example_accounts(name)]


@pytest.mark.parametrize("account", EXAMPLES, ids=str)
@pytest.mark.parametrize("odd", [12, 3.5, True, None, ["x"], {"a": 1}, "http://[::1"], ids=repr)
def test_no_adapter_stumbles_over_a_setting_of_another_kind(account, odd):
    """It takes it, or says that it cannot and where that stands: `up` and `doctor` begin here."""
    for setting in settings_of(account.name):
        with contextlib.suppress(ConfigurationError):
            account.adapter(**{setting: odd})


@pytest.mark.parametrize(
    "odd", ["api.zenvia.com", "ftp://api.zenvia.com", "https:///x", "https://me:pw@api.example", "https://a b"]
)
def test_a_base_url_that_nobody_could_call_is_refused_at_the_start(odd):
    """Otherwise every message would wait for hours. What was written may hold a password, and is not told."""
    with pytest.raises(ConfigurationError, match='"base_url"') as refused:
        build_adapter(
            "sms_zenvia", Channel.SMS, {"sender": "casalume", "token": "t", "base_url": odd}, where="account sms"
        )
    assert odd not in str(refused.value)


def test_a_number_that_yaml_read_without_its_plus_is_refused():
    with pytest.raises(ConfigurationError, match="written in quotes"):
        build_adapter("sms_zenvia", Channel.SMS, {"sender": 5511940001234, "token": "t"})


def test_what_an_adapter_refuses_is_told_with_its_place():
    """It knows its settings and not the file."""
    with pytest.raises(ConfigurationError) as refused:
        build_adapter(
            "webhook", Channel.SMS, {"url": "ftp://x", "body": {}}, where="templates/project.yaml, account sms"
        )
    assert refused.value.where == "templates/project.yaml, account sms"


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("def adapter(:", "SyntaxError"),
        ("import no_such_library", "No module named 'no_such_library' (broken.py:1)"),
        ("x = 1", "Adapter"),
        ("class Adapter: pass", "dataclass"),
        (f"{DATACLASS}    channel: str\n    x: 'Nope' = 1", "Nope"),
        (
            f"{DATACLASS}    channel: str\n    def __post_init__(self): raise KeyError('s3cret')",
            "KeyError (broken.py:5)",
        ),
    ],
)
def test_an_adapter_of_ones_own_that_is_broken_is_told_of_with_file_and_line(tmp_path, monkeypatch, written, said):
    """Instead of a stack of ours: `up`, `doctor` and `channels list` meet it first."""
    (tmp_path / "broken.py").write_text(written, "utf-8")
    monkeypatch.setattr(channels, "__path__", [*channels.__path__])  # as it was, afterwards
    channels.look_in(tmp_path)
    monkeypatch.delitem(sys.modules, "orchestrator.channels.broken", raising=False)
    with pytest.raises(ConfigurationError) as refused:
        build_adapter("broken", Channel.SMS, {}, where="templates/project.yaml, account sms")
    told = str(refused.value)
    assert told.startswith('templates/project.yaml, account sms: adapter "broken" ')
    assert said in told
    assert "s3cret" not in told
