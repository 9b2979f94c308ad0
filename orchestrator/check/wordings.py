"""CO: what people agree to: words that can be shown, and a question that can be answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.catalog.copy import sources
from orchestrator.check.rule import Rule
from orchestrator.domain.errors import mark
from orchestrator.domain.message import Purpose
from orchestrator.wordings import FILE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from orchestrator.catalog.model import Message
    from orchestrator.domain.errors import Finding
    from orchestrator.project import Read, Survey
    from orchestrator.release import ProjectFile, Topic

_NO_WORDING = Rule(
    code="CO162",
    level="error",
    title=mark("A topic rests on consent, and no words ask for it"),
    why=mark(
        "Who controls the data must prove consent (LGPD, art. 8 §2), and consent to nothing in particular is void "
        "(§4). Without words that a person agreed to, a grant is refused."
    ),
    bad="""\
# templates/project.yaml
topics:
  offers: {title: Ofertas, purpose: marketing, legal_basis: consent, opt_in: single}
""",
    good="""\
# templates/wordings.yaml
kind: wordings
wordings:
  optin_ofertas@1:
    topic: offers
    texts:
      pt-BR: Quero receber ofertas por e-mail. Posso sair quando quiser, pelo link de cada mensagem.
""",
)
_NO_QUESTION = Rule(
    code="CO163",
    level="error",
    title=mark("A topic has double opt-in, and no message asks for it"),
    why=mark("The person confirms at their own address. Without the question they stay pending for ever."),
    bad="""\
topics:
  offers: {title: Ofertas, purpose: marketing, legal_basis: consent, opt_in: double}
""",
    good="""\
topics:
  offers: {title: Ofertas, purpose: marketing, legal_basis: consent, opt_in: double}
consents:
  confirmation: confirm_subscription
""",
)
_UNFIT_ANSWER = Rule(
    code="CO164",
    level="error",
    title=mark("A message that answers about consent cannot do so"),
    why=mark(
        "The question of a double opt-in, and the answer to a STOP, reach people who have not agreed or agree no more: "
        "they are transactional, and a question without its link cannot be answered."
    ),
    bad="""\
# templates/messages/confirm_subscription.yaml
topic: offers
""",
    good="""\
# templates/messages/confirm_subscription.yaml
topic: account
content:
  cta: {label: Confirmar, url: "{{ links.confirm }}"}
""",
)
_OTHER_LANGUAGE = Rule(
    code="CO165",
    level="warn",
    title=mark("Words to agree to are missing in the project's language"),
    why=mark("A person must understand what they agree to (LGPD, art. 9)."),
    bad="""\
optin_ofertas@1:
  topic: offers
  texts: {en: I want to get offers by e-mail.}
""",
    good="""\
optin_ofertas@1:
  topic: offers
  texts: {pt-BR: Quero receber ofertas por e-mail., en: I want to get offers by e-mail.}
""",
)

RULES = (_NO_WORDING, _NO_QUESTION, _UNFIT_ANSWER, _OTHER_LANGUAGE)


def findings(survey: Survey) -> Iterator[Finding]:
    """See the rules."""
    if survey.settings is None:
        return
    yield from _unworded(survey, survey.settings)
    yield from _unasked(survey.settings)
    yield from _unfit_answers(survey, survey.settings)
    yield from _in_other_languages(survey, survey.settings.model)


def _unworded(survey: Survey, settings: Read[ProjectFile]) -> Iterator[Finding]:
    if survey.wordings is None and survey.project.where(FILE) is not None:
        return  # it cannot be read, and has its own finding
    known = {} if survey.wordings is None else survey.wordings.model.wordings
    asked_for = {wording.topic for wording in known.values()}
    for name in _on_consent(settings.model.topics):
        if name not in asked_for:
            yield settings.document.finding(
                ("topics", name),
                mark('No wording asks for "{topic}", so nobody can agree to it'),
                params={"topic": name, "file": FILE},
                code=_NO_WORDING.code,
                level=_NO_WORDING.level,
                help=mark("Write the words that people agree to into {file}, with `topic: {topic}`."),
                on_key=True,
            )


def _unasked(settings: Read[ProjectFile]) -> Iterator[Finding]:
    if settings.model.consents is not None and settings.model.consents.confirmation is not None:
        return
    for name, topic in _on_consent(settings.model.topics).items():
        if topic.double:
            yield settings.document.finding(
                ("topics", name, "opt_in"),
                mark('No message asks people to confirm "{topic}"'),
                params={"topic": name},
                code=_NO_QUESTION.code,
                level=_NO_QUESTION.level,
                help=mark("Name one: `consents: {{confirmation: confirm_subscription}}`. jogral init copies it."),
            )


def _on_consent(topics: Mapping[str, Topic]) -> Mapping[str, Topic]:
    return {
        name: topic
        for name, topic in topics.items()
        if topic.purpose is Purpose.MARKETING and topic.legal_basis == "consent"
    }


# --- the messages that answer -----------------------------------------------------------------------------------------

# Which of them is nothing without a link of its own.
_LINKS: Mapping[str, tuple[str, str]] = {
    "confirmation": ("links.confirm", mark("This question cannot be answered: it has no {link}")),
    "choices": ("links.preferences", mark("This shows nobody where to choose: it has no {link}")),
}


def _unfit_answers(survey: Survey, settings: Read[ProjectFile]) -> Iterator[Finding]:
    answers = settings.model.consents
    if answers is None:
        return
    for name in dict.fromkeys((answers.confirmation, answers.opt_out, answers.choices)):
        read = survey.messages.get(name or "")
        if read is None:
            continue  # it is not there, or cannot be read: both are told where that is found
        topic = settings.model.topics.get(read.model.topic)
        if topic is not None and topic.purpose is Purpose.MARKETING:
            yield read.document.finding(
                ("topic",),
                mark("{message} reaches people who have not agreed, and its topic is marketing"),
                params={"message": read.model.id},
                code=_UNFIT_ANSWER.code,
                level=_UNFIT_ANSWER.level,
                help=mark("Give it a topic whose purpose is transactional."),
            )
    for key, (link, problem) in _LINKS.items():
        answer = survey.messages.get(getattr(answers, key) or "")
        if answer is not None:
            yield from _without_link(survey, answer, link, problem)


def _without_link(survey: Survey, answer: Read[Message], link: str, problem: str) -> Iterator[Finding]:
    voice = survey.voice
    if voice is None:
        return
    for channel in answer.model.said_on:
        said = sources(answer.model, voice.model, channel) or {}
        if not any(link in text for text in said.values()):
            yield answer.document.finding(
                ("channels", channel.value),
                problem,
                params={"link": f"{{{{ {link} }}}}"},
                code=_UNFIT_ANSWER.code,
                level=_UNFIT_ANSWER.level,
                help=mark("Put {link} where the person is to tap."),
                on_key=True,
            )


# --- the words --------------------------------------------------------------------------------------------------------


def _in_other_languages(survey: Survey, settings: ProjectFile) -> Iterator[Finding]:
    if survey.wordings is None:
        return
    for name, wording in survey.wordings.model.wordings.items():
        if settings.locale not in wording.texts:
            yield survey.wordings.document.finding(
                ("wordings", name, "texts"),
                mark('"{wording}" is not said in {locale}'),
                params={"wording": name, "locale": settings.locale},
                code=_OTHER_LANGUAGE.code,
                level=_OTHER_LANGUAGE.level,
                help=mark("Add the text under {locale}."),
                on_key=True,
            )
