"""`jogral whatsapp`: templates as Meta will judge them."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestrator.cli import whatsapp_sync
from orchestrator.cli.files import read_input
from orchestrator.cli.help import Command, Group
from orchestrator.cli.session import session_of
from orchestrator.cli.terminal import BAD, DIM, GOOD, STRONG, Terminal
from orchestrator.domain.errors import InputError
from orchestrator.domain.system import json_words

if TYPE_CHECKING:
    from orchestrator.catalog.whatsapp import Violation


app = typer.Typer(cls=Group, add_completion=False, no_args_is_help=True)
app.add_typer(whatsapp_sync.app)


@app.callback()
def whatsapp() -> None:
    """Check WhatsApp templates before Meta does, submit them, and see what it decided."""


@app.command(cls=Command)
def check(
    context: typer.Context,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="JSON: one template, a list of them, or what the Graph API lists. - is stdin."
        ),
    ],
) -> None:
    """Say what Meta would refuse in templates, before they are submitted.

    Warnings are risks of the review; only what is refused counts for the exit code.
    """
    from orchestrator.catalog.whatsapp import violations

    terminal = session_of(context).terminal
    checked = [_Checked(template, violations(template.content)) for template in _templates(file)]
    invalid = sum(not one.valid for one in checked)
    terminal.document(
        "whatsapp.check", ok=not invalid, summary={"templates": len(checked), "invalid": invalid},
        items=[one.document(terminal) for one in checked],
    )  # fmt: skip
    for one in checked:
        _show(terminal, one)
    terminal.say("Templates: {templates}. Would be refused: {invalid}.", templates=len(checked), invalid=invalid)
    if invalid:
        raise typer.Exit(1)


@dataclass(frozen=True)
class _Template:
    """One template of a file; `id` is the file's own word for it, or its name."""

    id: str
    content: dict[str, Any]


@dataclass(frozen=True)
class _Checked:
    template: _Template
    found: "tuple[Violation, ...]"

    @property
    def valid(self) -> bool:
        from orchestrator.catalog.whatsapp import is_valid

        return is_valid(self.found)

    def document(self, terminal: Terminal) -> dict[str, Any]:
        return {
            "id": self.template.id,
            "valid": self.valid,
            "violations": [
                {
                    "code": one.code,
                    "level": one.level,
                    "pointer": one.pointer,
                    "message": one.told(terminal.translate),
                    "remedy": one.remedy(terminal.translate),
                }
                for one in self.found
            ],
        }


def _show(terminal: Terminal, checked: _Checked) -> None:
    sign = ("✔ ", GOOD) if checked.valid else ("✖ ", BAD)
    terminal.show(sign, (checked.template.id, STRONG))
    for one in checked.found:
        style = BAD if one.level == "error" else "yellow"
        terminal.show("    ", (one.code, style), (f"  {one.pointer}", DIM))
        terminal.show(f"      {one.told(terminal.translate)}")
        terminal.show("      ", ("= ", DIM), one.remedy(terminal.translate))


# --- the file -------------------------------------------------------------------------------------------------------


def _templates(file: Path) -> list[_Template]:
    """Those of a file: bare, in a list, or in the list that holds them ("templates" ours, "data" the Graph API's)."""
    document = _json(file)
    if isinstance(document, dict):
        document = next(
            (document[key] for key in ("templates", "data") if isinstance(document.get(key), list)), [document]
        )
    if not isinstance(document, list) or not all(isinstance(one, dict) for one in document):
        raise InputError(
            "{path} holds no WhatsApp template.", path=file, where=str(file),
            remedy="Write one as Meta takes it, with name, language, category and components, or a list of them.",
        )  # fmt: skip
    return [_template(one, place) for place, one in enumerate(document, start=1)]


def _template(one: dict[str, Any], place: int) -> _Template:
    held = one.get("template")
    content = held if isinstance(held, dict) else one
    return _Template(id=str(one.get("id") or content.get("name") or f"#{place}"), content=content)


def _json(file: Path) -> Any:
    content = read_input(file)
    try:
        return json.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise InputError(
            "{path} is not UTF-8 text (byte {place}).", remedy="Save it as UTF-8.", path=file, place=error.start
        ) from error
    except json.JSONDecodeError as error:
        raise InputError(
            "{path} is not JSON: {why}.", where=f"{file}:{error.lineno}:{error.colno}", path=file,
            why=json_words(error), remedy="Mend line {line}, column {column}.", line=error.lineno, column=error.colno,
        ) from error  # fmt: skip
    except RecursionError as error:
        raise InputError("{path} is nested too deeply to be a template.", path=file) from error
