"""Mistakes in a command itself, in our words. The only module that knows typer's own errors.

Typer keeps the classes of its parser in a private package; nothing public tells one mistake from another.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from typer._click.exceptions import (
    BadOptionUsage,
    BadParameter,
    MissingParameter,
    NoSuchOption,
    UsageError,
)
from typer._click.exceptions import NoArgsIsHelpError as NoArguments

from orchestrator.domain.errors import InputError, Phrase, did_you_mean, mark

if TYPE_CHECKING:
    from collections.abc import Mapping

    from typer import TyperException

__all__ = ["NoArguments", "mistake"]

USAGE = "usage"

# What the parser's own validation finds, by its word for it.
_FAULTS: Mapping[str, str] = {
    "int_parsing": mark("it must be a whole number"),
    "int_from_float": mark("it must be a whole number"),
    "greater_than_equal": mark("it must be at least {ge}"),
    "less_than_equal": mark("it must be at most {le}"),
}
_NO_CHOICE = re.compile(r".* is not one of (.*)\.")
_EXTRA = re.compile(r"Got unexpected extra argument\(s\) \((.*)\)")


def mistake(error: TyperException) -> InputError:
    """What typer refused."""
    context = error.ctx if isinstance(error, UsageError) else None
    command = context.command_path if context is not None else "jogral"
    match error:
        case NoSuchOption():
            options = [name for one in context.command.get_params(context) for name in one.opts] if context else []
            return InputError(
                "There is no option {option}{hint}", remedy="See: {command} --help", code=USAGE,
                option=error.option_name, hint=did_you_mean(error.option_name, options), command=command,
            )  # fmt: skip
        case MissingParameter(param=param) if param is not None:
            return InputError(
                "{name} is missing.", remedy="See: {command} --help", code=USAGE, command=command,
                name=param.opts[0] if param.param_type_name == "option" else param.metavar or param.name.upper(),
            )  # fmt: skip
        case BadParameter(param=param) if param is not None:
            return InputError(
                "The value of {name} cannot be used: {why}", remedy="See: {command} --help", code=USAGE,
                command=command, name=param.get_error_hint().replace("'", ""), why=_why(error),
            )  # fmt: skip
        case BadOptionUsage():
            return InputError(
                "The option {option} needs a value.", remedy="See: {command} --help", code=USAGE,
                option=error.option_name, command=command,
            )  # fmt: skip
        case _ if found := _EXTRA.fullmatch(error.message):
            return InputError(
                "There is more than the command takes: {words}", remedy="See: {command} --help", code=USAGE,
                words=found[1], command=command,
            )  # fmt: skip
        case _:
            return InputError("{why}", remedy="See: {command} --help", code=USAGE, why=error.message, command=command)


def _why(error: BadParameter) -> str:
    """What must be there instead; what is seldom met, in the parser's words."""
    from orchestrator.documents.wording import either, listed_words, quoted  # only after a mistake

    if found := _NO_CHOICE.fullmatch(error.message):
        return Phrase("it must be {choices}", choices=either(tuple(map(quoted, listed_words(found[1])))))
    cause: Any = error.__cause__
    for fault in cause.errors() if hasattr(cause, "errors") else ():
        if fault["type"] in _FAULTS:
            return Phrase(_FAULTS[fault["type"]], **fault.get("ctx", {}))
    return error.message
