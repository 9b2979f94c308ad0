"""The tree of commands: each with its name, what it does in a line, and the module that is imported when it runs."""

from importlib import import_module
from typing import Annotated, Any, NamedTuple

import typer

from orchestrator.cli.help import Command, Group
from orchestrator.translations import mark

WHAT_IT_IS = mark(
    "One message, one set of facts, one brand voice, four channels.\n\n"
    "Start with: jogral init my-shop, then jogral up in that folder."
)


class Entry(NamedTuple):
    """A command whose module holds a typer app under the name `app`."""

    module: str
    summary: str


COMMANDS = {
    "demo": Entry("demo", mark("Play the demo shop into the local inbox, and serve it.")),
    "init": Entry("init", mark("Make a new project: the sample shop, its ledger and its keys.")),
    "add": Entry("add", mark("Copy a journey that is ready, with its messages, events and scenarios.")),
    "up": Entry("up", mark("Run everything in one: server, workers and timer.")),
    "check": Entry("check", mark("Check the whole project: copy, facts, channels, journeys, consent, privacy.")),
    "test": Entry("test", mark("Try the journeys: live through the cases of templates/scenarios/ in virtual time.")),
    "plan": Entry("plan", mark("Show what the files would change, and for whom.")),
    "apply": Entry("apply", mark("Bring into force what was planned.")),
    "rollback": Entry("rollback", mark("Go back to the release before.")),
    "history": Entry("history", mark("List which releases were in force, since when, and who brought them.")),
    "explain-rule": Entry("explain_rule", mark("Say what a rule is for, with a bad and a good example.")),
    "preview": Entry("preview", mark("Show a message as each channel will say it.")),
    "simulate": Entry("simulate", mark("Let many customers live through journeys in virtual time, and count.")),
    "goals": Entry("goals", mark("Count who reached the goal of each journey, and after which message.")),
    "docs": Entry("docs", mark("Write down for people what the project does: journeys, steps, words.")),
    "touchpoints": Entry("touchpoints", mark("List every message, reply and step by stage and channel; mark gaps.")),
    "send": Entry("send", mark("Send one message to one customer.")),
    "send-test": Entry("send_test", mark("Send one message to yourself, through the real provider.")),
    "campaign": Entry("campaign", mark("Send one message to everybody in a segment.")),
    "reply": Entry("reply", mark("Find a support reply, say it to a customer, and send it.")),
    "events": Entry("events", mark("Feed events: orders, shipments, whatever happened.")),
    "explain": Entry("explain", mark("Say why a message was or was not sent, gate by gate.")),
    "consent": Entry("consent", mark("Look at what a person agreed to, and record what they say.")),
    "customers": Entry("customers", mark("Import customers, see what was said of them, and make two profiles one.")),
    "segments": Entry("segments", mark("List segments, count who is in one, and look at some of them.")),
    "facts": Entry("facts", mark("Look at facts, and change the live ones: stock, a date, a price.")),
    "pause": Entry("pause", mark("Stop a channel, a journey, a message, a customer's marketing, or everything.")),
    "resume": Entry("resume", mark("Go on with what was paused.")),
    "pauses": Entry("pauses", mark("List what is paused.")),
    "replay": Entry("replay", mark("Turn the rows of a CSV file into events, and play them into the local inbox.")),
    "outbox": Entry("outbox", mark("Look at what the local inbox holds.")),
    "inbound": Entry("inbound", mark("Show what a text that somebody writes to us is taken for.")),
    "bounces": Entry("bounces", mark("Read what came back by e-mail: bounces, complaints, answers.")),
    "sms": Entry("sms", mark("Count what a text costs as an SMS: its alphabet, units and parts.")),
    "whatsapp": Entry("whatsapp", mark("Check WhatsApp templates before Meta does.")),
    "channels": Entry("channels", mark("Look at accounts, try adapters, and play providers on this machine.")),
    "where": Entry("where", mark("Say which file wins: the project's own, or the shipped one.")),
    "schema": Entry("schema", mark("Give editors the schemas of the YAML files.")),
    "privacy": Entry("privacy", mark("Show, correct or erase what we hold about a person, and see who asked for it.")),
    "audit": Entry("audit", mark("Look for anything in the ledger that must never be there.")),
    "doctor": Entry("doctor", mark("Check that everything needed is there and can be reached.")),
    "keys": Entry("keys", mark("Make, list and revoke API keys.")),
    "signing-keys": Entry("signing_keys", mark("List and rotate the keys that links in messages are signed with.")),
    "db": Entry("db", mark("Bring the ledger up to date, or back it up.")),
    "serve": Entry("serve", mark("Run the HTTP API and the console alone.")),
    "worker": Entry("worker", mark("Run one worker alone.")),
    "timer": Entry("timer", mark("Run the timer alone: it wakes workers for what has become due.")),
}


def build() -> Any:
    """The command `jogral`. No command's module is imported yet."""
    app = typer.Typer(cls=_Root, add_completion=False, no_args_is_help=True, help=WHAT_IT_IS)
    app.callback()(_root)
    return typer.main.get_command(app)


class _Root(Group):
    """Knows its commands by name and summary, which is enough for help, and imports the one that is called."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        for name, entry in COMMANDS.items():
            self.add_command(Command(name, help=entry.summary))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, _, rest = super().resolve_command(ctx, args)
        command = typer.main.get_command(import_module(f"{__package__}.{COMMANDS[name].module}").app)
        command.help = command.help or COMMANDS[name].summary
        return name, command, rest


def _print_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version  # 20 ms that only this option needs

        typer.echo(f"jogral {version('jogral')}")
        raise typer.Exit


def _root(
    _version: Annotated[
        bool, typer.Option("--version", help="Say the version and exit.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Options that come before the command."""
