"""What comes back: whether providers can call this shop, and which templates wait for their word."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from orchestrator.cli.checkups.check import Check, Verdict
from orchestrator.cli.checkups.links import is_of_this_machine
from orchestrator.translations import mark

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from orchestrator.app import App
    from orchestrator.cli.terminal import Terminal
    from orchestrator.store.port import Store

TEMPLATES = mark("templates")
_WAITING = frozenset({"pending", "in_appeal", "submitted", ""})
_APPROVED = "approved"


def hook(terminal: Terminal, app: App, account_id: str, callback_url: str | None = None) -> Check:
    """Whether a provider that tells news by itself can bring it here; `callback_url` where its calls say where to."""
    url = f"{app.public_url}/hooks/{account_id}"
    parts = urlsplit(url)
    aspect = "webhook"
    if callback_url is not None and callback_url != url:
        return Check(
            name=account_id, aspect=aspect, verdict=Verdict.BAD,
            told=terminal.words("callback_url is {given}: nothing is told here of what became of messages.",
                                given=callback_url or "-"),
            remedy=terminal.words("Write callback_url: {url}", url=url),
        )  # fmt: skip
    if is_of_this_machine(parts.hostname or ""):
        return Check(
            name=account_id, aspect=aspect, verdict=Verdict.BAD,
            told=terminal.words("The provider cannot call {url}: receipts, answers and opt-outs are lost.", url=url),
            remedy=terminal.words("Set JOGRAL_PUBLIC_URL to where this server is reached from outside: https://…"),
        )  # fmt: skip
    if parts.scheme != "https":
        return Check(
            name=account_id, aspect=aspect, verdict=Verdict.BAD,
            told=terminal.words("Providers call https only, and this is {url}.", url=url),
            remedy=terminal.words("Put a certificate before the server, and write https:// in JOGRAL_PUBLIC_URL."),
        )  # fmt: skip
    told = terminal.words("The provider must be told this address: {url}", url=url)
    return Check(name=account_id, aspect=aspect, verdict=Verdict.GOOD, told=told)


def approvals(
    terminal: Terminal, store: Store, account_id: str, wanted: Collection[tuple[str, str]]
) -> Iterator[Check]:
    """Templates that cannot be sent, by what the provider said of them; those of words that were said before are past.

    `wanted` are the names and languages of all that say something today.
    """
    with store.read() as transaction:
        known = {(one.name, one.language): one.status for one in transaction.templates.all(account_id)}
    listed = {key: known.get(key, "") for key in wanted}
    stuck = Counter(status for status in listed.values() if status != _APPROVED)
    if not known:
        yield Check(
            name=account_id, aspect=TEMPLATES, verdict=Verdict.NOTE,
            told=terminal.words("No template was submitted: outside of conversations nothing can be sent."),
            remedy=terminal.words("Submit them: jogral whatsapp sync"),
        )  # fmt: skip
    elif not stuck:
        told = terminal.words("All {count} templates are approved.", count=len(listed))
        yield Check(name=account_id, aspect=TEMPLATES, verdict=Verdict.GOOD, told=told)
    else:
        waiting = sum(count for status, count in stuck.items() if status in _WAITING)
        names = ", ".join(sorted({name for (name, _), status in listed.items() if status != _APPROVED})[:5])
        yield Check(
            name=account_id, aspect=TEMPLATES, verdict=Verdict.NOTE if waiting == stuck.total() else Verdict.BAD,
            told=terminal.words("{waiting} wait for approval, {refused} cannot be sent: {names}", waiting=waiting,
                                refused=stuck.total() - waiting, names=names),
            remedy=terminal.words("See why, and ask Meta again: jogral whatsapp sync"),
        )  # fmt: skip
