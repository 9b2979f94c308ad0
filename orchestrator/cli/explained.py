"""An explanation on a terminal: what became of it, gate by gate, what comes next, and what went before."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from rich.text import Text

from orchestrator.cli.explained_lines import Lines
from orchestrator.cli.explained_past import SECOND, Before
from orchestrator.cli.explained_unasked import NeverRequested
from orchestrator.cli.explained_words import BEYOND, LOST, STANDS, WOULD
from orchestrator.cli.terminal import BAD, DIM, GOOD, STRONG
from orchestrator.console.why import answer_words, gate_name
from orchestrator.dispatch.explain.values import NOT_REACHED, NOTHING_TO_ASK
from orchestrator.domain.customer import Channel
from orchestrator.domain.delivery import Mode, State
from orchestrator.domain.said import retold
from orchestrator.domain.time import moment
from orchestrator.domain.verdict import Drop, Hold, Send
from orchestrator.reasons import reason
from orchestrator.translations import mark

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from orchestrator.cli.terminal import Terminal
    from orchestrator.dispatch.explain.values import Ahead, Answer, Explained, Explanation
    from orchestrator.domain.time import Instant
    from orchestrator.domain.verdict import Verdict
    from orchestrator.store.evidence import KnownRequest

_YES, _NO = ("✔", GOOD), ("✖", BAD)
_MARKS: Mapping[str, tuple[str, str]] = {
    "pass": _YES, NOTHING_TO_ASK: _YES, "stop": _NO, "next": _NO, "wait": _NO,
}  # fmt: skip


def show_explanation(terminal: Terminal, explanation: Explanation, *, again: str) -> None:
    """Say it all. `again` is the command that asks the same, for another time."""
    page, before = _Page(terminal, explanation), Before(terminal, explanation)
    page.head()
    if explanation.request is None:
        NeverRequested(terminal, explanation).unasked()
        return
    page.gates()
    page.outlook(again)
    before.past()
    before.others()


class _Page(Lines):
    """What became of it, gate by gate, and what comes next."""

    # --- what became of it --------------------------------------------------------------------------------------------

    def head(self) -> None:
        why, when = self.why, self.teller.time(self.why.at)
        whom = why.customer.attributes.get("first_name")
        customer = f"{whom} ({why.customer.id})" if isinstance(whom, str) and whom else why.customer.id
        subject = f"{why.message} → {customer}: "
        stands = self._stands()
        room = self.terminal.width - len(subject) - len(stands) - len(when)
        # Where it does not fit beside it, the hour has a line of its own.
        gap = " " * room if room >= 2 else "\n"  # noqa: PLR2004  # two columns apart
        self.terminal.show((subject, STRONG), (stands, STRONG), gap, (when, DIM))
        for line, style in self._meaning():
            self.paragraph(line, style)

    def _stands(self) -> str:
        request, decision = self.why.request, self.why.decision
        if request is None:
            return self.terminal.words("never requested")
        if self.why.supposed and decision is not None:
            told = self.terminal.translate(WOULD[decision.state])
            return self.by(told, decision.channel)
        if request.planned:
            return self.terminal.words("planned for {when}", when=self.teller.time(request.request.due_at))
        if request.state is not State.SENT:
            return self.terminal.translate(STANDS[request.state])
        told = self.by(self.terminal.translate(STANDS[State.SENT]), _channel(request))
        if request.request.mode is Mode.TEST:
            return self.terminal.words("{told}, as a test", told=told)
        return self.terminal.words("{told}, not delivered", told=told) if self._beyond in LOST else told

    @property
    def _resting(self) -> bool:
        """Whether no gate stands in its way, and it waits all the same: a provider asked for that, or its turn did."""
        request, decision = self.why.request, self.why.decision
        if request is None or decision is None or self.why.supposed:
            return False
        return decision.state is None and request.state is State.DEFERRED and request.request.due_at > self.why.at

    @property
    def _beyond(self) -> str:
        """What was told later by the provider that has it now; what one before it said is another story."""
        sends = [one.at for one in self.why.history if one.state is None]
        since = sends[-1] // SECOND if len(sends) > 1 else 0
        kinds = {one.kind for one in self.why.receipts if one.at // SECOND >= since}
        return next((kind for kind in reversed(BEYOND) if kind in kinds), "")

    def _meaning(self) -> Iterator[tuple[str, str]]:
        """The reason in a sentence: of a decision of now where there is one, else of where the request stands."""
        request, decision = self.why.request, self.why.decision
        if request is None:
            return
        if decision is not None and decision.live and not self._resting:
            state, code, detail = decision.state, decision.reason, decision.detail
        else:
            state, code, detail = request.state, request.reason, request.detail
        if state is None:
            yield self.terminal.words("Every gate lets it through."), ""
            return
        if state is State.SENT and not code and self._beyond:
            yield self.terminal.translate(BEYOND[self._beyond]), ""
        else:
            yield reason(state, code, self.terminal.translate).sentence, ""
        if detail:
            yield retold(detail, self.terminal.translate), DIM
        if request.possible_duplicate:
            told = mark(
                "It may have arrived twice: the provider did not say whether it took it, and it was sent again."
            )
            yield self.terminal.translate(told), ""

    # --- gate by gate -------------------------------------------------------------------------------------------------

    def gates(self) -> None:
        decision = self.why.decision
        if decision is None:
            self.paragraph(self.terminal.words("No gate was asked about it."), style=DIM)
            return
        self.terminal.show()
        self._caption(decision)
        asked = [answer for answer in decision.answers if answer.result != NOT_REACHED]
        unasked = [self._name(answer) for answer in decision.answers if answer.result == NOT_REACHED]
        beyond = self.terminal.words("not reached")
        width = max(map(len, [*map(self._name, decision.answers), beyond]))
        many = len({answer.channel for answer in asked if answer.channel is not None}) > 1
        before = ""
        for answer, channels, told in self._rows(asked):
            name = self._name(answer)
            label = "" if name == before else name
            named = f"{self.named(channels)}: " if channels and (many or answer.gate == "address") else ""
            lead = Text.assemble("  ", _MARKS[answer.result], f" {label:<{width}}  ")
            self.hanging(lead, named + told, DIM if answer.result == NOTHING_TO_ASK else "")
            before = name
        if unasked:
            self.hanging(Text(f"    {beyond:<{width}}  ", style=DIM), ", ".join(unasked), DIM)

    def _name(self, answer: Answer) -> str:
        return gate_name(answer.gate, self.terminal.translate)

    def _caption(self, decision: Explained) -> None:
        if decision.live and not self.why.supposed and decision.at == self.why.at:
            return
        when = self.teller.time(decision.at)
        if decision.live:
            told = self.terminal.words("Supposed for {when}, with the data of now:", when=when)
        else:
            told = self.terminal.words("Decided {when}:", when=when)
        self.terminal.show((told, DIM))

    def _rows(self, answers: Iterable[Answer]) -> Iterator[tuple[Answer, list[Channel], str]]:
        """Answers of one gate that say the same of several channels are one row."""
        told = [(answer, answer_words(answer, self.teller)) for answer in answers]
        for _, group in groupby(told, key=lambda row: (row[0].gate, row[0].result, row[1])):
            rows = list(group)
            yield rows[0][0], [answer.channel for answer, _ in rows if answer.channel is not None], rows[0][1]

    # --- what comes next ----------------------------------------------------------------------------------------------

    def outlook(self, again: str) -> None:
        told = list(self._coming())
        if told:
            self.terminal.show()
        for line in told:
            self.paragraph(line)
        action = self._action()
        if action:
            self.hanging(Text("= " if told else "\n= ", style=DIM), action)
        self._try_it(again)

    def _coming(self) -> Iterator[str]:
        ahead, request = self.why.ahead, self.why.request
        if ahead is not None:
            yield from self._next(ahead)
        if request is not None and request.state is State.UNKNOWN and request.settled_at is None:
            yield self.terminal.words("The provider is asked, and its own word awaited; until then nothing is sent.")

    def _action(self) -> str:
        request, decision = self.why.request, self.why.decision
        if request is None:
            return ""
        if decision is not None and decision.live and not self._resting:
            state, code = decision.state or State.ACCEPTED, decision.reason
        else:
            state, code = request.state, request.reason
        if decision is not None and decision.state is None and (self.why.supposed or request.planned):
            return ""
        return reason(state, code, self.terminal.translate).action

    def _next(self, ahead: Ahead) -> Iterator[str]:
        say, time = self.terminal.words, self.teller.time
        if not ahead.halts:
            yield from self._now(ahead.verdict)
            return
        first, at = time(ahead.halts[0].until), time(ahead.at)
        match ahead.verdict:
            case Send(channel=channel) if len(ahead.halts) == 1:
                by = self.named([channel])
                yield say("Next try {when} by {channel}; every gate is asked again then.", when=first, channel=by)
            case Send(channel=channel):
                by = self.named([channel])
                yield say(
                    "Next try {first}; as things stand it is sent {when} by {channel}.",
                    first=first,
                    when=at,
                    channel=by,
                )
            case None:
                yield say("Next try {first}; up to {when} no time was found at which it is sent.", first=first, when=at)
            case Hold():
                why = self._sentence(ahead.verdict)
                yield say("Next try {first}; as things stand it is held then: {why}", first=first, why=why)
            case verdict:
                why = self._sentence(verdict)
                yield say("Next try {first}; on {when} it ends unsent: {why}", first=first, when=at, why=why)

    def _now(self, verdict: Verdict | None) -> Iterator[str]:
        match verdict:
            case Send(channel=channel) if self.why.request is not None and self.why.request.planned:
                by = self.named([channel])
                yield self.terminal.words("It is sent then, by {channel}; every gate is asked again.", channel=by)
            case Send(channel=channel) if self.why.request is not None and self._resting:
                by, when = self.named([channel]), self.teller.time(self.why.request.request.due_at)
                say = self.terminal.words
                yield say("Next try {when} by {channel}; every gate is asked again then.", when=when, channel=by)
            case Send(channel=channel) if not self.why.supposed:
                by = self.named([channel])
                yield self.terminal.words("A worker sends it as soon as it takes it, by {channel}.", channel=by)
            case Hold():
                yield self.terminal.words("It stays so until somebody changes something.")
            case Drop():
                yield self.terminal.words("It is not tried again.")

    def _sentence(self, verdict: Verdict) -> str:
        state = verdict.state if isinstance(verdict, Drop) else State.HELD
        code = verdict.reason if isinstance(verdict, (Drop, Hold)) else ""
        return reason(state, code, self.terminal.translate).sentence

    def _try_it(self, again: str) -> None:
        ahead = self.why.ahead
        if ahead is None or self.why.supposed or not ahead.halts:
            return
        # Up to the minute, and none too early.
        at = ahead.halts[-1].until + _MINUTE
        self.terminal.show(self.terminal.words("Try it:"), f' {again} --at "{_wall(at, self.why.zone)}"')


_MINUTE = 60_000


def _channel(request: KnownRequest) -> Channel | None:
    return Channel(request.channel) if request.channel else None


def _wall(at: Instant, zone: str) -> str:
    """As `--at` takes it."""
    return f"{moment(at, zone):%Y-%m-%d %H:%M}"
