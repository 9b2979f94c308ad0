"""An unchanged project is not looked at twice, and no cache is ever needed."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, date, datetime

import pytest

from orchestrator.check.cache import FOLDER, Cache
from orchestrator.check.checking import Checking
from orchestrator.check.inputs import read_inputs, stamps
from orchestrator.check.recall import Recall
from orchestrator.check.report import Report
from orchestrator.domain.errors import Finding, Fix, Phrase, Word, did_you_mean
from orchestrator.folder import today
from tests.shipped import keep_only

TODAY = date(2026, 11, 25)


@pytest.fixture
def shop(shop):
    """What a check looks at does not matter here, and a small project is looked at sooner: one journey's messages."""
    keep_only(
        shop, "orders_simple", "order_confirmed", "order_shipped", "order_late", "order_delivered", "order_cancelled"
    )
    return shop


def edit(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize("name", ["brand_voice.yaml", "templates/messages/order_late.yaml", "templates/project.yaml"])
def test_any_byte_of_any_file_makes_another_check(shop, name):
    """Content decides, not the time of writing."""
    before = read_inputs(shop, TODAY)
    (shop / name).write_bytes((shop / name).read_bytes())
    assert read_inputs(shop, TODAY) == before

    (shop / name).write_bytes((shop / name).read_bytes() + b" ")
    assert read_inputs(shop, TODAY).digest != before.digest


def test_another_day_makes_another_check(shop):
    """A waiver may have ended, or an offer."""
    assert read_inputs(shop, TODAY).digest != read_inputs(shop, date(2026, 11, 26)).digest


def test_a_renamed_file_makes_another_check(shop):
    """The same bytes under another name are another thing."""
    before = read_inputs(shop, TODAY)
    (shop / "templates/messages/order_late.yaml").rename(shop / "templates/messages/order_lat.yaml")

    assert read_inputs(shop, TODAY).digest != before.digest


def test_a_finding_comes_back_as_it_was(tmp_path):
    """With its fix, and with the places of its sentences, so that it can be said in any language."""
    finding = Finding(
        code="CL101", level="error", message='Hard-coded price "9" in "sms"', file="m.yaml", line=3, column=5,
        end_line=3, end_column=8, help="Declare it",
        template='Hard-coded {kind} "{text}"{where}{hint}', help_template="Declare it",
        params={
            "kind": Word("price"), "text": "9", "count": 2, "hint": did_you_mean("sned", ["send"]),
            "where": Phrase(" in {place}", place=Phrase("the {n}th", n=2)),
        },
        fix=Fix(start_line=3, start_column=5, end_line=3, end_column=8, replacement="x"),
    )  # fmt: skip
    inputs = read_inputs(tmp_path, TODAY)
    Cache(tmp_path).keep_report(inputs, Report(findings=(finding,), files=inputs.files))

    known = Cache(tmp_path).report(inputs)

    words = {
        "price": "preço",
        '; did you mean "{near}"?': '; seria "{near}"?',
        " in {place}": " em {place}",
        "the {n}th": "{n}º",
    }
    assert known is not None
    assert known.findings == (finding,)
    assert known.findings[0].told(lambda text: words.get(text, text)) == 'Hard-coded preço "9" em 2º; seria "send"?'


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'"x"', b"null", b'{"made_by": 1}', b"\xff", b'{"documents": 1}']
)
@pytest.mark.parametrize("name", ["check.json", "documents.json"])
def test_a_damaged_cache_is_not_believed(shop, name, content):
    """It costs time, and is written anew."""
    checking = Checking(shop)
    wanted = checking.report(TODAY)
    (shop / FOLDER / name).write_bytes(content)
    other = Checking(shop)

    assert other.report(TODAY) == wanted
    assert all("cache" in sentence for sentence, _ in other.cache.notes)


def test_findings_of_another_form_are_not_believed(shop):
    """An older Jogral may have written them."""
    Checking(shop).report(TODAY)
    kept = json.loads((shop / FOLDER / "check.json").read_text(encoding="utf-8"))
    (shop / FOLDER / "check.json").write_text(json.dumps(kept | {"findings": [{"code": "X"}]}), encoding="utf-8")
    checking = Checking(shop)

    assert all(finding.code != "X" for finding in checking.report(TODAY).findings)
    assert len(checking.cache.notes) == 1


def test_a_cache_that_cannot_be_written_is_a_note(shop):
    """A read-only checkout is checked as well. Here a file stands where the folder would be."""
    (shop / ".jogral").write_text("", encoding="utf-8")
    checking = Checking(shop)

    checking.report(TODAY)

    assert checking.cache.notes
    assert all("cache" in sentence for sentence, _ in checking.cache.notes)


def test_one_changed_file_is_the_only_one_that_is_parsed(shop):
    """The others are known by their content, and parsed only for the place of a finding."""
    cold = Recall(Cache(shop))
    survey(shop, cold)
    cold.keep()
    edit(shop / "templates/messages/order_late.yaml", "title: Pedido", "title: Um pedido")
    again = Recall(Cache(shop))

    survey(shop, again)

    assert cold.parsed == len([name for name in read_inputs(shop, TODAY).files if name.endswith(".yaml")])
    assert again.parsed == 1


def test_findings_of_a_remembered_document_have_their_places(shop):
    """The line, column and fix of a fault are the same, however its file was read."""
    edit(shop / "templates/journeys/orders_simple.yaml", "send: order_shipped", "sned: order_shipped")
    fresh = Checking(shop).report(TODAY).findings
    (shop / FOLDER / "check.json").unlink()

    assert Checking(shop).report(TODAY).findings == fresh
    assert any(finding.code == "JO101" for finding in fresh)


def survey(shop, parse):
    from orchestrator.project import Project  # noqa: PLC0415  # as the check itself imports it: late

    return Project(shop).survey(TODAY, parse=parse)


def test_a_file_that_comes_or_goes_is_seen(shop):
    """What --watch looks at."""
    before = stamps(shop)
    (shop / "templates/messages/new.yaml").write_text("kind: message\n", encoding="utf-8")

    assert set(stamps(shop)) - set(before) == {str(shop / "templates/messages/new.yaml")}


def test_an_unchanged_project_needs_neither_yaml_nor_models(shop):
    """That is what makes a check of 500 unchanged files take less than a second."""
    Checking(shop).report(today(shop, datetime.now(UTC)))
    code = (
        "import sys; from orchestrator.cli import main; code = main(['check', '--project', sys.argv[1]]); "
        "print(*sys.modules, sep='\\n'); sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", code, shop], capture_output=True, text=True, check=False)

    assert done.returncode in (0, 1), done.stderr
    for heavy in ("orchestrator.schema", "orchestrator.project", "ruamel.yaml", "jinja2", "sqlalchemy"):
        assert heavy not in done.stdout.split()
