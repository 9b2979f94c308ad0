"""In which manner an agent's words name a day, a period or an amount; and in which words they do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.replies.mentions import mentions

PORTUGUESE = {
    "said": [
        "Chega até 1 de dezembro.",
        "Deve chegar até 1/12.",
        "Não se preocupe, chega até 1/12.",
        "Não se preocupe, Ana, até 1/12 está aí.",
        "Chega até 1/12, não se preocupe.",
        "Ainda não saiu daqui, mas chega até 1/12.",
        "Ainda não saiu e chega até 1/12.",
        "Não esqueça: 1/12.",
        "Não passa de 1/12.",
        "O pedido que estava parado vai chegar até 1/12.",
        "O prazo foi adiado para 1/12.",
        "A entrega está confirmada para 1/12.",
        "Vai ser postado dia 1/12.",
        "Você tem 7 dias para devolver se não servir.",
        "7 dias depois de receber.",
        "A devolução pode ser pedida em até 7 dias.",
        "Respondemos em até 2 horas.",
        "Chega até 1/12 (ou sábado).",
    ],
    "denied": [
        "[Não chega até 1 de dezembro].",
        "O prazo [não é 1/12].",
        "O prazo [nao e 1/12].",
        "[n chega até 1/12]",
        "Infelizmente [não vai chegar, como prometido, até 1/12].",
        "[Não garanto que chega até 1/12].",
        "Em [1/12 não] chega.",
        "Até [1/12 infelizmente não] dá.",
        "Chega [em vez de 1/12], sem falta.",
        "[Esqueça o dia 1º].",
        "[Não aceitamos devolução em 7 dias].",
        "[Não temos 20%] de desconto.",
    ],
    "moved": [
        "Chega [depois de 1 de dezembro].",
        "Chega [a partir do dia 1].",
        "Chega só [depois do prazo de 1/12].",
        "[Por volta de 1/12].",
        "[Talvez chegue até 1/12].",
        "[Pode ser até 1/12].",
        "[Pode ser que chegue até 1/12].",
        "Chega até [1/12 ou depois].",
        "De [1/12 em diante].",
        "São [7 dias ou mais].",
        "[a partir de R$ 129,90]",
    ],
    "over": [
        "A data [era 1 de dezembro].",
        "O prazo [foi até 1/12].",
        "[Estava previsto para 1/12].",
        "A data [passou de 1/12] para breve.",
        "O prazo de [1/12 caiu].",
        "O prazo de [1/12 foi cancelado].",
    ],
    "aside": [
        "[Se não chegar até 1/12], me chame.",
        "[Se até 1/12] não chegar, me chame.",
        "Chega [antes de 1/12].",
        "É [1/12?] Vou ver.",
    ],
    "happened": [
        "[Postado dia 20/11].",
        "[Recebemos seu contato hoje, 25/11].",
        "Seu [pedido de 20/11] está aqui.",
        "Falei com eles [ontem, 24/11].",
        "[Hoje, 25/11], falei com a transportadora.",
    ],
    "own": [
        "Te respondo [até amanhã].",
        "Voltamos a falar com você [até sexta].",
        "[Até sexta] te ligo.",
        "Resolvo em até [2 horas].",
        "Vou te ligar em até [30 minutos].",
    ],
}

ENGLISH = {
    "said": ["It arrives by December 1.", "Don't worry, it arrives by Dec 1.", "It will not arrive later than Dec 1."],
    "denied": ["It [won't arrive by Dec 1].", "It [wont arrive by Dec 1].", "[Dec 1 is not] possible."],
    "moved": ["It arrives [after December 1].", "It arrives [Dec 1 or later]."],
    "over": ["It [was due December 1]."],
    "aside": ["[If it arrives before Dec 1], tell us."],
    "happened": ["It was [shipped on November 20]."],
    "own": ["I'll call you [by tomorrow].", "We will reply [by tomorrow]."],
}

CASES = [
    (locale, manner, text)
    for locale, manners in (("pt-BR", PORTUGUESE), ("en", ENGLISH))
    for manner, texts in manners.items()
    for text in texts
]


@pytest.mark.parametrize(("locale", "manner", "text"), CASES)
def test_the_words_around_a_value_make_its_manner(locale, manner, text):
    """Between brackets stand the words that make it, and the value with them; what is said needs none."""
    found = mentions(text.replace("[", "").replace("]", ""), locale)
    assert {one.manner.value for one in found} == {manner}
    if manner != "said":
        assert [f"[{one.words}]" for one in found] == [text[text.index("[") : text.index("]") + 1]]


PIECES = st.sampled_from((
    *("não", "Na\u0303o", "é", "e", "era", "até", "depois de", "dia", "1/12", "27 de novembro", "7 dias", "sábado"),
    *("hoje", "ou", "mais", "chega", "postado em", "se", "R$ 0", "*grátis*", "\u00ad", ",", ".", "?", " ", "\n\n", "("),
))  # fmt: skip


@given(st.lists(PIECES, max_size=30).map(" ".join))
def test_the_words_of_a_mention_stand_in_the_text(text):
    """Whatever folding drops: accents on their own, marks, what nobody sees."""
    plain = " ".join(text.split())
    for one in mentions(text, "pt-BR"):
        assert one.words
        assert one.words in plain
