"""What people mean by what they write to us: out, a pause, back in, or something else."""

# ruff: noqa: RUF001  # full-width letters are what is tested

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.stop_words import Meaning, read_text

FOLDER = Path(__file__).parents[1] / "vectors"
VECTORS = json.loads((FOLDER / "stop_words.json").read_text("utf-8"))["cases"]
AS_WRITTEN = json.loads((FOLDER / "stop_words_as_written.json").read_text("utf-8"))["expect"]

# What is about something else, or for a person to read.
NOT_OUT = frozenset({Meaning.NONE, Meaning.AMBIGUOUS, Meaning.HELP})

OUT = """
me tira da lista por favor
Parem de me mandar mensagem
quero parar de receber
por favor pare de enviar sms
Para de me mandar mensagem
não quero mais receber promoções de vocês
eu não quero mais receber os emails de vocês ok
não quero nada de vocês
não quero receber
nao quero mais mensagens. cade meu pedido?
Não desejo mais receber ofertas
não aguento mais receber mensagens
gostaria de cancelar o recebimento de emails
cancelar inscrição
como faço para sair dessa lista?
quero sair
não me mande mais nada
não me escrevam mais
nunca mais me mandem isso
não perturbe
não autorizei esse contato
chega de propaganda
me descadastra
não consigo me descadastrar
remove meu número da lista
revogo o meu consentimento
Vocês mandam demais. SAIR.
Oi, bom dia. Sair
*SAIR*
"Sair"
sair sms
SAIR!!! 😡
sairrrrr
SAIR SAIR SAIR
S.A.I.R
ｓｔｏｐ
stop sending me texts
please stop texting me
don't text me
do not contact me
take me off your list
I want to unsubscribe
how do I opt out?
opt-out
I don't want to receive any more messages
I no longer want these emails
no more texts
no quiero recibir más mensajes
no me escriban más
dejen de mandarme mensajes
quiero darme de baja
bórrenme de la lista
basta de spam
"""

OUT_OF_EVERYTHING = """
sair de tudo
quero sair de tudo
PARAR TUDO
me descadastra de todas as listas
remover de todos os canais
não quero receber nada por nenhum canal
unsubscribe me from everything
darme de baja de todo
"""

SOMEBODY_ELSE = """
número errado
vocês mandaram para o número errado
esse número não é da Maria
wrong number, sorry
numero equivocado
"""

ERASE = """
apaguem meus dados
excluir meus dados
quero que apaguem todos os meus dados pessoais
please delete my personal data
borren mis datos
"""

BACK_IN = """
quero voltar a receber ofertas
quero receber novidades
podem voltar a mandar as ofertas
Start please
subscribe me again
quiero volver a recibir ofertas
"""

A_PAUSE = """
pausar
pausa as mensagens por favor
menos mensagens
pause these messages
menos mensajes
"""

# Nothing of this may silence anybody, nor let anybody be written to.
SOMETHING_ELSE = """
veio o número errado
não apaguem meus dados
cancelar meu pedido
quero cancelar minha compra
vou sair agora
quando o pedido vai sair?
quando sai a promoção?
para quando é a entrega?
tem cupom para ofertas?
não recebi a mensagem
não chegou nenhuma mensagem de rastreio
não quero receber o produto errado
deixei de receber meu pedido
cancelaram a oferta?
não autorizei essa compra
não gostei da promoção
não quero perder essa promoção
não aceito a promoção
não quero pelo whatsapp, pode ser por email?
quero receber meu pedido
pode mandar por email?
me manda a lista de preços
me tira uma dúvida
parar no correio
não quero sair da lista
não me tirem da lista
não parem de mandar ofertas!
não quero que parem de mandar ofertas
chega hoje?
don't unsubscribe me
I can't stop loving this
stop by the store tomorrow?
end of the month?
I did not get the text
I don't want to miss the offers
cancel my order
no quiero perder la oferta
no quiero cancelar
voy a salir
Para não receber mais ofertas, responda SAIR
"""

FOR_A_PERSON = """
cancelar tudo
quero cancelar
se eu sair da lista perco o cupom?
if I unsubscribe do I lose the coupon?
vão deixar de enviar meu pedido?
não quero mais receber mensagens do pedido
tira meu nome do pedido
cancel my subscription
"""


def lines(text):
    return text.strip().splitlines()


