"""`jogral docs build`: the playbook in a folder."""

from __future__ import annotations

import shutil

import pytest

from tests.check.cases import GOOD


@pytest.fixture
def shop(tmp_path):
    """A small one that has every kind of step."""
    return shutil.copytree(GOOD, tmp_path / "shop")


def test_the_same_files_make_the_same_pages(jogral, shop):
    """In the project's own folder; said again, nothing is written. Programs get each page's fate, and no place."""
    (shop / "playbook").mkdir()
    (shop / "playbook/notes.txt").write_text("ours", "utf-8")
    done = jogral("docs", "build", "--day", "2026-11-25")
    pages = {path: path.read_bytes() for path in (shop / "playbook").rglob("*.md")}
    again = jogral("docs", "build", "--day", "2026-11-25", "--json")

    assert done.code == 0, done
    assert "✔ journeys/pedidos.md" in done.out.splitlines()
    assert {path.relative_to(shop / "playbook").as_posix() for path in pages} == {
        "README.md", "journeys/carrinhos.md", "journeys/entregas.md", "journeys/pedidos.md", "messages.md",
    }  # fmt: skip
    assert again.document["schema"] == "jogral.docs/1"
    assert {item["fate"] for item in again.document["items"]} == {"unchanged"}
    assert {path: path.read_bytes() for path in (shop / "playbook").rglob("*.md")} == pages
    assert (shop / "playbook/notes.txt").read_text("utf-8") == "ours"


def test_a_journey_that_is_gone_loses_its_page(jogral, shop, tmp_path):
    jogral("docs", "build", "--out", tmp_path / "out")
    (shop / "templates/journeys/carrinhos.yaml").unlink()
    done = jogral("docs", "build", "--out", tmp_path / "out", "--json")

    fates = {item["page"]: item["fate"] for item in done.document["items"]}
    assert fates["journeys/carrinhos.md"] == "removed"
    assert not (tmp_path / "out/journeys/carrinhos.md").exists()


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("--day", "amanhã"), 2, '"amanhã" is no day such as 2026-11-23.'),
        (("--persona", "anna"), 2, 'did you mean "ana"?'),
    ],
)
def test_what_it_cannot_make_sense_of_is_told(jogral, words, code, told):
    done = jogral("docs", "build", *words)

    assert (done.code, told in done.err) == (code, True), done


def test_it_writes_over_nobodys_file(jogral, shop):
    (shop / "playbook").mkdir()
    (shop / "playbook/README.md").write_text("# Our own\n", "utf-8")
    done = jogral("docs", "build")

    assert done.code != 0
    assert "README.md is there already, and is no page of a playbook." in done.err
    assert [path.name for path in (shop / "playbook").iterdir()] == ["README.md"]
