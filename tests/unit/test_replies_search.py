"""An agent finds a reply by its shortcut, its title and what customers call it; the same words give the same list."""

from __future__ import annotations

import pytest

from orchestrator.domain.errors import NotFound
from orchestrator.replies.model import PublishedReply, Reply
from orchestrator.replies.search import find_reply, search


def reply(name, title, shortcut, keywords=(), body="Estamos vendo isso."):
    return Reply.model_validate(
        {
            "kind": "reply", "id": name, "title": title, "owner": "atendimento", "topic": "order_updates",
            "shortcut": shortcut, "keywords": keywords, "variants": [{"otherwise": True, "body": body}],
        }
    )  # fmt: skip


def published(*replies, **translations):
    return {one.id: PublishedReply(reply=one, translations=translations.get(one.id, {})) for one in replies}


REPLIES = published(
    reply("troca", "Troca de produto", "/troca", ["trocar", "tamanho"], "Enviamos uma etiqueta."),
    reply("onde", "Onde está meu pedido?", "/onde", ["rastreio", "cadê", "entrega"]),
    reply("ondas", "Toalha Ondas fora de estoque", "/ondas", ["estoque"]),
    reply("atraso", "Pedido atrasado", "/atraso", ["prazo", "onde"], "A entrega {{ order.number }} atrasou."),
    reply("extravio", "Pedido extraviado", "/extravio", ["sumiu"], "Não sabemos onde ele está."),
    onde={"en": reply("onde", "Where is my order?", "/onde", ["tracking"])},
)


def found(words, locale="pt-BR"):
    return [one.id for one in search(REPLIES, words, locale)]


def test_shortcut_then_title_then_keyword_then_body():
    assert found("onde") == ["onde", "atraso", "extravio"]
    assert found("/onde") == ["onde"]


def test_the_beginning_of_a_shortcut_comes_before_titles():
    assert found("ond") == ["onde", "ondas", "atraso", "extravio"]
    assert found("/on") == ["onde", "ondas"]


def test_alike_fits_are_in_the_order_of_their_titles():
    assert found("pedido") == ["onde", "atraso", "extravio"]


@pytest.mark.parametrize("words", ["cade", "CADÊ", "Cadê?", "cadé"])
def test_case_accents_and_signs_do_not_matter(words):
    assert found(words) == ["onde"]


def test_most_words_win():
    """Customers' own sentences have words that no reply has."""
    assert found("cadê a minha entrega que sumiu") == ["onde"]
    assert found("trocar o tamanho") == ["troca"]


def test_places_for_data_are_no_words():
    assert found("number") == []


def test_no_words_give_everything():
    assert found("") == ["onde", "atraso", "extravio", "ondas", "troca"]
    assert found(" ?! ") == found("")


def test_nothing_fits():
    assert found("boleto") == []
    assert search({}, "onde", "pt-BR") == []


def test_titles_are_in_the_wanted_language():
    (one,) = search(REPLIES, "tracking", "en")
    assert (one.id, one.title, one.shortcut, one.rank) == ("onde", "Where is my order?", "/onde", 3)
    assert found("tracking") == []


# --- by name --------------------------------------------------------------------------------------------------------

NAMED = published(reply("onde_esta", "Onde está?", "/onde"), reply("troca", "Troca", "/trocar"))


@pytest.mark.parametrize("name", ["onde_esta", "/onde", "onde"])
def test_a_reply_is_named_by_its_id_or_its_shortcut(name):
    """With or without the slash, which belongs to chats."""
    assert find_reply(NAMED, name).reply.id == "onde_esta"


@pytest.mark.parametrize(("name", "near"), [("onda", "onde"), ("/trocra", "troca"), ("onde_estaa", "onde_esta")])
def test_a_misspelt_name_says_what_was_meant(name, near):
    with pytest.raises(NotFound, match=f'There is no reply "{name}"; did you mean "{near}"') as told:
        find_reply(NAMED, name)
    assert (told.value.code, told.value.fields[0].pointer) == ("unknown_reply", "#/reply")
