"""What `jogral check` costs on a large project: cold, warm, and with one file changed; each a process of its own."""

from __future__ import annotations

import json
import os
import platform
import re
import resource
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.check.cache import FOLDER
from orchestrator.folder import SHIPPED
from tests.bench.processes import Broken

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


# Where WhatsApp's words begin: in its own body, or in the content's.
_BODY = r"body: (?:\|\n +|[\"']?)"
_WHATSAPP = re.compile(rf"(?m)^  {_BODY}|^  whatsapp:\n(?:    .*\n)*?    {_BODY}")


@dataclass(frozen=True)
class Took:
    """What a person waited, and what it cost whatever else ran beside it; Python's start included."""

    wall_s: float
    cpu_s: float


@dataclass(frozen=True, kw_only=True)
class CheckFigures:
    """What each of the three checks took."""

    files: int
    cold: Took
    warm: Took
    one_changed: Took
    cores: int
    python: str

    @property
    def ok(self) -> bool:
        """Whether the project was as large as was asked; a slow machine is not a failure."""
        return self.files > 0


def measure_check(files: int, folder: Path) -> CheckFigures:
    """Make a project of so many files in an empty folder and check it three times. Raises Broken on any finding."""
    make_project(folder, files)
    shutil.rmtree(folder / FOLDER, ignore_errors=True)
    cold, counted = _timed(folder)
    warm, _ = _timed(folder)
    changed = next((folder / "templates/messages").glob("*_1.yaml"))
    changed.write_text(changed.read_text(encoding="utf-8") + "# changed\n", encoding="utf-8")
    one_changed, _ = _timed(folder)
    return CheckFigures(
        files=counted, cold=cold, warm=warm, one_changed=one_changed, cores=os.cpu_count() or 1,
        python=platform.python_version(),
    )  # fmt: skip


def make_project(folder: Path, files: int) -> None:
    """Casa Lume, with copies of its messages under other names until there are so many YAML files."""
    shutil.copytree(SHIPPED / "templates", folder / "templates", dirs_exist_ok=True)
    shutil.copy(SHIPPED / "brand_voice.yaml", folder)
    messages = folder / "templates/messages"
    originals = {path.name: path.read_text(encoding="utf-8") for path in sorted(messages.glob("*.yaml"))}
    missing = files - 1 - sum(1 for _ in (folder / "templates").rglob("*.yaml"))
    for (name, text), _ in zip(_copies(originals), range(missing), strict=False):
        (messages / name).write_text(text, encoding="utf-8")


def _copies(originals: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Without end. A message comes before its translations, and has a name of its own wherever it is named."""
    in_order = sorted(originals.items(), key=lambda original: (original[0].partition(".")[0], original[0].count(".")))
    number = 0
    while True:
        number += 1
        for name, text in in_order:
            message_id, _, rest = name.partition(".")
            word = rf"\b{message_id}\b(?<!stage: {message_id})(?<!tone: {message_id})"
            renamed = re.sub(word, f"{message_id}_{number}", text)
            # Two WhatsApp templates must not say the same.
            said = _WHATSAPP.sub(rf"\g<0>{_in_letters(number)}. ", renamed)
            yield f"{message_id}_{number}.{rest}", said


def _in_letters(number: int) -> str:
    """A number as a word that states nothing: 27 is `Série bb`."""
    return "Série " + "".join(chr(ord("a") + int(digit)) for digit in str(number))


def _timed(folder: Path) -> tuple[Took, int]:
    began, spent = time.perf_counter(), _cpu_of_children()
    done = subprocess.run(
        [sys.executable, "-m", "orchestrator", "check", "--json", "--project", folder],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    took = Took(time.perf_counter() - began, _cpu_of_children() - spent)
    document = json.loads(done.stdout)
    if done.returncode:
        first = next((item for item in document.get("items", ()) if item["level"] == "error"), document)
        raise Broken(f"the project has errors: {first}")
    return took, document["summary"]["files"]


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
