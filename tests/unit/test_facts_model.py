"""The YAML of facts: what can be written, what is kept of it, and what does not agree with itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import TypeAdapter, ValidationError

from orchestrator.documents import parse
from orchestrator.domain.claim import ClaimKind
from orchestrator.domain.errors import DocumentError
from orchestrator.domain.fact import names_fact
from orchestrator.facts.contradiction import contradiction
from orchestrator.facts.model import Live, Offer, Offers, Promises
from orchestrator.facts.sheet import FactSheet, collect
from orchestrator.schema import Duration, FactPath, Span, parse_duration

ROOT = Path(__file__).parents[2]

OFFER = """kind: offers
owner: marketing
offers:
  kit:
    title: Kit
    {line}
"""
PROMISE = """kind: promises
owner: operacoes
delivery:
  standard:
    {line}
"""


def read(text, *, file="templates/facts/facts.yaml"):
    document = parse(text, file=file)
    return document, document.read(Promises if "kind: promises" in text else Offers)


def refusal(text):
    with pytest.raises(DocumentError) as caught:
        read(text)
    (finding,) = caught.value.findings
    return finding


def sheet(*texts):
    found, findings = collect({f"{n}": read(text, file=f"templates/facts/{n}.yaml") for n, text in enumerate(texts)})
    assert not findings
    return found


@pytest.fixture(scope="module")
def shipped():
    files = {name: ROOT / f"templates/facts/{name}.yaml" for name in ("offers", "promises")}
    texts = {name: (path.read_text(encoding="utf-8"), str(path.relative_to(ROOT))) for name, path in files.items()}
    found, findings = collect({name: read(text, file=file) for name, (text, file) in texts.items()})
    assert not findings
    return found


# --- what can be written ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("price: 129.90", 'must be an amount and a currency, such as "129.90 BRL"'),
        ("price: 129,90 BRL", 'must be an amount and a currency, such as "129.90 BRL"'),
        ("price: 129.905 BRL", "with at most two decimals"),
        ("price: 0.00 BRL", "must be more than nothing"),
        ("price: 1e9 BRL", "with at most two decimals"),
        ("price: [1]", 'must be an amount and a currency, such as "129.90 BRL"'),
        ("discount: 20", "must be a percentage such as 20%"),
        ("discount: 0%", "must be a percentage such as 20%"),
        ("discount: 101%", "must be a percentage such as 20%"),
        ("coupon: LUME 20", "must be letters, digits, - and _"),
        ("ends_at: amanhã", "must be a date such as 2026-11-30"),
        ("ends_at: 2026-02-30", "must be a date such as 2026-11-30"),
        ("ends_at: 9999-12-31", "must be a date such as 2026-11-30"),
        ("ends_at: 2026-11-30T25:00", "must be a date such as 2026-11-30"),
        ("valid_for: 7 dias", "must be a duration such as 7d, 2h, 30m, 2w or 5bd"),
        ("valid_for: 7", "must be a duration such as 7d, 2h, 30m, 2w or 5bd"),
        ("valid_for: 0d", "must be a duration such as 7d, 2h, 30m, 2w or 5bd"),
        ("landing_page: casalume.example", "must be an http or https address"),
        ("price: {live: offers.kit.price}", "must be a live path such as inventory.KIT-BANHO-04.available"),
        ("price: {live: inventory.kit}", "must be a live path such as inventory.KIT-BANHO-04.available"),
        ("stock: {live: inventory.KIT.available, reserve: -1}", "must be at least 0"),
        ("stock: 200", "must be a mapping"),
        ("pryce: 1.00 BRL", 'did you mean "price"?'),
        ("price: {live: inventory.KIT.price, reserve: 3}", 'Unknown key "reserve"'),
    ],
)
def test_an_offer_says_each_value_in_one_way(line, message):
    finding = refusal(OFFER.format(line=line))
    assert message in finding.message
    assert finding.line == 6


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('business_days: {SP: 2}\n    cutoff: "24:00"', 'must be an hour such as "14:00"'),
        ("business_days: {SP: 2}\n    cutoff: 14h", 'must be an hour such as "14:00"'),
        ("business_days: {SP: 2}\n    carrier_calendar: Brasil", "must be a country such as BR"),
        ("business_days: {SP: 2}\n    counts_from: placed", "must be a path into the data such as order.placed_at"),
        ("business_days: {SP: -2}", "must be at least 0"),
        ("business_days: {SP: 200}", "must be at most 120"),
        ("business_days: {}", "must have at least 1 entries"),
    ],
)
def test_a_delivery_promise_says_each_value_in_one_way(line, message):
    assert message in refusal(PROMISE.format(line=line)).message


def test_a_policy_has_a_value_and_the_words_for_it():
    text = "kind: promises\nowner: operacoes\npolicies:\n  troca: {value: sete dias, text: 7 dias}\n"
    assert "must be a duration" in refusal(text).message


@pytest.mark.parametrize(
    ("text", "count", "unit"), [("7d", 7, "d"), ("2h", 2, "h"), ("30m", 30, "m"), ("2w", 2, "w"), ("5bd", 5, "bd")]
)
def test_a_duration_is_a_count_and_a_unit(text, count, unit):
    assert TypeAdapter(Duration).validate_python(text) == text
    assert parse_duration(text) == Span(count, unit)


@pytest.mark.parametrize("text", ["", "d", "7", "07d", "7D", "7 d", "-7d", "7dd", "1.5h", "99999d"])
def test_anything_else_is_no_duration(text):
    with pytest.raises(ValueError, match="must be a duration"):
        parse_duration(text)


@pytest.mark.parametrize("path", ["offers.kit.price", "inventory.KIT-BANHO-04.available", "policies.troca"])
def test_a_path_may_hold_a_sku(path):
    assert TypeAdapter(FactPath).validate_python(path) == path


@pytest.mark.parametrize("path", ["offers", "Offers.kit", "offers.", "offers.kit price", "offers..kit"])
def test_anything_else_is_no_path_of_a_fact(path):
    with pytest.raises(ValidationError, match="must be the path of a fact"):
        TypeAdapter(FactPath).validate_python(path)


def test_what_is_written_is_kept_as_it_is_written():
    """A release is JSON: the price that went in comes out, to the last zero."""
    lines = "price: 129.90 BRL\n    discount: 20%\n    ends_at: 2026-11-30\n    valid_for: 7d"
    _, offers = read(OFFER.format(line=lines))
    offer = Offers.model_validate_json(offers.model_dump_json()).offers["kit"]
    assert (offer.price, offer.discount, offer.ends_at, offer.valid_for) == ("129.90 BRL", "20%", "2026-11-30", "7d")


def test_any_part_of_an_offer_may_be_live():
    lines = "price: {live: inventory.KIT.price}\n    ends_at: {live: inventory.KIT.ends_at}"
    _, offers = read(OFFER.format(line=lines))
    assert offers.offers["kit"].price == Live(live="inventory.KIT.price")
    assert Offers.model_validate_json(offers.model_dump_json()) == offers


# --- the sheet --------------------------------------------------------------------------------------------------------


def test_the_shipped_facts_survive_the_ledger(shipped):
    """FactSheet goes through JSON and comes back the same, with its text in the same order."""
    content = shipped.model_dump_json(by_alias=True)
    again = FactSheet.model_validate_json(content)
    assert again == shipped
    assert again.model_dump_json(by_alias=True) == content
    assert again.known_paths() == shipped.known_paths()


def test_places_are_in_the_order_of_the_model(shipped):
    """The release's id hashes them: an order by chance would make every process see another release."""
    paths = [path for path in shipped.places if path.startswith("offers.banho_lume20.")]
    parts = [path.rpartition(".")[2] for path in paths]
    assert parts == [name for name in Offer.model_fields if name in parts]


