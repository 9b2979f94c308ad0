"""Reading YAML: what comes out as values, and where every mistake is pointed at."""

from __future__ import annotations

import time
from datetime import date  # pydantic reads annotations when the model is made
from typing import Annotated, Any, Literal, Self

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import (
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    RootModel,
    Tag,
    create_model,
    field_validator,
    model_validator,
)
from typing_extensions import TypeAliasType

from orchestrator.documents import CODES, Document, parse, recall
from orchestrator.domain.errors import DocumentError, Finding, Fix, Unfit, Word


def document(text: str) -> Document:
    return parse(text, file="m.yaml")


def refused(text: str) -> list[Finding]:
    with pytest.raises(DocumentError) as caught:
        document(text)
    return list(caught.value.findings)


def misread(text: str, model: type[BaseModel]) -> list[Finding]:
    with pytest.raises(DocumentError) as caught:
        document(text).read(model)
    return list(caught.value.findings)


def told(findings: list[Finding]) -> list[str]:
    return [f"{found.line}:{found.column} {found.code} {found.message}" for found in findings]


# --- values ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("no", "no"),
        ("on", "on"),
        ("2026-11-30", "2026-11-30"),
        ("2026-11-30T21:00:00-03:00", "2026-11-30T21:00:00-03:00"),
        ("21:00", "21:00"),
        ('"21:00"', "21:00"),
        ("129.90 BRL", "129.90 BRL"),
        ("20%", "20%"),
        ("7d", "7d"),
        ("01310", "01310"),
        ("12e34", "12e34"),
        ("0x1F", "0x1F"),
        ("1_000", "1_000"),
        (".inf", ".inf"),
        ("99999999999999999999", "99999999999999999999"),
        ("10", 10),
        ("-3", -3),
        ("129.90", 129.9),
        ("true", True),
        ("FALSE", False),
        ("null", None),
        ("~", None),
        ("", None),
        ('"10"', "10"),
        ("'true'", "true"),
        ('""', ""),
    ],
)
def test_only_what_cannot_be_a_name_or_a_date_becomes_something_else_than_text(written, value):
    read = document(f"a: {written}\n").data["a"]
    assert read == value
    assert type(read) is type(value)


def test_keys_are_text_as_they_are_written():
    """Norway's key stays Norway's, and a number that names something stays its name."""
    assert document("no: 1\n10: 2\ntrue: 3\n2026-11-30: 4\n").data == {"no": 1, "10": 2, "true": 3, "2026-11-30": 4}


def test_anchors_repeat_values():
    read = document("a: &quiet {from: '21:00'}\nb: *quiet\nc: [&x 1, *x]\n").data
    assert read == {"a": {"from": "21:00"}, "b": {"from": "21:00"}, "c": [1, 1]}


def test_block_scalars_read_as_yaml_says():
    assert document("a: |\n  um\n   dois\nb: >-\n  um\n  dois\n").data == {"a": "um\n dois\n", "b": "um dois"}


def test_a_byte_order_mark_and_windows_line_ends_do_not_move_anything():
    read = document("\ufeffa: 1\r\nb: x\r\n")
    assert read.file == "m.yaml"
    assert read.data == {"a": 1, "b": "x"}
    assert told([read.finding(("b",), "here", code="X")]) == ["2:4 X here"]


