"""An explanation on a terminal: what became of it, gate by gate, what comes next, and what went before."""

from __future__ import annotations

import textwrap
from itertools import groupby
from typing import TYPE_CHECKING

from rich.text import Text

from orchestrator.cli.channel_names import NAMES
from orchestrator.cli.explained_words import MISSED, RECEIPTS, STANDS, STOOD, WOULD
from orchestrator.cli.terminal import BAD, DIM, GOOD, STRONG
from orchestrator.console.why import Teller, answer_words, evidence_words, gate_name
from orchestrator.dispatch.explain.values import NOT_REACHED, NOTHING_TO_ASK, Paused
from orchestrator.domain.customer import Channel
from orchestrator.domain.delivery import State
from orchestrator.domain.said import retold
from orchestrator.domain.time import moment
from orchestrator.domain.verdict import Drop, Hold, Send
from orchestrator.reasons import reason
from orchestrator.translations import mark

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from orchestrator.cli.terminal import Terminal
    from orchestrator.dispatch.explain.values import Ahead, Answer, Explained, Explanation, Missed, Past, Unasked
    from orchestrator.domain.time import Instant
    from orchestrator.domain.verdict import Verdict
    from orchestrator.store.evidence import KnownRequest

_YES, _NO = ("✔", GOOD), ("✖", BAD)
_MARKS: Mapping[str, tuple[str, str]] = {
    "pass": _YES, NOTHING_TO_ASK: _YES, "stop": _NO, "next": _NO, "wait": _NO,
}  # fmt: skip


def show_explanation(terminal: Terminal, explanation: Explanation, *, again: str) -> None:
    """Say it all. `again` is the command that asks the same, for another time."""
    page = _Page(terminal, explanation)
    page.head()
    if explanation.request is None:
        page.unasked()
        return
    page.gates()
    page.outlook(again)
    page.past()
    page.others()


