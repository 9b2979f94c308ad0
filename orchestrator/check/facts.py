"""CL130 to CL140: facts that contradict themselves or each other, and claims that rest on what is over."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from orchestrator.catalog.periods import read_period
from orchestrator.catalog.statements import StatementKind, read_statements
from orchestrator.check.entries import entries
from orchestrator.check.rule import Rule
from orchestrator.domain.errors import mark
from orchestrator.facts.contradiction import contradiction
from orchestrator.facts.model import Offers, Promises, parse_percent
from orchestrator.facts.moments import beginning, end, in_zone
from orchestrator.schema import parse_money

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from orchestrator.catalog.model import Message
    from orchestrator.documents import Document
    from orchestrator.domain.errors import Finding
    from orchestrator.facts.model import Offer, Policy
    from orchestrator.project import Read, Survey

# Found while all facts are gathered (facts/sheet.py): whatever reads them needs one of each.
_TWICE = Rule(
    code="CL130",
    level="error",
    title=mark("A fact is stated twice"),
    why=mark("A fact is said in one place. Of two, nobody could tell which one customers are told."),
    bad="""\
# templates/facts/site.yaml and templates/facts/loja.yaml
offers:
  banho_lume20: {title: Kit Banho, price: 129.90 BRL}
""",
    good="""\
# templates/facts/ofertas.yaml alone
offers:
  banho_lume20: {title: Kit Banho, price: 129.90 BRL, same_on: [site, loja]}
""",
)
_CONTRADICTORY_PRICES = Rule(
    code="CL131",
    level="error",
    title=mark("Discount, price and old price contradict each other"),
    why=mark("A customer can compute it. What is written as 20% off must be 20% off."),
    bad="""\
offers:
  banho_lume20: {title: Kit Banho, price: 139.90 BRL, was_price: 162.38 BRL, discount: 20%}
""",
    good="""\
offers:
  banho_lume20: {title: Kit Banho, price: 129.90 BRL, was_price: 162.38 BRL, discount: 20%}
""",
)
_ENDS_FIRST = Rule(
    code="CL132",
    level="error",
    title=mark("An offer ends before it starts"),
    why=mark("It would never hold, and every message that claims it would be held back for ever."),
    bad="""\
offers:
  banho_lume20: {title: Kit Banho, starts_at: 2026-11-30, ends_at: 2026-11-24}
""",
    good="""\
offers:
  banho_lume20: {title: Kit Banho, starts_at: 2026-11-24, ends_at: 2026-11-30}
""",
)
_OTHER_WORDS = Rule(
    code="CL133",
    level="error",
    title=mark("A policy's text does not say its value"),
    why=mark("Conditions and checks go by the value, customers read the text: both are one promise."),
    bad="""\
policies:
  return_window: {value: 7d, text: "10 dias corridos após o recebimento"}
""",
    good="""\
policies:
  return_window: {value: 7d, text: "7 dias corridos após o recebimento"}
""",
)
_TWO_VALUES = Rule(
    code="CL134",
    level="error",
    title=mark("Two offers say different things of the same"),
    why=mark("One coupon has one discount, and one product one price at a time; otherwise somebody is told wrong."),
    bad="""\
offers:
  banho_site: {title: Kit Banho, sku: KIT-BANHO-04, price: 129.90 BRL}
  banho_loja: {title: Kit Banho, sku: KIT-BANHO-04, price: 134.90 BRL}
""",
    good="""\
offers:
  banho: {title: Kit Banho, sku: KIT-BANHO-04, price: 129.90 BRL, same_on: [site, loja]}
""",
)
_OVER = Rule(
    code="CL140",
    level="warn",
    title=mark("A message claims an offer that has ended"),
    why=mark("It would expire with offer_ended instead of being sent."),
    bad="""\
# the offer's ends_at is in the past
claims:
  price: {kind: price, from: offers.banho_lume20.price}
""",
    good="""\
claims:
  price: {kind: price, from: offers.banho_natal.price}