@pytest.mark.parametrize("case", VECTORS, ids=lambda case: ascii(case["text"]))
def test_a_text_is_read_as_in_the_vectors(case):
    """In the language of its thread."""
    assert read_text(case["text"], case["language"]).kind == case["expect"]


@pytest.mark.parametrize("expected", AS_WRITTEN)
def test_a_text_is_understood_as_people_write_them(expected):
    """In a hurry, abbreviated, misspelt and angry; and about everything else that a shop is written to about."""
    meant = NOT_OUT if expected == "not_out" else {expected}
    read = ((text, read_text(text, "pt-BR")) for text in AS_WRITTEN[expected])
    assert [(text, one.kind.value, one.matched) for text, one in read if one.kind not in meant] == []


@pytest.mark.parametrize(
    "denied",
    [
        "não pare de mandar as ofertas",
        "nunca parem de mandar promoções",
        "nem pensem em parar de mandar",
        "no dejen de mandarme ofertas",
        "please don't ever stop sending me offers",
    ],
)
def test_the_contrary_of_an_opt_out_is_none_in_any_language(denied):
    """Portuguese and Spanish share verbs: what one denies, the other must not find."""
    assert all(not read_text(denied, locale).ends for locale in ("pt-BR", "es", "en"))


@pytest.mark.parametrize("complaint", ["vocês não param de mandar", "vcs não para de mandar msg", "no paran de mandar"])
def test_who_complains_that_it_never_stops_wants_out(complaint):
    """They deny that we stop, and not that we should."""
    assert read_text(complaint).kind is Meaning.OPT_OUT


def test_what_a_shop_sells_takes_nothing_from_another_clause():
    """The order is one matter, and the advertising another; "do pedido" is about both."""
    assert read_text("cancele minha compra e não me mandem mais propaganda").kind is Meaning.OPT_OUT
    assert read_text("comprei uma vez e não param de mandar propaganda").kind is Meaning.OPT_OUT
    assert read_text("cancele minha compra e não me mandem mais mensagens do pedido").kind is Meaning.AMBIGUOUS


def test_who_wants_to_go_on_with_something_is_read_by_a_person():
    """They leave one thing and keep another, and only a person can tell which is ours."""
    assert read_text("quero sair do grupo vip mas continuar com ofertas").kind is Meaning.AMBIGUOUS


@pytest.mark.parametrize("text", ["SIM", "Sim, por favor!", "YES", "Sí", "s", "confirmo"])
def test_a_yes_says_yes_to_whatever_was_asked(text):
    """What that was, the text does not say: by itself it is for a person to read."""
    reading = read_text(text)
    assert (reading.kind, reading.agrees) == (Meaning.AMBIGUOUS, True)
    assert not read_text("não").agrees


def test_the_wrong_person_outweighs_whatever_they_ask():
    """Who is not our customer must not withdraw what our customer agreed to elsewhere."""
    assert read_text("Número errado. Quero sair de tudo, apaguem meus dados!").kind is Meaning.WRONG_PERSON


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        *((text, Meaning.OPT_OUT) for text in lines(OUT)),
        *((text, Meaning.OPT_OUT_ALL) for text in lines(OUT_OF_EVERYTHING)),
        *((text, Meaning.WRONG_PERSON) for text in lines(SOMEBODY_ELSE)),
        *((text, Meaning.ERASURE) for text in lines(ERASE)),
        *((text, Meaning.OPT_IN) for text in lines(BACK_IN)),
        *((text, Meaning.PAUSE) for text in lines(A_PAUSE)),
        *((text, Meaning.NONE) for text in lines(SOMETHING_ELSE)),
        *((text, Meaning.AMBIGUOUS) for text in lines(FOR_A_PERSON)),
    ],
)
def test_a_text_is_read_as_a_person_would_read_it(text, kind):
    """Any reasonable wording counts, in any of the languages; a word inside of another sentence does not."""
    assert read_text(text, "pt-BR").kind is kind


@pytest.mark.parametrize(
    "letter",
    [
        "SAIR\n\nEnviado do meu iPhone",
        "sair\nAtt,\nMarina",
        "SAIR\n\nEm 21 de nov. de 2026, Casa Lume escreveu:\n> Quero receber ofertas",
        "Stop\n-----Original Message-----\nNew offers",
        "> Ofertas da semana\n> Responda SAIR\n\nsair",
    ],
)
def test_an_answer_is_read_without_what_stands_around_it(letter):
    """Mail programs sign, and quote what was answered."""
    assert read_text(letter).kind is Meaning.OPT_OUT


