"""A text that somebody wrote to us, and what became of it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from orchestrator.api.models.parts import Body, Document, Time, Word
from orchestrator.dispatch.inbound import Done  # noqa: TC001  # pydantic reads annotations
from orchestrator.stop_words import Meaning  # noqa: TC001  # pydantic reads annotations

TEXT_LENGTH_MAX = 100_000
# A line of a letter's head: RFC 5322 §2.1.1.
SENDER_LENGTH_MAX = 998


class NewInbound(Body):
    """A text as it came in. The same `source` and `id` are the same text, however often it is told."""

    source: Annotated[
        Word, Field(description="Where it came in: a provider's account, a mailbox.", examples=["sms_main"])
    ]
    id: Annotated[Word, Field(description="Its id there.", examples=["SM0123456789"])]
    channel: Annotated[Literal["email", "whatsapp", "sms"], Field(description="On what.")]
    sender: Annotated[
        str,
        Field(
            min_length=1, max_length=SENDER_LENGTH_MAX, alias="from", examples=["+5511912345678"],
            description=(
                "Who wrote: a phone, or an e-mail address, with or without a name: `Ana <ana@example.com>`. Of "
                "WhatsApp, `wa_id` as it is."
            ),
        ),
    ]  # fmt: skip
    text: Annotated[
        str,
        Field(
            max_length=TEXT_LENGTH_MAX, examples=["SAIR"],
            description="What they wrote, as it came. Empty where they sent a picture alone: it is kept, as `none`.",
        ),
    ]  # fmt: skip
    at: Annotated[Time | None, Field(description="When they wrote it; without it, now.")] = None


class ReadingShown(Document):
    """What the text was taken for."""

    kind: Annotated[Meaning, Field(description="`ambiguous` is for a person to read; `none` is about something else.")]
    language: Annotated[str | None, Field(description="Of the words that decided.")] = None
    matched: Annotated[str | None, Field(description="The words that decided, in plain letters.")] = None


class InboundHeard(Document):
    """What became of the text."""

    id: Annotated[str, Field(examples=["inb_01JDJ8Y0M7S4G6RQF9T1K2V3XA"])]
    reading: ReadingShown
    done: Annotated[
        Done,
        Field(
            description=(
                "`asked`: a message asks them to confirm that they come back. `confirmed`: they agreed to what they "
                "were asked. `silenced`: it is the wrong person, and nothing at all is sent there."
            )
        ),
    ]
    customer_ids: Annotated[tuple[str, ...], Field(description="Everybody who gave that address.")]
    confirmation: Annotated[str | None, Field(description="The delivery that answers them; see /v1/messages/{id}.")] = (
        None
    )
