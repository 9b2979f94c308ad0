"""`jogral channels list` and `jogral channels test`, run as a person runs them."""

from __future__ import annotations

import pytest

from orchestrator.channels import adapter_names

ACCOUNT = "- {id: sms, adapter: outbox}"
BY_RECIPE = (
    '- {id: sms, adapter: webhook, weight: 30, url: "https://api.provider.example/{reference}", id_at: id,'
    ' body: {to: "{to}", text: "{text}"}}'
)
OWN = "- {id: sms, adapter: sms_ours}"
OURS = """
from orchestrator.channels.outbox import Adapter as Outbox
from orchestrator.domain.delivery import Outcome, OutcomeKind


class Adapter(Outbox):
    def outcome(self, answer):
        return Outcome(OutcomeKind.SENT, provider_id="whatever it was")
"""


@pytest.fixture
def sms(orders_alone):
    """A shop whose SMS account can be written anew."""

    def written(account):
        file = orders_alone / "templates/project.yaml"
        text = file.read_text("utf-8")
        assert text.count(ACCOUNT) == 1
        file.write_text(text.replace(ACCOUNT, account), "utf-8")

    return written


def test_every_account_is_listed_with_what_it_can_do(jogral, sms):
    """Also for programs: every capability as it is."""
    sms(BY_RECIPE)

    done = jogral("channels", "list", "--json")

    assert done.code == 0, done.err
    assert done.document["schema"] == "jogral.channels/1"
    by_id = {one["account"]: one for one in done.document["items"]}
    one = by_id["sms"]
    assert (one["channel"], one["adapter"], one["weight"]) == ("sms", "webhook", 30)
    assert (one["can"]["receives"], one["can"]["buttons_max"], one["hook_url"]) == (False, 0, None)
    assert by_id["email"]["can"]["local"]


def test_the_hook_of_an_account_that_hears_is_shown(jogral, sms):
    """It is what the provider has to be told; the secret is needed to be one."""
    sms("- {id: sms, adapter: sms_zenvia, sender: casalume}")

    without = jogral("channels", "list", JOGRAL_LANG="en")
    heard = jogral(
        "channels", "list", JOGRAL_LANG="en", JOGRAL_PUBLIC_URL="https://msg.loja.example",
        JOGRAL_ACCOUNTS__SMS__TOKEN="canary-9",
    )  # fmt: skip

    assert without.code == heard.code == 0
    assert "needs: token" in without.out
    assert "secrets go into JOGRAL_ACCOUNTS__<ACCOUNT>__<NAME>" in without.out
    assert "https://msg.loja.example/hooks/sms" in heard.out
    assert "canary-9" not in heard.out + heard.err


def test_adapters_are_listed_without_a_project_too(jogral, tmp_path):
    """Who looks for one has no shop yet."""
    done = jogral("--project", tmp_path, "channels", "list", "--adapters", "--json")

    assert done.code == 0, done.err
    assert {one["adapter"] for one in done.document["items"]} == set(adapter_names())


def test_an_account_is_tried_as_it_is_set_up(jogral, sms):
    """What is wrong with it is its recipe: no reference is sent."""
    sms(BY_RECIPE.replace("{reference}", "sms"))

    done = jogral("channels", "test", "sms", JOGRAL_LANG="en")

    assert done.code == 1
    assert "reference" in done.out


def test_a_projects_own_adapter_is_tried_through_its_account(jogral, sms):
    """Each fault in a sentence, and exit code 1."""
    (jogral.folder / "channels").mkdir(exist_ok=True)
    (jogral.folder / "channels/sms_ours.py").write_text(OURS, "utf-8")
    sms(OWN)

    done = jogral("channels", "test", "sms", "--json")
    by_name = jogral("channels", "test", "sms_ours")

    assert done.code == 1
    (judged,) = done.document["items"]
    assert {fault["rule"] for fault in judged["faults"]} >= {"silence"}
    assert by_name.code == 2


def test_a_shipped_adapter_is_tried_without_an_account(jogral, tmp_path):
    """On every channel that it speaks; and what does not exist is told with what does."""
    done = jogral("--project", tmp_path, "channels", "test", "webhook", "--json")
    unknown = jogral("--project", tmp_path, "channels", "test", "webhok", JOGRAL_LANG="en")

    assert done.code == 0, done.out
    assert [one["channel"] for one in done.document["items"]] == ["email", "whatsapp", "sms", "push"]
    assert unknown.code != 0
    assert 'did you mean "webhook"' in unknown.err