# --- what is refused ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a:\n\tb: 1\n", "2:1 YA100 A tab stands where YAML wants spaces"),
        ("a: b: c\n", '1:5 YA100 A ":" cannot stand here; indent the line like its neighbours, '),
        ("a: 'x\nb: 1\n", "1:4 YA100 This quote is opened and never closed"),
        ("a: [1, 2\nb: 3\n", '1:4 YA100 This list or mapping is not closed with "]", or lacks a comma'),
        ("a: {b: 2\n", '1:4 YA100 This list or mapping is not closed with "}", or lacks a comma'),
        ("a: 1\n- 2\n", "2:1 YA100 This line does not fit its neighbours"),
        ("a: - b\n", '1:4 YA100 A "- " item cannot stand here'),
        ("a: @casalume\n", '1:4 YA100 A value that begins with "@" must stand in quotes'),
        ("a: !<b\n", '1:4 YA100 Text that begins with "!" must stand in quotes'),
        ("a: > 50 itens\n", '1:6 YA100 After "|" or ">" the text begins on the next line'),
        ("a: |\n  \n    b\n", "3:5 YA100 A line of nothing but spaces stands above this text; delete its spaces"),
        ("a: & oferta\n", '1:4 YA100 Text that begins with "*" or "&" must stand in quotes'),
        ("a: ok\nb: {{ claims.price }} hoje\n", '2:4 YA100 Text that begins with "{{" must stand in quotes'),
        ("a: ok\nb: {{ claims.price }}\n", '2:4 YA100 Text that begins with "{{" must stand in quotes'),
        ("a: {% if x %}\n", '1:4 YA100 Text that begins with "{%" must stand in quotes'),
        ('a: "C:\\q"\n', '1:8 YA100 Inside double quotes, "\\q" means nothing; write "\\\\q"'),
        ('a: "\\U00110000"\n', "1:5 YA100 This escape names no character"),
        ('a: "\\ud83d"\n', "1:4 YA100 This escape gives U+D83D, which no text may hold"),
        ("a: um\u2028dois\n", "1:6 YA100 The invisible character U+2028 is not allowed here"),
        ("a: *promo\n", '1:4 YA100 "*promo" repeats a value that is not above'),
        ("a: &a [*a]\n", '1:8 YA100 "*a" stands inside the value that it repeats'),
        ("%YAML 2.0\n---\na: 1\n", "1:1 YA100 This is not YAML: found incompatible YAML document"),
        ("a: 1\nb:\n  c: 1\n  'c': 2\n", '4:3 YA102 Key "c" is already on line 3'),
        ("a: !python/object x\n", '1:4 YA105 The tag "!python/object" is not allowed'),
        ("a: !!str 1\n", '1:4 YA105 The tag "tag:yaml.org,2002:str" is not allowed'),
        ("", "1:1 YA108 The file is empty"),
        ("# nothing\n", "1:1 YA108 The file is empty"),
        ("---\n", "2:1 YA108 The file must be one mapping, `key: value`, not nothing"),
        ("\n- a\n", "2:1 YA108 The file must be one mapping, `key: value`, not a list"),
        ("olá\n", "1:1 YA108 The file must be one mapping, `key: value`, not text"),
        ("a: 1\n---\nb: 2\n", "2:1 YA108 A second document begins here; a file holds one"),
        ("a: {[1, 2]: 3}\n", "1:5 YA108 A key must be text, not a list or a mapping"),
        ("a: &a {b: 1}\nc:\n  <<: *a\n", '3:3 YA108 Merge keys ("<<") are not part of YAML 1.2'),
    ],
)
def test_what_is_not_taken_is_refused_where_it_stands(text, expected):
    (only,) = told(refused(text))
    assert only.startswith(expected)


def test_reading_goes_on_after_faults_that_allow_it():
    """One run tells everything that can be told, up to the place where the text stops being YAML."""
    findings = refused("a: 1\na: 2\nb: !x 3\nc: 'open\n")
    assert [(found.code, found.line) for found in findings] == [("YA102", 2), ("YA105", 3), ("YA100", 4)]


def test_a_billion_laughs_are_refused_at_once_at_the_alias_that_is_too_much():
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    lines += [
        f"{name}: &{name} [{', '.join(['*' + before] * 9)}]"
        for before, name in zip("abcdefghi", "bcdefghij", strict=True)
    ]
    began = time.perf_counter()
    (only,) = told(refused("\n".join(lines)))
    assert time.perf_counter() - began < 1
    assert only == "5:28 YA106 The file says more than 50,000 things, counting what aliases repeat"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: " + "x" * 262_144, "1:1 YA106 The file has 262,147 bytes; at most 262,144 are read"),
        ("a: " + "é" * 131_072, "1:1 YA106 The file has 262,147 bytes; at most 262,144 are read"),
        ("a: &a 1\nb: [" + "*a, " * 101 + "]", "2:405 YA106 The file has more than 100 aliases"),
        ("a: " + "[" * 200, "1:103 YA106 This is nested more than 100 levels deep"),
    ],
)
def test_limits_are_kept(text, expected):
    assert told(refused(text)) == [expected]


def test_a_hundred_aliases_are_allowed():
    assert len(document("a: &a 1\nb: [" + "*a, " * 100 + "]").data["b"]) == 100


