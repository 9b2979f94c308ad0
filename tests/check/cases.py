"""The corpus of broken projects: `good/` with one thing changed, and the place where exactly one finding is expected.

Each file of `broken/` maps names to cases. A name begins with the code that is expected. A case has `file` and either
`text`, the whole file, or `replace` and `with`, which must fit once; `and` holds further changes of the same shape.
`⟪text*60⟫` repeats a text. The mark ⟦ stands where the finding begins; it is taken out, and its line and column are
what the check must say. The cases of `fine/` are written likewise, without a mark: nothing may be found in them.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML

from orchestrator.check.run import check
from orchestrator.documents import parse
from orchestrator.project import Project

if TYPE_CHECKING:
    from orchestrator.check.report import Report

FOLDER = Path(__file__).parent
GOOD = FOLDER / "good"
MARK = "⟦"
_REPEATED = re.compile(r"⟪(.*?)\*(\d+)⟫")

REMEMBERED_MAX = 10_000
"""Characters of a file that is kept: the cases have some that are huge."""

TODAY = date(2026, 11, 25)
"""The day of every check: offers have ended or not."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """One file of the project, written anew or changed in one place."""

    file: str
    text: str | None
    replace: str
    by: str

    def apply(self, root: Path) -> None:
        path = root / self.file
        text = self.text
        if text is None:
            before = path.read_bytes().decode("utf-8")
            assert before.count(self.replace) == 1, (
                f"{self.file} has {self.replace!r} {before.count(self.replace)} times"
            )
            text = before.replace(self.replace, self.by)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())


@dataclass(frozen=True, kw_only=True)
class Case:
    """One broken project."""

    name: str
    changes: tuple[Change, ...]

    @property
    def code(self) -> str:
        return self.name.partition("_")[0]

    def make(self, root: Path) -> list[tuple[str, int, int]]:
        """Write the project, and say where findings are expected: file, line, column."""
        shutil.copytree(GOOD, root)
        for change in self.changes:
            change.apply(root)
        return [place for file in sorted({change.file for change in self.changes}) for place in unmark(root, file)]


def unmark(root: Path, file: str) -> list[tuple[str, int, int]]:
    """Take the marks out of a file: where each stood."""
    path = root / file
    before, *after = path.read_bytes().decode("utf-8").split(MARK)
    found = []
    for part in after:
        found.append((file, before.count("\n") + 1, len(before) - before.rfind("\n")))
        before += part
    path.write_bytes(before.encode())
    return found


def checked(root: Path) -> Report:
    """Check a project; a file that was read for another case is not read again."""
    return check(Project(root), TODAY, parse=_remembered)


def _remembered(text: str, *, file: str) -> Any:
    return _parsed(text, file) if len(text) < REMEMBERED_MAX else parse(text, file=file)


@cache
def _parsed(text: str, file: str) -> Any:
    return parse(text, file=file)


def read_cases(folder: str) -> list[Case]:
    """Every case of `broken` or `fine`, in order."""
    return [
        Case(name=name, changes=tuple(map(_change, (said, *said.get("and", ())))))
        for path in sorted((FOLDER / folder).glob("*.yaml"))
        for name, said in YAML(typ="safe", pure=True).load(path.read_bytes()).items()
    ]


def _change(said: dict[str, str]) -> Change:
    text = said.get("text")
    return Change(
        file=said["file"],
        text=None if text is None else _repeated(text),
        replace=said.get("replace", ""),
        by=_repeated(said.get("with", "")),
    )


def _repeated(text: str) -> str:
    return _REPEATED.sub(lambda found: found[1] * int(found[2]), text)
