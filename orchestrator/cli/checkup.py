"""The checks of `jogral doctor`, each a sentence with a verdict and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.cli.checkups import doorbell, ledger, links
from orchestrator.cli.checkups.accounts import Accounts, wired
from orchestrator.cli.checkups.check import Check, Verdict
from orchestrator.cli.ledger import open_ledger
from orchestrator.cli.workplace import open_project
from orchestrator.dispatch.wanted_templates import wanted_templates

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.app import App
    from orchestrator.channels import Call
    from orchestrator.cli.session import Session
    from orchestrator.cli.terminal import Terminal
    from orchestrator.release import Release

__all__ = ["Check", "Verdict", "examine"]


def examine(session: Session) -> Iterator[Check]:
    """Every check, one after the other: the first ones tell why later ones fail. Raises where there is no project."""
    terminal = session.terminal
    project = open_project(session)
    release, check = ledger.project(terminal, project)
    yield check
    with open_ledger(project, ready=False) as app:
        found = list(ledger.ledger(terminal, app))
        sound = all(check.verdict is Verdict.GOOD for check in found)
        yield from found
        yield doorbell.redis(terminal, app)
        if sound:
            yield ledger.audit(terminal, app)
            yield ledger.quarantine(terminal, app, release)
        mails: list[Call] = []
        if release is not None:
            checked = _accounts(terminal, app, release)
            yield from checked[0]
            mails = checked[1]
            if sound:
                yield links.clock(terminal, app, release)
            yield links.links(terminal, app, mails)
        yield links.keys(terminal, app)


def _accounts(terminal: Terminal, app: App, release: Release) -> tuple[list[Check], list[Call]]:
    """What was seen of the accounts, and the calls that letters would be."""
    wanted = [one.key for one in wanted_templates(release)]
    accounts = Accounts(terminal, app, *wired(app, release), wanted)
    return list(accounts.checks()), accounts.mails
