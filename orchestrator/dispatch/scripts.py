"""Which template says a request through each account: today's words, or those before while today's are not approved."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from pydantic import ValidationError

from orchestrator.catalog.approvable import approvable_of
from orchestrator.catalog.prepare import prepare
from orchestrator.catalog.refusals import SilentChannel
from orchestrator.decide.conversing import Script
from orchestrator.dispatch.spoken import is_reply, published
from orchestrator.domain.customer import Channel
from orchestrator.release import read_release

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from orchestrator.catalog.model import PublishedMessage
    from orchestrator.dispatch.current import Current
    from orchestrator.domain.customer import Standing
    from orchestrator.domain.delivery import Request
    from orchestrator.domain.message import Rendered
    from orchestrator.release import Release
    from orchestrator.store.port import ProviderTemplate, Transaction


@dataclass(frozen=True, slots=True)
class Scripts:
    """(request id, account) → its template there, and the earlier releases by which some of them are said, by id."""

    found: dict[tuple[str, str], Script] = field(default_factory=dict)
    formers: dict[str, Release] = field(default_factory=dict)


NO_SCRIPTS: Final = Scripts()


def scripts_of(
    transaction: Transaction, current: Current, requests: Sequence[Request], standings: Mapping[str, Standing]
) -> Scripts:
    """The templates of requests; nothing where a message has none, or no account takes templates."""
    accounts = current.rules.scripted
    asked = [one for one in requests if Channel.WHATSAPP in one.candidates] if accounts else []
    if not asked:
        return NO_SCRIPTS
    known: dict[tuple[str, str], list[ProviderTemplate]] = {}
    for one in transaction.templates.of_messages({request.message for request in asked}, accounts):
        known.setdefault((one.account, one.message), []).append(one)
    scripts = Scripts()
    settled: dict[tuple[int, str, str], Script] = {}
    for request in asked:
        words = published(current.release, request)
        locale = current.locale(request, standings[request.customer_id].customer)
        name = template_name(current.release, words, locale) if words is not None else ""
        if not name:
            continue
        for account in accounts:
            # The same for everybody who is written to in this language.
            key = (id(words), locale, account)
            if key not in settled:
                theirs = known.get((account, request.message), [])
                settled[key] = _script(transaction, current, request, locale, name, theirs, scripts.formers)
            scripts.found[request.id, account] = settled[key]
    return scripts


def template_name(release: Release, words: PublishedMessage, locale: str) -> str:
    """The name under which a message goes to Meta in a language; empty where it has no template."""
    try:
        form = approvable_of(prepare(words, release.voice, locale, Channel.WHATSAPP))
    except SilentChannel:
        return ""
    return "" if form is None else form.name


def language_of(words: PublishedMessage, locale: str) -> str:
    """In which of Meta's languages it is."""
    copy = words.translations.get(locale, words).message.channels.whatsapp
    return copy.template.language if copy is not None and copy.template is not None else ""


def _script(  # what is known of a template, and where the release that says it is noted
    transaction: Transaction,
    current: Current,
    request: Request,
    locale: str,
    name: str,
    known: Iterable[ProviderTemplate],
    formers: dict[str, Release],
) -> Script:
    approved = [one for one in known if one.approved and one.locale == locale]
    for one in approved:
        if one.name == name:
            return Script(name, one.name, one.category, current.id)
    if not is_reply(current.release, request):
        # The newest of those before whose words still hold.
        for one in approved:
            before = former_release(transaction, current, one.release_id)
            if before is not None and _goes_on(before, current, request, one):
                formers[one.release_id] = before
                return Script(name, one.name, one.category, one.release_id)
    return Script(name)


# --- the words before -------------------------------------------------------------------------------------------------


def _goes_on(before: Release, current: Current, request: Request, former: ProviderTemplate) -> bool:
    """Whether older words may still be said: they promise all that today's promise.

    Their own claims are read again under lock with today's: so they may promise nothing that is read from elsewhere.
    """
    then = before.messages.get(request.message)
    if then is None or template_name(before, then, former.locale) != former.name:
        return False
    now = current.release.messages[request.message]
    return now.message.claims.keys() <= then.message.claims.keys() and {*then.claimed.paths} <= {*now.claimed.paths}


def former_release(transaction: Transaction, current: Current, release_id: str) -> Release | None:
    """An earlier release, read once; None where it is not there, or was written for another version of Jogral."""
    if release_id == current.id:
        return current.release
    if release_id not in _formers:
        content = transaction.ledger.release(release_id)
        try:
            _formers[release_id] = None if content is None else read_release(content)
        except ValidationError:
            _formers[release_id] = None
        while len(_formers) > _FORMERS_MAX:
            _formers.popitem(last=False)
    return _formers.get(release_id)


def release_saying(current: Current, script: Script | None, formers: Mapping[str, Release]) -> Release:
    """By which release a script is said: the one of the template that may be sent, which was read to decide that."""
    # Never today's words under the name of others: nobody approved them.
    return current.release if script is None or script.sent == script.name else formers[script.release_id]


def as_taken(rendered: Rendered, script: Script | None) -> Rendered:
    """The same with the category that the provider gave its template: by that it is sent, and paid."""
    template = rendered.template
    if template is None or script is None or script.category in ("", template["category"]):
        return rendered
    return replace(rendered, template={**template, "category": script.category})


# A release never changes, so that threads may read the same; the oldest go first.
_FORMERS_MAX: Final = 8
_formers: OrderedDict[str, Release | None] = OrderedDict()