@pytest.mark.parametrize(
    ("path", "kind", "static"),
    [
        ("offers.banho_lume20.price", ClaimKind.PRICE, True),
        ("offers.banho_lume20.was_price", ClaimKind.PRICE, True),
        ("offers.banho_lume20.discount", ClaimKind.DISCOUNT, True),
        ("offers.banho_lume20.coupon", ClaimKind.COUPON, True),
        ("offers.banho_lume20.ends_at", ClaimKind.DEADLINE, True),
        ("offers.volta_10.ends_at", ClaimKind.DEADLINE, True),  # through valid_for
        ("offers.banho_lume20.title", None, True),
        ("offers.banho_lume20.on_sale", None, True),
        ("policies.return_window", ClaimKind.POLICY, True),
        ("policies.return_window.value", None, True),
        ("promises.delivery.standard", ClaimKind.DELIVERY_DATE, True),
        ("inventory.KIT-BANHO-04.available", None, False),
    ],
)
def test_every_path_is_known_with_what_a_claim_may_make_of_it(shipped, path, kind, static):
    assert path in shipped.known_paths()
    assert shipped.kind_of(path) is kind
    assert shipped.static(path) is static


@pytest.mark.parametrize(
    "path", ["offers.volta_10.price", "offers.nobody.price", "policies.nothing", "inventory.OTHER.available"]
)
def test_what_nobody_wrote_is_not_known(shipped, path):
    assert path not in shipped.known_paths()
    assert shipped.kind_of(path) is None
    assert not shipped.static(path)


