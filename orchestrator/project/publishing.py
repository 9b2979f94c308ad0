"""What of a project can be said: its messages, laid out, and its replies. The others have findings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.catalog.letter import footer_of, lay_out
from orchestrator.catalog.model import PublishedMessage
from orchestrator.catalog.read import faults
from orchestrator.domain.errors import mark
from orchestrator.replies.model import PublishedReply
from orchestrator.replies.read import faults as reply_faults

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from orchestrator.catalog.model import Message
    from orchestrator.catalog.voice import Voice
    from orchestrator.domain.errors import Finding
    from orchestrator.domain.message import Purpose
    from orchestrator.project.project import Project
    from orchestrator.project.survey import Read
    from orchestrator.release import Topic
    from orchestrator.replies.model import Reply

NO_LAYOUT = "CH120"


class Publishing:
    """One project's texts in its voice. `facts` are the paths that claims may be read from."""

    def __init__(self, project: Project, voice: Voice, facts: Collection[str], topics: Mapping[str, Topic]) -> None:
        self.findings: list[Finding] = []
        self._project = project
        self._voice = voice
        self._facts = facts
        self._topics = topics

    def messages(
        self, messages: Mapping[str, Read[Message]], translations: Mapping[str, Mapping[str, Read[Message]]]
    ) -> dict[str, PublishedMessage]:
        """The messages in which nothing is wrong, laid out."""
        found: dict[str, PublishedMessage] = {}
        for message_id, read in messages.items():
            original = self._laid_out(read, self._voice)
            if original is None:
                continue
            translated = {
                locale: self._laid_out(translation, self._voice.in_locale(locale))
                for locale, translation in translations.get(message_id, {}).items()
            }
            found[message_id] = original.model_copy(
                update={
                    "purpose": self._purpose(read.model.topic),
                    "translations": {locale: one for locale, one in translated.items() if one is not None},
                }
            )
        return found

    def answers(
        self, replies: Mapping[str, Read[Reply]], translations: Mapping[str, Mapping[str, Read[Reply]]]
    ) -> dict[str, PublishedReply]:
        """The replies in which nothing is wrong."""
        return {
            reply_id: PublishedReply(
                reply=read.model,
                purpose=self._purpose(read.model.topic),
                translations={
                    locale: one.model
                    for locale, one in translations.get(reply_id, {}).items()
                    if self._answers(one, self._voice.in_locale(locale))
                },
            )
            for reply_id, read in replies.items()
            if self._answers(read, self._voice)
        }

    def _purpose(self, topic: str) -> Purpose | None:
        return self._topics[topic].purpose if topic in self._topics else None

    def _answers(self, read: Read[Reply], voice: Voice) -> bool:
        wrong = [*reply_faults(read.model, voice, read.document, self._facts)]
        self.findings += wrong
        return not wrong

    def _laid_out(self, read: Read[Message], voice: Voice) -> PublishedMessage | None:
        wrong = [*faults(read.model, voice, read.document, self._facts)]
        laid_out = None if wrong else self._letter(read, voice, wrong)
        self.findings += wrong
        return None if wrong else PublishedMessage(message=read.model, **(laid_out or {}))

    def _letter(self, read: Read[Message], voice: Voice, wrong: list[Finding]) -> dict[str, str] | None:
        """The e-mail's letter and footer; None where there is no e-mail, or something is wrong with its layout."""
        copy = read.model.channels.email
        if copy is None:
            return None
        path, params = ("channels", "email", "layout"), {"layout": copy.layout}
        layout = self._layout(copy.layout, "mjml")
        if layout is None:
            message = mark('There is no layout "{layout}"')
            remedy = mark("Write templates/layouts/{layout}.mjml, or use transactional or marketing.")
            wrong.append(read.document.finding(path, message, code=NO_LAYOUT, help=remedy, params=params))
            return None
        try:
            return {
                "letter": lay_out(read.model, voice, layout),
                "footer": footer_of(read.model, voice, self._layout(copy.layout, "txt") or ""),
            }
        except ValueError as error:
            message = mark('The layout "{layout}" cannot be applied: {why}')
            wrong.append(read.document.finding(path, message, code=NO_LAYOUT, params={**params, "why": error}))
            return None

    def _layout(self, name: str, ending: str) -> str | None:
        found = self._project.where(f"templates/layouts/{name}.{ending}")
        return None if found is None else self._project.text(found[0])
