"""Channel limits: what the broken projects of tests/check do not show, and what no rule may complain of."""

from __future__ import annotations

import shutil
from datetime import date

import pytest
from ruamel.yaml import YAML

from orchestrator.check import channels, whatsapp
from orchestrator.check.email import HTML_BYTES_MAX
from orchestrator.check.links import SHORTENERS
from orchestrator.folder import SHIPPED
from orchestrator.project import Project
from tests.check.cases import GOOD

TODAY = date(2026, 11, 25)


@pytest.fixture
def shop(tmp_path):
    """A small project with nothing wrong in it."""
    root = tmp_path / "shop"
    shutil.copytree(GOOD, root)
    return root


def edit(root, before, after, name="messages/order_placed.yaml"):
    path = root / "templates" / name
    text = path.read_text("utf-8")
    assert text.count(before) == 1
    path.write_text(text.replace(before, after), "utf-8")


def found(root):
    """Code, line and message of everything about channels and WhatsApp, and that the files could be read."""
    survey = Project(root).survey(TODAY)
    assert survey.findings == ()
    return [(one.code, one.message) for one in (*channels.findings(survey), *whatsapp.findings(survey))]


def test_a_sound_project_has_no_findings(shop):
    assert found(shop) == []


# --- links ----------------------------------------------------------------------------------------------------------

GOOD_LINKS = [
    "[a página](https://loja.example/p/1)",
    "[a página](https://loja.example/p/{{ order.number }}?utm_source=email)",
    "[a página]({{ order.url }})",
    '[a página]({{ order.url }}?from=mail "Seu pedido")',
    "<https://loja.example/>",
    "[escreva](mailto:oi@loja.example) ou [ligue](tel:+551155550100)",
    "veja em https://loja.example/p, ou responda",
    "[a página][1]\n\n    [1]: https://loja.example/",
    "preço [sem link] (entre parênteses)",
]


@pytest.mark.parametrize("text", GOOD_LINKS)
def test_a_link_that_opens_is_no_finding(shop, text):
    """Markdown's ways to link, mail and phone among them, and places where they may stand."""
    edit(shop, "    Para trocar, o prazo", f"    {text}\n\n    Para trocar, o prazo")

    assert found(shop) == []


BAD_LINKS = [
    "ftp://loja.example/",
    "//loja.example",
    "/p/1",
    "https://",
    "https://TODO",
    "http://localhost/p",
    "data:x",
]


@pytest.mark.parametrize("url", BAD_LINKS)
def test_a_link_that_does_not_open_is_one_finding(shop, url):
    """Schemes that are not the web's, relative ones, and what somebody meant to finish."""
    edit(shop, "    Para trocar, o prazo", f"    [Veja]({url}) mais.\n\n    Para trocar, o prazo")

    ((code, message),) = found(shop)
    assert code == "CH114"
    assert f'"{url}"' in message


@pytest.mark.parametrize("host", sorted(SHORTENERS))
def test_every_known_shortener_is_named(shop, host):
    """With a scheme and without; the same letters inside another host are none of it."""
    edit(shop, "Veja: {{ order.url }}", f"Veja: {{{{ order.url }}}} {host}/x", "messages/order_placed.yaml")

    assert found(shop) == [("CH116", f'The SMS links through "{host}"')]


@pytest.mark.parametrize("text", ["not.bit.ly.example/x", "orbit.ly/x", "bit.ly", "oi@t.co/x"])
def test_a_host_that_only_looks_like_a_shortener_is_none(shop, text):
    edit(shop, "Veja: {{ order.url }}", f"Veja: {{{{ order.url }}}} {text}", "messages/order_placed.yaml")

    assert found(shop) == []


# --- who is measured ------------------------------------------------------------------------------------------------