def test_every_code_has_a_meaning_of_one_line():
    assert list(CODES) == [f"YA{number}" for number in range(100, 109)]
    assert all(meaning.endswith(".") and "\n" not in meaning for meaning in CODES.values())


@given(st.text(alphabet=" \n\t\r:-[]{},'\"|>&*!%#?@`\\ab0.~<=\u2028é😀", max_size=40))
@settings(max_examples=300, deadline=None)
def test_any_text_is_either_read_or_refused_with_places_inside_it(text):
    findings: tuple[Finding, ...] = ()
    try:
        document(text)
    except DocumentError as error:
        findings = error.findings
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for found in findings:
        assert found.code in CODES
        assert 1 <= found.column <= len(lines[found.line - 1]) + 1


# --- kind and id ----------------------------------------------------------------------------------------------------


def test_kind_and_id_that_fit_are_silent():
    document("kind: message\nid: order_delayed\n").expect("message", "order_delayed")
    document("kind: project\n").expect("project", None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("kind: mesage\nid: a\n", ['1:7 YA107 "kind" is "mesage"; did you mean "message"?']),
        ("kind: journey\nid: a\n", ['1:7 YA107 "kind" is "journey"']),
        ("kind: message\nid: b\n", ['2:5 YA107 "id" is "b"']),
        ("kind: [x]\nid: a\n", ['1:7 YA107 "kind" must be text, not a list']),
        ("kind:\nid: a\n", ['1:1 YA107 "kind" must be text, not nothing']),
        ("\ntitle: x\n", ['2:1 YA103 Key "kind" is missing', '2:1 YA103 Key "id" is missing']),
    ],
)
def test_kind_and_id_must_fit_the_file(text, expected):
    with pytest.raises(DocumentError) as caught:
        document(text).expect("message", "a")
    assert told(list(caught.value.findings)) == expected


def test_an_id_that_reads_as_a_number_is_asked_for_in_quotes():
    with pytest.raises(DocumentError) as caught:
        document("kind: message\nid: 10\n").expect("message", "10")
    assert str(caught.value).endswith('"id" must be text, not the number 10 Write `id: "10"`.')


# --- reading into models --------------------------------------------------------------------------------------------


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Sms(Strict):
    body: str
    segments_max: int = Field(default=1, ge=1, alias="max_segments")


class Claim(Strict):
    kind: Literal["price", "coupon", "deadline"]
    source: str = Field(alias="from")
    until: date | None = None


class Message(Strict):
    kind: str
    title: str
    tags: tuple[str, ...] = ()
    urgent: bool = False
    claims: dict[str, Claim] = {}
    sms: Sms | None = None


def test_a_valid_document_becomes_its_model():
    message = document(
        "kind: message\ntitle: Olá\nsms: {body: oi, max_segments: 2}\n"
        "claims:\n  end: {kind: deadline, from: x, until: 2026-11-30}\n"
    ).read(Message)
    assert message.sms == Sms(body="oi", max_segments=2)
    assert str(message.claims["end"].until) == "2026-11-30"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("kind: m\ntitel: x\ntitle: y\n", ['2:1 YA101 Unknown key "titel"']),
        ("kind: m\ntitel: x\n", ['2:1 YA101 Unknown key "titel"; did you mean "title"?']),
        (
            "kind: m\ntitle: x\nsms:\n  body: oi\n  max_segment: 2\n",
            ['5:3 YA101 Unknown key "max_segment"; did you mean "max_segments"?'],
        ),
        ("kind: m\ntitle: x\nsms: {max_segments: 2}\n", ['3:1 YA103 Key "body" is missing in "sms"']),
        ("kind: m\ntitle: x\nsms: hello\n", ['3:6 YA104 "sms" must be a mapping, not text']),
        ("kind: m\ntitle: x\nsms: [hello]\n", ['3:6 YA104 "sms" must be a mapping, not a list']),
        (
            "kind: m\ntitle: x\nsms: {body: oi, max_segments: muitos}\n",
            ['3:31 YA104 "max_segments" must be a whole number, not "muitos"'],
        ),
        ("kind: m\ntitle: x\nsms: {body: oi, max_segments: 0}\n", ['3:31 YA104 "max_segments" must be at least 1']),
        ("kind: m\ntitle: 10234\n", ['2:8 YA104 "title" must be text, not the number 10234']),
        ("kind: m\ntitle:\n", ['2:1 YA104 "title" must be text, not nothing']),
        ("kind: m\ntitle: x\ntags: delay\n", ['3:7 YA104 "tags" must be a list, not text']),
        ("kind: m\ntitle: x\ntags:\n  - a\n  - {b: c}\n", ['5:5 YA104 Item 2 in "tags" must be text, not a mapping']),
        ("kind: m\ntitle: x\nurgent: talvez\n", ['3:9 YA104 "urgent" must be true or false, not "talvez"']),
        (
            "kind: m\ntitle: x\nclaims:\n  p: {kind: prize, from: x}\n",
            ['4:13 YA104 "kind" must be "price", "coupon" or "deadline", not "prize"; did you mean "price"?'],
        ),
        (
            "kind: m\ntitle: x\nclaims:\n  p: {kind: price, from: x, until: amanhã}\n",
            ['4:36 YA104 "until" must be a date such as 2026-11-30, not "amanhã"'],
        ),
    ],
)
def test_each_mistake_is_one_sentence_at_its_place(text, expected):
    assert told(misread(text, Message)) == expected


