"""`jogral reply`: support's answers, found by their words, said to one customer, and sent through the gate."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.app import SystemClock
from orchestrator.cli.actor import Reason, put_on_record
from orchestrator.cli.channel_names import chosen_channel
from orchestrator.cli.help import Command, Group
from orchestrator.cli.ledger import open_ledger, ring, running_release
from orchestrator.cli.session import session_of
from orchestrator.cli.workplace import open_project
from orchestrator.domain.errors import InputError
from orchestrator.domain.identifiers import ENTROPY_SIZE, new_id

if TYPE_CHECKING:
    from orchestrator.dispatch.replies import Composed, WantedReply
    from orchestrator.project import Project


app = typer.Typer(cls=Group, add_completion=False, no_args_is_help=True)

Reply = Annotated[str, typer.Argument(metavar="REPLY", help="The reply's id, or its shortcut.")]
Customer = Annotated[
    str, typer.Option("--customer", metavar="WHO", help="The customer's id, e-mail, phone, or SYSTEM:ID.")
]
Channel = Annotated[str, typer.Option("--channel", metavar="CHANNEL", help="Where the customer asked.")]
About = Annotated[
    list[str] | None,
    typer.Option("--object", metavar="KIND=ID", help="What it is about, such as order=ord_1. May be given again."),
]
Asked = Annotated[
    list[str] | None,
    typer.Option("--ask", metavar="NAME=VALUE", help="What the reply asks for, by its name. May be given again."),
]
Text = Annotated[str, typer.Option("--text", metavar="TEXT", help="Your own words instead; they are compared.")]
Locale = Annotated[str, typer.Option("--locale", metavar="LOCALE", help="The language to answer in.")]


@app.command(cls=Command)
def search(
    context: typer.Context,
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="WORDS", help="A shortcut such as /onde, or what the customer asks; without, all."),
    ] = None,
    locale: Annotated[str, typer.Option("--locale", metavar="LOCALE", help="The language to search in.")] = "",
) -> None:
    """Find replies, the best match first."""
    from orchestrator.api.reply_documents import reply_document
    from orchestrator.cli.reply_text import show_found
    from orchestrator.replies.search import search as search_replies

    session = session_of(context)
    release = open_project(session).read()
    wanted = locale or release.voice.locale
    found = [
        reply_document(release.replies[one.id], wanted)
        for one in search_replies(release.replies, " ".join(words or []), wanted)
    ]
    session.terminal.document("reply.search", items=[one.model_dump(mode="json", exclude_none=True) for one in found])
    show_found(session.terminal, found)


@app.command(cls=Command)
def render(  # noqa: PLR0913, PLR0917  # each is an option of the command
    context: typer.Context,
    reply: Reply,
    customer: Customer = "",
    persona: Annotated[
        str, typer.Option("--persona", metavar="NAME", help="Somebody of templates/personas instead of a customer.")
    ] = "",
    channel: Channel = "whatsapp",
    about: About = None,
    ask: Asked = None,
    text: Text = "",
    locale: Locale = "",
    reason: Reason = "",
) -> None:
    """Show what a reply says to a customer now, and what they were promised before. Nothing is sent.

    With --persona it needs no ledger: the files are read as they are.
    """
    from orchestrator.api.reply_documents import rendered_document
    from orchestrator.cli.reply_text import show_reply
    from orchestrator.dispatch.replies import WantedReply

    session = session_of(context)
    if bool(customer) == bool(persona):
        raise InputError(
            "Name a customer or a persona.", remedy="Write --customer WHO or --persona NAME.", code="usage"
        )
    project = open_project(session)
    wanted = WantedReply(
        reply=reply,
        customer_id=customer,
        channel=chosen_channel(channel),
        objects=_pairs(about or [], "--object order=ord_1"),
        asked=_pairs(ask or [], "--ask ticket.next_step=…"),
        locale=locale or None,
        text=text or None,
    )
    composed, zone = _for_persona(project, wanted, persona) if persona else _for_customer(project, wanted, reason)
    shown = rendered_document(composed, zone, session.terminal.translate)
    good = not composed.answer.missing
    session.terminal.document("reply.render", ok=good, **shown.model_dump(mode="json", exclude_none=True))
    show_reply(session.terminal, shown)
    if not good:
        raise typer.Exit(1)


@app.command(cls=Command)
def send(  # noqa: PLR0913, PLR0917  # each is an option of the command
    context: typer.Context,
    reply: Reply,
    customer: Customer,
    channel: Channel = "whatsapp",
    about: About = None,
    ask: Asked = None,
    text: Text = "",
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="Why your words differ from the facts. It is recorded.")
    ] = "",
    locale: Locale = "",
) -> None:
    """Send a reply to a customer. It is accepted into the ledger, and a running worker sends it."""
    from orchestrator.api.reply_documents import contradiction_documents
    from orchestrator.dispatch.explain.names import find_customer
    from orchestrator.dispatch.replies import WantedReply, send_reply

    session = session_of(context)
    terminal = session.terminal
    project = open_project(session)
    with open_ledger(project) as opened:
        release = running_release(opened, project)
        identity = new_id("cli", opened.clock.now(), opened.clock.entropy(ENTROPY_SIZE))
        with opened.store.write() as transaction:
            wanted = WantedReply(
                reply=reply,
                customer_id=find_customer(transaction, customer).id,
                channel=chosen_channel(channel),
                objects=_pairs(about or [], "--object order=ord_1"),
                asked=_pairs(ask or [], "--ask ticket.next_step=…"),
                locale=locale or None,
                text=text or None,
                reason=reason,
            )
            request, composed = send_reply(
                transaction, release, opened.clock, wanted, identity=identity, origin="reply", by="cli"
            )
        ring(opened, {request.purpose.value})
    differing = list(contradiction_documents(composed.answer.contradictions, terminal.translate))
    terminal.document(
        "reply.send", id=request.id, reply=request.message, customer_id=request.customer_id,
        channel=wanted.channel.value, contradictions=[one.model_dump(mode="json") for one in differing],
    )  # fmt: skip
    terminal.say("Accepted {id}", id=request.id)
    for one in differing:
        terminal.show("  ! ", one.detail)


def _for_customer(project: "Project", wanted: "WantedReply", reason: str) -> "tuple[Composed, str]":
    from orchestrator.dispatch.explain.names import find_customer
    from orchestrator.dispatch.replies import compose

    with open_ledger(project) as opened:
        release = running_release(opened, project)
        with opened.store.read() as transaction:
            known = find_customer(transaction, wanted.customer_id)
            wanted = replace(wanted, customer_id=known.id)
            composed = compose(transaction, release, opened.clock, wanted, opened.settings.recipients)
        put_on_record(opened, release, reason, "reply", [known.id])
        return composed, release.project.timezone


def _for_persona(project: "Project", wanted: "WantedReply", name: str) -> "tuple[Composed, str]":
    from orchestrator.dispatch.promised import book_of
    from orchestrator.dispatch.replies import rehearse

    release, persona = project.read(), project.persona(name)
    locale = wanted.locale or str(persona.customer.get("locale") or "")
    composed = rehearse(release, wanted, persona.data, book_of(release, {}), SystemClock().now(), locale=locale)
    return composed, release.project.timezone


def _pairs(given: list[str], example: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in given:
        name, equals, value = pair.partition("=")
        if not (name and equals):
            raise InputError(
                '"{pair}" has no name and value.', remedy="Write {example}", code="usage", pair=pair, example=example
            )
        found[name] = value
    return found
