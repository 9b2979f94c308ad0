"""Words: one thing that somebody said, whatever it came as. A choice is its payload, which is ours, never its label."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from orchestrator.channels import InboundKind
from orchestrator.dispatch.heard.telling import TOLD_TO_PROVIDER
from orchestrator.dispatch.inbound import BUTTON, PREFERENCE, TEXT
from orchestrator.stop_words import Meaning, read_text
from orchestrator.stop_words.meaning import ENDING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.channels import InboundMessage, Preference, Received
    from orchestrator.domain.time import Instant
    from orchestrator.release import Release
    from orchestrator.store.port import KeptText

OPTOUT_MARKETING = "OPTOUT_MARKETING"
"""What a button of ours says that ends marketing where it is tapped."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Words:
    """One thing that somebody said: in a message, by a tap, or in a setting of the provider's.

    `speaks`: it opens a conversation. `kept` is the id under which it has waited for its writer to be known.
    """

    key: str
    at: Instant
    sender: str
    user_id: str
    text: str
    meaning: Meaning | None
    method: str
    event: str = ""
    about: str = ""
    speaks: bool = True
    kept: str = ""

    @property
    def ends(self) -> bool:
        """Whether it ends our marketing."""
        return (self.meaning or read_text(self.text).kind) in ENDING


def words_in(received: Received, release: Release) -> Iterator[Words]:
    """All that people said, in the order in which they said it."""
    titled = (_with_subject(one) for one in received.inbound)
    said = [_message(one, release) for one in titled if one.by_hand or _ends(one.text)]
    said += [_preference(one) for one in received.preferences]
    yield from sorted(said, key=lambda one: one.at)


def said_again(kept: KeptText, sender: str) -> Words:
    """What has waited for its writer to be known, as if it were said now."""
    said = kept.reading
    # Of what is old, only what it meant is kept.
    read_anew = said["method"] == TEXT and kept.text
    return Words(
        key=kept.source_id, at=kept.at, sender=sender, user_id=kept.user_id, text=kept.text,
        meaning=None if read_anew else Meaning(said["kind"]), method=said["method"], event=said["event"],
        speaks=said["speaks"],
        kept=kept.id,
    )  # fmt: skip


def _message(message: InboundMessage, release: Release) -> Words:
    meaning, method, event = None, TEXT, ""
    match message.kind:
        case InboundKind.CHOICE:
            method, event = BUTTON, message.choice if message.choice in release.emitted else ""
            meaning = Meaning.OPT_OUT if message.choice == OPTOUT_MARKETING else Meaning.NONE
        case InboundKind.OTHER:
            # What is written under a picture may end something; else it is for whoever looks at the picture.
            read = read_text(message.text).kind
            meaning = read if read in ENDING else Meaning.NONE
    if message.opt_out:
        # It has stopped there, and answered them: whatever their words are, less than that they do not mean.
        read = read_text(message.text).kind
        meaning, method = read if read in ENDING else Meaning.OPT_OUT, TOLD_TO_PROVIDER
    return Words(
        key=message.event_key, at=message.at, sender=message.sender, user_id=message.user_id,
        text=_storable(message.text), meaning=meaning, method=method, event=event, about=message.about,
        speaks=message.by_hand,
    )  # fmt: skip


def _preference(preference: Preference) -> Words:
    meaning = Meaning.OPT_IN if preference.wanted else Meaning.OPT_OUT
    return Words(
        key=preference.event_key, at=preference.at, sender=preference.sender, user_id=preference.user_id, text="",
        meaning=meaning, method=PREFERENCE, speaks=False,
    )  # fmt: skip


def _with_subject(message: InboundMessage) -> InboundMessage:
    """A program signs every letter: under the subject SAIR stands what nobody has written. A subject may end things."""
    whole = f"{message.subject}\n\n{message.text}"
    ends = message.subject and not _ends(message.text) and _ends(whole)
    return replace(message, text=whole) if ends else message


def _ends(text: str) -> bool:
    return read_text(text).kind in ENDING


def _storable(text: str) -> str:
    """A person may write anything, and two kinds of character are kept by no database."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "")
