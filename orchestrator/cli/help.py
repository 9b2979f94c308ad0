"""Commands that explain themselves in the reader's language, and options that every command has.

Help texts are written in English where the command is; they are looked up in the catalog when help is asked for.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from typer.core import TyperCommand, TyperGroup

from orchestrator.cli.session import session_of
from orchestrator.domain.errors import InputError, did_you_mean
from orchestrator.translations import LANGUAGES, mark

if TYPE_CHECKING:
    from typer._click import HelpFormatter  # what typer itself names in these signatures

    from orchestrator.cli.terminal import Terminal

HELP_OPTION = mark("Show this help and exit.")

# Metavars that words stand in; the names of arguments are the same in every language.
OPTIONS_METAVAR, COMMAND_METAVAR = mark("[OPTIONS]"), mark("COMMAND [ARGS]...")

_BRACES = str.maketrans("", "", "{}")


def write_help(command: Any, ctx: typer.Context, formatter: "HelpFormatter") -> None:
    """Usage, what it does, arguments, options, commands."""
    terminal = session_of(ctx).terminal
    # The library puts arguments that are required in braces: `{JOURNEY}...`.
    pieces = [terminal.translate(piece.translate(_BRACES)) for piece in command.collect_usage_pieces(ctx)]
    formatter.write_usage(ctx.command_path, " ".join(pieces), prefix=terminal.words("Usage:") + " ")
    if command.help:
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(terminal.translate(command.help))
    parameters = [parameter for parameter in command.get_params(ctx) if not parameter.hidden]
    for kind, heading in (("argument", mark("Arguments")), ("option", mark("Options"))):
        rows = [_row(one, terminal) for one in parameters if one.param_type_name == kind]
        if rows:
            with formatter.section(terminal.translate(heading)):
                formatter.write_dl(rows)
    commands = getattr(command, "commands", {})
    if commands:
        with formatter.section(terminal.words("Commands")):
            formatter.write_dl([(name, _first_line(one, terminal)) for name, one in commands.items()])


def _row(parameter: Any, terminal: "Terminal") -> tuple[str, str]:
    if parameter.param_type_name == "argument":
        return parameter.metavar or parameter.name.upper(), terminal.translate(parameter.help or "")
    names = ", ".join(sorted(parameter.opts, key=len))
    value = "" if parameter.is_flag else f" {parameter.metavar or parameter.name.upper()}"
    told = terminal.translate(HELP_OPTION if "--help" in parameter.opts else parameter.help or "")
    if parameter.show_default and parameter.default not in (None, False, "", (), []):
        told = f"{told}  {terminal.words('[default: {value}]', value=parameter.default)}"
    return names + value, told


def _first_line(command: Any, terminal: "Terminal") -> str:
    summary: str = terminal.translate(command.help or "")
    return summary.partition("\n")[0]


# --- what every command has -----------------------------------------------------------------------------------------


def _remember_project(context: typer.Context, value: Path | None) -> None:
    if value is not None:
        session_of(context).folder = value


Project = Annotated[
    Path | None,
    typer.Option(
        "--project", metavar="DIR", help="The project's folder, if it is not this one or one above it.",
        callback=_remember_project, expose_value=False, show_default=False,
    ),
]  # fmt: skip
# Both were read before the parser ran (see `main`); here they are checked and explained.
Lang = Annotated[
    Literal[LANGUAGES],  # type: ignore[valid-type]  # the same tuple, for the parser
    typer.Option(
        "--lang", metavar="pt-BR|en", help="The language of what is said.", expose_value=False, show_default=False
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Answer with one JSON document on stdout.", expose_value=False)]


def _common(project: Project = None, lang: Lang = "en", as_json: Json = False) -> None: ...


def common_options() -> list[Any]:
    """The options of every command, as the parser has them."""
    app = typer.Typer(add_completion=False)
    app.command()(_common)
    return list(typer.main.get_command(app).params)


class Command(TyperCommand):
    """One command: pass it as `cls` to typer's decorator."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.params = [*self.params, *common_options()]

    def format_help(self, ctx: Any, formatter: "HelpFormatter") -> None:
        write_help(self, ctx, formatter)


class Group(TyperGroup):
    """Commands under one name."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.params = [*self.params, *common_options()]

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        wanted = args[0]
        if wanted not in self.commands and not wanted.startswith("-"):
            raise InputError(
                'There is no command "{command}"{hint}',
                remedy="See: {group} --help",
                code="usage",
                command=f"{ctx.command_path} {wanted}",
                hint=did_you_mean(wanted, self.commands),
                group=ctx.command_path,
            )
        return super().resolve_command(ctx, args)

    def format_help(self, ctx: Any, formatter: "HelpFormatter") -> None:
        write_help(self, ctx, formatter)