""",
)
RULES = (_TWICE, _CONTRADICTORY_PRICES, _ENDS_FIRST, _OTHER_WORDS, _TWO_VALUES, _OVER)


def findings(survey: Survey) -> Iterator[Finding]:
    """Everything that is wrong between facts, and between facts and what is claimed."""
    locale, zone = (
        (survey.settings.model.locale, survey.settings.model.timezone) if survey.settings is not None else ("en", "UTC")
    )
    offers = [*_offers(survey.facts.values())]
    for one in offers:
        yield from _contradictory_prices(one)
        yield from _ends_first(one, zone)
    yield from _two_values(offers, zone)
    for read in survey.facts.values():
        if isinstance(read.model, Promises):
            for policy_id, policy in read.model.policies.items():
                yield from _other_words(read.document, policy_id, policy, locale)
    ended = {one.id: one for one in offers if _ended(one, survey, zone)}
    for entry in entries(survey):
        yield from _over(entry.read, ended)


class _Written(NamedTuple):
    """One offer, and where it is written."""

    id: str
    offer: Offer
    document: Document

    def text(self, field: str) -> str | None:
        """A value that the file holds; None for one that is absent, or live and so not known here."""
        value = getattr(self.offer, field)
        return value if isinstance(value, str) else None

    def finding(self, part: str, rule: Rule, message: str, remedy: str, **params: object) -> Finding:
        return self.document.finding(
            ("offers", self.id, part), message, params=params, code=rule.code, level=rule.level, help=remedy
        )

    def place(self, field: str) -> str:
        """File and line, for a finding that stands elsewhere."""
        found = self.document.finding(("offers", self.id, field), "", code="")
        return f"{found.file}:{found.line}"


def _offers(facts: Iterable[Read[Offers | Promises]]) -> Iterator[_Written]:
    for read in facts:
        if isinstance(read.model, Offers):
            for offer_id, offer in read.model.offers.items():
                yield _Written(offer_id, offer, read.document)


# --- CL131 ----------------------------------------------------------------------------------------------------------


def _contradictory_prices(one: _Written) -> Iterator[Finding]:
    found = contradiction(one.offer)
    if found is not None:
        yield one.finding(
            found.part,
            _CONTRADICTORY_PRICES,
            found.template,
            mark("Correct the one that is wrong, or leave was_price and discount out."),
            **found.params,
        )


# --- CL132, CL134, CL140: when --------------------------------------------------------------------------------------


def _ends_first(one: _Written, zone: str) -> Iterator[Finding]:
    starts_at, ends_at = one.text("starts_at"), one.text("ends_at")
    if starts_at is not None and ends_at is not None and end(ends_at, zone) < beginning(starts_at, zone):
        yield one.finding(
            "ends_at",
            _ENDS_FIRST,
            mark("This offer ends on {ends_at}, before it starts on {starts_at}"),
            mark("Write an ends_at after {starts_at}."),
            starts_at=starts_at,
            ends_at=ends_at,
        )


# What makes two offers speak of the same, and what they must agree on then.
_AGREE = (("coupon", ("discount",)), ("sku", ("price", "was_price")))


def _two_values(offers: list[_Written], zone: str) -> Iterator[Finding]:
    for place, one in enumerate(offers):
        for shared, fields in _AGREE:
            same = [
                other
                for other in offers[:place]
                if one.text(shared) is not None and one.text(shared) == other.text(shared) and _meet(one, other, zone)
            ]
            for field in fields:
                value = one.text(field)
                other = next((other for other in same if _differs(value, other.text(field))), None)
                if other is not None:
                    yield one.finding(
                        field,
                        _TWO_VALUES,
                        mark('{thing} "{name}" has {field} {value} here and {other} in {place}'),
                        mark("Make them one offer, or let one end before the other starts."),
                        thing=shared,
                        name=one.text(shared),
                        field=field,
                        value=value,
                        other=other.text(field),
                        place=other.place(field),
                    )


def _differs(value: str | None, other: str | None) -> bool:
    if value is None or other is None:
        return False
    if value.endswith("%") or other.endswith("%"):
        return parse_percent(value) != parse_percent(other)
    return parse_money(value) != parse_money(other)


def _meet(one: _Written, other: _Written, zone: str) -> bool:
    """Whether there is an instant at which both hold. A live end is not known, so it may be any."""
    return _begins(one, zone) <= _ends(other, zone) and _begins(other, zone) <= _ends(one, zone)


def _begins(one: _Written, zone: str) -> float:
    written = one.text("starts_at")
    return beginning(written, zone) if written is not None else float("-inf")


def _ends(one: _Written, zone: str) -> float:
    written = one.text("ends_at")
    return end(written, zone) if written is not None else float("inf")


def _ended(one: _Written, survey: Survey, zone: str) -> bool:
    written = one.text("ends_at")
    return written is not None and in_zone(written, zone)[:10] < survey.today.isoformat()


def _over(message: Read[Message], ended: dict[str, _Written]) -> Iterator[Finding]:
    """One finding for each offer, at the first claim that rests on it."""
    told: set[str] = set()
    for name, claim in message.model.claims.items():
        prefix, _, rest = claim.from_.partition(".")
        offer_id = rest.partition(".")[0]
        if prefix == "offers" and offer_id in ended and offer_id not in told:
            told.add(offer_id)
            yield message.document.finding(
                ("claims", name, "from"),
                mark('Offer "{offer}" ended on {ends_at}'),
                params={
                    "offer": offer_id,
                    "ends_at": ended[offer_id].text("ends_at"),
                    "place": ended[offer_id].place("ends_at"),
                },
                code=_OVER.code,
                level=_OVER.level,
                help=mark("Take the message out of its journeys, or give the offer a later ends_at in {place}."),
            )


# --- CL133 ----------------------------------------------------------------------------------------------------------


def _other_words(document: Document, policy_id: str, policy: Policy, locale: str) -> Iterator[Finding]:
    """In each language that the policy is approved in."""
    written = (
        (("text",), locale, policy.text),
        *((("texts", other), other, text) for other, text in policy.texts.items()),
    )
    for path, spoken, text in written:
        said = (one.value for one in read_statements(text, spoken) if one.kind is StatementKind.DURATION)
        if not any(_is_said(policy, one) for one in said):
            yield document.finding(
                ("policies", policy_id, *path),
                mark("The text does not say {value}"),
                params={"value": policy.value},
                code=_OTHER_WORDS.code,
                level=_OTHER_WORDS.level,
                help=mark("Write {value} in words, as in “7 dias”, or correct the value."),
            )


def _is_said(policy: Policy, statement: str) -> bool:
    """`2w` is `14d`. In business hours the words may say so elsewhere: "2 horas em horário comercial"."""
    said, wanted = statement, policy.value
    if policy.hours is not None:
        said, wanted = said.replace("b", ""), wanted.replace("b", "")
    return read_period(said) == read_period(wanted)