def test_a_live_part_lends_its_kind_to_its_path():
    live = sheet(OFFER.format(line="price: {live: inventory.KIT.price}"))
    assert live.kind_of("inventory.KIT.price") is ClaimKind.PRICE
    assert not live.static("offers.kit.price")
    assert not live.static("inventory.KIT.price")


def test_every_fact_knows_its_place_and_its_owner(shipped):
    lines = (ROOT / "templates/facts/offers.yaml").read_text(encoding="utf-8").splitlines()

    for path, written in {
        "offers.banho_lume20": "banho_lume20:",
        "offers.banho_lume20.price": "price:",
        "offers.banho_lume20.on_sale": "banho_lume20:",
        "inventory.KIT-BANHO-04.available": "live:",
        "offers.volta_10.ends_at": "volta_10:",
    }.items():
        place = shipped.place(path)
        assert (place.file, place.owner) == ("templates/facts/offers.yaml", "marketing")
        assert lines[place.line - 1].strip().startswith(written)
    assert shipped.place("policies.return_window.value").owner == "operacoes"
    assert shipped.place("nothing.like.this") is None


@pytest.mark.parametrize(
    ("paths", "live"),
    [
        ((), set()),
        (("order.number",), set()),
        (("offers.kit.coupon",), {"inventory.KIT.available"}),
        (("offers.kit.price",), {"inventory.KIT.available", "inventory.KIT.price"}),
        (("offers.kit.on_sale",), {"inventory.KIT.available"}),
        (("offers.kit",), {"inventory.KIT.available"}),
        (("inventory.OTHER.available",), {"inventory.OTHER.available"}),
        (("policies.troca", "promises.delivery.standard"), set()),
    ],
)
def test_a_claimed_offer_needs_its_stock(paths, live):
    lines = "coupon: KIT\n    price: {live: inventory.KIT.price}\n    stock: {live: inventory.KIT.available}"
    assert sheet(OFFER.format(line=lines)).live_paths(paths) == live


@pytest.mark.parametrize(
    ("path", "value", "unfit"),
    [
        ("inventory.KIT.available", 12, None),
        ("inventory.KIT.available", 0, None),
        ("inventory.KIT.available", 1_000_000_000, None),
        ("inventory.KIT.available", 1_000_000_001, "must be a whole number of pieces"),
        ("inventory.KIT.available", 12.5, "must be a whole number of pieces"),
        ("inventory.KIT.available", 1e23, "must be a whole number of pieces"),
        ("inventory.KIT.available", "12", "must be a whole number of pieces"),
        ("inventory.KIT.available", True, "must be a whole number of pieces"),
        ("inventory.KIT.available", -1, "must be a whole number of pieces"),
        ("inventory.KIT.available", float("nan"), "must be a whole number of pieces"),
        ("inventory.KIT.price", "129.90 BRL", None),
        ("inventory.KIT.price", 129.9, "must be an amount and a currency"),
        ("inventory.KIT.ends_at", "2026-11-30", None),
        ("inventory.KIT.ends_at", 20261130, "must be a date"),
        ("inventory.OTHER.anything", "whatever", None),
    ],
)
def test_a_live_path_takes_what_its_readers_can_read(path, value, unfit):
    lines = (
        "price: {live: inventory.KIT.price}\n    ends_at: {live: inventory.KIT.ends_at}"
        "\n    stock: {live: inventory.KIT.available}"
    )
    answer = sheet(OFFER.format(line=lines)).unfit(path, value)
    assert answer is None if unfit is None else answer.startswith(unfit)