class _Page:
    """Lines of one explanation, set to the terminal's width."""

    def __init__(self, terminal: Terminal, explanation: Explanation) -> None:
        self.terminal = terminal
        self.why = explanation
        self.teller = Teller(terminal.language, terminal.translate, explanation.zone, explanation.at)

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
            self._paragraph(line, style)

    def _stands(self) -> str:
        request, decision = self.why.request, self.why.decision
        if request is None:
            return self.terminal.words("never requested")
        if self.why.supposed and decision is not None:
            told = self.terminal.translate(WOULD[decision.state])
            return self._by(told, decision.channel)
        if request.planned:
            return self.terminal.words("planned for {when}", when=self.teller.time(request.request.due_at))
        told = self.terminal.translate(STANDS[request.state])
        return self._by(told, _channel(request)) if request.state is State.SENT else told

    def _by(self, told: str, channel: Channel | None) -> str:
        if channel is None:
            return told
        return self.terminal.words("{told} by {channel}", told=told, channel=self._named([channel]))

    def _meaning(self) -> Iterator[tuple[str, str]]:
        """The reason in a sentence: of a decision of now where there is one, else of where the request stands."""
        request, decision = self.why.request, self.why.decision
        if request is None:
            return
        if decision is not None and decision.live:
            state, code, detail = decision.state, decision.reason, decision.detail
        else:
            state, code, detail = request.state, request.reason, request.detail
        if state is None:
            yield self.terminal.words("Every gate lets it through."), ""
            return
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
            self._paragraph(self.terminal.words("No gate was asked about it."), style=DIM)
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
            named = f"{self._named(channels)}: " if channels and (many or answer.gate == "address") else ""
            lead = Text.assemble("  ", _MARKS[answer.result], f" {label:<{width}}  ")
            self._hanging(lead, named + told, DIM if answer.result == NOTHING_TO_ASK else "")
            before = name
        if unasked:
            self._hanging(Text(f"    {beyond:<{width}}  ", style=DIM), ", ".join(unasked), DIM)

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
            self._paragraph(line)
        action = self._action()
        if action:
            self._hanging(Text("= " if told else "\n= ", style=DIM), action)
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
        if decision is not None and decision.live:
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
                by = self._named([channel])
                yield say("Next try {when} by {channel}; every gate is asked again then.", when=first, channel=by)
            case Send(channel=channel):
                by = self._named([channel])
                yield say(
                    "Next try {first}; as things stand it is sent {when} by {channel}.",
                    first=first,
                    when=at,
                    channel=by,
                )
            case None:
                yield say("Next try {first}; up to {when} no time was found at which it is sent.", first=first, when=at)
            case verdict:
                why = self._sentence(verdict)
                yield say("Next try {first}; on {when} it ends unsent: {why}", first=first, when=at, why=why)

    def _now(self, verdict: Verdict | None) -> Iterator[str]:
        match verdict:
            case Send(channel=channel) if self.why.request is not None and self.why.request.planned:
                by = self._named([channel])
                yield self.terminal.words("It is sent then, by {channel}; every gate is asked again.", channel=by)
            case Send(channel=channel) if not self.why.supposed:
                by = self._named([channel])
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

    # --- what went before ---------------------------------------------------------------------------------------------

    def past(self) -> None:
        why, decision = self.why, self.why.decision
        told = decision is not None and not decision.live and len(why.history) == 1
        rows = [(past.at, self._stood(past)) for past in why.history] if not told else []
        rows += [(one.at, self._heard(one.kind, one.detail)) for one in why.receipts]
        if not rows:
            return
        self.terminal.show("\n", (self.terminal.words("So far"), STRONG))
        width = max(len(self.teller.time(at)) for at, _ in rows)
        for at, words in sorted(rows, key=lambda row: row[0]):
            self._hanging(Text.assemble("  ", (f"{self.teller.time(at):<{width}}", DIM), "  "), words)

    def _stood(self, past: Past) -> str:
        told = self.terminal.translate(STOOD[past.state])
        if past.state is None:
            return self._by(told, past.channel)
        return f"{told}: {reason(past.state, past.reason, self.terminal.translate).sentence}"

    def _heard(self, kind: str, detail: str) -> str:
        told = self.terminal.translate(RECEIPTS[kind]) if kind in RECEIPTS else kind
        return f"{told}: {detail}" if detail else told

    def others(self) -> None:
        if not self.why.others:
            return
        self.terminal.show("\n", (self.terminal.words("Requested before"), STRONG))
        for other in self.why.others:
            told = self.terminal.translate(STANDS[other.state])
            channels = self._named(other.request.candidates)
            when = self.teller.time(other.request.due_at)
            self._hanging(Text.assemble("  ", (f"{when}  ", DIM)), f"{told} · {channels} · {other.request.id}")
        self._paragraph(
            self.terminal.words("Explain one of them: jogral explain --delivery {id}", id="msg_…"), style=DIM
        )

    # --- never requested ----------------------------------------------------------------------------------------------

    def unasked(self) -> None:
        if not self.why.unasked:
            self._paragraph(
                self.terminal.words(
                    "No journey sends it: it goes out only when it is asked for, with jogral send or POST /v1/messages."
                )
            )
            return
        self.terminal.show()
        for one in self.why.unasked:
            self._step(one)

    def _step(self, one: Unasked) -> None:
        self.terminal.show(
            "  ", _NO, " ", self.terminal.words("{journey}, step {step}", journey=one.journey, step=one.step)
        )
        lead = Text("      ")
        if one.segment is not None:
            self._hanging(lead, self._belongs(one, one.segment))
        elif one.event_type is None:
            self._hanging(
                lead, self.terminal.words("a schedule begins it, and no run of this customer came to the step")
            )
        elif not one.missed:
            self._hanging(lead, self.terminal.words("no {event} of this customer has come", event=one.event_type))
        for missed in one.missed:
            self._hanging(lead, self._missed(missed))
        if one.pause is not None:
            self._hanging(lead, evidence_words(Paused(pause=one.pause), self.teller))

    def _belongs(self, one: Unasked, segment: str) -> str:
        if one.inside_since is None:
            return self.terminal.words(
                "who enters the segment {segment} begins it, and they are not in it", segment=segment
            )
        return self.terminal.words(
            "who enters the segment {segment} begins it, and they were found in it on {when}: before it ran, or no run"
            " that began then came to the step",
            segment=segment,
            when=self.teller.time(one.inside_since),
        )

    def _missed(self, missed: Missed) -> str:
        return self.terminal.words(
            MISSED[missed.why], event=missed.event_type, when=self.teller.time(missed.at), note=missed.note
        )

    # --- setting ------------------------------------------------------------------------------------------------------

    def _named(self, channels: Iterable[Channel]) -> str:
        return ", ".join(self.terminal.translate(NAMES[channel]) for channel in channels)

    def _paragraph(self, told: str, style: str = "") -> None:
        self._hanging(Text(""), told, style)

    def _hanging(self, lead: Text, told: str, style: str = "") -> None:
        """Words behind a lead, and further lines under their beginning."""
        room = max(self.terminal.width - len(lead), _ROOM_MIN)
        lines = textwrap.wrap(told, room, break_long_words=False, break_on_hyphens=False) or [""]
        self.terminal.show(lead, (lines[0], style))
        for line in lines[1:]:
            self.terminal.show(" " * len(lead), (line, style))


_ROOM_MIN = 20
_MINUTE = 60_000


def _channel(request: KnownRequest) -> Channel | None:
    return Channel(request.channel) if request.channel else None


def _wall(at: Instant, zone: str) -> str:
    """As `--at` takes it."""
    return f"{moment(at, zone):%Y-%m-%d %H:%M}"
