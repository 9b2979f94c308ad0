"""What people have said, kept beside the ledger and in another way: whatever a gate lets through must be in here."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import NamedTuple

GRANTED, PENDING, WITHDRAWN = "granted", "pending", "withdrawn"


class Word(NamedTuple):
    """What was said last of a topic on a channel. `ended`: what a STOP took back with it, and a return may restore."""

    state: str
    number: int
    ended: Word | None = None

    @property
    def usable(self):
        """Whether it is a grant, or was one until a STOP."""
        return GRANTED in {self.state, self.ended.state if self.ended else ""}


@dataclass
class Merged:
    """Two who became one, as they were, and as the one began."""

    kept: str
    merged: str
    before: dict[str, dict[tuple[str, str], Word]]
    began: dict[tuple[str, str], Word]
    paused: dict[str, tuple[int, int]]
    pause_began: tuple[int, int]


@dataclass
class Truth:
    """People by their id. Channels are words, addresses are what they are written to as."""

    double: frozenset[str]
    said: dict[str, dict[tuple[str, str], Word]] = field(default_factory=dict)
    stopped: set[tuple[str, str]] = field(default_factory=set)
    erased: set[str] = field(default_factory=set)
    merges: list[Merged] = field(default_factory=list)
    _paused: dict[str, tuple[int, int]] = field(default_factory=dict)
    _numbers: itertools.count = field(default_factory=lambda: itertools.count(1))

    def may(self, who, topic, channel, address, now):
        """Whether this person allows marketing of a topic there: the only thing that is asked."""
        word = self.said.get(who, {}).get((topic, channel))
        return (
            word is not None
            and word.state == GRANTED
            and (address, channel) not in self.stopped
            and address not in self.erased
            and self._pause(who)[0] <= now
        )

    # --- what people say ----------------------------------------------------------------------------------------------

    def agree(self, who, topic, channel, address, *, themselves):
        """A grant; of a topic that is confirmed, only a wish. Only a person's own takes back their STOP."""
        before = self._state(who, topic, channel)
        state = GRANTED if topic not in self.double or before == GRANTED else PENDING
        self._say(who, topic, channel, state)
        if themselves and state == GRANTED:
            self.stopped.discard((address, channel))

    def imported(self, who, topic, channel, addresses):
        """The same out of a file, which overrules nobody who said no."""
        stopped = any((address, channel) in self.stopped for address in addresses)
        if not stopped and self._state(who, topic, channel) != WITHDRAWN:
            self.agree(who, topic, channel, "", themselves=False)

    def confirm(self, who, topic, address, channels):
        for channel in channels:
            if self._state(who, topic, channel) == PENDING:
                self._say(who, topic, channel, GRANTED)
                self.stopped.discard((address, channel))

    def withdraw(self, who, topics, channels):
        for topic, channel in itertools.product(topics, channels):
            self._say(who, topic, channel, WITHDRAWN)

    def stop(self, address, channels, holders):
        """`holders`: id → channel → their addresses on it. Nobody who can still be written to there has withdrawn."""
        self.stopped.update((address, channel) for channel in channels)
        for who, on in holders.items():
            for channel in channels:
                if all((one, channel) in self.stopped for one in on[channel]):
                    self._end(who, [channel])

    def stop_everything(self, address, channels, holders):
        """No marketing on any channel for whoever has the address."""
        self.stopped.update((address, channel) for channel in channels)
        for who in holders:
            self._end(who, None)

    def come_back(self, address, channel, holders):
        """What a STOP ended, where one person alone can have meant it."""
        if (address, channel) not in self.stopped:
            return
        ended = {who: self._ended(who, channel) for who in holders}
        meant = [who for who, found in ended.items() if found]
        if len(meant) == 1:
            for topic in ended[meant[0]]:
                self.agree(meant[0], topic, channel, address, themselves=True)

    def pause(self, who, until):
        self._paused[who] = (until, next(self._numbers))

    # --- who people are -----------------------------------------------------------------------------------------------

    def merge(self, kept, merged):
        """The stricter of both, word by word and pause by pause."""
        mine, theirs = self.said.setdefault(kept, {}), self.said.pop(merged, {})
        joined = {key: _stricter(mine.get(key), theirs.get(key)) for key in {*mine, *theirs}}
        pauses = {kept: self._pause(kept), merged: self._pause(merged)}
        self._paused[kept] = max(pauses.values())
        self.said[kept] = dict(joined)
        done = Merged(kept, merged, {kept: dict(mine), merged: dict(theirs)}, joined, pauses, self._paused[kept])
        self.merges.append(done)

    def undo(self):
        """Both as they were; what was said since stays with the one who was kept, and a no is both's."""
        done = self.merges.pop()
        now = self.said[done.kept]
        since = {key: word for key, word in now.items() if done.began.get(key) != word}
        self.said[done.kept] = done.before[done.kept] | since
        no = {key: word for key, word in since.items() if word.state == WITHDRAWN}
        self.said[done.merged] = done.before[done.merged] | {key: word._replace(ended=None) for key, word in no.items()}
        if self._pause(done.kept) == done.pause_began:
            self._paused |= done.paused

    def erase(self, who, addresses):
        """Whoever has these addresses from now on is not written to there."""
        self.said.pop(who, None)
        self._paused.pop(who, None)
        self.erased.update(addresses)
        self.merges = [one for one in self.merges if who not in {one.kept, one.merged}]

    # --- how it is kept -----------------------------------------------------------------------------------------------

    def _state(self, who, topic, channel):
        word = self.said.get(who, {}).get((topic, channel))
        return "" if word is None else word.state

    def _say(self, who, topic, channel, state, ended=None):
        self.said.setdefault(who, {})[topic, channel] = Word(state, next(self._numbers), ended)

    def _end(self, who, channels):
        for (topic, channel), word in list(self.said.get(who, {}).items()):
            if word.state != WITHDRAWN and (channels is None or channel in channels):
                self._say(who, topic, channel, WITHDRAWN, ended=word)

    def _ended(self, who, channel):
        return [topic for (topic, on), word in self.said.get(who, {}).items() if on == channel and word.usable]

    def _pause(self, who):
        return self._paused.get(who, (0, 0))


_ORDER = (GRANTED, PENDING, WITHDRAWN)


def _stricter(one, other):
    """A no weighs more than a wish to hear of it, and one that came after a grant more than the STOP that ended it."""
    words = [word for word in (one, other) if word is not None]
    no = sorted(word for word in words if word.state == WITHDRAWN)
    if no:
        stops = [word for word in no if word.ended is not None]
        alone = [word for word in no if word.ended is None]
        return alone[0] if not stops or any(word.number > stops[-1].ended.number for word in alone) else stops[-1]
    return min(words, key=lambda word: _ORDER.index(word.state))
