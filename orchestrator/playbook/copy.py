"""What a message says, as one persona would read it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from orchestrator.domain.customer import Channel
from orchestrator.domain.errors import InputError
from orchestrator.playbook.markdown import code, plain, quoted
from orchestrator.playbook.names import anchor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.domain.message import Rendered
    from orchestrator.playbook.names import Names
    from orchestrator.previews import Preview


def spoken(names: Names, preview: Preview, changed: str) -> Iterator[str]:
    """Paragraph by paragraph; `changed` says who was the last to edit it."""
    translate, message = names.words.translate, preview.message
    topic = names.release.project.topics[message.topic]
    yield f'### <a id="{anchor(message.id)}"></a>{plain(message.title)}'
    yield translate(
        "{message} · owner {owner} · topic {topic} · last change: {change}",
        message=code(message.id), owner=plain(message.owner), change=changed,
        topic=plain(topic.titles.get(names.words.language, topic.title)),
    )  # fmt: skip
    for channel, said in preview.said.items():
        yield f"**{names.words.names([channel])[0]}**"
        if said is None:
            yield translate("says nothing here, on purpose")
        elif isinstance(said, InputError):
            yield plain(said.told(names.words.say))
        else:
            yield quoted(_text(said))
    if preview.claims:
        yield translate("It commits to:")
        yield "\n".join(
            f"- {code(name)}: {plain(next(iter(stated.values())).value)} ({code(next(iter(stated.values())).fact)})"
            for name, stated in preview.claims.items()
        )


# A link of ours is long only because it holds a signature, which a preview has no use for.
_SIGNATURE = re.compile(r"\.0{40,}")


def _text(said: Rendered) -> str:
    """What is read first stands first; buttons come last."""
    above = [said.subject, said.preheader] if said.channel is Channel.EMAIL else [said.title]
    buttons = [" ".join(f"[{button.label}]" for button in said.buttons)] if said.buttons else []
    head = "\n".join(filter(None, above))
    return _SIGNATURE.sub("…", "\n\n".join(filter(None, (head, said.text.strip("\n"), *buttons))))