def test_an_id_is_used_once_over_all_files():
    """The second one is told where the first is, and the first one counts."""
    first = read(OFFER.format(line="price: 10.00 BRL"), file="templates/facts/a.yaml")
    second = read(OFFER.format(line="price: 20.00 BRL"), file="templates/facts/b.yaml")
    found, (finding,) = collect({"a": first, "b": second})

    assert found.offers["kit"].price == "10.00 BRL"
    assert (finding.code, finding.file, finding.line, finding.column) == ("CL130", "templates/facts/b.yaml", 4, 3)
    assert finding.message == 'The fact "offers.kit" is already in templates/facts/a.yaml, line 4'


@pytest.mark.parametrize(
    ("line", "message", "place"),
    [
        (
            "business_days: {Sudest: 3}\n    carrier_calendar: BR",
            'no region "Sudest"; did you mean "Sudeste"?',
            (5, 21),
        ),
        ("business_days: {SP: 3}\n    carrier_calendar: XX", 'There is no country "XX"', (6, 23)),
        ("business_days: {SP: 3}\n    carrier_calendar: BR-ZZ", 'BR has no part "ZZ"', (6, 23)),
    ],
)
def test_names_that_only_tables_know_are_checked(line, message, place):
    _, (finding,) = collect({"a": read(PROMISE.format(line=line))})
    assert message in finding.message
    assert (finding.code, (finding.line, finding.column)) == ("YA104", place)


@pytest.mark.parametrize("line", ["business_days: {Algarve: 3}\n    carrier_calendar: PT", "business_days: {Lapa: 1}"])
def test_regions_of_other_calendars_are_theirs(line):
    assert sheet(PROMISE.format(line=line)).delivery


@pytest.mark.parametrize(
    ("path", "is_fact"),
    [("offers.kit.price", True), ("inventory.A.b", True), ("order.number", False), ("offers_url", False)],
)
def test_the_prefix_tells_facts_from_data(path, is_fact):
    assert names_fact(path) is is_fact


# --- what does not agree with itself ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("price", "was_price", "discount", "part"),
    [
        ("129.90 BRL", "162.38 BRL", "20%", None),
        ("129.90 BRL", "162.40 BRL", "20%", "discount"),
        ("129.91 BRL", "162.38 BRL", "20%", None),  # 129.904, rounded up
        ("129.89 BRL", "162.38 BRL", "20%", "discount"),
        ("66.66 BRL", "99.99 BRL", "33.33%", None),
        ("50.00 BRL", "100.00 BRL", None, None),
        ("100.00 BRL", "100.00 BRL", None, "was_price"),
        ("120.00 BRL", "100.00 BRL", "20%", "was_price"),
        ("100.00 BRL", "120.00 USD", "20%", "was_price"),
        ("100.00 BRL", None, "20%", None),
        (None, "100.00 BRL", "20%", None),
        (Live(live="inventory.KIT.price"), "100.00 BRL", "20%", None),
        ("80.00 BRL", "100.00 BRL", Live(live="inventory.KIT.discount"), None),
    ],
)
def test_price_discount_and_the_price_before_agree_to_the_cent(price, was_price, discount, part):
    found = contradiction(Offer(title="Kit", price=price, was_price=was_price, discount=discount))
    assert (found and found.part) == part


def test_a_contradiction_says_what_would_be_right():
    found = contradiction(Offer(title="Kit", price="129.90 BRL", was_price="162.40 BRL", discount="20%"))
    assert found.template.format(**found.params) == "20% off 162.40 BRL is 129.92 BRL, not 129.90 BRL"


def test_the_shipped_offers_agree_with_themselves(shipped):
    assert not any(contradiction(offer) for offer in shipped.offers.values())
