"""`jogral init`: a new project, with its ledger and its keys."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestrator.app import App, SystemClock, state_folder
from orchestrator.cli.actor import actor
from orchestrator.cli.help import Command
from orchestrator.cli.ledger import make_ready, open_ledger
from orchestrator.cli.schema import install_schemas
from orchestrator.cli.session import Session, session_of
from orchestrator.cli.terminal import DIM, STRONG
from orchestrator.domain.errors import ConfigurationError, Conflict, InputError, did_you_mean
from orchestrator.domain.system import system_words
from orchestrator.folder import MARK
from orchestrator.wordings import FILE as WORDINGS

if TYPE_CHECKING:
    from orchestrator.project import Project


app = typer.Typer(add_completion=False)

TEMPLATES = ("loja",)

# Layouts and adapters are looked up (decisions, section 3); everything that customers read is copied.
COPIED = (".yaml", ".md")
NOT_COPIED = frozenset({"layouts"})
# What every shop owes to people, whatever it sells: words to agree to, and answers about consent and privacy.
_ANSWERS = ("confirm_subscription", "opt_out_confirmed", "privacy_done", "privacy_verify", "your_choices")
ALWAYS = (
    MARK,
    Path(WORDINGS),
    *(Path("templates/messages") / f"{name}{locale}.yaml" for name in _ANSWERS for locale in ("", ".en")),
    Path("brand_voice.yaml"),
)
# In project.yaml, from here to its end: they are about orders and tickets of the sample, which --empty leaves out.
RULES_OF_THE_SAMPLE = "\nsuppress_rules:"
FOLDERS = ("messages", "journeys", "facts", "events", "mappings", "personas", "scenarios")

FIRST_KEY = "first"
FIRST_SCOPES = (
    "events:write",
    "messages:send",
    "messages:read",
    "replies:use",
    "customers:read",
    "customers:write",
    "consents:write",
    "inbound:write",
    "pauses:read",
    "pauses:write",
)


@app.command(cls=Command)
def init(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="DIR", help="The folder to make, or an empty one.")],
    empty: Annotated[
        bool, typer.Option("--empty", help="Only the settings, the voice, and the answers about consent and privacy.")
    ] = False,
    template: Annotated[str, typer.Option("--template", metavar="NAME", help="The sample to copy.")] = TEMPLATES[0],
) -> None:
    """Make a new project: the sample shop, its ledger and its keys.

    The API key is shown once and stored nowhere in the clear.
    """
    session = session_of(context)
    if template not in TEMPLATES:
        raise InputError(
            'There is no template "{name}"{hint}', remedy="There are: {known}.", name=template,
            hint=did_you_mean(template, TEMPLATES), known=", ".join(TEMPLATES),
        )  # fmt: skip
    if not name.strip():
        # As a path it would be this folder: somebody's variable is empty.
        raise InputError("The name of the folder is empty.", remedy="Name one; this folder is: jogral init .")
    folder, files = Path(name), ALWAYS if empty else sample()
    session.left_behind = lambda: session.terminal.words(
        "{folder} may be incomplete: remove it, and start again.", folder=folder
    )
    project = make_project(folder, files)
    with open_ledger(project, ready=False) as opened:
        make_ready(opened)
        key_id, secret = _first_key(opened)
    _tell(session, folder, files, key_id, secret)


def make_project(folder: Path, files: tuple[Path, ...]) -> "Project":
    """Copy shipped files into a folder, make its secrets, and give editors its schemas.

    Raises Conflict where one of the files is there already.
    """
    from orchestrator import signing_keys
    from orchestrator.project import Project

    _refuse_taken(folder, files)
    _write(folder, files)
    if files == ALWAYS:
        _leave_out_rules_of_the_sample(folder / MARK)
    project = Project(folder.resolve())
    signing_keys.ensure(state_folder(project.root), SystemClock())
    install_schemas(project.root)
    return project


def sample() -> tuple[Path, ...]:
    """The files of the sample shop, as a project holds them."""
    from orchestrator.project import SHIPPED

    found = sorted(path for path in (SHIPPED / "templates").rglob("*") if path.suffix in COPIED)
    relative = [path.relative_to(SHIPPED) for path in found]
    return (*(path for path in relative if path.parts[1] not in NOT_COPIED), Path("brand_voice.yaml"))


def _refuse_taken(folder: Path, files: tuple[Path, ...]) -> None:
    if folder.exists() and not folder.is_dir():
        raise ConfigurationError("{folder} is a file.", remedy="Choose another name.", folder=folder)
    taken = [path for path in files if (folder / path).exists()]
    if taken:
        raise Conflict(
            "{folder} holds {file} already; nothing was written.",
            remedy="Choose another folder. A project is never overwritten.",
            code="folder_taken",
            folder=folder,
            file=taken[0],
        )


def _write(folder: Path, files: tuple[Path, ...]) -> None:
    from orchestrator.project import SHIPPED

    try:
        for name in FOLDERS:
            (folder / "templates" / name).mkdir(parents=True, exist_ok=True)
        for path in files:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(SHIPPED / path, folder / path)
        _keep_out_of_git(folder / ".gitignore")
    except OSError as error:
        raise ConfigurationError(
            "{file} cannot be written: {why}.", remedy="Choose a folder that this user may write to.",
            file=error.filename or folder, why=system_words(error),
        ) from error  # fmt: skip


def _leave_out_rules_of_the_sample(settings: Path) -> None:
    text, _, _ = settings.read_text(encoding="utf-8").partition(RULES_OF_THE_SAMPLE)
    settings.write_text(text, encoding="utf-8")


def _keep_out_of_git(ignore: Path) -> None:
    existing = ignore.read_text(encoding="utf-8") if ignore.exists() else ""
    if ".jogral/" not in existing.splitlines():
        end = "" if not existing or existing.endswith("\n") else "\n"
        ignore.write_text(f"{existing}{end}.jogral/\n", encoding="utf-8")


def _first_key(opened: App) -> tuple[str, str]:
    from orchestrator.dispatch import keys

    with opened.store.write() as transaction:
        key, secret = keys.create(transaction, opened.clock, FIRST_KEY, FIRST_SCOPES, by=actor())
    return key.id, secret


def _tell(session: Session, folder: Path, files: tuple[Path, ...], key_id: str, secret: str) -> None:
    terminal = session.terminal
    counts: dict[str, Any] = {name: _count(files, name) for name in FOLDERS}
    terminal.document("init", files=len(files), key={"id": key_id, "secret": secret}, **counts)
    terminal.say("Made {folder}", folder=folder)
    terminal.say(
        "  {messages} messages, {journeys} journeys, {personas} personas; every channel goes to the local inbox.",
        **counts,
    )
    terminal.show("")
    terminal.say("API key, shown only now:")
    terminal.show("  ", (secret, STRONG))
    terminal.say("  Send it with every request:  Authorization: Bearer <key>")
    terminal.show("")
    terminal.say("Next:")
    for command, told in (
        (f"cd {folder}", ""),
        ("jogral preview order_late --persona ana", terminal.words("see a message on four channels")),
        ("jogral up", terminal.words("run it: http://localhost:8080")),
    ):
        terminal.show(f"  {command:<42}".rstrip() if not told else f"  {command:<42}", (told, DIM))


def _count(files: tuple[Path, ...], folder: str) -> int:
    """How many things a folder holds; a translation (`order_late.en.yaml`) is no message of its own."""
    found = [path for path in files if path.parts[1:2] == (folder,)]
    return sum(folder != "messages" or "." not in path.stem for path in found)
