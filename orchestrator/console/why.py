"""What each gate was asked about, in words: for the terminal, and for pages."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final

from orchestrator.console.grounds import evidence_words
from orchestrator.console.words import FREELY, passed, refused
from orchestrator.decide.conversing import CONVERSATION
from orchestrator.decide.where import GONE
from orchestrator.dispatch.explain.values import NOTHING_TO_ASK, Fact, Obstacle
from orchestrator.domain.delivery import State
from orchestrator.reasons import reason
from orchestrator.translations import mark

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from orchestrator.console.teller import Teller
    from orchestrator.dispatch.explain.values import Answer

GATES: Final = {
    "journey_live": mark("journey"),
    "exit_marks": mark("exit events"),
    "not_after": mark("deadline"),
    "address": mark("addresses"),
    "suppression": mark("suppression"),
    "consent": mark("consent"),
    "recipients": mark("allow-list"),
    "pauses": mark("pauses"),
    "suppress_rules": mark("rules"),
    "facts": mark("facts"),
    "capacity": mark("capacity"),
    "quiet_hours": mark("quiet hours"),
    "caps": mark("caps"),
    "template": mark("template"),
    "route": mark("account"),
    "render": mark("wording"),
    "read_back": mark("read-back"),
}

# What it means that a gate had nothing to ask about, or that it asked and nothing stood against the message.
_NOTHING: Final = {
    "exit_marks": mark("none came"),
    "not_after": mark("it has none"),
    "pauses": mark("none"),
    "suppress_rules": mark("none of the project concerns it"),
    "facts": mark("it states none of the project's"),
    "capacity": mark("nothing limits it"),
    "quiet_hours": mark("none concern it"),
    "caps": mark("none counts it"),
    "template": mark("none is needed"),
}
_PASSED: Final = {
    "exit_marks": mark("none came"),
    "not_after": mark("it has none"),
    "suppression": mark("none"),
    "pauses": mark("none"),
    "suppress_rules": mark("none stands against it"),
    "facts": mark("in force"),
    "capacity": mark("there is room"),
    "quiet_hours": mark("not now"),
    "caps": mark("not reached"),
    "render": mark("it can be written"),
    "read_back": mark("it says what the facts say"),
}


def gate_name(gate: str, say: Callable[[str], str]) -> str:
    """What a line about a gate begins with; a gate of a later version gives its own name."""
    return say(GATES[gate]) if gate in GATES else gate


def answer_words(answer: Answer, teller: Teller) -> str:
    """What one gate answered, and on which grounds."""
    told = _ANSWERS[answer.gate](answer, teller) if answer.gate in _ANSWERS else _grounds(answer, teller)
    return told or _in_general(answer, teller)


def _in_general(answer: Answer, teller: Teller) -> str:
    if answer.result == NOTHING_TO_ASK:
        return teller.say(_NOTHING.get(answer.gate, mark("nothing to ask")))
    if answer.result == "pass":
        return teller.say(_PASSED[answer.gate]) if answer.gate in _PASSED else answer.code
    return refused(answer.code or answer.gate, teller.say)


def _grounds(answer: Answer, teller: Teller) -> str:
    return " · ".join(evidence_words(one, teller) for one in answer.evidence)


# --- answers that are more than their grounds -------------------------------------------------------------------------


def _journey(answer: Answer, teller: Teller) -> str:
    if answer.result == "stop":
        return teller.translate("{journey} is no longer in the project", journey=answer.code)
    return _grounds(answer, teller)


def _deadline(answer: Answer, teller: Teller) -> str:
    told = _grounds(answer, teller)
    return teller.translate("{told}: that is over", told=told) if told and answer.result == "stop" else told


def _address(answer: Answer, teller: Teller) -> str:
    return _grounds(answer, teller) if answer.result == "pass" else ""


def _recipients(answer: Answer, teller: Teller) -> str:
    told = _grounds(answer, teller)
    return told if answer.result == "pass" else f"{told}: {refused(answer.code, teller.say)}"


def _suppression(answer: Answer, teller: Teller) -> str:
    told = _grounds(answer, teller)
    return teller.translate("{told}, for marketing only", told=told) if told and answer.result == "pass" else told


def _facts(answer: Answer, teller: Teller) -> str:
    """What stood in the way first; then what files say, each place once, and what is live, each value with its word."""
    facts = [one for one in answer.evidence if isinstance(one, Fact)]
    told = [evidence_words(one, teller) for one in answer.evidence if isinstance(one, Obstacle)]
    written = [one for one in facts if one.version is None and one.value is not None]
    for parent, group in groupby(written, key=lambda fact: fact.path.rpartition(".")[0]):
        parts = list(group)
        values = ", ".join(f"{fact.path.rpartition('.')[2]} {fact.value}" for fact in parts)
        told.append(f"{parent}: {values} ({parts[0].written_at})" if parts[0].written_at else f"{parent}: {values}")
    told += [evidence_words(fact, teller) for fact in facts if fact not in written]
    return " · ".join(told)


def _quiet_hours(answer: Answer, teller: Teller) -> str:
    told = _grounds(answer, teller)
    urgent = answer.result == "pass" and answer.code
    return teller.translate("{told}; it is urgent and may pass", told=told) if urgent else told


def _template(answer: Answer, teller: Teller) -> str:
    """How WhatsApp says it, or why it does not."""
    if not answer.code:
        return ""
    if answer.result == "pass":
        if answer.code == CONVERSATION:
            return teller.say(FREELY)
        return teller.translate("{template} is approved", template=answer.code)
    refusal, _, template = answer.code.partition(" ")
    why = refused(refusal, teller.say)
    return f"{template}: {why}" if template else why


def _account(answer: Answer, teller: Teller) -> str:
    if answer.result == "pass":
        return _grounds(answer, teller)
    account, _, code = answer.code.partition(" ")
    if code == GONE:
        return teller.translate("{account} is no longer in the project", account=account)
    told = _grounds(answer, teller)
    why = reason(State.DEFERRED, code, teller.say).sentence.removesuffix(".") if code in _REFUSALS else ""
    if not told:
        return ""
    return f"{told}: {why or teller.say(mark('it has refused for long, the next one is tried'))}"


_REFUSALS: Final = frozenset({"provider_unavailable", "rate_limit"})


def _read_back(answer: Answer, teller: Teller) -> str:
    """An agent's reason, where their words differ from the facts."""
    return passed(answer.gate, answer.code, teller.say) if answer.result == "pass" and answer.code else ""


_ANSWERS: Mapping[str, Callable[[Answer, Teller], str]] = {
    "journey_live": _journey,
    "not_after": _deadline,
    "address": _address,
    "recipients": _recipients,
    "suppression": _suppression,
    "facts": _facts,
    "quiet_hours": _quiet_hours,
    "template": _template,
    "route": _account,
    "read_back": _read_back,
}
