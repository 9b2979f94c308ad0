"""`jogral privacy`: what people ask about their own data, at the command line."""

from __future__ import annotations

import json
import re
import stat

import pytest

from orchestrator.app import App, SystemClock
from orchestrator.dispatch import privacy
from orchestrator.dispatch.privacy import WantedRequest
from orchestrator.domain.customer import Address, AddressKind, Customer
from orchestrator.domain.privacy import RequestKind
from orchestrator.privacy_desk import open_privacy_desk
from orchestrator.settings import Settings
from orchestrator.store.port import KeptText

VOUCHED = ("--vouched", "ticket 8841")
ANA = (b"ana@example.com", b"cus_ana", b"5511912345678")


def told(run):
    return json.loads(run.out)


def test_an_export_is_written_for_this_user_alone(open_shop, shop):
    """As JSON and as a page; no link is sent then."""
    done = told(open_shop("privacy", "export", "ana@example.com", *VOUCHED, "--to", "dados", "--json"))["request"]
    assert (done["state"], done["result"]["told"]) == ("done", False)
    files = sorted((shop / "dados").iterdir())
    assert [file.suffix for file in files] == [".html", ".json"]
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in files)
    assert json.loads(files[1].read_text(encoding="utf-8"))["customers"] == ["cus_ana"]


def test_an_erasure_needs_a_yes_and_leaves_a_certificate(open_shop, shop):
    """The certificate can be checked; one that was changed is not ours."""
    assert open_shop("privacy", "erase", "cus_ana", *VOUCHED).code == 4
    erased = open_shop("privacy", "erase", "cus_ana", *VOUCHED, "--yes", "--certificate", "certificado.json", "--json")
    assert told(erased)["request"]["state"] == "done"
    assert open_shop("privacy", "check-certificate", "certificado.json").code == 0
    file = shop / "certificado.json"
    file.write_text(file.read_text().replace('"addresses_erased": 2', '"addresses_erased": 3'))
    assert open_shop("privacy", "check-certificate", "certificado.json").code == 1
    assert open_shop("privacy", "export", "ana@example.com", *VOUCHED).code == 2


def test_what_came_of_a_request_is_told_in_lines(open_shop):
    """A name and what it holds on each, and nothing as a program writes it."""
    corrected = open_shop("privacy", "rectify", "cus_ana", *VOUCHED, "--set", "first_name=Anna").out
    assert "  changed  attributes.first_name\n" in corrected
    exported = open_shop("privacy", "export", "cus_ana", *VOUCHED, "--to", "dados").out
    assert "told  no\n" in exported
    erased = open_shop("privacy", "erase", "cus_ana", *VOUCHED, "--yes").out
    assert "addresses_erased  2\n" in erased
    assert not re.search(r"[{\[\]}]|True|False|None", erased + exported + corrected)


def test_a_correction_is_applied_and_listed(open_shop):
    """What is no attribute is refused before anything is opened."""
    assert open_shop("privacy", "rectify", "cus_ana", *VOUCHED, "--set", "Ana").code == 2
    done = told(open_shop("privacy", "rectify", "cus_ana", *VOUCHED, "--set", "first_name=Anna", "--json"))
    assert done["request"]["result"]["changed"] == ["attributes.first_name"]
    listed = told(open_shop("privacy", "requests", "--kind", "rectify", "--json"))["items"]
    assert [one["id"] for one in listed] == [done["request"]["id"]]
    assert done["request"]["id"] in open_shop("privacy", "show", done["request"]["id"]).out


def test_what_waits_for_a_person_says_so_and_how_it_goes_on(open_shop, ledger, shop, release):
    """In the list, and with the command that does it where one is shown."""
    timer = App(root=shop, settings=Settings(), store=ledger, clock=SystemClock())
    desk = open_privacy_desk(timer, release)
    with ledger.write() as transaction:
        wanted = WantedRequest(kind=RequestKind.RECTIFY, customer_id="cus_ana", vouched="by phone")
        opened = privacy.ask(transaction, desk, wanted, by="test")
        nobodys = WantedRequest(kind=RequestKind.ERASE, contact=privacy.read_contact("nobody@example.com"))
        privacy.ask(transaction, desk, nobodys, by="person")
    listed = open_shop("privacy", "requests")
    assert "proven, waits for you" in listed.out
    assert "due in" in listed.out.splitlines()[0]
    assert "due in" not in listed.out.splitlines()[1]
    assert "Waiting for you: 1." in listed.out
    assert [one["waits_for"] for one in told(open_shop("privacy", "requests", "--json"))["items"]] == ["person", None]
    shown = open_shop("privacy", "show", opened.id).out
    assert f"jogral privacy approve {opened.id} --set NAME=VALUE\n" in shown
    assert open_shop("privacy", "approve", opened.id, "--set", "first_name=Anna").code == 0
    assert "waits for you" not in open_shop("privacy", "requests").out


