"""`jogral check`, `explain-rule` and `schema`, run as a person runs them."""

from __future__ import annotations

import json
import re
import shutil
import signal

import pytest

from orchestrator.check.registry import RULES
from orchestrator.cli.main import main
from orchestrator.project import SHIPPED

LATE = "templates/messages/order_late.yaml"


@pytest.fixture
def shop(orders_alone):
    """Small, for each of these commands checks all of it."""
    return orders_alone


@pytest.fixture
def casa_lume(tmp_path):
    """The sample shop, whole."""
    folder = tmp_path / "casa-lume"
    shutil.copytree(SHIPPED / "templates", folder / "templates")
    shutil.copy(SHIPPED / "brand_voice.yaml", folder)
    return folder


@pytest.fixture
def misspelt(shop):
    """A shop with one key misspelt: one finding, with a fix."""
    edit(shop / LATE, "    title: Seu pedido atrasou", "    titel: Seu pedido atrasou")
    return shop


def edit(path, before, after):
    text = path.read_bytes().decode()
    assert before in text
    path.write_bytes(text.replace(before, after).encode())


# --- what is said -----------------------------------------------------------------------------------------------------


def test_the_sample_shop_has_no_faults(jogral_in, casa_lume):
    """Twice the same, the second time from the cache."""
    jogral = jogral_in(casa_lume)

    first, again = jogral("check"), jogral("check")

    assert (first.code, again.code) == (0, 0), first.out
    assert re.fullmatch(r"(?:Found|0 findings).* in \d+ files \(\d\.\d\d s\)\.", summary(first))
    assert findings_of(first) == findings_of(again)


def summary(done):
    return next(line for line in done.out.splitlines() if line.startswith(("Found", "0 findings")))


def findings_of(done):
    return done.out.partition(summary(done))[0]


@pytest.mark.usefixtures("misspelt")
def test_a_finding_is_shown_in_its_line_and_underlined(jogral):
    """Place, level, rule, sentence; the line, its meaning part underlined; a summary and where to read on."""
    done = jogral("check", LATE)

    lines = done.out.splitlines()
    place = next(number for number, line in enumerate(lines) if "YA101" in line)
    assert done.code == 1
    assert re.fullmatch(
        rf'{LATE}:\d+:5  error  YA101  Unknown key "titel"; did you mean "title"\?  \[fixable\]', lines[place]
    )
    *_, shown, carets = lines[place : place + 5]
    assert carets.index("^") == shown.index("titel")
    assert carets.count("^") == len("titel")
    assert "1 error" in summary(done)
    assert "1 fixable with --fix." in summary(done)
    assert "jogral explain-rule YA1" in lines[-1]


@pytest.mark.usefixtures("misspelt")
def test_concise_is_one_line_a_finding(jogral):
    """For terminals with little room and for grep."""
    lines = jogral("check", LATE, "--output-format", "concise").out.splitlines()

    assert [line.split("  ")[2] for line in lines if "  error  " in line] == ["YA101"]
    assert not any("^" in line for line in lines)


@pytest.mark.parametrize("option", [["--json"], ["--output-format", "json"]])
@pytest.mark.usefixtures("misspelt")
def test_a_program_gets_one_document(jogral, option):
    """With every end of every finding and what --fix would write; no wall time in it."""
    done = jogral("check", LATE, *option)

    assert done.code == 1
    assert (done.document["schema"], done.document["ok"]) == ("jogral.check/1", False)
    assert done.document["summary"] == {"files": 1, "errors": 1, "warnings": 0, "notes": 0, "fixable": 1, "fixed": 0}
    item = next(item for item in done.document["items"] if item["code"] == "YA101")
    assert list(item) == [
        "code", "level", "file", "line", "column", "end_line", "end_column", "message", "help", "fix",
    ]  # fmt: skip
    assert item["end_column"] - item["column"] == len("titel")
    assert item["fix"]["replacement"] == "title"
    assert jogral("check", LATE, *option).out == done.out


@pytest.mark.usefixtures("misspelt")
def test_github_shows_findings_beside_the_lines_of_a_pull_request(jogral, tmp_path):
    """Workflow commands name files from the workspace, and escape what would end them."""
    lines = jogral("check", LATE, "--output-format", "github", GITHUB_WORKSPACE=str(tmp_path)).out.splitlines()

    assert [line.split(" ")[0] for line in lines] == ["::error"]
    assert f"file=shop/{LATE},line=" in lines[0]
    assert lines[0].endswith('title=YA101::Unknown key "titel"; did you mean "title"?')


def test_a_warning_does_not_fail(jogral, shop):
    """Exit code 1 is for errors."""
    (shop / "templates/messages/late.yml").write_text("kind: message\n", encoding="utf-8")

    done = jogral("check", "templates/messages/late.yml")

    assert done.code == 0
    assert "warning  YA109  Nobody reads this file" in done.out
    assert "Call it late.yaml." in done.out
    assert "1 warning in" in summary(done)


