"""`jogral check`: every rule over the whole project."""

from __future__ import annotations

import gc
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from orchestrator.check.checking import Checking
from orchestrator.check.inputs import stamps
from orchestrator.cli.findings import concise, finding_document, framed, github
from orchestrator.cli.help import Command
from orchestrator.cli.session import Session, session_of
from orchestrator.cli.terminal import GOOD, STRONG
from orchestrator.cli.workplace import project_day, project_root
from orchestrator.domain.errors import ConfigurationError, InputError
from orchestrator.domain.system import system_words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from orchestrator.check.fixing import Fixed
    from orchestrator.check.report import Report

app = typer.Typer(add_completion=False)

Format = Literal["full", "concise", "json", "github"]

WATCH_SECONDS = 0.5

Paths = Annotated[
    list[Path] | None, typer.Argument(metavar="PATH", help="Show only what is wrong in these files and folders.")
]


@app.command(cls=Command)
def check(
    context: typer.Context,
    paths: Paths = None,
    fix: Annotated[bool, typer.Option("--fix", help="Write what findings say should stand there.")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Check again whenever a file changes.")] = False,
    output_format: Annotated[
        Format,
        typer.Option(
            "--output-format", metavar="FORMAT", help="full, concise, json or github: how findings are written."
        ),
    ] = "full",
) -> None:
    """Check the whole project: schema, variables, claims, facts, channels, journeys, consent, privacy.

    Exits with 1 when there is an error; warnings and notes do not count. What each rule is for: jogral explain-rule.
    """
    session = session_of(context)
    session.terminal.as_json = session.terminal.as_json or output_format == "json"
    if watch and session.terminal.as_json:
        raise InputError("--watch speaks to people; it cannot be combined with JSON.", code="usage")
    checking = Checking(project_root(session))
    run = Run(session, checking, _within(paths or [], checking.root), fix=fix, output_format=output_format)
    if watch:
        run.forever(time.sleep)
    gc.disable()  # the process ends with this one check: looking for cycles would cost it a tenth of its time
    if not run.once():
        raise typer.Exit(1)


@dataclass(frozen=True)
class Run:
    """One `jogral check`. `paths` are files and folders from the project's root; none are all."""

    session: Session
    checking: Checking
    paths: tuple[str, ...]
    fix: bool
    output_format: Format

    def once(self) -> bool:
        """Check, mend what can be mended if that was asked for, and say what is left; whether nothing is an error."""
        began = time.perf_counter()
        report = self._report()
        fixed = self._fixed(report) if self.fix else ()
        if fixed:
            report = self._report()
        self._tell(report, fixed, time.perf_counter() - began)
        return report.ok

    def forever(self, wait: Callable[[float], object]) -> None:
        """Once, and again after every change, until Ctrl+C."""
        terminal = self.session.terminal
        seen: Mapping[str, tuple[int, int]] = {}
        while True:
            now = stamps(self.checking.root)
            if now != seen:
                seen = now
                self.once()
                terminal.say("Waiting for changes. Stop it with Ctrl+C.")
                terminal.out.file.flush()
            wait(WATCH_SECONDS)

    def _report(self) -> Report:
        report = self.checking.report(project_day(self.checking.root))
        for sentence, params in self.checking.cache.notes:
            self.session.terminal.note(sentence, **params)
        self.checking.cache.notes.clear()
        return report.within(self.paths) if self.paths else report

    def _fixed(self, report: Report) -> tuple[Fixed, ...]:
        from orchestrator.check.fixing import fix  # parses, which a check without changes does not

        try:
            return tuple(fix(self.checking.root, report))
        except OSError as error:
            raise ConfigurationError(
                "{path} cannot be written: {why}.", path=error.filename, why=system_words(error)
            ) from error

    def _tell(self, report: Report, fixed: tuple[Fixed, ...], seconds: float) -> None:
        terminal = self.session.terminal
        if terminal.as_json:
            items = [finding_document(terminal, finding) for finding in report.findings]
            terminal.document("check", ok=report.ok, summary=_summary(report, fixed), items=items)
        elif self.output_format == "github":
            for finding in report.findings:
                terminal.show(github(terminal, finding, self.checking.root))
        else:
            self._tell_people(report, fixed, seconds)

    def _tell_people(self, report: Report, fixed: tuple[Fixed, ...], seconds: float) -> None:
        terminal = self.session.terminal
        if self.output_format == "full":
            for text in framed(terminal, report.findings, self.checking.root):
                terminal.show(text)
        else:
            for finding in report.findings:
                terminal.show(concise(terminal, finding))
        for one in fixed:
            if one.refused:
                why = terminal.translate(one.refused)
                terminal.say("{file} was left alone: {why}.", file=one.file, why=why)
            for finding in one.findings:
                place = f"{one.file}:{finding.line}:{finding.column}"
                terminal.show((terminal.words("fixed"), GOOD), f"  {place}  {finding.code}  ",
                              finding.told(terminal.translate))  # fmt: skip
        terminal.show(self._summary_line(report, seconds))
        if report.findings:
            terminal.show(terminal.words("Explain a rule:"), " ", (f"jogral explain-rule {_first(report)}", STRONG))

    def _summary_line(self, report: Report, seconds: float) -> str:
        words = self.session.terminal.words
        counts = report.counts
        # Each with its singular: "1 warning" is no rare sight.
        told = [
            words("1 error") if counts["error"] == 1 else words("{count} errors", count=counts["error"]),
            words("1 warning") if counts["warn"] == 1 else words("{count} warnings", count=counts["warn"]),
            words("1 note") if counts["info"] == 1 else words("{count} notes", count=counts["info"]),
        ]
        found = [one for one, count in zip(told, counts.values(), strict=True) if count]
        files = words("1 file") if report.documents == 1 else words("{count} files", count=report.documents)
        took = f"{seconds:.2f} s"
        if not found:
            return words("0 findings in {files} ({took}).", files=files, took=took)
        *most, last = found
        what = words("{some} and {last}", some=", ".join(most), last=last) if most else last
        line = words("Found {what} in {files} ({took}).", what=what, files=files, took=took)
        if report.fixable:
            line += " " + words("{count} fixable with --fix.", count=report.fixable)
        return line


def _summary(report: Report, fixed: tuple[Fixed, ...]) -> dict[str, Any]:
    counts = report.counts
    return {
        "files": report.documents,
        "errors": counts["error"],
        "warnings": counts["warn"],
        "notes": counts["info"],
        "fixable": report.fixable,
        "fixed": sum(len(one.findings) for one in fixed),
    }


def _first(report: Report) -> str:
    """The rule that is worth explaining first."""
    return next((finding.code for finding in report.findings if finding.level == "error"), report.findings[0].code)


def _within(paths: list[Path], root: Path) -> tuple[str, ...]:
    """Paths as findings name files. Raises InputError for what is not there or not the project's."""
    found = []
    for path in paths:
        place = path.resolve()
        if not place.exists():
            raise InputError("There is no file or folder {path}.", code="usage", path=path)
        if not place.is_relative_to(root):
            raise InputError("{path} is not in the project {root}.", code="usage", path=path, root=root)
        found.append(place.relative_to(root).as_posix())
    return tuple(found)