def test_help_says_what_can_be_done():
    assert [found.help for found in misread("kind: m\ntitle: 10\n", Message)] == ["Put it in quotes."]
    known = misread("kind: m\ntitle: x\nsms: {body: x, zzz: 1}\n", Message)
    assert [found.help for found in known] == ["Known here: body, max_segments."]


def test_all_mistakes_come_at_once_in_the_order_of_the_file():
    findings = misread("tags: x\nkind: m\nzz: 1\nsms: 3\ntitle: 4\n", Message)
    assert [found.line for found in findings] == [1, 3, 4, 5]


def test_a_mistake_inside_an_anchored_value_is_told_where_it_is_written():
    text = "kind: m\ntitle: x\nclaims:\n  a: &c\n    kind: price\n    form: x\n  b: *c\n"
    assert set(told(misread(text, Message))) == {
        '6:5 YA101 Unknown key "form"; did you mean "from"?',
    }


def test_an_alias_of_the_wrong_type_is_told_where_it_is_used():
    assert told(misread("kind: &k m\ntitle: x\nsms: *k\n", Message)) == ['3:6 YA104 "sms" must be a mapping, not text']


class Period(Strict):
    days: int

    @field_validator("days")
    @classmethod
    def _short(cls, days: int) -> int:
        if days > 30:
            raise ValueError("A period lasts at most 30 days")
        return days


def _amount(value: Any) -> Any:
    if isinstance(value, dict):
        return Period.model_validate(value).days
    raise ValueError("must be an amount")


class Prefixed(Strict):
    codes: dict[Annotated[str, Field(pattern="^[a-z]+$")], int] = {}
    periods: list[Period] = []
    many: list[int] = Field(default=[], max_length=2)
    short: str = Field(default="", max_length=5)
    amount: Annotated[int, BeforeValidator(_amount)] = 0


def test_a_validators_own_sentence_is_shown_as_it_is():
    assert told(misread("periods:\n  - days: 31\n", Prefixed)) == ["2:11 YA104 A period lasts at most 30 days"]


def test_a_validator_that_begins_in_lower_case_is_given_its_subject():
    assert told(misread("amount: x\n", Prefixed)) == ['1:9 YA104 "amount" must be an amount']


def test_a_model_that_a_validator_reads_by_itself_is_explained_too():
    assert told(misread("amount:\n  days: x\n  dys: 1\n", Prefixed)) == [
        '2:9 YA104 "days" must be a whole number, not "x"',
        '3:3 YA101 Unknown key "dys"',
    ]


def test_a_key_of_the_wrong_form_is_pointed_at_itself():
    assert told(misread("codes:\n  ok: 1\n  X9: 2\n", Prefixed)) == [
        '3:3 YA104 "X9" is not written as it must be (pattern ^[a-z]+$)'
    ]


def test_limits_of_a_model_are_told_in_words():
    assert told(misread("many: [1, 2, 3]\nshort: longer than five\n", Prefixed)) == [
        '1:7 YA104 "many" must have at most 2 entries',
        '2:8 YA104 "short" must have at most 5 characters',
    ]


def test_a_missing_key_of_a_list_item_is_told_at_the_items_first_key():
    assert told(misread("periods:\n  - {}\n  - dias: 3\n", Prefixed)) == [
        '2:5 YA103 Key "days" is missing in item 1 in "periods"',
        '3:5 YA101 Unknown key "dias"; did you mean "days"?',
    ]