def test_every_file_that_can_be_read_is_checked(jogral, shop):
    """A broken file hides no fault of another, and what names it is not blamed."""
    (shop / "templates/messages/order_late.yaml").write_bytes(b"kind: message\nid: \xff\n")
    edit(shop / "templates/journeys/orders_simple.yaml", "send: order_shipped", "send: order_shiped")

    done = jogral("check", "--output-format", "concise")

    assert f"{LATE}:2:5  error  YA100  The file is not UTF-8 text (byte 18)" in done.out
    assert 'JO112  Unknown message "order_shiped"; did you mean "order_shipped"?' in done.out
    assert '"order_late"' not in done.out


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        ("  push:\n    title: Seu pedido atrasou, desculpe\n", "  fax:\n    title: x\n", "CH100"),
        ("kind: message", "kind: mesage", "YA107"),
        ("topic: order_updates", "topic: order_update", "CO101"),
    ],
)
def test_a_fault_has_the_code_of_its_rule(jogral, shop, before, after, code):
    """A channel that is neither copy nor null is no missing key among others."""
    edit(shop / LATE, before, after)

    done = jogral("check", LATE, "--json")

    assert code in [item["code"] for item in done.document["items"]]


def test_an_unknown_key_of_a_step_is_a_fault_of_the_journey(jogral, shop):
    """JO101, wherever steps stand."""
    edit(shop / "templates/journeys/orders_simple.yaml", "send: order_shipped", "sned: order_shipped")

    items = jogral("check", "templates/journeys", "--json").document["items"]

    assert ("JO101", "send") in [(item["code"], (item["fix"] or {}).get("replacement")) for item in items]


def test_findings_are_said_in_portuguese(jogral, shop):
    """Levels, sentences of rules, and the summary."""
    (shop / "templates/messages/late.yml").write_text("kind: message\n", encoding="utf-8")

    english = jogral("check", "templates/messages/late.yml").out
    portuguese = jogral("check", "templates/messages/late.yml", "--lang", "pt-BR").out

    assert "aviso" in portuguese
    assert not set(english.splitlines()) & set(portuguese.splitlines()) - {"", "  |", "1 | kind: message", "  | ^"}


# --- which files ------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("misspelt")
def test_paths_choose_what_is_shown(jogral):
    """The whole project is read all the same."""
    assert jogral("check", LATE).code == 1
    assert jogral("check", "templates/personas", "brand_voice.yaml").code == 0


@pytest.mark.parametrize("path", ["nowhere.yaml", ".."])
def test_a_path_that_is_not_the_projects_is_a_mistake(jogral, path):
    """Nothing is green because nothing was looked at."""
    assert jogral("check", path).code == 2


# --- waivers ----------------------------------------------------------------------------------------------------------


def test_a_waiver_silences_its_finding(jogral, shop):
    """And one that is over does not."""
    edit(shop / LATE, "headline: Seu", "headline: A caneca {a.b}. Seu")
    assert "VA112" in jogral("check", LATE).out

    edit(
        shop / LATE, "  headline: A", "  # jogral: allow VA112 until 2999-12-31: assim se chama a caneca\n  headline: A"
    )
    assert "VA112" not in jogral("check", LATE).out

    edit(shop / LATE, "2999-12-31", "2020-12-31")
    done = jogral("check", LATE)
    assert "YA110  This waiver of VA112 ended on 2020-12-31" in done.out
    assert "error  VA112" in done.out


# --- --fix ------------------------------------------------------------------------------------------------------------


def test_fix_writes_what_is_meant_and_checks_again(jogral, misspelt):
    """What was mended is said; the file's line ends and mode stay."""
    path = misspelt / LATE
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    path.chmod(0o640)

    done = jogral("check", LATE, "--fix")

    assert done.code == 0, done.out
    assert re.search(rf"fixed  {LATE}:\d+:5  YA101", done.out)
    assert b"\r\n    title: Seu pedido atrasou" in path.read_bytes()
    assert path.read_bytes().count(b"\n") == path.read_bytes().count(b"\r\n")
    assert path.stat().st_mode & 0o777 == 0o640


@pytest.mark.usefixtures("misspelt")
def test_fix_counts_in_the_document(jogral):
    """For scripts that commit what was mended."""
    document = jogral("check", LATE, "--fix", "--json").document

    assert (document["ok"], document["summary"]["fixed"], document["summary"]["fixable"]) == (True, 1, 0)