def test_an_erasure_that_is_approved_needs_a_yes_too(open_shop, ledger, shop, release):
    """As `erase` does; until it is said, nothing is erased, and the request still waits."""
    desk = open_privacy_desk(App(root=shop, settings=Settings(), store=ledger, clock=SystemClock()), release)
    with ledger.write() as transaction:
        wanted = WantedRequest(kind=RequestKind.ERASE, customer_id="cus_ana", vouched="by phone")
        opened = privacy.ask(transaction, desk, wanted, by="test")
    refused = open_shop("privacy", "approve", opened.id, "--customer", "cus_ana")
    assert refused.code == 4
    assert "--yes" in refused.err
    assert told(open_shop("privacy", "show", opened.id, "--json"))["request"]["state"] == "verified"
    done = open_shop("privacy", "approve", opened.id, "--customer", "cus_ana", "--yes", "--json")
    assert told(done)["request"]["state"] == "done"


@pytest.mark.parametrize("arguments", [("--kind", "exprot"), ("--state", "opend")])
def test_a_misspelt_filter_is_answered_with_the_right_word(open_shop, arguments):
    """Rather than with an empty list."""
    run = open_shop("privacy", "requests", *arguments)
    assert run.code == 2
    assert "did you mean" in run.err


def test_a_refusal_ends_a_request(open_shop):
    """One that has ended cannot be refused."""
    done = told(open_shop("privacy", "export", "cus_ana", *VOUCHED, "--json"))["request"]
    assert done["result"]["told"]
    assert open_shop("privacy", "refuse", done["id"], "--reason", "late").code == 2
    assert open_shop("privacy", "overwrite").code == 0


def test_nothing_of_the_erased_is_left_beside_the_ledger(open_shop, shop):
    """No file of the project's private folder: ledger, log of changes, quarantine, keys."""
    open_shop("send", "order_confirmed", "--to", "ana@example.com", "--data", "{}")
    quarantine = shop / ".jogral/quarantine"
    quarantine.mkdir(parents=True, mode=0o700)
    (quarantine / "clientes.csv").write_text("nome;email\nAna;ANA@example.com\nBia;bia@example.com\n")
    assert open_shop("privacy", "erase", "cus_ana", *VOUCHED, "--yes").code == 0
    files = [file for file in (shop / ".jogral").rglob("*") if file.is_file() and "cache" not in file.parts]
    held = [(file.name, word) for file in files for word in ANA if word in file.read_bytes().lower()]
    assert held == []
    assert (quarantine / "clientes.csv").read_text() == "nome;email\nBia;bia@example.com\n"


def test_who_comes_back_is_let_in_again(open_shop):
    """An address that was never erased says so."""
    open_shop("privacy", "erase", "cus_ana", *VOUCHED, "--yes")
    assert open_shop("privacy", "readmit", "ana@example.com", *VOUCHED).code == 0
    assert open_shop("privacy", "readmit", "bia@example.com", *VOUCHED).code == 2


def test_who_is_no_customer_is_shown_and_erased_too(open_shop, ledger, shop):
    """By their address, or by the id that WhatsApp calls them by; a copy is handed over: no link can be sent."""
    kept = {"channel": "whatsapp", "reading": {"kind": "none"}, "at": 1, "received_at": 1}
    with ledger.write() as transaction:
        address = Address(id="adr_lia", kind=AddressKind.PHONE, value="+5511977776666")
        transaction.customers.keep_addresses([address], 1)
        for text_id, whose in (("1", {"address_id": "adr_lia"}), ("2", {"address_id": "", "user_id": "BR.77"})):
            named = {"id": f"inb_{text_id}", "source": "wa", "source_id": text_id, "text": "Sou a Lia"}
            transaction.inbound.add(KeptText(**named, **kept, **whose))
    for who in ("11 97777-6666", "BR.77"):
        assert open_shop("privacy", "export", who, *VOUCHED).code == 2
        exported = told(open_shop("privacy", "export", who, *VOUCHED, "--to", f"dados-{who[-2:]}", "--json"))["request"]
        (file,) = (shop / f"dados-{who[-2:]}").glob("*.json")
        assert "Sou a Lia" in file.read_text(encoding="utf-8")
        assert exported["details"] == {}
        assert told(open_shop("privacy", "erase", who, *VOUCHED, "--yes", "--json"))["request"]["state"] == "done"
        assert open_shop("privacy", "erase", who, *VOUCHED, "--yes").code == 2
    assert open_shop("privacy", "rectify", "BR.77", *VOUCHED, "--set", "first_name=Lia").code == 2


def test_an_id_that_leads_to_a_familys_phone_names_nobody(open_shop, ledger, shop):
    """What is one's is not written beside what is the other's."""
    with ledger.write() as transaction:
        (phone,) = [one for one in transaction.customers.get("cus_ana").addresses if one.kind is AddressKind.PHONE]
        transaction.customers.add([Customer(id="cus_bia", addresses=(phone,))], {}, 1)
        transaction.provider_users.put("whatsapp", "BR.77", phone.id, 1)
    refused = open_shop("privacy", "export", "BR.77", *VOUCHED, "--to", "dados")
    assert (refused.code, (shop / "dados").exists()) == (2, False)
    assert told(open_shop("privacy", "requests", "--json"))["items"] == []
