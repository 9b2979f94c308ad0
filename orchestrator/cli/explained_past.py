"""What went before: every decision of a request with what its provider told later, and further requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from orchestrator.cli.explained_lines import Lines
from orchestrator.cli.explained_words import RECEIPTS, STANDS, STOOD
from orchestrator.cli.terminal import DIM, STRONG
from orchestrator.reasons import reason

if TYPE_CHECKING:
    from orchestrator.dispatch.explain.values import Past

SECOND = 1_000


class Before(Lines):
    """The past of one explanation."""

    def past(self) -> None:
        why, decision = self.why, self.why.decision
        told = decision is not None and not decision.live and len(why.history) == 1
        rows = [(past.at, 0, self._stood(past)) for past in why.history] if not told else []
        rows += [(one.at, _place(one.kind), self._heard(one.kind, one.detail)) for one in why.receipts]
        if not rows:
            return
        self.terminal.show("\n", (self.terminal.words("So far"), STRONG))
        width = max(len(self.teller.time(at)) for at, _, _ in rows)
        # Providers tell time in seconds: within one, what must have come first is told first.
        for at, _, words in sorted(rows, key=lambda row: (row[0] // SECOND, row[1])):
            self.hanging(Text.assemble("  ", (f"{self.teller.time(at):<{width}}", DIM), "  "), words)

    def _stood(self, past: Past) -> str:
        told = self.terminal.translate(STOOD[past.state])
        if past.state is None:
            told = self.by(told, past.channel)
            return f"{told} ({past.account})" if self._changed_accounts else told
        return f"{told}: {reason(past.state, past.reason, self.terminal.translate).sentence}"

    @property
    def _changed_accounts(self) -> bool:
        """Whether one channel went through several accounts: only then their names say something."""
        ways = {(one.channel, one.account) for one in self.why.history if one.state is None}
        return len(ways) > len({channel for channel, _ in ways})

    def _heard(self, kind: str, detail: str) -> str:
        told = self.terminal.translate(RECEIPTS[kind]) if kind in RECEIPTS else kind
        return f"{told}: {detail}" if detail else told

    def others(self) -> None:
        if not self.why.others:
            return
        self.terminal.show("\n", (self.terminal.words("Requested before"), STRONG))
        for other in self.why.others:
            told = self.terminal.translate(STANDS[other.state])
            channels = self.named(other.request.candidates)
            when = self.teller.time(other.request.due_at)
            self.hanging(Text.assemble("  ", (f"{when}  ", DIM)), f"{told} · {channels} · {other.request.id}")
        self.paragraph(self.terminal.words("Explain one of them: jogral explain {id}", id="msg_…"), style=DIM)


def _place(kind: str) -> int:
    """Behind the decision, in the order in which a provider gets on."""
    return list(RECEIPTS).index(kind) + 1 if kind in RECEIPTS else len(RECEIPTS) + 1
