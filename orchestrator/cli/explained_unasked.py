"""Why a message was never requested: what is missing in each journey that sends it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from orchestrator.cli.explained_lines import Lines
from orchestrator.cli.explained_words import MISSED
from orchestrator.cli.terminal import BAD
from orchestrator.console.grounds import evidence_words
from orchestrator.dispatch.explain.values import Paused

if TYPE_CHECKING:
    from orchestrator.dispatch.explain.values import Missed, Unasked

_NO = ("✖", BAD)


class NeverRequested(Lines):
    """An explanation without a request."""

    def unasked(self) -> None:
        if not self.why.unasked:
            self.paragraph(
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
            self.hanging(lead, self._belongs(one, one.segment))
        elif one.event_type is None:
            self.hanging(
                lead, self.terminal.words("a schedule begins it, and no run of this customer came to the step")
            )
        elif not one.missed:
            self.hanging(lead, self.terminal.words("no {event} of this customer has come", event=one.event_type))
        for missed in one.missed:
            self.hanging(lead, self._missed(missed))
        if one.pause is not None:
            self.hanging(lead, evidence_words(Paused(pause=one.pause), self.teller))

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
