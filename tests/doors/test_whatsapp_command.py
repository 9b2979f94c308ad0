"""`jogral whatsapp check`, run as a person runs it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

VECTORS = Path(__file__).parents[1] / "vectors" / "whatsapp_templates.json"

GOOD = {
    "name": "pedido",
    "language": "pt_BR",
    "category": "UTILITY",
    "components": [{"type": "BODY", "text": "Seu pedido chegou."}],
}
BAD = {**GOOD, "name": "Meu Pedido"}


@pytest.fixture
def check(jogral):
    """The command on a document given on stdin."""
    return lambda document, *options: jogral("whatsapp", "check", "-", *options, stdin=json.dumps(document))


def test_the_vectors_are_judged_as_they_say(jogral):
    """Our own file is one of the shapes that the command reads."""
    cases = json.loads(VECTORS.read_text("utf-8"))["templates"]

    done = jogral("whatsapp", "check", VECTORS, "--json")

    assert done.code == 1
    assert done.document["ok"] is False
    assert done.document["schema"] == "jogral.whatsapp.check/1"
    assert done.document["summary"] == {"templates": len(cases), "invalid": sum(not case["valid"] for case in cases)}
    assert [
        (item["id"], item["valid"], [violation["code"] for violation in item["violations"]])
        for item in done.document["items"]
    ] == [(case["id"], case["valid"], case["violations"]) for case in cases]
    assert all(
        violation["message"] and violation["remedy"] and violation["pointer"].startswith("#/")
        for item in done.document["items"]
        for violation in item["violations"]
    )


@pytest.mark.parametrize(
    "document",
    [GOOD, [GOOD], {"templates": [GOOD]}, {"data": [{**GOOD, "id": "17", "status": "APPROVED"}], "paging": {}}],
    ids=["one", "list", "templates", "graph"],
)
def test_templates_are_found_in_every_usual_shape(check, document):
    """One, a list, a list with a name, and what the Graph API lists."""
    done = check(document, "--json")

    assert done.code == 0
    assert [item["valid"] for item in done.document["items"]] == [True]


def test_one_that_is_refused_decides(check):
    """People read which, where, what and what to do."""
    done = check([GOOD, BAD])

    assert done.code == 1
    assert "✔ pedido" in done.out
    assert "✖ Meu Pedido" in done.out
    assert "bad_name  #/name" in done.out
    assert "Templates: 2. Would be refused: 1." in done.out


def test_a_risk_is_told_and_does_not_fail(check):
    """Meta's API takes it; a reviewer may not."""
    body = {"type": "BODY", "text": "Seu pedido chegou, {{1}}.", "example": {"body_text": [["Ana"]]}}

    done = check({**GOOD, "components": [body]}, "--json")

    assert done.code == 0
    (violation,) = done.document["items"][0]["violations"]
    assert (violation["code"], violation["level"]) == ("review_risk_trailing_punctuation", "warn")


def test_what_is_not_json_is_named_by_line_and_column(jogral, tmp_path):
    file = tmp_path / "templates.json"
    file.write_text('{\n "name": oi\n}', "utf-8")

    done = jogral("whatsapp", "check", file)
    document = jogral("whatsapp", "check", file, "--json").document

    assert done.code == 2
    assert f"{file}:2:10" in done.err
    assert document["error"]["where"] == f"{file}:2:10"
    assert document["error"]["remedy"] == "Mend line 2, column 10."


@pytest.mark.parametrize("content", ["3", "[1]", '"oi"', "null"])
def test_what_holds_no_template_is_refused(jogral, content):
    done = jogral("whatsapp", "check", "-", stdin=content)

    assert done.code == 2
    assert "holds no WhatsApp template" in done.err


def test_nesting_without_end_is_refused(jogral):
    """A file of brackets is an answer, not a traceback."""
    done = jogral("whatsapp", "check", "-", stdin="[" * 200_000)

    assert done.code == 2


def test_a_file_that_is_not_there_is_said(jogral, tmp_path):
    done = jogral("whatsapp", "check", tmp_path / "none.json")

    assert done.code == 2
    assert "none.json" in done.err
