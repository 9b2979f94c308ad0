"""`jogral add journey`: what is copied is complete, and nothing of the project's own is touched."""

from __future__ import annotations

import pytest

from orchestrator.cli.init import ALWAYS, make_project
from orchestrator.starters import FOLDER, STARTERS


@pytest.fixture
def bare(tmp_path, jogral_in):
    """The command in a project without content, as `jogral init --empty` makes it."""
    make_project(tmp_path, ALWAYS)
    return jogral_in(tmp_path)


def test_every_folder_of_starters_is_known():
    """And every one that is known is there."""
    assert {path.parents[1].name for path in FOLDER.glob("*/journeys/*.yaml")} == set(STARTERS)


@pytest.mark.parametrize("name", STARTERS)
def test_a_starter_brings_all_that_it_needs(bare, name):
    """In a project without content it passes every check, without a finding, and every scenario."""
    added = bare("add", "journey", name, "--json")
    checked = bare("check", "--json")
    tested = bare("test", "--json")

    assert (added.code, added.document["kept"]) == (0, [])
    assert (checked.code, checked.document["items"]) == (0, [])
    assert (tested.code, tested.document["summary"]["failed"]) == (0, 0), tested.out
    assert tested.document["summary"]["passed"] >= 5


def test_help_names_them_all(bare):
    """Nobody has to guess."""
    said = bare("add", "journey", "--help").out

    assert all(name in said for name in STARTERS)


def test_what_is_there_already_stays_as_it_is(jogral):
    """A message that somebody rewrote is theirs; what says the same already is named."""
    rewritten = jogral.folder / "templates" / "messages" / "order_shipped.yaml"
    rewritten.write_text(rewritten.read_text(encoding="utf-8") + "# ours\n", encoding="utf-8")

    added = jogral("add", "journey", "post_purchase", "--json")

    assert added.code == 0
    assert "messages/order_shipped.yaml" in added.document["kept"]
    assert "messages/order_preparing.yaml" in added.document["items"]
    assert added.document["says_the_same"] == ["orders_simple"]
    assert rewritten.read_text(encoding="utf-8").endswith("# ours\n")


def test_a_journey_that_is_there_is_not_written_over(bare):
    """Nothing is written the second time."""
    assert bare("add", "journey", "win_back").code == 0
    message = bare.folder / "templates" / "messages" / "win_back.yaml"
    message.unlink()

    again = bare("add", "journey", "win_back")

    assert again.code != 0
    assert "already" in again.err
    assert not message.exists()


def test_a_misspelt_name_is_answered_with_the_right_one(bare):
    """And with all that there are."""
    answered = bare("add", "journey", "abandoned_card")

    assert answered.code == 2
    assert 'did you mean "abandoned_cart"?' in answered.err
    assert all(name in answered.err for name in STARTERS)
