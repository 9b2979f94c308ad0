"""`jogral explain`: why a customer did not get a message, or did."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.cli.actor import Reason, put_on_record
from orchestrator.cli.help import Command
from orchestrator.cli.ledger import open_ledger, running_release
from orchestrator.cli.session import session_of
from orchestrator.cli.workplace import open_project
from orchestrator.domain.errors import InputError
from orchestrator.domain.said import retold
from orchestrator.facts.moments import as_moment, beginning
from orchestrator.zones import zone_of

if TYPE_CHECKING:
    from orchestrator.dispatch.current import Current
    from orchestrator.dispatch.explain import Explanation
    from orchestrator.domain.customer import Customer
    from orchestrator.domain.time import Instant
    from orchestrator.store.port import Transaction

app = typer.Typer(add_completion=False)


@app.command(cls=Command)
def explain(
    context: typer.Context,
    named: Annotated[
        str,
        typer.Argument(metavar="ID", help="One request, msg_…, or one decision, dec_….", show_default=False),
    ] = "",
    customer: Annotated[
        str, typer.Option("--customer", metavar="WHO", help="The customer: id, e-mail, phone, or SYSTEM:ID.")
    ] = "",
    message: Annotated[str, typer.Option("--message", metavar="MESSAGE", help="The message's id.")] = "",
    delivery: Annotated[
        str,
        typer.Option("--delivery", "--decision", metavar="ID", help="The same as ID."),
    ] = "",
    at: Annotated[
        str,
        typer.Option(
            "--at", metavar="TIME", help='Suppose another time, such as "2026-11-25 09:01", with the data of now.'
        ),
    ] = "",
    reason: Reason = "",
) -> None:
    """Say why a message was or was not sent, gate by gate, and when it will be.

    Where it was never requested, say what is missing in each journey that sends it.
    """
    from orchestrator.cli.explain_document import explanation_document
    from orchestrator.cli.explained import show_explanation
    from orchestrator.dispatch.current import Current

    session = session_of(context)
    _require_one_way(customer, message, named, delivery)
    delivery = named or delivery
    project = open_project(session)
    with open_ledger(project) as opened:
        release = running_release(opened, project)
        with opened.store.read() as transaction:
            current = Current(release.id, release, {}, opened.settings.recipients)
            asking = _Asking(transaction, current, opened.clock.now(), at)
            found = asking.request(delivery) if delivery else asking.message(customer, message)
        put_on_record(opened, release, reason, "decisions", [found.customer.id])
    session.terminal.document("explain", **retold(explanation_document(found), session.terminal.translate))
    show_explanation(session.terminal, found, again=_again(customer, message, delivery))


def _require_one_way(customer: str, message: str, named: str, delivery: str) -> None:
    ways = [bool(customer or message), bool(named), bool(delivery)]
    if sum(ways) != 1 or bool(customer) != bool(message):
        raise InputError(
            "Say which message is meant.",
            remedy="Write jogral explain msg_…, or jogral explain --customer WHO --message MESSAGE",
            code="usage",
        )


@dataclass(frozen=True)
class _Asking:
    """The ledger at one moment, asked about the hour that was written, or about now."""

    transaction: Transaction
    current: Current
    now: Instant
    at: str

    def message(self, customer: str, message: str) -> Explanation:
        from orchestrator.dispatch.explain import explain_message, find_customer

        who = find_customer(self.transaction, customer)
        return explain_message(self.transaction, self.current, who, message, now=self.now, at=self._instant(who))

    def request(self, delivery: str) -> Explanation:
        from orchestrator.dispatch.explain import explain_request, find_request

        known, decision_id = find_request(self.transaction, delivery)
        who = self.transaction.customers.get(known.request.customer_id)
        at = None if who is None else self._instant(who)
        return explain_request(
            self.transaction, self.current, known, now=self.now, at=at, decision_id=None if self.at else decision_id
        )

    def _instant(self, customer: Customer) -> Instant | None:
        """Without an offset it is the customer's own wall time."""
        if not self.at:
            return None
        try:
            return beginning(as_moment(self.at), zone_of(customer, self.current.release.project.timezone))
        except ValueError as error:
            raise InputError(
                '"{text}" is not a time.', remedy="Write 2026-11-25T15:00, or with an offset.", code="usage",
                text=self.at,
            ) from error  # fmt: skip


def _again(customer: str, message: str, delivery: str) -> str:
    """The same command, as it can be typed again."""
    named = [delivery] if delivery else ["--customer", customer, "--message", message]
    return shlex.join(["jogral", "explain", *named])
