"""CL101 to CL121: what copy states, and how; that every rendering says what it claims."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from orchestrator.catalog.examples import complete_data
from orchestrator.catalog.refusals import ClaimMismatch
from orchestrator.catalog.render import render
from orchestrator.catalog.statements import StatementKind, read_statements
from orchestrator.catalog.values import look_up
from orchestrator.check import literals, patterns
from orchestrator.check.copies import copies
from orchestrator.check.entries import variants
from orchestrator.check.rule import Rule
from orchestrator.check.samples import facts_for, spoken
from orchestrator.check.wording import CLAIMS, copy_of, heard_on, readings, texts_under
from orchestrator.domain.claim import ClaimKind
from orchestrator.domain.customer import Channel
from orchestrator.domain.errors import InputError, mark
from orchestrator.schema import VariableType, merged

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from orchestrator.catalog.model import Claim, Message
    from orchestrator.check.samples import Spoken
    from orchestrator.documents import Document
    from orchestrator.domain.errors import Finding
    from orchestrator.facts.sheet import FactSheet
    from orchestrator.project import Read, Survey
    from orchestrator.replies.model import Reply

C = TypeVar("C", "Message", "Reply")

_UNFIT = Rule(
    code="CL104",
    level="error",
    title=mark("A claim is of another kind than what it is read from"),
    why=mark("A price can be read from an amount and a deadline from a date; anything else cannot be written."),
    bad="""\
variables:
  order.total: {type: string, example: "129.90"}
claims:
  total: {kind: price, from: order.total}
""",
    good="""\
variables:
  order.total: {type: money, example: 129.90 BRL}
claims:
  total: {kind: price, from: order.total}
""",
)
_NEVER_INNOCENT = Rule(
    code="CL106",
    level="error",
    title=mark("not_claims holds an amount of money or a coupon"),
    why=mark("An amount is always a promise. What is listed here is not heard when a message is read back."),
    bad="""\
not_claims: [por R$ 99]
content:
  body: Kit Banho por R$ 99.
""",
    good="""\
claims:
  price: {kind: price, from: offers.banho_lume20.price}
not_claims: [100% algodão]
content:
  body: Kit Banho de 100% algodão por {{ claims.price }}.
""",
)
_UNSAID = Rule(
    code="CL107",
    level="warn",
    title=mark("A phrase of not_claims occurs nowhere"),
    why=mark("An exception must not outlive the words that it was made for."),
    bad="""\
not_claims: [100% algodão]
content:
  body: Toalhas de linho.
""",
    good="""\
not_claims: [100% algodão]
content:
  body: Toalhas de 100% algodão.
""",
)
_UNSTATED = Rule(
    code="CL112",
    level="warn",
    title=mark("A claim is declared and never stated"),
    why=mark("The message waits for a value, or is held for it, that no customer reads."),
    bad="""\
claims:
  price: {kind: price, from: offers.banho_lume20.price}
content:
  body: O Kit Banho está esperando você.
""",
    good="""\
claims:
  price: {kind: price, from: offers.banho_lume20.price}
content:
  body: O Kit Banho sai por {{ claims.price }}.
""",
)
_DIVIDED = Rule(
    code="CL113",
    level="info",
    title=mark("Two channels state different claims of one kind"),
    why=mark("Who reads both finds two prices or two dates. A shorter channel may leave a claim out, not replace it."),
    bad="""\
channels:
  sms:  {body: "Chega até {{ claims.old_date }}"}
  push: {title: Seu pedido, body: "Chega até {{ claims.new_date }}"}
""",
    good="""\
channels:
  sms:  {body: "Chega até {{ claims.new_date }}"}
  push: {title: Seu pedido, body: "Chega até {{ claims.new_date }}"}
""",
)
_MISREAD = Rule(
    code="CL120",
    level="error",
    title=mark("A rendering does not say what it claims"),
    why=mark(
        "Every text is read back before it leaves, as a customer would read it. What does not say its claims, or says "
        "more than them, is never sent."
    ),
    bad="""\
content:
  body: Só até sexta-feira, {{ claims.ends }}, às 18h.   # the claim has another hour, or none
""",
    good="""\
content:
  body: Só até {{ claims.ends }}.
