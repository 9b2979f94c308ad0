"""The mapping of a file of customers, and what a row of it means."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from orchestrator.addresses import InvalidAddress
from orchestrator.customer_file import Row
from orchestrator.customer_sheet import CustomerSheet
from orchestrator.dispatch.importing.rows import RowReader, UnfitRow
from orchestrator.domain.customer import AddressKind, Channel, ConsentState
from orchestrator.domain.time import instant

REVIEWS = {
    "topic": "reviews",
    "channels": ["email"],
    "granted": {"column": "Aceita", "is": ["sim", 1]},
    "withdrawn": {"column": "Aceita", "is": ["saiu"]},
    "wording": "optin_avaliacoes@1",
    "method": "form",
    "source": {"column": "Onde"},
    "at": {"column": "Data"},
    "evidence": {"ip": {"column": "IP"}},
}
SHEET = {
    "kind": "customers",
    "id": "crm",
    "title": "CRM",
    "owner": "crm",
    "source": "crm",
    "timezone": "America/Sao_Paulo",
    "times": "%d/%m/%Y %H:%M",
    "columns": {
        "Código": "external_id",
        "E-mail": "email",
        "E-mail 2": "email",
        "Fone": "phone",
        "Nome": "attributes.first_name",
        "Idioma": "locale",
        "Fuso": "timezone",
    },
    "consents": [REVIEWS],
}
ROW = {
    "Código": "7",
    "E-mail": "Ana@Example.com",
    "Fone": "(11) 91234-5678",
    "Nome": "Ana",
    "Aceita": "SIM",
    "Onde": "rodapé",
    "Data": "01/02/2024 10:30",
    "IP": "203.0.113.9",
}
COLUMNS = (*SHEET["columns"], "Aceita", "Onde", "Data", "IP", "Obs")


def read(sheet=SHEET, **cells):
    reader = RowReader(COLUMNS, CustomerSheet.model_validate(sheet))
    return reader.read(Row(2, tuple((ROW | cells).get(column, "") for column in COLUMNS)))


def consent(**changes):
    return SHEET | {"consents": [{key: one for key, one in (REVIEWS | changes).items() if one is not None}]}


# --- the mapping ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"columns": {"E-mail": "emial"}}, 'did you mean "email"?'),
        ({"columns": {"E-mail": "email", "A": "locale", "B": "locale"}}, "two columns for locale"),
        ({"columns": {"Nome": "attributes.first_name"}}, "needs a column for external_id, email or phone"),
        ({"columns": {"Nome": "attributes.First Name"}}, "attributes.<name>"),
        ({"times": "%Q/%m"}, 'with "%Q/%m" none can be read'),
        ({"times": "%Q/%Y"}, "none can be read"),
        ({"times": "%d/%m %H:%M"}, "none can be read"),
        (consent(withdrawn={"column": "Aceita", "is": ["saiu", "Sim"]}), 'says that "sim" both grants and withdraws'),
        ({"timezone": "America/Sampa"}, 'is no time zone: "America/Sampa"'),
        ({"consents": [{"topic": "reviews", "channels": ["email"]}]}, "by which column somebody agreed"),
        (consent(wording=None, at=None), "lacks wording, at"),
        (consent(channels=[]), "at least 1 item"),
        ({"spaces": 1}, "Extra inputs"),
    ],
)
def test_a_mapping_that_could_not_work_is_refused_with_the_reason(changes, said):
    """Proof is required by the mapping already: a file cannot forget it row by row."""
    with pytest.raises(ValidationError) as refused:
        CustomerSheet.model_validate(SHEET | changes)

    assert said in str(refused.value)


@pytest.mark.parametrize("times", ["%d/%m/%Y %H:%M", "%Y-%m-%dT%H:%M:%S%z", "%d.%m.%y", "%d %b %Y %I:%M %p", "%c"])
def test_times_are_written_in_many_ways(times):
    """What reads the year of a time reads the time."""
    assert CustomerSheet.model_validate(SHEET | {"times": times}).times == times


def test_a_mapping_names_every_column_that_it_reads():
    """Those of addresses, of consents and of their evidence, once each."""
    sheet = CustomerSheet.model_validate(SHEET)

    assert sheet.named_columns() == [*SHEET["columns"], "Aceita", "Onde", "Data", "IP"]
    assert sheet.attributes() == ["first_name"]


# --- who they are -----------------------------------------------------------------------------------------------------


def test_a_row_is_a_person_with_addresses_in_their_one_form():
    """As they are stored and compared."""
    person = read(**{"E-mail 2": "ana@example.com", "Idioma": "pt_br", "Fuso": "America/Recife"})

    assert person.external_id == "7"
    assert person.addresses == {AddressKind.EMAIL: ("ana@example.com",), AddressKind.PHONE: ("+5511912345678",)}
    assert (person.locale, person.time_zone, person.attributes) == ("pt-BR", "America/Recife", {"first_name": "Ana"})


def test_an_empty_cell_says_nothing():
    """It takes nothing away."""
    person = read(Nome="", Fone="", Idioma="")

    assert (person.attributes, person.locale) == ({}, None)
    assert AddressKind.PHONE not in person.addresses


@pytest.mark.parametrize(
    ("cells", "keys"),
    [
        ({}, {("external_id", "7"), ("email", "ana@example.com")}),
        ({"Código": ""}, {("email", "ana@example.com")}),
        ({"Código": "", "E-mail": ""}, {("phone", "+5511912345678")}),
    ],
)
def test_a_person_is_known_by_id_and_email_and_by_phone_for_want_of_both(cells, keys):
    """Families share phones."""
    assert read(**cells).keys == keys


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"Código": "", "E-mail": "", "Fone": ""}, "nobody knows whom it is about"),
        ({"Nome": "A\x00na"}, "control characters"),
        ({"Nome": "A" * 1_001}, "first_name has more than 1000 characters"),
        ({"Código": "7" * 201}, "more than 200 characters"),
        ({"Idioma": "português"}, "pt-BR or en"),
        ({"Fuso": "São Paulo"}, "no such time zone"),
    ],
)
def test_a_row_that_makes_no_sense_says_why_and_repeats_nothing_of_it(cells, said):
    """The reason is printed; what a person wrote is not."""
    with pytest.raises(UnfitRow) as refused:
        read(**cells)

    assert said in str(refused.value)
    assert not any(cell in str(refused.value) for cell in cells.values() if len(cell) > 1)


@pytest.mark.parametrize("cells", [{"E-mail": "ana@"}, {"Fone": "5,51191E+12"}, {"Fone": "123"}])
def test_an_address_that_is_none_makes_the_row_unfit(cells):
    """Half of a person is not imported: nobody would notice the other half."""
    with pytest.raises(InvalidAddress):
        read(**cells)


def test_a_row_of_another_length_is_unfit():
    """A delimiter in a name moves everything that follows."""
    reader = RowReader(COLUMNS, CustomerSheet.model_validate(SHEET))
    with pytest.raises(UnfitRow, match="The row has 2 cells, the header has 12"):
        reader.read(Row(2, ("7", "ana@example.com")))


# --- what they said ---------------------------------------------------------------------------------------------------


def test_a_grant_comes_with_its_whole_proof():
    """In which words, how, where, when, and what else shows it."""
    (one,) = read().said

    assert (one.topic, one.channels, one.state) == ("reviews", (Channel.EMAIL,), ConsentState.GRANTED)
    assert (one.wording, one.method, one.source) == ("optin_avaliacoes@1", "form", "rodapé")
    assert one.evidence == {"ip": "203.0.113.9"}
    assert one.at == instant(datetime(2024, 2, 1, 13, 30, tzinfo=UTC))


@pytest.mark.parametrize("said", ["", "não", "simm"])
def test_whoever_did_not_say_yes_said_nothing(said):
    """No is not an opt-out, and no word but those of the mapping is a yes."""
    assert read(Aceita=said).said == ()


@pytest.mark.parametrize("said", ["sim", " SIM ".strip(), "1"])
def test_a_yes_is_a_word_of_the_mapping_in_capitals_or_not(said):
    """Numbers in YAML are what the file holds as text."""
    assert len(read(Aceita=said).said) == 1


def test_a_column_may_bring_every_row():
    """The export of a list on which only those are who agreed."""
    assert len(read(consent(granted="every_row"), Aceita="").said) == 1


def test_an_opt_out_needs_no_proof_and_wins_over_a_grant_in_its_row():
    """It is never refused for want of a form."""
    both = consent(granted="every_row")
    (one,) = read(both, Aceita="Saiu", Onde="", Data="ontem").said

    assert (one.state, one.at) == (ConsentState.WITHDRAWN, None)


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        ({"Onde": ""}, "nothing says where they agreed"),
        ({"Data": ""}, "nothing says when they agreed"),
        ({"Data": "2024-13-01"}, "the time at which they agreed cannot be read"),
    ],
)
def test_a_grant_without_proof_is_none_and_says_what_it_lacks(cells, why):
    """The person comes in, the consent does not."""
    person = read(**cells)

    assert person.said == ()
    assert [(one.topic, str(one.why)) for one in person.unproven] == [("reviews", why)]


def test_a_wording_may_stand_in_a_column():
    """A list that grew over years holds people who read different words."""
    sheet = consent(wording={"column": "Obs"})

    assert read(sheet, Obs="optin_avaliacoes@1").said[0].wording == "optin_avaliacoes@1"
    assert str(read(sheet).unproven[0].why) == "no wording says what they agreed to"


def test_a_time_with_an_offset_needs_no_format():
    """As systems write it."""
    (one,) = read(Data="2024-02-01T10:30:00-05:00").said

    assert one.at == instant(datetime(2024, 2, 1, 15, 30, tzinfo=UTC))
