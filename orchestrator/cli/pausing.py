"""What `jogral pause` and `jogral resume` share: naming what is paused, as options and in words."""

from collections.abc import Mapping
from typing import Annotated

import typer

from orchestrator.cli.terminal import Terminal
from orchestrator.domain.errors import InputError
from orchestrator.domain.pause import PauseScope, step_of
from orchestrator.translations import mark

Everything = Annotated[bool, typer.Option("--all", help="Everything: the kill switch.")]
Channel = Annotated[str, typer.Option("--channel", metavar="CHANNEL", help="email, whatsapp, sms or push.")]
Account = Annotated[
    str, typer.Option("--account", metavar="ID", help="An account of a channel, as templates/project.yaml names it.")
]
Journey = Annotated[str, typer.Option("--journey", metavar="ID", help="A journey: what it has asked for waits.")]
Step = Annotated[
    str,
    typer.Option("--step", metavar="ID", help="With --journey: what this step of it sends, and nothing else of it."),
]
Message = Annotated[str, typer.Option("--message", metavar="ID", help="A message, whoever asks for it.")]
Customer = Annotated[
    str, typer.Option("--customer", metavar="WHO", help="One customer's marketing, by id, e-mail or phone.")
]

NAMES = {
    PauseScope.ALL: mark("everything"),
    PauseScope.CHANNEL: mark("channel {subject}"),
    PauseScope.ACCOUNT: mark("account {subject}"),
    PauseScope.JOURNEY: mark("journey {subject}"),
    PauseScope.STEP: mark("step {subject}"),
    PauseScope.MESSAGE: mark("message {subject}"),
    PauseScope.CUSTOMER: mark("marketing to customer {subject}"),
    PauseScope.HANDOFF: mark("marketing to customer {subject}, who talks with a person"),
}


def chosen(everything: bool, *, step: str = "", **named: str) -> tuple[PauseScope, str]:
    """The one thing that was named. Raises InputError for none, and for two."""
    if step:
        named = _within(step, named)
    given = [(PauseScope(scope), subject) for scope, subject in named.items() if subject]
    if everything:
        given.append((PauseScope.ALL, ""))
    if len(given) != 1:
        raise InputError(
            "Name exactly one thing.",
            remedy="One of --all, --channel, --account, --journey, --message, --customer.",
            code="usage",
        )
    scope, subject = given[0]
    return (scope, subject.lower()) if scope is PauseScope.CHANNEL else (scope, subject)


def _within(step: str, named: Mapping[str, str]) -> dict[str, str]:
    """A step and its journey are one thing."""
    journey = named.get(PauseScope.JOURNEY.value, "")
    if not journey:
        raise InputError("A step is one of a journey.", remedy="Name it too: --journey ID --step ID.", code="usage")
    return {**named, PauseScope.JOURNEY.value: "", PauseScope.STEP.value: step_of(journey, step)}


def in_words(terminal: Terminal, scope: PauseScope, subject: str) -> str:
    """`channel sms`, in the reader's language."""
    return terminal.words(NAMES[scope], subject=subject)


def as_option(scope: PauseScope, subject: str) -> str:
    """`--channel sms`, to be typed; a step with its journey."""
    if scope is PauseScope.STEP:
        journey, _, step = subject.partition("/")
        return f"--journey {journey} --step {step}"
    return f"--{scope.value} {subject}".rstrip()
