"""What people have said, kept beside the ledger and in another way: whatever a gate lets through must be in here."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

GRANTED, PENDING, WITHDRAWN = "granted", "pending", "withdrawn"

# For how long a question can be answered.
ASKED_FOR_MS = 3 * 86_400_000


class Word(NamedTuple):
    """What was said last of a topic on a channel, of which time, and whether by the person themself.

    `place` is the address that it is about; `asked` is when they were asked there to confirm it. `ended` is what a STOP
    took back with it, and a return may restore.
    """

    state: str
    number: int
    at: int
    asked: int
    place: str | None = None
    own: bool = False
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
    """People by their id. Channels are words, addresses are what they are written to as.

    `stopped` says when STOP was said at an address on a channel; `returned` when one person came back from it; `ended`
    when somebody who has an address said no to everything.
    """

    double: frozenset[str]
    now: Callable[[], int]
    said: dict[str, dict[tuple[str, str], Word]] = field(default_factory=dict)
    stopped: dict[tuple[str, str], int] = field(default_factory=dict)
    returned: dict[tuple[str, str, str], int] = field(default_factory=dict)
    ended: dict[str, int] = field(default_factory=dict)
    erased: set[str] = field(default_factory=set)
    left: set[str] = field(default_factory=set)
    merges: list[Merged] = field(default_factory=list)
    _paused: dict[str, tuple[int, int]] = field(default_factory=dict)
    _numbers: itertools.count = field(default_factory=lambda: itertools.count(1))

    def may(self, who, topic, channel, address):
        """Whether this person allows marketing of a topic there: the only thing that is asked."""
        return (
            self._state(who, topic, channel) == GRANTED
            and not self._silent(who, address, channel)
            and address not in self.erased
            and self._pause(who)[0] <= self.now()
        )

    # --- what people say ----------------------------------------------------------------------------------------------

    def agree(self, who, topic, channel, addresses):
        """A grant of the person's own; of a topic that is confirmed, only a wish. It takes back their STOP."""
        place = next(iter(addresses), None)
        self._say(who, topic, channel, self._becomes(who, topic, channel), place=place, own=True)
        if self._state(who, topic, channel) == GRANTED and place is not None:
            self._open(who, {topic}, channel, place)

    def told(self, who, topic, channel, addresses, at, *, everywhere, in_a_file=False, sharing=()):
        """The same from somebody else; whether it counts: it overrules no STOP, and a file nobody who said no.

        `sharing` are the others who have one of the addresses in the file: a no is under whichever name. `everywhere`
        are all addresses of the person: a no to everything is older or newer than what is told, on whatever channel.
        """
        ended = [self.ended[one] for one in everywhere if one in self.ended]
        if any(at <= one for one in ended) or (in_a_file and ended and self._state(who, topic, channel) != GRANTED):
            return False
        silent = (self._silent(who, one, channel) for one in (addresses if in_a_file else addresses[:1]))
        outdated = (at <= self.returned.get((who, one, channel), -1) for one in addresses)
        refused = in_a_file and WITHDRAWN in {self._state(one, topic, channel) for one in (who, *sharing)}
        if any(silent) or any(outdated) or refused:
            return False
        place = next(iter(addresses), None)
        self._say(who, topic, channel, self._becomes(who, topic, channel), at, place=place)
        return True

    def confirm(self, who, topic, address, channels):
        for channel in channels:
            if self._waits(who, topic, channel, address):
                self._say(who, topic, channel, GRANTED, place=address, own=True)
                self._open(who, {topic}, channel, address)

    def withdraw(self, who, topics, channels, at=None):
        """A no, of now or of the time that a file tells: what was agreed to after that is newer."""
        for topic, channel in itertools.product(topics, channels):
            self._say(who, topic, channel, WITHDRAWN, at)

    def stop(self, address, channels, holders):
        """`holders`: id → channel → their addresses on it. Nobody who can still be written to there has withdrawn."""
        self._silence(address, channels)
        for who, on in holders.items():
            for channel in channels:
                if all(self._silent(who, one, channel) for one in on[channel]):
                    self._end(who, [channel])

    def end_everything(self, addresses):
        """It is kept wherever they are: who comes there under another name is no stranger to it."""
        self.ended |= dict.fromkeys(addresses, self.now())

    def stop_everything(self, address, channels, holders):
        """No marketing on any channel for whoever has the address."""
        self._silence(address, channels)
        for who in holders:
            self._end(who, None)

    def come_back(self, address, channel, holders, channels):
        """What a STOP ended, where one person alone can have meant it; else a yes to what one was asked there."""
        ended = {who: self._ended(who, channel) for who in holders if self._silent(who, address, channel)}
        meant = [who for who, found in ended.items() if found]
        if len(meant) == 1:
            (who,) = meant
            again = {topic for topic in ended[who] if self._becomes(who, topic, channel) == GRANTED}
            for topic in ended[who]:
                self._say(who, topic, channel, self._becomes(who, topic, channel), place=address, own=True)
            if again:
                self._open(who, again, channel, address)
        elif not meant:
            self._say_yes(address, holders, channels)

    def pause(self, who, until):
        self._paused[who] = (until, next(self._numbers))

    # --- who people are -----------------------------------------------------------------------------------------------

    def merge(self, kept, merged):
        """The stricter of both, word by word and pause by pause. Who came back alone did not do it for the other."""
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

    def erase(self, who, own, addresses):
        """Whoever has their own addresses from now on is not written to there; of the others not who comes to them."""
        self.said.pop(who, None)
        self._paused.pop(who, None)
        self.erased.update(own)
        self.left.update(addresses)
        self.ended = {address: at for address, at in self.ended.items() if address not in own}
        self.stopped = {key: at for key, at in self.stopped.items() if key[0] not in self.erased}
        self.merges = [one for one in self.merges if who not in {one.kept, one.merged}]

    # --- how it is kept -----------------------------------------------------------------------------------------------

    def _state(self, who, topic, channel):
        word = self.said.get(who, {}).get((topic, channel))
        return "" if word is None else word.state

    def _becomes(self, who, topic, channel):
        confirmed = topic not in self.double or self._state(who, topic, channel) == GRANTED
        return GRANTED if confirmed else PENDING

    def _say(self, who, topic, channel, state, at=None, **how):
        """A no is in force at once, and a yes if nothing newer was said."""
        at = self.now() if at is None else at
        words = self.said.setdefault(who, {})
        before = words.get((topic, channel))
        if before is None or state == WITHDRAWN or at >= before.at:
            words[topic, channel] = Word(state, next(self._numbers), at, self.now(), **how)

    def _say_yes(self, address, holders, channels):
        """To what was asked there lately, if one person alone was."""
        waiting = {
            (who, topic)
            for who in holders
            for topic, channel in self.said.get(who, {})
            if channel in channels and self._waits(who, topic, channel, address, ASKED_FOR_MS)
        }
        if len({who for who, _ in waiting}) == 1:
            for who, topic in waiting:
                self.confirm(who, topic, address, channels)

    def _waits(self, who, topic, channel, address, lately=None):
        word = self.said.get(who, {}).get((topic, channel))
        asked = word is not None and word.state == PENDING and word.place == address
        return asked and (lately is None or self.now() - word.asked <= lately)

    def _silent(self, who, address, channel):
        return (address, channel) in self.stopped and (who, address, channel) not in self.returned

    def _silence(self, address, channels):
        if address not in self.erased:  # nothing is written there at all
            places = {(address, channel) for channel in channels}
            self.stopped |= dict.fromkeys(places, self.now())
            self.returned = {key: when for key, when in self.returned.items() if key[1:] not in places}

    def _open(self, who, topics, channel, address):
        """One person's STOP ends there, for these topics; what they went on with elsewhere does not come along."""
        if not self._silent(who, address, channel):
            return
        self.returned[who, address, channel] = self.now()
        for (topic, on), word in list(self.said[who].items()):
            theirs_since = word.own and word.at > self.stopped[address, channel]
            if on == channel and topic not in topics and word.state != WITHDRAWN and not theirs_since:
                self._say(who, topic, on, WITHDRAWN, ended=word)

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
    no = sorted((word for word in words if word.state == WITHDRAWN), key=lambda word: word.number)
    if no:
        stops = [word for word in no if word.ended is not None]
        alone = [word for word in no if word.ended is None]
        return alone[0] if not stops or any(word.number > stops[-1].ended.number for word in alone) else stops[-1]
    return min(words, key=lambda word: (_ORDER.index(word.state), -word.at))
