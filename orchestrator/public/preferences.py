"""`/p/{token}`: the preference centre. A person says what they want to hear of and where, less of it, or nothing more.

It offers less before nothing: fewer topics, another channel, a break of 30 days.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from orchestrator.dispatch.consents import ADDRESS_ID, PERSON, Agreement, Proof, agree_all, withdraw
from orchestrator.dispatch.pauses import WantedPause, pause, resume
from orchestrator.dispatch.whose import lock_customer
from orchestrator.domain.customer import Channel, ConsentState
from orchestrator.domain.errors import InputError
from orchestrator.domain.message import Purpose
from orchestrator.domain.pause import PauseScope
from orchestrator.public.choices import Choices, choices_of
from orchestrator.public.forms import read_form
from orchestrator.public.person import CHANNELS, act_of, find
from orchestrator.public.site import PublicRoute
from orchestrator.tokens import DAY_MS, TokenPurpose

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from aiohttp import web

    from orchestrator.public.forms import Form
    from orchestrator.public.person import Person
    from orchestrator.public.reader import Reader
    from orchestrator.public.site import Site
    from orchestrator.release import Release
    from orchestrator.store.port import Transaction

BREAK_DAYS: Final = 30


async def show(site: Site, request: web.Request) -> web.Response:
    """What they receive now."""
    subject = site.subject(request, TokenPurpose.PREFERENCES)
    return _page(
        site,
        request,
        await site.look(lambda transaction, release: _shown(site, request, transaction, release, subject)),
    )


async def change(site: Site, request: web.Request) -> web.Response:
    """What they want from now on."""
    subject = site.subject(request, TokenPurpose.PREFERENCES)
    form = await read_form(request)
    act = _ACTS.get(form.one("do"))
    if act is None:
        raise _no_such_form()

    def changed(transaction: Transaction, release: Release) -> tuple[_Shown, Collection[str]]:
        lock_customer(transaction, subject["customer"])
        person = find(transaction, subject)
        lanes: Collection[str] = ()
        if person is not None:
            lanes = act(
                _Act(site=site, request=request, transaction=transaction, release=release, person=person, form=form)
            )
        return replace(_shown(site, request, transaction, release, subject), done=form.one("do")), lanes

    shown, lanes = await site.act(changed)
    site.ring(lanes)
    return _page(site, request, shown)


PREFERENCES = (
    PublicRoute(method="GET", path="/p/{token}", handler=show, why="a signed link; it shows what one person receives"),
    PublicRoute(
        method="POST", path="/p/{token}", handler=change, why="a signed link; a person says what they want to receive"
    ),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Shown:
    """The page's content. `done` is what was just asked for; `choices` None: their data was erased."""

    reader: Reader
    person: Person | None = None
    choices: Choices | None = None
    done: str = ""


def _shown(
    site: Site, request: web.Request, transaction: Transaction, release: Release, subject: Mapping[str, str]
) -> _Shown:
    person = find(transaction, subject)
    if person is None:
        return _Shown(reader=site.reader(request, release))
    reader = site.reader(request, release, person.customer)
    choices = choices_of(transaction, release, person, reader.language, site.app.clock.now())
    return _Shown(reader=reader, person=person, choices=choices)


def _page(site: Site, request: web.Request, shown: _Shown) -> web.Response:
    if shown.person is None:
        return site.pages.show(request, "nobody", shown.reader)
    return site.pages.show(
        request, "preferences", shown.reader, shown=shown, choices=shown.choices, channels=CHANNELS, days=BREAK_DAYS
    )


# --- what can be asked for: each says in which lanes there is something to send now -----------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class _Act:
    """Something that a person asks for, in the transaction that does it."""

    site: Site
    request: web.Request
    transaction: Transaction
    release: Release
    person: Person
    form: Form

    @property
    def customer_id(self) -> str:
        return self.person.customer.id

    @property
    def proof(self) -> Proof:
        return Proof(method="preference_centre", source="preferences", actor=PERSON)

    @property
    def choices(self) -> Choices:
        """As they are before it is done."""
        language = self.site.reader(self.request, self.release, self.person.customer).language
        return choices_of(self.transaction, self.release, self.person, language, self.site.app.clock.now())


def _save(act: _Act) -> Collection[str]:
    """Do what they changed, and nothing else: of boxes that they left as they were, the newest word stands."""
    before, now = act.form.all("was"), act.form.all("on")
    open_to_them = {box.name: box for topic in act.choices.topics for box in topic.boxes if box.free}
    off: dict[str, list[Channel]] = {}
    on: dict[str, list[Channel]] = {}
    for name, box in open_to_them.items():
        if name in before - now:
            off.setdefault(box.topic, []).append(box.channel)
        elif name in now - before:
            on.setdefault(box.topic, []).append(box.channel)
    for topic, channels in off.items():
        withdraw(act.transaction, act.site.app.clock, [act.customer_id], topic, channels, act.proof)
    agreements = [_agreement(act, topic, channels) for topic, channels in on.items()]
    try:
        agreed = agree_all(act.transaction, act.release, act.site.app.clock, agreements)
    except InputError as error:
        # Only what we have written into the form itself can be wrong: nothing that its reader could mend in our files.
        raise _no_such_form() from error
    return [Purpose.TRANSACTIONAL.value] if any(one.state is ConsentState.PENDING for one in agreed.events) else ()


def _no_such_form() -> InputError:
    return InputError("The form says nothing that can be done here.", remedy="Open the link once more.")


def _agreement(act: _Act, topic: str, channels: list[Channel]) -> Agreement:
    """On the words that stood beside the box, whichever are the newest by now."""
    named = {} if act.person.address is None else {ADDRESS_ID: act.person.address.id}
    proof = replace(
        act.proof, wording=act.form.one(f"wording.{topic}") or None, evidence={**act_of(act.request), **named}
    )
    return Agreement(customer_id=act.customer_id, topic=topic, channels=channels, proof=proof)


def _end_all(act: _Act) -> Collection[str]:
    said = act.transaction.consents.of(act.customer_id)
    marketing = [name for name, topic in act.release.project.topics.items() if topic.purpose is Purpose.MARKETING]
    over = all(said.get((name, one.value)) is ConsentState.WITHDRAWN for name in marketing for one in Channel)
    if not over:
        withdraw(act.transaction, act.site.app.clock, [act.customer_id], None, None, act.proof)
    return ()


def _take_a_break(act: _Act) -> Collection[str]:
    """Not instead of a pause that the shop has set: that would end when theirs does."""
    if act.choices.pause is None:
        until = act.transaction.ledger.clock().now(act.site.app.clock.now()) + BREAK_DAYS * DAY_MS
        wanted = WantedPause(
            scope=PauseScope.CUSTOMER, subject=act.customer_id, until=until, reason="asked for in the preference centre"
        )
        pause(act.transaction, act.release, act.site.app.clock, wanted, by=PERSON)
    return ()


def _go_on(act: _Act) -> Collection[str]:
    """They end the break that they have taken, and no pause of the shop's."""
    choices = act.choices
    if not (choices.on_a_break and choices.may_begin):
        return ()
    resumed = resume(act.transaction, act.release, act.site.app.clock, PauseScope.CUSTOMER, act.customer_id, by=PERSON)
    return resumed.released


_ACTS: Final[Mapping[str, Callable[[_Act], Collection[str]]]] = {
    "save": _save,
    "all_off": _end_all,
    "break": _take_a_break,
    "go_on": _go_on,
}
