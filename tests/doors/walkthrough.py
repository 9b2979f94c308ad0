"""A page of the docs, followed as a reader would: files made and changed, commands typed, their answers compared."""

from __future__ import annotations

import json
import re
import shlex
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.doors.command import SECONDS
from tests.preloaded import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import ExitStack
    from pathlib import Path

    from tests.doors.command import Done, Jogral, Running

FILES = ("yaml", "json", "csv")
"""What a block of these holds is a file: the one that the words above it name last."""

# Of which a reader's own answer may differ: what they are called, how long they took, and when.
OWN = (
    (r"\b(plan|rel|cus|msg|run|imp)_\w+", r"\1_…"),
    (r"\b\d+\.\d+ s\b", "0.0 s"),
    (r"\b\d+ [A-Z][a-z]{2} \d\d:\d\d", "DAY HOUR"),
    (r"\bin \d+ files", "in N files"),
    (r" {2,}", "  "),
)


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, the file that the words above it name, and what stands in it."""

    language: str
    file: str
    text: str


@dataclass(frozen=True)
class Typed:
    """A command, and what the page shows of its answer: nothing where that does not matter."""

    command: str
    shown: str


class Reader:
    """Somebody with an empty folder, two terminals and the page."""

    def __init__(self, folder: Path, jogral_in: Callable[[Path], Jogral], stack: ExitStack) -> None:
        self.folder = folder
        self.up: Running | None = None
        self._jogral_in = jogral_in
        self._stack = stack
        self._plan = ""

    def follow(self, text: str) -> None:
        """Do what a part of the page says."""
        for block in blocks_of(text):
            if block.language in FILES:
                file = self.folder / block.file
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(block.text, encoding="utf-8")
            elif block.language == "diff":
                change(self.folder / block.file, block.text)
            else:
                for typed in typed_in(block.text):
                    self._type(typed)

    def _type(self, typed: Typed) -> None:
        program, *words = shlex.split(typed.command)
        if program == "cd":
            # The second terminal begins where the first one did.
            self.folder = self.folder if self.folder.name == words[0] else self.folder / words[0]
        elif words == ["up"]:
            self.up = self._stack.enter_context(self._started())
            self.url = json.loads(self.up.line())["url"]
        else:
            self._run(words, typed)

    def _started(self) -> Running:
        # Its workers begin as Python does: from this checkout, whatever else is installed.
        return self._jogral_in(self.folder).start("up", "--port", "0", "--json", PYTHONPATH=str(ROOT))

    def _run(self, words: list[str], typed: Typed) -> None:
        jogral, deadline = self._jogral_in(self.folder), time.monotonic() + SECONDS
        arguments = [self._plan if word.startswith("plan_") else word for word in words]
        done = jogral(*arguments)
        # A worker may still be at it.
        while self.up and not fits(typed, done) and time.monotonic() < deadline:
            done = jogral(*arguments)
        assert fits(typed, done), f"$ {typed.command}\n{done.out}{done.err}"
        assert bool(done.code) == fails(typed), (typed.command, done)
        self._plan = next(iter(re.findall(r"jogral apply (plan_\w+)", done.out)), self._plan)


def blocks_of(text: str) -> Iterator[Block]:
    """Every block of a page, in order."""
    for above, language, inside in re.findall(r"(.*?)```(\w+)\n(.*?)```", text, re.DOTALL):
        named = re.findall(r"`([\w./-]+\.(?:yaml|json|csv))`", above.rstrip().rpartition("\n\n")[2])
        yield Block(language, named[-1] if named else "", inside)


def typed_in(text: str) -> Iterator[Typed]:
    """The commands of a block, each with what follows it."""
    for command, shown in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", text, re.MULTILINE):
        yield Typed(command, shown)


def change(file: Path, diff: str) -> None:
    """Lines with a minus become those with a plus."""
    lines = diff.splitlines(keepends=True)
    before, after = ("".join(line[1:] for line in lines if line[0] == sign) for sign in "-+")
    text = file.read_text("utf-8")
    assert text.count(before) == 1, f"{file} has not once:\n{before}"
    file.write_text(text.replace(before, after), encoding="utf-8")


def fits(typed: Typed, done: Done) -> bool:
    """Whether the answer is the one that the page shows; an ellipsis stands for any lines, none too."""
    if not typed.shown:
        return True
    lines = [r"(?:.*\n)*?" if line == "…" else f"{re.escape(line)}\n" for line in general(typed.shown).splitlines()]
    return re.fullmatch("".join(lines), general(done.out + done.err)) is not None


def fails(typed: Typed) -> bool:
    """Whether the page shows something wrong."""
    return bool(re.search(r"^FAIL |  error  ", typed.shown, re.MULTILINE))


def general(answer: str) -> str:
    """An answer without what differs from one reader to the next."""
    for pattern, instead in OWN:
        answer = re.sub(pattern, instead, answer)
    return "".join(f"{line.rstrip()}\n" for line in answer.strip("\n").splitlines())