Pair = TypeAliasType("Pair", tuple[str, Period])


class Unusual(Strict):
    pairs: list[Pair] = []
    title: str = Field(default="", validation_alias=AliasChoices("heading", "title"))
    sizes: list[int] = []
    total: int = 0

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if self.total != sum(self.sizes):
            raise ValueError("must add up")
        return self


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pairs:\n  - [a, {dayz: 1, days: 2}]\n", ['2:10 YA101 Unknown key "dayz"']),
        ("pairs:\n  - [a, {days: 1}, c]\n", ['2:5 YA104 Item 1 in "pairs" must have at most 2 entries']),
        ("headin: x\n", ['1:1 YA101 Unknown key "headin"; did you mean "heading"?']),
        ("sizes: {a: {b: 1}}\n", ['1:8 YA104 "sizes" must be a list, not a mapping']),
        ("total: 1.5\n", ['1:8 YA104 "total" must be a whole number, not the number 1.5']),
        ("title: true\n", ['1:8 YA104 "title" must be text, not true']),
        ("# sum\ntotal: 1\n", ["2:1 YA104 The file must add up"]),
    ],
)
def test_unusual_models_are_explained_as_well(text, expected):
    assert told(misread(text, Unusual)) == expected


# --- unions ---------------------------------------------------------------------------------------------------------


class SendStep(Strict):
    id: str
    send: str
    channels: list[str] = []


class BranchStep(Strict):
    id: str
    branch: list[Arm]


class WaitStep(Strict):
    id: str
    wait: Annotated[str, Field(pattern="^[0-9]+[hd]$")] | Until


class Until(Strict):
    until: str


class Arm(Strict):
    when: str
    steps: list[Step]


def _step_key(step: Any) -> str | None:
    found = [key for key in ("send", "branch", "wait") if isinstance(step, dict) and key in step]
    return found[0] if len(found) == 1 else None


Step = Annotated[
    Annotated[SendStep, Tag("send")] | Annotated[BranchStep, Tag("branch")] | Annotated[WaitStep, Tag("wait")],
    Discriminator(_step_key),
]


class Journey(Strict):
    steps: list[Step]


for _model in (BranchStep, WaitStep, Arm, Journey):
    _model.model_rebuild()


def test_a_union_tag_that_is_also_a_key_does_not_mislead():
    """The loc is (steps, 0, send, channels): its `send` is the tag and not the key."""
    assert told(misread("steps:\n  - id: a\n    send: m\n    channels: sms\n", Journey)) == [
        '4:15 YA104 "channels" must be a list, not text'
    ]


def test_a_value_under_the_key_that_is_also_the_tag_is_found():
    assert told(misread("steps:\n  - {id: a, send: [m]}\n", Journey)) == ['2:19 YA104 "send" must be text, not a list']


def test_a_mistake_deep_in_nested_steps_is_found():
    text = """\
steps:
  - id: a
    branch:
      - when: x
        steps:
          - id: b
            branch:
              - when: y
                steps:
                  - id: c
                    send: m
                    chanels: [sms]
"""
    assert told(misread(text, Journey)) == ['12:21 YA101 Unknown key "chanels"; did you mean "channels"?']


def test_a_misspelt_key_that_hides_the_kind_of_step_is_named():
    assert told(misread("steps:\n  - id: lembrete\n    sned: m\n", Journey)) == [
        '3:5 YA101 Unknown key "sned"; did you mean "send"?'
    ]


def test_a_mapping_that_fits_no_member_says_what_is_known():
    (only,) = misread("steps:\n  - id: lembrete\n", Journey)
    assert told([only]) == ['2:5 YA104 Item 1 in "steps" does not say what it is']
    assert only.help == "Write one of: send, branch, wait."


def test_a_mapping_that_fits_two_members_says_which():
    """On the second of the keys, which is the one too many."""
    (only,) = misread("steps:\n  - id: lembrete\n    send: m\n    wait: 2h\n", Journey)
    assert told([only]) == ['4:5 YA104 Item 1 in "steps" cannot be both "send" and "wait"']
    assert only.help == "Make two of it, one after the other."


