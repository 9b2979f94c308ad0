"""Words that mean something when they are all that a person writes, by language.

Beside what Brazilians write, these are what Twilio, AWS and the FCC's rule take for an opt-out by default.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.stop_words.meaning import Meaning

if TYPE_CHECKING:
    from collections.abc import Mapping

_SAID: Mapping[Meaning, Mapping[str, str]] = {
    Meaning.OPT_OUT: {
        "pt": (
            "sair, parar, pare, parem, cancelar, cancela, cancele, cancelem, descadastrar, descadastre, descadastra,"
            "descadastro, desinscrever, desinscreva, remover, remova, excluir, exclua, bloquear, bloqueia, bloqueie,"
            "spam, nao perturbe, nao quero receber, nao quero mais receber, nao quero mais, sai, saia, quero sair,"
            "quero parar, sem interesse, sai fora, cai fora"
        ),
        "en": (
            "stop, stopall, stop all, unsubscribe, unsub, cancel, end, quit, revoke, opt out, optout, remove,"
            "remove me, no more, stop it, not interested"
        ),
        "es": (
            "baja, salir, paren, alto, no mas, no quiero mas, basta, detener, desuscribir, desuscribirme, desuscribirse"
        ),
        "fr": "arret, arreter, desinscrire, desabonner",
    },
    Meaning.OPT_OUT_ALL: {
        "pt": "sair tudo, parar tudo, pare tudo, parem tudo, parar com tudo, parem com tudo",
        "en": "stop everything",
    },
    Meaning.OPT_IN: {
        "pt": "voltar, entrar, aceito, quero receber, quero voltar",
        "en": "start, unstop, subscribe, opt in, optin, resume",
        "es": "volver, alta, acepto, quiero recibir, suscribir, suscribirme",
    },
    Meaning.PAUSE: {"pt": "pausar, pausa", "en": "pause"},
    Meaning.HELP: {"pt": "ajuda, socorro", "en": "help, info", "es": "ayuda"},
    # They answer a question, or may be about an order as well as about us: a person has to see which.
    Meaning.AMBIGUOUS: {
        "pt": (
            "sim, s, confirmo, nao, n, para, chega, desisto, nao quero, quero cancelar, cancelar tudo,"
            "cancela tudo, cancele tudo"
        ),
        "en": "yes, y, confirm, i confirm, no, i want to cancel",
        "es": "si, quiero cancelar, no quiero",
    },
}

WORDS: Mapping[str, tuple[Meaning, str]] = {
    word.strip(): (meaning, language)
    for meaning, by_language in _SAID.items()
    for language, words in by_language.items()
    for word in words.split(",")
}
"""Word → what it means, and in which language."""

OTHERWISE: Mapping[str, frozenset[str]] = {"pt": frozenset({"end"})}
"""Words that are another word in the language of who writes: `end` is the beginning of an address."""

AGREEING = frozenset({"sim", "s", "confirmo", "yes", "y", "confirm", "i confirm", "si"})
"""Words that say yes to what was asked."""

ALONE = frozenset({
    "sair", "parar", "pare", "parem", "descadastrar", "descadastre", "desinscrever", "stop", "stopall", "unsubscribe",
    "opt out", "optout", "salir", "paren", "desuscribir", "desuscribirme",
})  # fmt: skip
"""Words that say enough as a sentence of their own among others: "Vocês mandam demais. SAIR."."""

COURTESIES = frozenset({
    "por favor", "favor", "pf", "pfv", "pfvr", "please", "pls", "plz", "gentileza", "por gentileza",
    "obrigado", "obrigada", "obg", "grato", "grata", "valeu", "thanks", "thank you", "thx", "gracias",
    "oi", "ola", "opa", "bom dia", "boa tarde", "boa noite", "hi", "hello", "hey", "hola", "buenos dias", "buenas",
    "gente", "pessoal", "moco", "moca", "amigo", "amiga", "cara", "mano", "querida",
    "agora", "ja", "imediatamente", "urgente", "now", "ya", "ahora",
    "responder", "respondo", "resposta", "ai", "ae", "logo", "de vez", "de uma vez", "pelo amor de deus", "viu", "ok",
    "po", "porra", "caramba", "aff", "que saco", "porfa", "wtf", "desculpa", "desculpe", "sorry", "disculpe",
    "already", "anymore",
})  # fmt: skip
"""What politeness and haste put around them."""
