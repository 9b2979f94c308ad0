"""Findings about files, said in Portuguese: sentences put together from pieces come in one language, whole."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import pytest

from orchestrator.catalog.model import Message
from orchestrator.catalog.templates import RefusedTemplate, parse_copy
from orchestrator.documents import parse
from orchestrator.domain.errors import DocumentError, Phrase, Unfit, Word, did_you_mean, surely_meant
from orchestrator.facts.model import Offers, Promises
from orchestrator.journeys.model import Journey
from orchestrator.translations import translator

if TYPE_CHECKING:
    from pydantic import BaseModel

PORTUGUESE = translator("pt-BR")

ORDER = """\
kind: message
id: late
title: Atraso
owner: operacoes
topic: order_updates
content: {headline: Atraso, body: Seu pedido atrasou.}
channels: {email: null, whatsapp: null, sms: {}, push: null}
"""
OFFER = "kind: offers\nowner: marketing\noffers: {kit: {title: Kit, %s}}\n"
JOURNEY = "kind: journey\nid: a\ntitle: A\nowner: b\ntopic: c\n"
STEP = "{id: x, send: y, channels: {all: [sms]}}"


def told(text: str, model: type[BaseModel]) -> list[str]:
    with pytest.raises(DocumentError) as caught:
        parse(text, file="m.yaml").read(model)
    findings = caught.value.findings
    assert [(finding.told(), finding.remedy()) for finding in findings] == [
        (finding.message, finding.help) for finding in findings
    ]
    return [" ".join(filter(None, (one.told(PORTUGUESE), one.remedy(PORTUGUESE)))) for one in findings]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "O arquivo está vazio; deve ser um único mapeamento, `chave: valor`"),
        ("- a\n", "O arquivo deve ser um único mapeamento, `chave: valor`, e não uma lista"),
        ("a: {{ b }}\n", 'Um texto que começa com "{{" deve ficar entre aspas'),
        ("a: @b\n", 'Um valor que começa com "@" deve ficar entre aspas'),
        ('a: "\\q"\n', 'Entre aspas duplas, "\\q" não significa nada; escreva "\\\\q"'),
        ("a: [1\n", 'Esta lista ou este mapeamento não foi fechado com "]", ou falta uma vírgula'),
        ("a: 1\na: 2\n", 'A chave "a" já está na linha 1'),
        ("a: *b\n", '"*b" repete um valor que não está acima'),
        ("a: \b1\n", "O caractere invisível U+0008 não é permitido aqui"),
        (f"a: {'x' * 262_144}\n", "O arquivo tem 262148 bytes; são lidos no máximo 262144"),
    ],
)
def test_what_is_not_taken_is_refused_in_portuguese(text, sentence):
    with pytest.raises(DocumentError) as caught:
        parse(text, file="m.yaml")

    assert caught.value.findings[0].told(PORTUGUESE) == sentence


def test_kind_and_id_are_asked_for_in_portuguese():
    with pytest.raises(DocumentError) as caught:
        parse("id: 7\nkind: mesage\n", file="m.yaml").expect("message", "late")

    assert [(one.told(PORTUGUESE), one.remedy(PORTUGUESE)) for one in caught.value.findings] == [
        ('"kind" é "mesage"; você quis dizer "message"?', '"message" é o tipo dos arquivos desta pasta.'),
        ('"id" deve ser texto, e não o número 7', 'Escreva `id: "late"`.'),
    ]


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("title: Atraso", "titel: Atraso", 'Chave desconhecida "titel"; você quis dizer "title"?'),
        ("sms: {}", "sms: {max_segments: 0}", '"max_segments" deve ser no mínimo 1'),
        ("sms: {}", "sms: {body: 7}", '"body" deve ser texto, e não o número 7 Coloque-o entre aspas.'),
        ("sms: {}", "sms: []", '"sms" deve ser um mapeamento, e não uma lista'),
        ("title: Atraso\n", "title: Atraso\ntags: [[]]\n", 'O item 1 em "tags" deve ser texto, e não uma lista'),
        (", body: Seu pedido atrasou.", "", 'Falta a chave "body" em "content"'),
        (
            "whatsapp: null",
            "whatsapp: {buttons: [{type: link, label: Ver}]}",
            '"type" deve ser "url" ou "quick_reply", e não "link"',
        ),
        (
            "whatsapp: null",
            "whatsapp: {buttons: [{type: url}]}",
            'Falta a chave "label" no item 1 em "buttons"',
        ),
        ("id: late", "id: Late", '"id" deve ter letras minúsculas, algarismos e _, começando com uma letra'),
        (
            "title: Atraso\n",
            "title: Atraso\nvariables: {claims.x: {type: string}}\n",
            'O arquivo declara a variável "claims.x", mas os nomes que começam com claims são as próprias promessas',
        ),
        (
            "title: Atraso\n",
            "title: Atraso\nvariables: {a.b: {type: list}}\n",
            '"a.b" deve dizer em `of` o que cada item contém, e só uma lista tem `of`: {name: string}',
        ),
    ],
)
def test_a_mistake_in_a_message_is_told_in_portuguese(old, new, sentence):
    assert ORDER.count(old) == 1

    assert sentence in told(ORDER.replace(old, new), Message)


@pytest.mark.parametrize(
    ("text", "model", "sentence"),
    [
        (OFFER % "price: 80", Offers, '"price" deve ser um valor e uma moeda, como "129.90 BRL", e não "80"'),
        (OFFER % 'discount: "120%"', Offers, '"discount" deve ser uma porcentagem como 20%, e não "120%"'),
        (
            OFFER % "ends_at: hoje",
            Offers,
            '"ends_at" deve ser uma data como 2026-11-30, ou uma com hora, 2026-11-30T18:00, e não "hoje"',
        ),
        (
            "kind: promises\nowner: a\npolicies: {troca: {value: 7 dias, text: 7 dias}}\n",
            Promises,
            '"value" deve ser uma duração como 7d, 2h, 30m, 2w ou 5bd (dias úteis), e não "7 dias"',
        ),
        (JOURNEY, Journey, "O arquivo deve ter trigger com steps, ou triggers com steps em cada um"),
        (
            f"{JOURNEY}trigger: {{event: a.b}}\nsteps: [{STEP}, {STEP}]\n",
            Journey,
            '"id" também é de outro passo: "x"',
        ),
        (
            f'{JOURNEY}trigger: {{event: a.b, when: "{"a" * 1001}"}}\nsteps: [{STEP}]\n',
            Journey,
            '"when" tem 1001 caracteres; são permitidos no máximo 1000',
        ),
    ],
)
def test_a_validator_speaks_portuguese(text, model, sentence):
    assert sentence in told(text, model)


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("{{ 2 + 2 }}", "não se permite uma conta aqui; escreva um nome como {{ order.number }}"),
        ("{{ a | uper }}", 'filtro desconhecido "uper"; você quis dizer "upper"?; existem: '),
        ("{% if a %}x{% endif %}", "{% if %} só é permitido no corpo próprio do e-mail (channels.email.body)"),
        ("{{ nome do cliente }}", "esperava-se 'fim da variável', e veio 'do'"),
        ("{% if a %}x", "O texto acabou antes da hora. Faltou um destes comandos: 'elif' ou 'else' ou 'endif'."),
        ("{% for %}", "Esperava-se um nome, e veio 'fim do comando'"),
        ("{% trans %}", "Comando desconhecido 'trans'."),
    ],
)
def test_copy_that_is_not_admitted_is_refused_in_portuguese(source, sentence):
    with pytest.raises(RefusedTemplate) as caught:
        parse_copy(source)

    assert caught.value.told(PORTUGUESE).startswith(sentence)


# --- the pieces -------------------------------------------------------------------------------------------------------


def test_a_phrase_is_its_english_words_and_can_be_said_otherwise():
    """Two that say the same are the same, so that a fault that is found twice is told once."""
    phrase = Phrase("{what} in {{x}}", what=Word("text"))

    assert phrase == "text in {x}"
    assert len({phrase, Phrase("text in {{x}}")}) == 1
    assert phrase.told({"{what} in {{x}}": "{what} em {{x}}", "text": "texto"}.__getitem__) == "texto em {x}"


def test_a_copied_phrase_is_the_same():
    """Its braces are not filled a second time."""
    phrase = copy.deepcopy(Phrase("write {{{name}}}", name="x"))

    assert (phrase, phrase.template, phrase.params) == ("write {x}", "write {{{name}}}", {"name": "x"})


def test_an_unfit_value_is_a_value_error_that_can_be_said():
    """Pydantic keeps it as it is."""
    unfit = Unfit("must be {what}", what=Word("text"))

    assert str(unfit) == "must be text"
    assert unfit.told(lambda sentence: sentence.upper().replace("{WHAT}", "{what}")) == "MUST BE TEXT"


@pytest.mark.parametrize(
    ("word", "known", "meant"),
    [
        ("order.nunber", ["order.number", "order.url"], "order.number"),
        ("order.promised", ["order.promised_date"], ""),
        ("order.nmber", ["order.number", "order.numbers"], ""),
        ("offers.kit1.price", ["offers.kit2.price"], ""),
        ("order.colour", [], ""),
    ],
)
def test_one_name_that_is_near_enough_is_surely_meant(word, known, meant):
    """Neither one of two, nor one that only begins alike, nor one with another digit."""
    assert surely_meant(word, known) == meant
    assert bool(did_you_mean(word, known)) == bool(known)
