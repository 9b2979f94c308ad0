"""Finding a reply by what an agent types: its shortcut, a word of its title, or what customers call it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.catalog.folding import fold
from orchestrator.domain.errors import NotFound, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.replies.model import PublishedReply, Reply


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """A reply that fits, in the language that was asked for. `rank` 0 fits best: the exact shortcut."""

    id: str
    title: str
    shortcut: str
    rank: int


_SHORTCUT, _SHORTCUT_BEGINS, _TITLE, _KEYWORDS, _BODY, _NOWHERE = range(6)


def search(replies: Mapping[str, PublishedReply], words: str, locale: str) -> list[Found]:
    """The replies in which the most of the words stand, the best first; all of them by title where there are no words.

    A word stands where one begins with it, whatever its case and accents. Replies that fit alike are in the order of
    their titles, so that the same search always gives the same list.
    """
    typed = _WORD.findall(fold(words))
    # "Cadê a minha entrega": beside longer words, short ones say nothing.
    wanted = [word for word in typed if len(word) >= _LONG] or typed
    told = [published.said_in(locale) for published in replies.values()]
    ranked = [(reply, _ranks(reply, wanted)) for reply in told]
    most = max((len(ranks) for _, ranks in ranked), default=0)
    found = [
        # As good as the word that fits worst: "onde reembolso" is about both.
        Found(id=reply.id, title=reply.title, shortcut=reply.shortcut, rank=max(ranks, default=_TITLE))
        for reply, ranks in ranked
        if len(ranks) == most and (ranks or not wanted)
    ]
    return sorted(found, key=lambda one: (one.rank, fold(one.title), one.id))


def find_reply(replies: Mapping[str, PublishedReply], name: str) -> PublishedReply:
    """The reply that is named: by its id, or by its shortcut, with its slash or without. Raises NotFound."""
    by_shortcut = {published.reply.shortcut.removeprefix("/"): published for published in replies.values()}
    found = replies.get(name) or by_shortcut.get(name.removeprefix("/"))
    if found is None:
        raise NotFound.at(
            "#/reply",
            'There is no reply "{reply}"{hint}',
            code="unknown_reply",
            remedy="`jogral reply search` finds them by their words.",
            reply=name,
            hint=did_you_mean(name.removeprefix("/"), (*replies, *by_shortcut)),
        )
    return found


_LONG = 3
_WORD = re.compile(r"/?\w+(?:-\w+)*")


def _ranks(reply: Reply, wanted: list[str]) -> list[int]:
    """How well each of the words fits that stands in the reply at all."""
    return [rank for word in wanted if (rank := _rank(reply, word)) < _NOWHERE]


def _rank(reply: Reply, word: str) -> int:
    shortcut = fold(reply.shortcut)
    if word in (shortcut, shortcut.removeprefix("/")):
        return _SHORTCUT
    if shortcut.startswith(word) or shortcut.removeprefix("/").startswith(word):
        return _SHORTCUT_BEGINS
    places = (
        (_TITLE, (reply.title,)),
        (_KEYWORDS, reply.keywords),
        (_BODY, (_PLACE.sub(" ", variant.body) for variant in reply.variants)),
    )
    begins = re.compile(rf"(?<!\w){re.escape(word)}")
    return next((rank for rank, texts in places if any(begins.search(fold(text)) for text in texts)), _NOWHERE)


_PLACE = re.compile(r"\{\{.*?\}\}")
