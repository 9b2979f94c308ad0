"""A survey holds every file that can be read, and a release is made of what is right in it."""

from __future__ import annotations

from datetime import date

import pytest

from orchestrator.check.run import admitted, check
from orchestrator.domain.errors import DocumentError
from orchestrator.project import Project
from tests.shipped import ORDERS, keep_only

TODAY = date(2026, 11, 25)

TRANSLATION = """kind: message
id: order_late
locale: en
content:
  headline: Your order is late, and the fault is ours
"""


def edit(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def survey(shop):
    return Project(shop).survey(TODAY)


def codes(shop):
    return sorted((finding.file.rpartition("/")[2], finding.code) for finding in survey(shop).findings)


def test_what_is_right_is_there_whatever_else_is_wrong(shop):
    """Rules can be asked about all that could be read."""
    (shop / "brand_voice.yaml").write_text("kind: [\n", encoding="utf-8")
    (shop / "templates/messages/order_late.yaml").write_text("", encoding="utf-8")
    (shop / "templates/personas/ana.yaml").write_bytes(b"\xff")

    found = survey(shop)

    assert found.voice is None
    assert found.settings is not None
    assert "order_late" not in found.messages
    assert "order_shipped" in found.messages
    assert "ana" not in found.personas
    assert {finding.file for finding in found.findings} == {
        "brand_voice.yaml", "templates/messages/order_late.yaml", "templates/personas/ana.yaml",
    }  # fmt: skip


def test_a_file_that_cannot_be_read_is_not_unknown_where_it_is_named(shop):
    """One fault is told once."""
    (shop / "templates/messages/order_shipped.yaml").write_text("kind: message\nid: [\n", encoding="utf-8")
    (shop / "templates/events/order.placed.yaml").write_text("kind: event\n", encoding="utf-8")

    assert {file for file, _ in codes(shop)} == {"order_shipped.yaml", "order.placed.yaml"}


def test_what_previews_need_does_not_stop_what_runs(shop):
    """A broken persona is found, and the release is made all the same."""
    (shop / "templates/personas/ana.yaml").write_text("kind: person\n", encoding="utf-8")

    assert ("ana.yaml", "YA107") in codes(shop)
    assert "order_late" in Project(shop).read().messages


def test_a_mapping_is_read_too(shop):
    """A replay must not be the first to meet its faults."""
    edit(shop / "templates/mappings/olist.yaml", "kind: mapping", "kind: maping")

    assert ("olist.yaml", "YA107") in codes(shop)


# --- translations -----------------------------------------------------------------------------------------------------


@pytest.fixture
def translation(shop):
    """Another shop without translations but one."""
    for path in (shop / "templates/messages").glob("*.en.yaml"):
        path.unlink()
    path = shop / "templates/messages/order_late.en.yaml"
    path.write_text(TRANSLATION, encoding="utf-8")
    return path


@pytest.mark.usefixtures("translation")
def test_a_translation_is_merged_over_its_original(shop):
    """What it does not say stays as it was."""
    found = survey(shop)

    english = found.translations["order_late"]["en"].model
    original = found.messages["order_late"].model
    assert found.findings == ()
    assert english.content.headline.startswith("Your order")
    assert english.content.body == original.content.body
    assert english.claims == original.claims
    assert found.published["order_late"].translations["en"].message is english


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("id: order_late", "id: order_lat", '"id" is "order_lat"'),
        ("locale: en", "locale: fr", '"locale" must be "en"'),
        ("  headline:", "  hedline: x\n  headline:", 'Unknown key "hedline"'),
        ("headline: Your", 'headline: "{{ order.nmber }}" # ', 'Unknown variable "order.nmber"'),
    ],
)
def test_faults_of_a_translation_are_found_in_it(shop, translation, before, after, said):
    """At its own line, not at the original's."""
    edit(translation, before, after)

    findings = survey(shop).findings

    assert [finding.file for finding in findings] == ["templates/messages/order_late.en.yaml"], findings
    assert said in findings[0].message


def test_a_translation_of_nothing_is_a_fault(shop, translation):
    """With a guess at what it should be of."""
    translation.rename(translation.with_name("order_lat.en.yaml"))

    (finding,) = survey(shop).findings

    assert (finding.code, finding.line) == ("YA107", 2)
    assert 'did you mean "order_late"' in finding.message


@pytest.mark.usefixtures("translation")
def test_faults_of_an_original_are_not_told_again_for_its_translations(shop):
    """One fault is told once."""
    edit(shop / "templates/messages/order_late.yaml", "{{ order.number }}", "{{ order.nmber }}")

    assert {file for file, _ in codes(shop)} == {"order_late.yaml"}


# --- what comes into force --------------------------------------------------------------------------------------------


def test_a_project_without_errors_is_admitted(shop):
    """Its release is the one that reading makes."""
    assert admitted(Project(shop), TODAY).id == Project(shop).read().id


@pytest.fixture
def small_shop(shop):
    """The shop with what an order needs: a stray file is as stray in it, and all of it is soon checked."""
    keep_only(shop, *ORDERS)
    return shop


def test_an_error_of_any_rule_refuses_a_project(small_shop):
    """With every error, and without the warnings."""
    (small_shop / "templates/messages/stray.yml").write_text("", encoding="utf-8")
    edit(small_shop / "templates/personas/ana.yaml", "kind: persona", "kind: person")

    with pytest.raises(DocumentError) as caught:
        admitted(Project(small_shop), TODAY)

    assert [finding.code for finding in caught.value.findings] == ["YA107"]


def test_warnings_do_not_refuse_a_project(small_shop):
    """They are for people to weigh."""
    (small_shop / "templates/messages/stray.yml").write_text("", encoding="utf-8")

    assert "YA109" in {finding.code for finding in check(Project(small_shop), TODAY).findings}
    assert admitted(Project(small_shop), TODAY).messages


@pytest.mark.parametrize(
    ("name", "help_"),
    [
        ("mesages/late.yaml", 'did you mean "messages"'),
        ("late.yaml", "stand in a folder"),
        ("messages/old/late.yaml", "Folders within messages are not read."),
        ("messages/late.yml", "Call it late.yaml."),
    ],
)
def test_a_file_that_nobody_reads_is_found(small_shop, name, help_):
    """What it says would never happen."""
    path = small_shop / "templates" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("kind: message\n", encoding="utf-8")

    stray = [finding for finding in check(Project(small_shop), TODAY).findings if finding.code == "YA109"]

    assert [finding.file for finding in stray] == [f"templates/{name}"]
    assert help_ in stray[0].help


def test_findings_come_in_the_order_of_the_files(small_shop):
    """By file, line and column."""
    (small_shop / "templates/messages/zz.yml").write_text("", encoding="utf-8")
    (small_shop / "brand_voice.yaml").write_text("kind: brand_voice\nx: 1\ny: 2\n", encoding="utf-8")

    places = [(finding.file, finding.line, finding.column) for finding in check(Project(small_shop), TODAY).findings]

    assert len(places) > 2
    assert places == sorted(places)
