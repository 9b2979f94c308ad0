"""Files that nobody reads, and waivers that no longer serve: what a project only seems to say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.check.rule import Rule
from orchestrator.domain.errors import Finding, did_you_mean, filled, mark

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from orchestrator.project import Survey

RULES = (
    Rule(
        code="YA109",
        level="warn",
        title=mark("Nobody reads this file"),
        why=mark("A file in another folder, or of another ending, is passed over: what it says never happens."),
        bad="templates/message/order_late.yml",
        good="templates/messages/order_late.yaml",
    ),
    Rule(
        code="YA110",
        level="warn",
        title=mark("A waiver is not understood, has ended, or waives nothing"),
        why=mark("An exception must not outlive its reason, and a misspelt one must not be believed in."),
        bad="# jogral: allow VA150 until 2024-01-31: o site mostra em janeiro\norder.id: {type: string}",
        good="# jogral: allow VA150 until 2027-01-31: o site mostra em janeiro\norder.id: {type: string}",
    ),
)

# Folders under templates/ (decisions, section 3), read by this version or by a later one.
FOLDERS = (
    "audits", "events", "facts", "journeys", "kb", "layouts", "mappings", "messages", "operations", "personas",
    "replies", "scenarios", "segments",
)  # fmt: skip
# Files that stand beside the folders.
_FILES = ("project.yaml", "wordings.yaml")
_YAML = {".yaml", ".yml"}


def findings(survey: Survey) -> Iterator[Finding]:
    """See the rules. Waivers are looked at where they are applied, in `waivers`."""
    templates = survey.project.root / "templates"
    for path in sorted(templates.rglob("*")):
        if path.suffix not in _YAML or not path.is_file():
            continue
        folders = path.relative_to(templates).parts[:-1]
        if not folders:
            if path.name not in _FILES:
                yield _unread(survey, path, mark("Files stand in a folder of templates/, such as messages."))
        elif folders[0] not in FOLDERS:
            help_template = mark('"{folder}" is not a folder that is read{hint}')
            yield _unread(survey, path, help_template, folder=folders[0], hint=did_you_mean(folders[0], FOLDERS))
        elif len(folders) > 1:
            yield _unread(survey, path, mark("Folders within {folder} are not read."), folder=folders[0])
        elif path.suffix == ".yml":
            yield _unread(survey, path, mark("Call it {name}.yaml."), name=path.stem)


def _unread(survey: Survey, path: Path, help_template: str, **params: object) -> Finding:
    template = mark("Nobody reads this file")
    return Finding(
        code="YA109",
        level="warn",
        message=template,
        file=survey.project.shown(path),
        line=1,
        column=1,
        help=filled(help_template, params),
        template=template,
        help_template=help_template,
        params=params,
    )