def test_a_wrong_entry_is_not_told_as_a_missing_one():
    """Pydantic counts only the entries that are right."""

    class Way(Strict):
        otherwise: Literal[True]

    class Branch(Strict):
        ways: Annotated[tuple[Way, ...], Field(min_length=1)]

    assert told(misread("ways:\n  - otherwise: yes\n", Branch)) == ['2:16 YA104 "otherwise" must be true, not "yes"']


def test_a_validator_may_say_which_part_is_wrong():
    """Its fault then stands there, not on the whole."""

    class Pair(Strict):
        low: int
        high: int

        @model_validator(mode="after")
        def _in_order(self):
            if self.low > self.high:
                raise Unfit("must be at least {low}", low=self.low).at("high")
            return self

    class Pairs(Strict):
        pairs: list[Pair]

    assert told(misread("pairs:\n  - {low: 3, high: 1}\n", Pairs)) == ['2:20 YA104 "high" must be at least 3']


def test_a_value_that_is_no_mapping_is_told_so_by_a_tagged_union():
    assert told(misread("steps: [pausa]\n", Journey)) == ['1:9 YA104 Item 1 in "steps" must be a mapping, not text']


def test_the_members_of_a_union_speak_with_one_voice():
    assert told(misread("steps:\n  - {id: a, wait: [1]}\n", Journey)) == [
        '2:19 YA104 "wait" must be text or a mapping, not a list'
    ]


def test_only_the_member_with_the_right_type_is_heard():
    assert told(misread("steps:\n  - {id: a, wait: {untill: x}}\n", Journey)) == [
        '2:20 YA101 Unknown key "untill"; did you mean "until"?',
    ]


class Price(Strict):
    kind: Literal["price"]
    amount: str


class Coupon(Strict):
    kind: Literal["coupon"]
    code: str


class Facts(RootModel[dict[str, Annotated[Price | Coupon, Field(discriminator="kind")]]]):
    pass


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "a: {kind: prise, amount: x}\n",
            ['1:11 YA104 "kind" must be "price" or "coupon", not "prise"; did you mean "price"?'],
        ),
        ("a: {amount: x}\n", ['1:1 YA103 Key "kind" is missing in "a"']),
        ("a: {kind: coupon, cod: x, code: y}\n", ['1:19 YA101 Unknown key "cod"']),
        ("a: {kind: coupon, cod: x}\n", ['1:19 YA101 Unknown key "cod"; did you mean "code"?']),
    ],
)
def test_a_key_that_tells_members_apart_is_checked_first(text, expected):
    assert told(misread(text, Facts)) == expected


# --- places ---------------------------------------------------------------------------------------------------------

PLACES = """\
title: "Oi \\"você\\" aí"
single: 'd''água é
  boa'
plain: um texto
  que continua aqui
literal: |2-  # copy
    um {{ x }}

   dois {{ y }}
folded: >-

  um texto
  dobrado

  com parágrafo
list:
  - a
  - &n {deep: "\\u00e9 isso"}
again: *n
empty:
"""


@pytest.mark.parametrize(
    ("path", "word", "expected"),
    [
        (("title",), "você", (1, 14)),
        (("title",), '"', (1, 12)),
        (("title",), "aí", (1, 21)),
        (("single",), "água", (2, 13)),
        (("single",), "boa", (3, 3)),
        (("plain",), "texto", (4, 11)),
        (("plain",), "que", (5, 3)),
        (("plain",), "aqui", (5, 16)),
        (("literal",), "um", (7, 5)),
        (("literal",), "  um", (7, 3)),
        (("literal",), "{{ x", (7, 8)),
        (("literal",), " dois", (9, 3)),
        (("literal",), "{{ y", (9, 9)),
        (("literal",), "\n\n", (7, 15)),
        (("folded",), "um", (12, 3)),
        (("folded",), "dobrado", (13, 3)),
        (("folded",), "com", (15, 3)),
        (("folded",), "parágrafo", (15, 7)),
        (("list", 1, "deep"), "é", (18, 16)),
        (("list", 1, "deep"), "isso", (18, 23)),
        (("again", "deep"), "isso", (18, 23)),
    ],
)
def test_an_offset_in_a_text_is_found_in_the_file(path, word, expected):
    read = document(PLACES)
    text: Any = read.data
    for part in path:
        text = text[part]
    found = read.finding(path, "here", code="BV110", offset=text.index(word))
    assert (found.line, found.column) == expected


