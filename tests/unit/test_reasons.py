"""Every state and reason code has a sentence for a person."""

from __future__ import annotations

import pytest

from orchestrator.domain.delivery import State
from orchestrator.reasons import REASONS, reason
from orchestrator.translations import translator

# decisions, section 1: the only list.
CODES = (
    "quiet_hours", "frequency_cap", "frequency_cap:provider", "rate_limit", "provider_unavailable",
    "awaiting_template_approval",
    "capacity", "freeze", "fact_unavailable", "approval_missing", "kill_switch", "handoff", "paused", "paused:customer",
    "no_consent", "consent_pending", "consent_withdrawn", "suppressed", "suppress_rule", "sandbox_recipient",
    "recategorised", "test_mode",
    "exit_event", "duplicate", "superseded", "audience_changed", "holdout", "rollout", "channel_off", "fact_changed",
    "cancelled",
    "no_address", "invalid_address", "no_push_token", "whatsapp_window_closed",
    "template_not_approved",
    "not_after", "offer_ended", "class_age",
    "render_error", "missing_variable", "claim_mismatch", "claim_contradicted", "voice_error", "provider_rejected",
    "timeout", "lease_expired", "unreadable_answer", "poison",
)  # fmt: skip


def test_every_code_of_the_list_has_a_sentence_and_no_other_has():
    """The list is the contract."""
    assert sorted(REASONS) == sorted(CODES)


@pytest.mark.parametrize("language", ["pt-BR", "en"])
def test_every_sentence_can_be_told(language):
    """In both languages, with what follows the colon filled in."""
    translate = translator(language)
    told = [reason(state, "", translate) for state in State]
    told += [reason(State.HELD, f"{code}:noite", translate) for code in CODES]
    assert all(one.sentence.endswith(".") for one in told)
    assert not any("{detail}" in one.sentence + one.action for one in told)


def test_what_follows_the_colon_is_in_the_sentence():
    """Which quiet hours, which cap, which refusal."""
    assert reason(State.DEFERRED, "quiet_hours:noite").sentence == "These are quiet hours (noite)."


def test_a_code_of_a_later_version_speaks_for_itself():
    """Better the code than nothing."""
    assert reason(State.HELD, "phase_of_the_moon:full").sentence == "phase_of_the_moon:full"