def test_what_is_only_quoted_was_not_said():
    """Our own footer comes back in every answer."""
    quoted = "Adorei a manta!\n\nEm 21 de nov. de 2026, Casa Lume escreveu:\n> Para sair da lista, responda SAIR"
    assert read_text(quoted).kind is Meaning.NONE


@pytest.mark.parametrize(
    ("locale", "kind"), [("pt-BR", "ambiguous"), ("en", "opt_out"), ("es", "opt_out"), (None, "opt_out")]
)
def test_a_word_may_be_another_word_in_the_language_of_the_thread(locale, kind):
    """`end` is how a Brazilian abbreviates an address."""
    assert read_text("End", locale).kind == kind


@pytest.mark.parametrize("word", ["ALTO", "BAJA", "SALIR", "ARRET", "STOP"])
@pytest.mark.parametrize("locale", ["pt-BR", "en", "es", None])
def test_a_word_that_is_no_other_says_the_same_in_every_thread(word, locale):
    """Of a stranger's number nobody knows the language."""
    assert read_text(word, locale).kind is Meaning.OPT_OUT


def test_a_doubled_last_letter_is_a_slip():
    """But "ss" is no "s", which says yes, and `all` is a word."""
    assert read_text("SAIRR").kind is Meaning.OPT_OUT
    assert not read_text("ss").agrees
    assert read_text("opt me out of all channels").kind is Meaning.OPT_OUT_ALL


def test_who_wants_messages_of_their_order_alone_wants_no_others():
    """An order in it makes nothing uncertain; where it is only thought of, a person reads it."""
    assert read_text("quero só mensagens do meu pedido").kind is Meaning.OPT_OUT
    assert read_text("não quero só mensagens do meu pedido").kind is not Meaning.OPT_OUT
    assert read_text("se eu cancelar só me mandem mensagens do pedido?").kind is Meaning.AMBIGUOUS


def test_a_threat_is_an_opt_out_where_it_is_about_our_messages():
    """A threat about anything else is for a person to read."""
    assert read_text("se mandarem mais uma mensagem eu processo").kind is Meaning.OPT_OUT
    assert read_text("vou denunciar no procon se não mandarem meu pedido").kind is Meaning.AMBIGUOUS


def test_a_reading_says_which_words_decided():
    """So that whoever asks why can be shown."""
    reading = read_text("Oi! Não quero mais receber SMS de vocês.")
    assert (reading.language, reading.matched) == ("pt", "nao quero mais receber sms")
    assert reading.words == "oi nao quero mais receber sms de voces"
    assert read_text("obrigada").matched == ""


def test_an_opt_out_outweighs_all_else_in_a_text():
    """Who says both wants out."""
    assert read_text("Quero receber novidades. Não, parem de mandar mensagens!").kind is Meaning.OPT_OUT
    assert read_text("Para de mandar SMS. Quero sair de tudo.").kind is Meaning.OPT_OUT_ALL


@given(st.text(), st.sampled_from(["pt-BR", "en", "es", None]))
def test_any_text_has_a_reading(text, locale):
    """And case and outer marks change nothing about it."""
    assert read_text(text, locale).kind in Meaning


@given(st.sampled_from(lines(OUT) + lines(OUT_OF_EVERYTHING)), st.sampled_from(["", " ", "!!", " 🙏", "...", "\n"]))
def test_shouting_and_signs_around_an_opt_out_change_nothing(text, sign):
    """People who want out are not careful typists."""
    assert read_text(f"{sign}{text.upper()}{sign}").ends


@pytest.mark.parametrize("piece", ["nao quero ", "se eu ", "sair de ", "a", "\n> ", "por favor ", "ﷺ", "s a i r "])
def test_no_text_costs_more_than_a_moment(piece):
    """A hundred thousand signs cost what two thousand do, also beside other work on the machine."""
    fastest = min(_seconds(piece * (100_000 // len(piece))) for _ in range(3))
    assert fastest < 0.5


def _seconds(text):
    began = time.perf_counter()
    read_text(text)
    return time.perf_counter() - began
