"""One run of `jogral`: the language is chosen, the command runs, and whatever went wrong is said with an exit code.

0 done · 1 problems found · 2 usage or configuration · 3 something needed cannot be reached · 4 refused for safety ·
130 interrupted.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from typer import Abort, TyperException

from orchestrator.cli.failures import tell
from orchestrator.cli.root import build
from orchestrator.cli.session import Session
from orchestrator.cli.terminal import Terminal
from orchestrator.cli.usage import NoArguments, mistake
from orchestrator.domain.errors import JogralError
from orchestrator.translations import LANGUAGES, language_of

if TYPE_CHECKING:
    from collections.abc import Sequence

INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit code."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    # Read ahead of the parser: its complaints are in this language and form already.
    options = given[: given.index("--")] if "--" in given else given
    session = Session(Terminal(_language(options), as_json="--json" in options))
    try:
        code = build().main(given, prog_name="jogral", standalone_mode=False, obj=session)
    except NoArguments as help_instead:
        session.terminal.err.print(help_instead.format_message(), soft_wrap=True, markup=False)
        return help_instead.exit_code
    except TyperException as error:
        return tell(session, mistake(error))
    except JogralError as error:
        return tell(session, error)
    except (KeyboardInterrupt, Abort):
        code = INTERRUPTED
    if code == INTERRUPTED:
        session.terminal.note("Interrupted.")
        if told := session.left_behind():
            session.terminal.err.print(told, soft_wrap=True, markup=False)
    return int(code or 0)


def _language(given: Sequence[str]) -> str:
    for place, word in enumerate(given):
        name, _, value = word.partition("=")
        wanted = value or next(iter(given[place + 1 :]), "")
        if name == "--lang" and wanted in LANGUAGES:
            return wanted
    return language_of(os.environ)
