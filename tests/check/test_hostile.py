"""Projects that are hardly projects: what cannot be read is said with its place, and never with a traceback."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from orchestrator.check.run import check
from orchestrator.domain.errors import ConfigurationError
from orchestrator.project import Project, find_project
from tests.check.cases import GOOD, TODAY

MESSAGE = "templates/messages/order_placed.yaml"


@pytest.fixture
def root(tmp_path):
    """The good project, to be spoilt."""
    return Path(shutil.copytree(GOOD, tmp_path / "shop"))


def errors(root):
    """Code and file of everything that is more than information."""
    return [(finding.code, finding.file) for finding in check(Project(root), TODAY).findings if finding.level != "info"]


def test_folder_without_a_project_is_refused(tmp_path):
    """There is nothing to check, and how to begin is said."""
    with pytest.raises(ConfigurationError, match="jogral init"):
        find_project(tmp_path)


def test_project_whose_project_file_went_away_is_said(root):
    """Between finding the folder and reading it."""
    (root / "templates/project.yaml").unlink()
    assert ("YA100", "templates/project.yaml") in errors(root)


def test_binary_file_is_said(root):
    """Somebody saved a picture as YAML."""
    (root / MESSAGE).write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\xff\xfe")
    assert ("YA100", MESSAGE) in errors(root)


def test_file_in_another_encoding_is_said_at_its_byte(root):
    """Latin-1, as a spreadsheet writes it."""
    text = (root / MESSAGE).read_text("utf-8")
    (root / MESSAGE).write_bytes(text.replace("Pedido feito", "Pedido concluído").encode("latin-1", "replace"))
    finding = next(one for one in check(Project(root), TODAY).findings if one.code == "YA100")
    assert (finding.file, finding.line, finding.help) == (MESSAGE, 3, "Save it as UTF-8.")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_file_that_may_not_be_read_is_said(root):
    """Permissions are somebody else's to mend, but the file can be named."""
    (root / MESSAGE).chmod(0)
    assert ("YA100", MESSAGE) in errors(root)


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        (MESSAGE, "YA108"),
        ("templates/project.yaml", "YA108"),
        ("brand_voice.yaml", "YA108"),
        ("templates/facts/ofertas.yaml", "YA108"),
    ],
)
def test_file_of_no_bytes_is_said(root, file, expected):
    """Every file may be emptied by an editor that crashed."""
    (root / file).write_bytes(b"")
    assert (expected, file) in errors(root)


def test_huge_file_is_refused_by_its_size(root):
    """Before anything of it is parsed."""
    with (root / MESSAGE).open("ab") as file:
        file.write(b"# padding\n" * 30_000)
    assert ("YA106", MESSAGE) in errors(root)


def test_folder_named_like_a_file_is_said(root):
    """A directory that ends in .yaml."""
    (root / "templates/messages/order_late.yaml").mkdir()
    assert ("YA100", "templates/messages/order_late.yaml") in errors(root)


def test_link_that_leads_to_itself_is_said(root):
    """A symbolic link in a circle."""
    link = root / "templates/messages/order_late.yaml"
    link.symlink_to(link)
    assert ("YA100", "templates/messages/order_late.yaml") in errors(root)


def test_folder_that_leads_to_itself_is_read_once(root):
    """A symbolic link to a folder above it must not be followed for ever."""
    (root / "templates/messages/again").symlink_to(root / "templates", target_is_directory=True)
    assert {code for code, _ in errors(root)} <= {"YA109"}


def test_names_that_are_no_ids_are_said(root):
    """A copy that a file manager made."""
    shutil.copy(root / MESSAGE, root / "templates/messages/order_placed (1).yaml")
    assert ("YA107", "templates/messages/order_placed (1).yaml") in errors(root)


def test_command_says_the_same_without_a_traceback(root, jogral_in):
    """Through the command, as a document."""
    (root / MESSAGE).write_bytes(b"\x00\x01\x02")
    (root / "templates/messages/order_late.yaml").mkdir()
    done = jogral_in(root)("check", "--json")
    assert (done.code, done.err) == (1, "")
    assert (done.document["schema"], done.document["ok"]) == ("jogral.check/1", False)
    assert {(item["code"], item["file"]) for item in done.document["items"]} >= {
        ("YA100", MESSAGE),
        ("YA100", "templates/messages/order_late.yaml"),
    }


def test_command_outside_a_project_says_how_to_begin(tmp_path, jogral_in):
    """Exit code 2: nothing was checked."""
    done = jogral_in(tmp_path)("check")
    assert done.code == 2
    assert "jogral init" in done.err
