"""`jogral customers merges` and `jogral customers values`."""

from __future__ import annotations

import pytest

from orchestrator.app import SystemClock
from orchestrator.dispatch.register import Profile, register, revise


@pytest.fixture
def two(open_shop, ledger):
    """Ana again, at the same address."""
    with ledger.write() as transaction:
        register(transaction, [Profile(id="cus_two", emails=("ana@example.com",))], SystemClock())
    return open_shop


def test_who_may_be_one_is_found_listed_merged_and_parted(two):
    """Addresses are masked; each command says what can be done next."""
    assert two("customers", "merges", "list").out.startswith("There is nothing to merge.")
    found = two("customers", "merges", "find")
    assert found.out == "Merged: 0.\nNewly suggested: 1.\nLook at them: jogral customers merges list\n"
    (listed,) = two("customers", "merges", "list", "--json").document["items"]
    assert (listed["kept"], listed["merged"], listed["reasons"]) == ("cus_ana", "cus_two", ["email"])
    shown = two("customers", "merges", "list").out
    assert "a••@example.com" in shown
    assert "ana@example.com" not in shown

    done = two("customers", "merges", "apply", listed["id"])
    assert done.out.startswith("cus_two is cus_ana now.\nUndo it with: jogral customers merges undo mrg_")
    undone = two("customers", "merges", "undo", listed["id"])
    assert (undone.code, undone.out) == (0, "cus_ana and cus_two are two again.\n")
    refused = two("customers", "merges", "dismiss", listed["id"])
    assert refused.code == 2
    assert "is no suggestion any more" in refused.err


def test_two_are_merged_by_hand(two):
    """By whatever names somebody has at hand."""
    made = two("customers", "merges", "make", "cus_ana", "cus_two", "--json").document
    assert (made["kept"], made["merged"], made["state"]) == ("cus_ana", "cus_two", "done")
    refused = two("customers", "merges", "list", "--state", "don")
    assert refused.code == 2
    assert '"done"' in refused.err


def test_values_are_shown_with_their_sources(two, ledger):
    """In order, masked, and what was put in."""
    with ledger.write() as transaction:
        profile = Profile(phones=("+5511955556666",), attributes={"city": "Recife"}, source="crm")
        revise(transaction, "cus_ana", profile, SystemClock())
    items = two("customers", "values", "cus_ana", "--json").document["items"]
    assert [(one["field"], one["source"], one["won"]) for one in items] == [
        ("phones", None, True), ("phones", "crm", True), ("attributes.city", "crm", True),
    ]  # fmt: skip
    shown = two("customers", "values", "cus_ana").out
    assert "5511955556666" not in shown
    assert "crm" in shown