def test_the_longest_persona_counts(shop):
    """A text that fits everybody but one is too long, and that one is named."""
    edit(
        shop, '"Pedido {{ order.number }} recebido.', '"{{ customer.first_name }}, pedido {{ order.number }} recebido.'
    )
    edit(
        shop, 'body: "Order {{', 'body: "{{ customer.first_name }}, order {{', "messages/order_placed.en.yaml"
    )  # the same variables
    assert found(shop) == []
    persona = YAML(typ="safe", pure=True).load((shop / "templates/personas/ana.yaml").read_bytes())
    persona |= {"id": "longa", "title": "Nome longo"}
    persona["customer"]["first_name"] = "Maria" * 20
    with (shop / "templates/personas/longa.yaml").open("wb") as file:
        YAML(typ="safe", pure=True).dump(persona, file)

    ((code, message),) = found(shop)
    assert code == "CH131"
    assert "2 parts" in message
    assert "for longa" in message


def test_a_persona_is_measured_in_its_own_language(shop):
    """Somebody who reads English does not lengthen the Portuguese text."""
    path = shop / "templates/personas/ana.yaml"
    path.write_text(path.read_text("utf-8").replace("locale: pt-BR", "locale: en-GB"), "utf-8")
    edit(shop, "title: Recebemos seu pedido", 'title: "{{ customer.first_name }}, recebemos seu pedido"')
    edit(
        shop,
        "title: We have your order",
        'title: "{{ customer.first_name }}, we have it"',
        "messages/order_placed.en.yaml",
    )
    path.write_text(path.read_text("utf-8").replace("first_name: Ana", f"first_name: {'Ana' * 16}"), "utf-8")

    ((code, message),) = found(shop)
    assert code == "CH140"
    assert message.startswith("The title has 60 characters for ana")


def test_facts_that_only_live_values_know_are_stood_in_for(shop):
    """A check has no ledger: what the files do not know is shown by an example, not left out."""
    edit(shop, "price: 80.00 BRL", "price: {live: inventory.KIT.price}", "facts/ofertas.yaml")
    edit(shop, "max_segments: 1", "max_segments: 1\n    # measured all the same", "messages/cart_offer.yaml")
    edit(shop, '    body: "Kit por', f'    body: "{"Kit " * 40}por', "messages/cart_offer.yaml")

    assert [code for code, _ in found(shop)] == ["CH131"]


def test_a_letter_is_measured_though_nobody_reads_it(shop):
    """Its HTML alone is larger than Gmail shows, whoever gets it."""
    paragraph = "Cuidamos.\n\n    "  # its tags are longer than its words
    edit(shop, "    Para trocar, o prazo", f"    {paragraph * (HTML_BYTES_MAX // 35)}Para trocar, o prazo")

    assert [code for code, _ in found(shop)] == ["CH112"]


# --- translations ---------------------------------------------------------------------------------------------------


def test_a_fault_that_a_translation_inherits_is_told_once(shop):
    """Where it is written, not wherever it is read."""
    edit(shop, '    url: "{{ order.url }}"\n\nchannels', "    url: loja.example\n\nchannels")

    assert [code for code, _ in found(shop)] == ["CH114"]


def test_addresses_and_names_need_no_translation(shop):
    """A URL, a layout or an event is the same in every language."""
    edit(shop, "layout: transactional", "layout: marketing")

    assert found(shop) == []


# --- images of a layout ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("alt", "codes"), [("", ["CH113"]), ('alt=""', []), ('alt="Loja"', [])])
def test_an_image_of_the_layout_says_something_or_that_it_says_nothing(shop, alt, codes):
    """Mrml leaves out an alt that was not written; an empty one is an answer."""
    layout = (SHIPPED / "templates/layouts/transactional.mjml").read_text("utf-8")
    image = f'<mj-column><mj-image src="https://cdn.loja.example/logo.png" {alt} /></mj-column>'
    layout = layout.replace("</mj-body>", f"<mj-section>{image}</mj-section></mj-body>")
    (shop / "templates/layouts").mkdir(exist_ok=True)
    (shop / "templates/layouts/transactional.mjml").write_text(layout, "utf-8")

    assert sorted({code for code, _ in found(shop)}) == codes  # once for each message in it