""",
)
RULES = (*literals.RULES, _UNFIT, _NEVER_INNOCENT, _UNSAID, _UNSTATED, _DIVIDED, _MISREAD, *patterns.RULES)


def findings(survey: Survey) -> Iterator[Finding]:
    """Everything that is wrong with what a project claims. What cannot be read back follows from some of it."""
    at_fault: set[str] = set()
    for copy in copies(survey):
        for finding in literals.findings_in(copy, survey.sheet):
            at_fault.add(finding.file)
            yield finding
    for finding in (*_of_messages(survey), *_of_replies(survey)):
        at_fault.add(finding.file)
        yield finding
    for read in survey.messages.values():
        yield from _unstated(read)
        yield from _divided(read)
    unreadable = [*patterns.findings(survey)]
    yield from unreadable
    voice = survey.voice.document.file if survey.voice else ""
    if not unreadable and voice not in at_fault:
        for one in spoken(survey):
            if one.document.file not in at_fault:
                yield from _misread(survey, one)


# --- CL104 ----------------------------------------------------------------------------------------------------------

_FITTING: Mapping[ClaimKind, frozenset[VariableType]] = {
    ClaimKind.PRICE: frozenset({VariableType.MONEY}),
    ClaimKind.DISCOUNT: frozenset({VariableType.NUMBER, VariableType.INTEGER, VariableType.STRING}),
    ClaimKind.DELIVERY_DATE: frozenset({VariableType.DATE, VariableType.DATETIME}),
    ClaimKind.DEADLINE: frozenset({VariableType.DATE, VariableType.DATETIME}),
    ClaimKind.COUPON: frozenset({VariableType.STRING}),
    ClaimKind.POLICY: frozenset({VariableType.STRING}),
}


def _of_messages(survey: Survey) -> Iterator[Finding]:
    for message_id, read in survey.messages.items():
        yield from _kinds(read, survey.sheet)
        yield from _not_claims(survey, read, survey.translations.get(message_id, {}))


def _of_replies(survey: Survey) -> Iterator[Finding]:
    """A phrase may stand in one variant alone, so it is looked for in all of them."""
    for reply_id, read in survey.replies.items():
        for entry in variants(survey, reply_id):
            yield from _kinds(entry.read, survey.sheet)
        yield from _not_claims(survey, read, survey.replies_translated.get(reply_id, {}))


def _kinds(read: Read[Message], sheet: FactSheet) -> Iterator[Finding]:
    facts = frozenset(sheet.known_paths())
    for name, claim in read.model.claims.items():
        variable = read.model.variables.get(claim.from_)
        if variable is not None and variable.type not in _FITTING[claim.kind]:
            fitting = ", ".join(sorted(kind.value for kind in _FITTING[claim.kind]))
            yield _unfit(read, name, claim, mark("Read it from a variable of type {fitting}."), fitting)
        elif variable is None and claim.from_ in facts and sheet.kind_of(claim.from_) is not claim.kind:
            kind = sheet.kind_of(claim.from_)
            remedy = mark("It can be stated as: {fitting}.") if kind else mark("No claim can state it.")
            yield _unfit(read, name, claim, remedy, kind.value if kind else "")


def _unfit(read: Read[Message], name: str, claim: Claim, remedy: str, fitting: str) -> Finding:
    return read.document.finding(
        ("claims", name, "from"), mark('"{path}" cannot be stated as a claim of the kind {kind}'),
        code=_UNFIT.code, level=_UNFIT.level, help=remedy,
        params={"path": claim.from_, "kind": claim.kind.value, "fitting": fitting},
    )  # fmt: skip


# --- CL106, CL107 ---------------------------------------------------------------------------------------------------

_AMOUNTS = (StatementKind.MONEY, StatementKind.COUPON)


def _not_claims(survey: Survey, read: Read[C], translations: Mapping[str, Read[C]]) -> Iterator[Finding]:
    """A translation that lists no phrases of its own has those of the original."""
    heirs = [one.document for one in translations.values() if "not_claims" not in one.document.data]
    locale = survey.voice.model.locale if survey.voice else "pt-BR"
    yield from _phrases(read.document, heirs, locale, survey.sheet)
    for other, translation in translations.items():
        yield from _phrases(translation.document, (), other, survey.sheet)


# Where a message writes its copy, and where a reply does.
_COPY = ("content", "channels", "variants")


def _phrases(document: Document, heirs: Iterable[Document], locale: str, sheet: FactSheet) -> Iterator[Finding]:
    said = [text for one in (document, *heirs) for _, text in texts_under(one.data, *_COPY)]
    for place, phrase in enumerate(document.data.get("not_claims") or ()):
        amount = _amount_in(phrase, locale, sheet)
        if amount is not None:
            yield document.finding(
                ("not_claims", place), mark('not_claims cannot hold "{text}": an amount or a coupon is a promise'),
                code=_NEVER_INNOCENT.code, level=_NEVER_INNOCENT.level, offset=amount[0], length=amount[1] - amount[0],
                help=mark("State it as a claim."), params={"text": phrase[slice(*amount)]},
            )  # fmt: skip
        elif not any(True for text in said for _ in literals.occurrences(phrase, text)):
            yield document.finding(
                ("not_claims", place), mark('"{text}" occurs nowhere in this message'),
                code=_UNSAID.code, level=_UNSAID.level,
                help=mark("Delete it, or write it as copy does, with its capitals and accents."),
                params={"text": phrase},
            )  # fmt: skip


def _amount_in(phrase: str, locale: str, sheet: FactSheet) -> tuple[int, int] | None:
    """Where a phrase states money, or a coupon by itself."""
    for found in read_statements(phrase, locale):
        if found.kind in _AMOUNTS:
            return found.start, found.end
    words = literals.words_of_facts(phrase, sheet)
    return next(((start, end) for start, end, path in words if sheet.kind_of(path) is ClaimKind.COUPON), None)


# --- CL112, CL113 ---------------------------------------------------------------------------------------------------


def _unstated(read: Read[Message]) -> Iterator[Finding]:
    stated = {reading.name for _, text in copy_of(read.model) for reading in readings(text)}
    for name in read.model.claims:
        if CLAIMS + name not in stated:
            yield read.document.finding(
                ("claims", name), mark('Claim "{name}" is declared and never stated'),
                code=_UNSTATED.code, level=_UNSTATED.level, on_key=True,
                help=mark("State it, or take it out."), params={"name": name},
            )  # fmt: skip


def _divided(read: Read[Message]) -> Iterator[Finding]:
    """Only claims of the same kind can contradict each other; one that is superseded is there to be taken back."""
    first: dict[ClaimKind, tuple[Channel, set[str]]] = {}
    for channel in Channel:
        for kind, names in _stated_on(channel, read.model).items():
            before, known = first.setdefault(kind, (channel, names))
            if known.isdisjoint(names):
                yield read.document.finding(
                    ("channels", channel.value), mark("{channel} states claim {names}, and {other} states {known}"),
                    code=_DIVIDED.code, level=_DIVIDED.level, on_key=True,
                    help=mark("State the same one, or mark the one that is taken back as superseded."),
                    params={
                        "channel": channel.value, "names": ", ".join(sorted(names)),
                        "other": before.value, "known": ", ".join(sorted(known)),
                    },
                )  # fmt: skip


def _stated_on(channel: Channel, message: Message) -> dict[ClaimKind, set[str]]:
    stated: dict[ClaimKind, set[str]] = {}
    for _, text in heard_on(channel, message):
        for reading in readings(text):
            name = reading.name.removeprefix(CLAIMS)
            claim = message.claims.get(name) if reading.name.startswith(CLAIMS) else None
            if claim is not None and not claim.superseded:
                stated.setdefault(claim.kind, set()).add(name)
    return stated


# --- CL120 ----------------------------------------------------------------------------------------------------------


def _misread(survey: Survey, one: Spoken) -> Iterator[Finding]:
    """What is read back depends on claims and not on other data, so each set of claims is rendered once."""
    assert survey.voice is not None
    rendered: set[str] = set()
    told: set[Channel] = set()
    for given in ({}, *(read.model.data for read in survey.personas.values())):
        data = complete_data(one.message, merged(given, facts_for(survey, one.message, given, one.locale)))
        claimed = repr([look_up(data, tuple(claim.from_.split("."))) for claim in one.message.claims.values()])
        if claimed in rendered:
            continue
        rendered.add(claimed)
        for channel in one.message.said_on:
            if channel in told:
                continue
            try:
                render(one.published, survey.voice.model, one.locale, channel, data, today=survey.today)
            except ClaimMismatch as mismatch:
                told.add(channel)
                yield one.document.finding(
                    ("channels", channel.value), mark("On {channel}, {field} {says}"),
                    code=_MISREAD.code, level=_MISREAD.level, on_key=True,
                    help=mark("Change the words around the claim: they must not make another value of it."),
                    params=mismatch.params,
                )  # fmt: skip
            except InputError:
                continue  # what does not fit is said by the rules of variables
