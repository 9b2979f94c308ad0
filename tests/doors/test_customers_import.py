"""`jogral customers import`: the file that a shop has, into the ledger, once."""

from __future__ import annotations

import signal

import pytest

from orchestrator.store.people_tables import imports

HEADER = "Código;E-mail;Celular;Nome;Idioma;Avaliações;Ofertas;Texto;Formulário;Data;Confirmado;IP\n"
ANA = "1;ana@example.com;(11) 91234-5678;Ana;pt-BR;sim;;;rodapé;01/02/2024 10:30;;203.0.113.9\n"
BIA = "2;bia@example.com;;Bia;pt-BR;sim;;;;;;\n"
CAI = "3;cai@;;Caí;;;;;;;;\n"


@pytest.fixture
def people(shop):
    """A file as an old spreadsheet writes it, of these lines."""

    def written(*lines, name="clientes.csv"):
        path = shop / name
        path.write_text(HEADER + "".join(lines), encoding="cp1252")
        return path

    return written


def test_a_file_comes_in_and_the_counts_and_reasons_are_told(open_shop, people):
    """In words, with what stayed out and where it is; exit 1 because a row did."""
    done = open_shop("customers", "import", people(ANA, BIA, CAI), "--mapping", "newsletter")

    assert done.code == 1
    assert "3 rows are in (imp_" in done.out
    # `open_shop` knows Ana already.
    for line in ("1  new customer\n", "1  customer with news\n", "1  row kept aside\n", "1  consent granted\n"):
        assert line in done.out
    assert "Consent to reviews: nothing says where they agreed.  (first on line 3)" in done.out
    assert "This is not an e-mail address" in done.out
    assert "cai@" not in done.out + done.err
    (kept,) = (open_shop.folder / ".jogral" / "quarantine").glob("*.csv")
    assert str(kept) in done.out
    assert "4;" in kept.read_text(encoding="utf-8-sig")


def test_one_row_is_told_as_one(open_shop, people):
    """And no row at all as none."""
    for lines, told in (((BIA,), "1 row. An"), ((), "0 rows. An"), ((ANA, BIA), "2 rows. An")):
        done = open_shop("customers", "import", people(*lines), "--mapping", "newsletter", "--dry-run")
        assert done.out.startswith(told)


def test_a_word_that_nobody_knows_is_told_with_its_line(open_shop, people):
    """In words and in the document: it may be an opt-out."""
    path = people(ANA, ANA.replace("1;ana", "5;eva").replace(";sim;", ";talvez;"))
    done = open_shop("customers", "import", path, "--mapping", "newsletter")

    assert "1  left out: neither yes nor no" in done.out
    assert 'reviews: "talvez"  (first on line 3)' in done.out
    assert "Any of them may be an opt-out" in done.out
    document = open_shop("customers", "import", path, "--mapping", "newsletter", "--json").document
    assert document["not_understood"] == [{"reason": 'reviews: "talvez"', "count": 1, "first_line": 3}]


def test_a_second_import_of_a_file_does_nothing(open_shop, people):
    """And says when it was the first."""
    path = people(ANA, BIA)
    first = open_shop("customers", "import", path, "--mapping", "newsletter", "--json").document
    again = open_shop("customers", "import", path, "--mapping", "newsletter", "--json")

    assert (first["schema"], first["rows"], first["repeated"]) == ("jogral.customers.import/1", 2, False)
    assert (again.code, again.document) == (0, first | {"repeated": True})


def test_a_dry_run_says_what_would_come_and_brings_nothing(open_shop, people, ledger):
    """Neither people nor files."""
    done = open_shop("customers", "import", people(ANA, BIA, CAI), "--mapping", "newsletter", "--dry-run")

    assert "3 rows. An import would bring:" in done.out
    with ledger.read() as transaction:
        assert [one.id for one in transaction.customers.page("", 10)] == ["cus_ana"]
    assert not (open_shop.folder / ".jogral" / "quarantine").exists()


def test_reasons_come_in_the_readers_language(open_shop, people):
    """Also in the file that is kept aside."""
    done = open_shop("customers", "import", people(CAI), "--mapping", "newsletter", LANG="pt_BR.UTF-8")

    assert "linha deixada de lado" in done.out
    (kept,) = (open_shop.folder / ".jogral" / "quarantine").glob("*.csv")
    assert "Isto não é um endereço de e-mail" in kept.read_text(encoding="utf-8-sig")


def test_an_import_that_is_killed_goes_on_where_it_was(open_shop, people, ledger):
    """In the second of three batches, rows written and not committed; then the same command again."""
    rows = [f"{n};p{n}@example.com;;P{n};;sim;;;rodapé;01/02/2024 10:30;;\n" for n in range(1, 1_101)]
    rows[600] = "601;nobody@;;P601;;;;;;;;\n"
    path = people(*rows)
    with open_shop.start(
        "customers", "import", path, "--mapping", "newsletter", JOGRAL_FAULT_POINT="before_import_commit:2"
    ) as killed:
        assert killed.wait() == -signal.SIGKILL
    with ledger.engine.connect() as connection:
        assert connection.execute(imports.select()).one().position == 500

    done = open_shop("customers", "import", path, "--mapping", "newsletter", "--json").document

    assert (done["rows"], done["created"], done["quarantined"], done["consents"]["granted"]) == (1_100, 1_099, 1, 1_099)
    (kept,) = (open_shop.folder / ".jogral" / "quarantine").glob("*.csv")
    assert [line.partition(";")[0] for line in kept.read_text().splitlines()[1:]] == ["602"]


@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        ("newslettr", 'did you mean "newsletter"?'),
        ("olist", '"kind" is "mapping"'),
    ],
)
def test_a_mapping_that_is_none_is_refused_with_what_to_write(open_shop, people, mapping, said):
    """Before anything of the file is used."""
    done = open_shop("customers", "import", people(ANA), "--mapping", mapping)

    assert done.code != 0
    assert said in done.err + done.out


def test_a_column_that_the_file_lacks_is_named_with_those_that_it_has(open_shop, shop):
    """With the nearest of them."""
    path = shop / "clientes.csv"
    path.write_text(HEADER.replace("Celular", "Celula"), encoding="utf-8")
    done = open_shop("customers", "import", path, "--mapping", "newsletter")

    assert done.code == 2
    assert 'has no column "Celular"; did you mean "Celula"?' in done.err


def test_a_mapping_that_could_prove_nothing_is_refused_where_it_stands(open_shop, people, shop):
    """With the line of the mapping."""
    mapping = shop / "templates/mappings/newsletter.yaml"
    mapping.write_text(mapping.read_text().replace("optin_avaliacoes@1", "optin_ofertas@4"))
    done = open_shop("customers", "import", people(ANA), "--mapping", "newsletter")

    assert done.code == 1
    assert "CO170" in done.out + done.err
    assert "asks for offers, and not for reviews" in done.out + done.err