def test_fix_mends_a_misspelt_variable_and_says_so_in_portuguese(jogral, shop):
    """First it is a finding, twice the same, the second time from the cache."""
    before = (shop / LATE).read_bytes()
    edit(shop / LATE, "{{ customer.first_name }}", "{{ customer.frist_name }}")
    first, again = jogral("check", LATE, "--lang", "pt-BR"), jogral("check", LATE, "--lang", "pt-BR")

    fixed = jogral("check", LATE, "--fix", "--lang", "pt-BR")

    said = 'VA120  Variável desconhecida "customer.frist_name"; você quis dizer "customer.first_name"?'
    assert said in first.out
    assert findings_in(first) == findings_in(again)
    assert (first.code, fixed.code) == (1, 0), fixed.out
    assert (shop / LATE).read_bytes() == before


def findings_in(done):
    return [line for line in done.out.splitlines() if LATE in line or "= " in line]


@pytest.mark.usefixtures("misspelt")
def test_findings_from_the_cache_are_said_in_the_language_that_is_asked_for(jogral):
    """Sentences that are put together from pieces too."""
    jogral("check", LATE, "--lang", "en")

    portuguese = jogral("check", LATE, "--lang", "pt-BR").out

    assert 'Chave desconhecida "titel"; você quis dizer "title"?' in portuguese


def test_fix_leaves_other_files_alone(jogral, misspelt):
    """Only what was asked for is written."""
    before = (misspelt / LATE).read_bytes()

    assert jogral("check", "templates/personas", "--fix").code == 0
    assert (misspelt / LATE).read_bytes() == before


# --- --watch ----------------------------------------------------------------------------------------------------------


def test_watch_checks_again_after_every_change(jogral, shop):
    """Until Ctrl+C, which ends it with 130."""
    with jogral.start("check", "--watch", LATE) as running:
        until(running, "Waiting for changes.")
        edit(shop / LATE, "    title: Seu pedido atrasou", "    titel: Seu pedido atrasou")

        until(running, "YA101")
        until(running, "Waiting for changes.")
        assert running.stop(signal.SIGINT) == 130


def until(running, words):
    """The lines up to the first with these words."""
    lines = [running.line()]
    while words not in lines[-1]:
        lines.append(running.line())
    return lines


def test_watch_speaks_to_people(jogral):
    """One document cannot be written again and again."""
    assert jogral("check", "--watch", "--json").code == 2


# --- rules ------------------------------------------------------------------------------------------------------------


def test_a_rule_explains_itself(jogral):
    """Why it is there, with an excerpt that breaks it and one that keeps it; case does not matter."""
    done = jogral("explain-rule", "ya101")

    assert done.code == 0
    assert done.out.startswith("YA101  error  A key is not known at this place  [fixable]")
    assert done.out.index("max_segment: 2") < done.out.index("max_segments: 2")
    assert jogral("explain-rule", "YA101", "--json").document["code"] == "YA101"


def test_without_a_code_all_rules_are_listed(jogral):
    """One a line."""
    done = jogral("explain-rule")

    assert [line.split("  ")[0] for line in done.out.splitlines()] == [*RULES]
    assert [item["code"] for item in jogral("explain-rule", "--json").document["items"]] == [*RULES]


def test_an_unknown_rule_is_guessed(jogral):
    """A typing mistake is told apart from a rule that never was."""
    done = jogral("explain-rule", "YA1O1")

    assert done.code == 2
    assert "did you mean" in done.err


@pytest.mark.parametrize("code", RULES)
def test_every_rule_is_explained_in_both_languages(code, capsys):
    """Title and reason."""
    main(["explain-rule", code, "--json", "--lang", "en"])
    english = json.loads(capsys.readouterr().out)
    main(["explain-rule", code, "--json", "--lang", "pt-BR"])
    portuguese = json.loads(capsys.readouterr().out)

    assert english["title"] != portuguese["title"]
    assert english["why"] != portuguese["why"]


# --- schemas ----------------------------------------------------------------------------------------------------------


def test_the_first_line_of_every_file_names_an_installed_schema(jogral_in, casa_lume):
    """The path is right for the file's own folder, so that editors find it without a setting."""
    assert jogral_in(casa_lume)("schema", "install").code == 0

    for path in [casa_lume / "brand_voice.yaml", *(casa_lume / "templates").rglob("*.yaml")]:
        first = path.read_text(encoding="utf-8").splitlines()[0]
        schema = path.parent / first.removeprefix("# yaml-language-server: $schema=")
        assert schema.resolve().is_relative_to(casa_lume / ".jogral/schemas"), path
        assert json.loads(schema.read_text(encoding="utf-8"))["$schema"], path


def test_schemas_are_written_again_after_an_upgrade(jogral, shop):
    """Over the old ones."""
    jogral("schema", "install")
    (shop / ".jogral/schemas/message.json").write_text("{}", encoding="utf-8")

    items = jogral("schema", "install", "--json").document["items"]

    assert ".jogral/schemas/message.json" in [item["file"] for item in items]
    assert (shop / ".jogral/schemas/message.json").stat().st_size > 1000
