"""--fix writes what findings say, whole files or none, and never over words that came later."""

from __future__ import annotations

import pytest

from orchestrator.check.fixing import fix
from orchestrator.check.inputs import content_digest
from orchestrator.check.report import Report
from orchestrator.documents import parse


@pytest.fixture
def mend(tmp_path):
    """Write a file, find (path, wrong, right) in it, and fix that."""

    def run(content, *wanted, meanwhile=None):
        path = tmp_path / "m.yaml"
        path.write_bytes(content.encode())
        document = parse(content, file="m.yaml")
        findings = tuple(found(document, *one) for one in wanted)
        if meanwhile is not None:
            path.write_bytes(meanwhile.encode())
        report = Report(findings=findings, files={"m.yaml": content_digest(content.encode())})
        (result,) = fix(tmp_path, report)
        return result, path.read_bytes().decode()

    return run


def found(document, path, wrong, right):
    """A finding about the first such words of a text, with what to write instead."""
    text = document.data
    for part in path:
        text = text[part]
    place = {"offset": text.index(wrong), "length": len(wrong)}
    return document.finding(path, "Said", code="BV110", fix=document.fix(path, right, **place), **place)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a: fale no zap hoje\n", "a: fale no WhatsApp hoje\n"),
        ("a: 'fale no zap hoje'  # zap\n", "a: 'fale no WhatsApp hoje'  # zap\n"),
        ('a: "\\u0066ale no zap"\n', 'a: "\\u0066ale no WhatsApp"\n'),
        ("a: |\n  fale\n  no zap\n", "a: |\n  fale\n  no WhatsApp\n"),
        ("a: fale no zap\r\nb: 1\r\n", "a: fale no WhatsApp\r\nb: 1\r\n"),
        ("\ufeffa: fale no zap\n", "\ufeffa: fale no WhatsApp\n"),
    ],
)
def test_words_are_replaced_where_they_stand(mend, before, after):
    """All else stays as it was: comments, quotes, line ends, byte order mark."""
    fixed, text = mend(before, (("a",), "zap", "WhatsApp"))

    assert text == after
    assert len(fixed.findings) == 1


@pytest.mark.parametrize(
    ("before", "after"), [("a: 'um zap'\n", "a: 'um d''água \"x\"'\n"), ('a: "um zap"\n', 'a: "um d\'água \\"x\\""\n')]
)
def test_new_words_are_spelled_as_the_text_around_them(mend, before, after):
    """A quote inside quotes is escaped."""
    assert mend(before, (("a",), "zap", 'd\'água "x"'))[1] == after


def test_several_fixes_of_a_file_are_written_at_once(mend):
    """Each at its place, whatever their order."""
    _, text = mend(
        "a: zap e whats\nb: zap\n", (("b",), "zap", "WhatsApp"), (("a",), "whats", "W"), (("a",), "zap", "Z")
    )

    assert text == "a: Z e W\nb: WhatsApp\n"


def test_of_two_fixes_that_overlap_the_first_is_written(mend):
    """The next check finds the other one, if it is still true."""
    fixed, text = mend("a: um zap zap aqui\n", (("a",), "zap aqui", "x"), (("a",), "um zap zap", "dois"))

    assert text == "a: dois aqui\n"
    assert len(fixed.findings) == 1


def test_a_file_that_changed_since_is_left_alone(mend):
    """Somebody's newer words win."""
    fixed, text = mend("a: zap\n", (("a",), "zap", "WhatsApp"), meanwhile="a: outra coisa\n")

    assert (fixed.findings, text) == ((), "a: outra coisa\n")
    assert "changed" in fixed.refused


def test_a_fix_that_would_break_the_file_is_not_written(mend):
    """In plain style a colon would begin a mapping."""
    fixed, text = mend("a: fale no zap\n", (("a",), "zap", "canal: WhatsApp"))

    assert (fixed.findings, text) == ((), "a: fale no zap\n")
    assert "read" in fixed.refused


def test_a_link_stays_a_link_and_keeps_its_mode(tmp_path):
    """The file behind it is written."""
    real, link = tmp_path / "real.yaml", tmp_path / "m.yaml"
    real.write_text("a: zap\n", encoding="utf-8")
    real.chmod(0o640)
    link.symlink_to(real)
    finding = found(parse("a: zap\n", file="m.yaml"), ("a",), "zap", "WhatsApp")

    list(fix(tmp_path, Report(findings=(finding,), files={"m.yaml": content_digest(b"a: zap\n")})))

    assert link.is_symlink()
    assert real.read_text(encoding="utf-8") == "a: WhatsApp\n"
    assert real.stat().st_mode & 0o777 == 0o640
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m.yaml", "real.yaml"]
