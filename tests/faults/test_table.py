"""What was found is one document, and the table of the documentation is made of it."""

from __future__ import annotations

from pathlib import Path

from tests.faults.items import judged, registered
from tests.faults.run import Ran
from tests.faults.table import BEGIN, END, PAGE, document, plain, table, write_docs


def ran(name="kills", database="sqlite", *, promises=None, **figures):
    item = judged(name, figures, {"Nothing is lost.": True} if promises is None else promises)
    return Ran(item=item, sentence="Workers die.", database=database, seed=5, seconds=12.34)


def test_it_is_ok_when_every_item_is():
    """And not when there is none."""
    assert document([ran(lost=0), ran(database="postgresql", lost=0)], fast=False)["ok"]
    assert not document([ran(), ran(promises={"Nothing is lost.": False})], fast=False)["ok"]
    assert not document([], fast=False)["ok"]


def test_an_item_says_its_name_whether_it_is_ok_and_its_figures():
    """The schema that others read, and what is needed to repeat it."""
    found = document([ran(lost=0, share=1 / 3, states={"sent": 3_000})], fast=True)

    (item,) = found["items"]
    assert found["schema"] == "jogral.faults/1"
    assert found["size"] == "fast"
    assert (item["name"], item["ok"], item["database"], item["seed"]) == ("kills", True, "sqlite", 5)
    assert item["figures"] == {"lost": 0, "share": 0.333, "states": {"sent": 3_000}}


def test_a_broken_promise_is_named():
    """In the document and on the terminal."""
    found = document([ran(promises={"Nothing is lost.": False, "All is well.": True})], fast=False)

    assert found["items"][0]["broken"] == ["Nothing is lost."]
    assert "Nothing is lost." in plain(found)
    assert "All is well." not in plain(found)


def test_the_table_has_a_row_an_item_with_its_databases_side_by_side():
    """What held on one and broke on the other did not hold."""
    found = document([ran(lost=0), ran(database="postgresql", lost=1_000, promises={"Lost.": False})], fast=False)

    (row,) = [line for line in table(found).splitlines() if line.startswith("| `")]
    assert row == "| `kills` | Workers die. | **no** | sqlite: lost 0<br>postgresql: lost 1,000 |"


def test_the_docs_get_the_table_between_their_two_marks(tmp_path):
    """Twice is the same as once, and the words around it stay."""
    page = tmp_path / "reliability.md"
    page.write_text(f"before\n\n{BEGIN}\nold\n{END}\n\nafter\n", encoding="utf-8")
    found = document([ran(lost=0)], fast=False)

    for _ in range(2):
        write_docs(found, page)

    written = page.read_text(encoding="utf-8")
    assert written == f"before\n\n{BEGIN}\n\n{table(found)}\n{END}\n\nafter\n"
    assert "old" not in written


def test_the_page_names_every_item():
    """A promise says where it is measured, and what is measured belongs to a promise."""
    page = Path(PAGE).read_text(encoding="utf-8")
    promises = page.partition("## What we promise")[2].partition("## What we do not promise")[0]

    assert [name for name in registered() if f"`{name}`" not in promises] == []