@pytest.mark.parametrize(
    ("path", "on_key", "expected"),
    [
        (("title",), False, (1, 8)),
        (("title",), True, (1, 1)),
        (("literal",), False, (6, 10)),
        (("list", 0), False, (17, 5)),
        (("list", 1, "deep"), True, (18, 9)),
        (("again",), False, (19, 8)),
        (("empty",), False, (20, 1)),
        (("list", 1, "missing"), False, (18, 9)),
        (("again", "missing"), False, (19, 1)),
        (("missing",), False, (1, 1)),
        ((), False, (1, 1)),
    ],
)
def test_a_path_leads_to_its_value_or_key(path, on_key, expected):
    found = document(PLACES).finding(path, "here", code="X", on_key=on_key)
    assert (found.line, found.column) == expected


def test_a_finding_carries_what_it_was_given():
    found = document("a: 1\n").finding(("a",), "Said", code="CH130", level="info", help="Do this.")
    assert found == Finding(
        code="CH130", level="info", message="Said", file="m.yaml", line=1, column=4, end_line=1, end_column=5,
        help="Do this.",
    )  # fmt: skip


WORDS = st.lists(st.text(alphabet="abé😀'\"\\{}", min_size=1, max_size=5), min_size=1, max_size=8)
SPELLINGS = {
    "double": lambda text: '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"',
    "single": lambda text: "'" + text.replace("'", "''").replace("\n", "\n\n   ") + "'",
    "literal": lambda text: "|-\n   " + text.replace("\n", "\n   "),
    "folded": lambda text: ">-\n   " + text.replace("\n", "\0").replace(" é", "\n   é").replace("\0", "\n\n   "),
}


@given(
    words=WORDS, breaks=st.lists(st.sampled_from(" \n"), min_size=8, max_size=8), style=st.sampled_from([*SPELLINGS])
)
@settings(deadline=None)
def test_every_visible_character_of_any_text_is_found_where_it_stands(words, breaks, style):
    """In every style, the character of the file at the place of a finding is the character of the text."""
    text = "".join(word + gap for word, gap in zip(words, breaks, strict=False)).strip()
    source = f"k:\n  - {SPELLINGS[style](text)}\n"
    read = document(source)
    assert read.data["k"][0] == text
    lines = source.split("\n")
    for offset, character in enumerate(text):
        found = read.finding(("k", 0), "here", code="X", offset=offset)
        pointed = lines[found.line - 1][found.column - 1 :]
        if character not in " \n":
            escaped = style == "double" and character in '\\"'
            assert pointed.startswith("\\" + character if escaped else character)
        elif character == " " and pointed:
            assert pointed.startswith(" ")


@given(data=st.data())
@settings(deadline=None)
def test_a_misspelt_key_is_pointed_at_exactly(data):
    """Whatever the order, nesting, quoting and comments around it."""
    names = data.draw(st.lists(st.from_regex(r"[a-z]{4,9}", fullmatch=True), min_size=2, max_size=6, unique=True))
    victim = data.draw(st.sampled_from(names))
    wrong = data.draw(st.sampled_from([victim[::-1], victim + "x", victim[1:]]).filter(lambda word: word not in names))
    inner = create_model("Inner", __config__=ConfigDict(extra="forbid"), **dict.fromkeys(names, (str, "")))
    outer = create_model("Outer", __config__=ConfigDict(extra="forbid"), things=(dict[str, list[inner]], ...))

    quote = data.draw(st.sampled_from(["", '"', "'"]))
    before = data.draw(st.sampled_from(["", "# comment\n\n", "---\n", "\n"]))
    values = st.sampled_from(["texto", '"a # b"', "|\n          é\n\n          {{ x }}", "no"])
    lines = [f"{quote}{wrong if name == victim else name}{quote}: {data.draw(values)}" for name in names]
    if data.draw(st.booleans()):
        text = before + "things:\n  first:\n    - " + "\n      ".join(lines) + "\n"
    else:
        text = (
            before
            + "things: {first: [{"
            + ", ".join(f"{quote}{wrong if n == victim else n}{quote}: x" for n in names)
            + "}]}\n"
        )
    at = text.index(f"{quote}{wrong}{quote}:", text.index("first"))

    (only,) = misread(text, outer)
    assert only.code == "YA101"
    assert only.message.startswith(f'Unknown key "{wrong}"')
    assert (only.line, only.column) == (text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at))


