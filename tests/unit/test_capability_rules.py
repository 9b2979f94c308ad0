"""CH180 to CH184: what the corpus of broken projects does not show of messages beside the accounts that carry them."""

from __future__ import annotations

import shutil
from datetime import date

import pytest

from orchestrator.channels import build_adapter, is_shipped
from orchestrator.check import capabilities
from orchestrator.domain.customer import Channel
from orchestrator.project import Project
from tests.check.cases import GOOD

TODAY = date(2026, 11, 25)
WHATSAPP = 'whatsapp: {accounts: [{id: whatsapp, adapter: outbox, sender: "+551155550100"}]}'
PUSH = "push:     {accounts: [{id: push, adapter: outbox}]}"
URL = 'url: "https://api.provider.example/"'


@pytest.fixture
def found(tmp_path):
    """Codes and sentences in a sound project one of whose channels has other accounts."""

    def look(before, after, **files):
        root = tmp_path / "shop"
        shutil.copytree(GOOD, root)
        (root / "channels").mkdir()
        for name, text in files.items():
            (root / f"channels/{name}.py").write_text(text, "utf-8")
        settings = root / "templates/project.yaml"
        text = settings.read_text("utf-8")
        assert text.count(before) == 1
        settings.write_text(text.replace(before, after), "utf-8")
        survey = Project(root).survey(TODAY)
        assert survey.findings == ()
        return [(one.code, one.message) for one in capabilities.findings(survey)]

    return look


def test_an_account_that_shows_everything_is_left_alone(found):
    """A recipe that names each part."""
    body = 'body: {to: "{to}", text: "{text}", buttons: "{buttons}"}'

    assert found(WHATSAPP, f"whatsapp: {{accounts: [{{id: w, adapter: webhook, {URL}, {body}}}]}}") == []


def test_secrets_that_are_not_there_change_nothing(found):
    """They come from the environment, which no check reads."""
    account = '{id: w, adapter: whatsapp_cloud, phone_number_id: "1", business_account_id: "2"}'

    assert found(WHATSAPP, f"whatsapp: {{accounts: [{account}]}}") == []


def test_every_account_that_could_carry_a_message_is_looked_at(found):
    """The second one is there for when the first fails: it drops as much."""
    accounts = ", ".join(f'{{id: {name}, adapter: webhook, {URL}, body: "{{text}}"}}' for name in ("a", "b"))

    told = found(PUSH, f"push: {{accounts: [{accounts}]}}")

    assert [code for code, _ in told] == ["CH182", "CH182"]
    assert ["account a" in told[0][1], "account b" in told[1][1]] == [True, True]


def test_settings_that_are_wrong_are_not_its_business(found):
    """`jogral doctor` and the start of `jogral up` say what is wrong with them."""
    assert found(PUSH, f"push: {{accounts: [{{id: p, adapter: webhook, {URL}, body: '{{txt}}'}}]}}") == []


def test_an_adapter_of_the_same_name_as_ours_is_the_projects_own(found):
    """Its code does not run when files are looked at: this one would end the process."""
    told = found(PUSH, f"push: {{accounts: [{{id: p, adapter: webhook, {URL}}}]}}", webhook="raise SystemExit")

    assert [code for code, _ in told] == ["CH184"]


def test_what_is_shipped_is_known_without_importing_it(tmp_path):
    """A file of a project stands before ours, and one that nobody has is nobody's."""
    (tmp_path / "sms_twilio.py").write_text("raise SystemExit", "utf-8")

    assert is_shipped("sms_twilio")
    assert not is_shipped("sms_twilio", tmp_path)
    assert is_shipped("webhook", tmp_path)
    assert not is_shipped("sms_nobody")


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ({"text": "{text}"}, (False, False, 0)),
        ({"text": "{text}", "html": "{html}"}, (True, False, 0)),
        ({"head": {"t": ["{title}"]}, "text": "{text}"}, (False, True, 0)),
        ({"text": "{text}", "buttons": "{buttons}"}, (False, False, None)),
    ],
)
def test_a_recipe_can_do_what_it_names(body, shown):
    """What it does not name is not sent."""
    can = build_adapter("webhook", Channel.WHATSAPP, {"url": "https://api.provider.example/", "body": body}).can

    assert (can.html, can.title, can.buttons_max) == shown
