"""BV101 to BV190, the brand voice: its own file, and every text that is said in it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from orchestrator.catalog import prose
from orchestrator.catalog.examples import complete_data
from orchestrator.catalog.refusals import OffBrand
from orchestrator.catalog.render import render
from orchestrator.check import prose_habits, prose_rules, prose_voice
from orchestrator.check.copies import copies
from orchestrator.check.samples import facts_for, spoken
from orchestrator.check.speech import Place, Told
from orchestrator.domain.customer import Channel
from orchestrator.domain.errors import InputError, mark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.catalog.prose import Fault
    from orchestrator.catalog.voice import Voice
    from orchestrator.check.copies import Copy
    from orchestrator.check.samples import Spoken
    from orchestrator.check.speech import Speech
    from orchestrator.documents import Document
    from orchestrator.domain.errors import Finding
    from orchestrator.project import Survey

RULES = prose_rules.RULES


def findings(survey: Survey) -> Iterator[Finding]:
    """Everything that the voice has against its own file, and against what is said in it.

    While its rules are wrong, nothing is mended by them.
    """
    wrong = [*prose_voice.findings(survey)]
    yield from wrong
    for finding in _said(survey):
        yield _by_hand(finding) if wrong and finding.fix is not None else finding


def _by_hand(finding: Finding) -> Finding:
    return replace(finding, fix=None, help=_RULES_FIRST, help_template=_RULES_FIRST)


_RULES_FIRST = mark("Correct the rules of brand_voice.yaml first; until then --fix leaves this alone.")


def _said(survey: Survey) -> Iterator[Finding]:
    if survey.voice is None:
        return
    for copy in copies(survey):
        if copy.message is None:
            yield from _by_the_voice(survey.voice.model.in_locale(copy.locale), copy)
    for one in spoken(survey):
        told = _told(one)
        at_fault = [*_in_copy(told), *prose_habits.findings(told, original=one.original)]
        yield from at_fault
        if not at_fault:
            yield from _brought(survey, one)


def _told(one: Spoken) -> Told:
    return Told(
        document=one.document,
        message=one.message,
        voice=one.voice,
        purpose=one.published.purpose or "",
        written={path: path for path in one.own()},
        whole={channel: ("channels", channel.value) for channel in Channel},
    )


# --- what is written ------------------------------------------------------------------------------------------------

_WORDS = frozenset({prose.TERM, prose.EXISTENCE, prose.SUBSTITUTION})
_WHOLE = frozenset({prose.OCCURRENCE, prose.CONDITIONAL, prose.EMOJI})


def _in_copy(told: Told) -> Iterator[Finding]:
    """The faults of every channel. What stands in a text that several of them say is found once."""
    for speech in told.speeches():
        for fault in prose.faults(told.voice, speech.text, speech.about):
            place = speech.place(fault.start, fault.end)
            if place is not None:
                yield _finding(told.document, fault, place)
            elif fault.code in _WHOLE:
                yield _about_the_whole(told, speech, fault)
        for copy, saying in speech.other_sayings():
            for fault in prose.faults(told.voice, saying.text, speech.about):
                place = speech.place_in(copy, saying, fault.start, fault.end) if fault.code in _WORDS else None
                if place is not None:
                    yield _finding(told.document, fault, place)


def _by_the_voice(voice: Voice, copy: Copy) -> Iterator[Finding]:
    """The faults of a greeting, a sign-off or a prefix."""
    for fault in prose.faults(voice, copy.masked, prose.About()):
        if fault.code in _WORDS:
            yield _finding(
                copy.document, fault, Place(path=copy.path, offset=fault.start, length=fault.end - fault.start)
            )


def _finding(document: Document, fault: Fault, place: Place) -> Finding:
    mends = fault.fix is not None and place.length == fault.end - fault.start
    return document.finding(
        place.path, _SAYS, code=fault.code, level=fault.level, help=_REMEDIES[fault.code],
        offset=place.offset, length=place.length, params={"says": fault.message, "rule": fault.rule},
        fix=document.fix(place.path, fault.fix or "", offset=place.offset, length=place.length) if mends else None,
    )  # fmt: skip


def _about_the_whole(told: Told, speech: Speech, fault: Fault) -> Finding:
    return told.document.finding(
        told.whole[speech.channel], _SAYS, code=fault.code, level=fault.level, help=_REMEDIES[fault.code],
        on_key=True, params={"says": fault.message, "rule": fault.rule},
    )  # fmt: skip


_SAYS = mark("Brand voice: {says} ({rule})")

_IN_OTHER_WORDS = mark("Say it in other words; brand_voice.yaml has the rule.")
_REMEDIES = {
    prose.TERM: mark("Use the voice's own word: jogral check --fix"),
    prose.EXISTENCE: _IN_OTHER_WORDS,
    prose.SUBSTITUTION: mark("Use the voice's own word: jogral check --fix"),
    prose.OCCURRENCE: mark("Leave some out: greeting and sign-off count as well."),
    prose.CONDITIONAL: mark("Say it on this channel too; brand_voice.yaml has the rule."),
    prose.SENTENCE: mark("Make two sentences of it."),
    prose.EMOJI: mark("Leave some out: greeting and sign-off count as well."),
}


# --- what facts bring -----------------------------------------------------------------------------------------------


def _brought(survey: Survey, one: Spoken) -> Iterator[Finding]:
    """What would be refused when it is sent: with the words of the facts as they are, and of the examples."""
    assert survey.voice is not None
    data = complete_data(one.message, facts_for(survey, one.message, {}, one.locale))
    for channel in one.message.said_on:
        try:
            render(one.published, survey.voice.model, one.locale, channel, data, today=survey.today)
        except OffBrand as refused:
            for fault in refused.faults:
                yield one.document.finding(
                    ("channels", channel.value), mark("Brand voice, with what facts and examples say: {says} ({rule})"),
                    code=fault.code, level=fault.level, on_key=True,
                    help=mark("Correct the fact or the example, or say it in other words."),
                    params={"says": fault.message, "rule": fault.rule},
                )  # fmt: skip
        except InputError:
            continue  # what does not fit is said by the rules of variables