# --- from where to where ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "words", "expected"),
    [
        ("k: fale no zap hoje\n", "zap", (1, 12, 1, 15)),
        ("k: 'd''água e zap'\n", "d'água", (1, 5, 1, 12)),
        ('k: "um \\"zap\\" aqui"\n', '"zap"', (1, 8, 1, 15)),
        ("k: |\n  fale\n  no zap\n", "no zap", (3, 3, 3, 9)),
        ("k: |\n  fale\n  no zap\n", "fale\nno", (2, 3, 3, 5)),
        ("k: >\n  fale\n  no zap\n", "fale no", (2, 3, 3, 5)),
        ("k: 😀 zap 😀\n", "zap", (1, 6, 1, 9)),
    ],
)
def test_words_have_an_end_where_they_are_written(source, words, expected):
    """The span is that of the spelling: escapes and line breaks count as they stand in the file."""
    read = document(source)
    found = read.finding(("k",), "here", code="X", offset=read.data["k"].index(words), length=len(words))

    assert (found.line, found.column, found.end_line, found.end_column) == expected


@pytest.mark.parametrize(
    ("source", "on_key", "expected"),
    [
        ("key: text  # comment\n", False, (1, 6, 1, 10)),
        ('key: "text"\n', False, (1, 6, 1, 12)),
        ('"key": text\n', True, (1, 1, 1, 6)),
        ("a: &x text\nkey: *x\n", False, (2, 6, 2, 8)),
        ("key: {a: 1}\n", False, (1, 6, 1, 6)),
        ("key:\n", False, (1, 1, 1, 4)),
    ],
)
def test_a_finding_spans_its_value_or_key(source, on_key, expected):
    """A list or a mapping is pointed at where it begins."""
    found = document(source).finding(("key",), "here", code="X", on_key=on_key)

    assert (found.line, found.column, found.end_line, found.end_column) == expected


def test_a_misspelt_key_knows_what_it_should_be():
    """The fix covers the whole key, quotes too."""
    model = create_model("M", __config__=ConfigDict(extra="forbid"), title=(str, ""))
    (finding,) = misread('"titel": x\n', model)

    assert finding.fix == Fix(start_line=1, start_column=1, end_line=1, end_column=8, replacement="title")


def test_a_finding_with_places_can_be_said_in_any_language():
    """Words in the places are translated with the sentence."""
    words = {"Hard-coded {kind}": "{kind} por extenso", "price": "preço", "Declare {kind}": "Declare {kind}!"}
    found = document("a: 1\n").finding(
        ("a",), "Hard-coded {kind}", code="CL101", help="Declare {kind}", params={"kind": Word("price")}
    )

    assert (found.message, found.help) == ("Hard-coded price", "Declare price")
    assert found.told(words.__getitem__) == "preço por extenso"
    assert found.remedy(words.__getitem__) == "Declare preço!"


def test_a_finding_without_places_may_hold_braces():
    """Its sentence is not a template."""
    found = document("a: 1\n").finding(("a",), "Write {{ x }}", code="X", help="{y}")

    assert (found.told(), found.remedy()) == ("Write {{ x }}", "{y}")


def test_a_recalled_document_points_where_a_parsed_one_does():
    """Its text is parsed when the first finding asks for a place."""
    text = "a:\n  - b: |\n      fale no zap\n"
    parsed = document(text)
    recalled = recall(text, parsed.data, file="m.yaml")

    place = {"path": ("a", 0, "b"), "message": "here", "code": "X", "offset": 8, "length": 3}
    assert recalled.finding(**place) == parsed.finding(**place)


def test_a_fault_may_have_the_code_of_a_rule_of_its_own():
    """The most special place that fits, with `*` for any part."""
    inner = create_model("Inner", __config__=ConfigDict(extra="forbid"), id=(str, ...))
    outer = create_model("Outer", __config__=ConfigDict(extra="forbid"), steps=(list[inner], ...))
    codes = {("YA101", ("steps", "*", "*")): "JO101"}

    with pytest.raises(DocumentError) as caught:
        document("steps:\n  - {id: a, x: 1}\ny: 1\n").read(outer, codes=codes)

    assert [finding.code for finding in caught.value.findings] == ["JO101", "YA101"]
