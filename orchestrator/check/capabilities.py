"""CH180 to CH184: what the project's providers can do, beside what its messages have.

Only adapters that come with Jogral are asked: a project's own code does not run when its files are looked at. What is
built for it is made of the settings that stand in the file and of made-up secrets.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from orchestrator.channels import build_adapter, is_shipped, settings_of
from orchestrator.check.rule import Rule
from orchestrator.check.samples import THE_EXAMPLES, renderings, spoken
from orchestrator.domain.errors import ConfigurationError, mark

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from orchestrator.check.samples import Spoken
    from orchestrator.contract.capabilities import Capabilities
    from orchestrator.domain.customer import Channel
    from orchestrator.domain.errors import Finding
    from orchestrator.domain.message import Rendered
    from orchestrator.project import Survey
    from orchestrator.release import Account, ChannelSettings

_TOO_LONG = Rule(
    code="CH180",
    level="error",
    title=mark("A text is longer than a provider of the channel takes"),
    why=mark("The provider refuses it whole: nobody gets the message through this account."),
    bad="# templates/project.yaml: {id: sms, adapter: sms_zenvia, …}\nchannels:\n  sms: o regulamento inteiro\n",
    good="channels:\n  sms: O regulamento está em {{ rules.url }}\n",
)
_BUTTONS = Rule(
    code="CH181",
    level="error",
    title=mark("A provider of the channel does not show the buttons of a message"),
    why=mark("What cannot be tapped cannot be answered: the message asks for something that nobody can do."),
    bad='# templates/project.yaml: {id: whatsapp, adapter: webhook, body: {to: "{to}", text: "{text}"}, …}\n'
    "channels:\n  whatsapp:\n    buttons: [{label: Vou buscar, emit: pickup.chosen}]\n",
    good='# templates/project.yaml: {…, body: {to: "{to}", text: "{text}", buttons: "{buttons}"}}\n'
    "channels:\n  whatsapp:\n    buttons: [{label: Vou buscar, emit: pickup.chosen}]\n",
)
_NOT_SHOWN = Rule(
    code="CH182",
    level="warn",
    title=mark("A provider of the channel does not show a part of a message"),
    why=mark("The part is left out, and what it says is not said. The text alone has to be enough."),
    bad='# templates/project.yaml: {id: push, adapter: webhook, body: {to: "{to}", text: "{text}"}, …}\n'
    "channels:\n  push: {title: Seu pedido, body: Saiu para entrega}\n",
    good='# templates/project.yaml: {…, body: {to: "{to}", title: "{title}", text: "{text}"}}\n'
    "channels:\n  push: {title: Seu pedido, body: Saiu para entrega}\n",
)
_NO_TEMPLATE = Rule(
    code="CH183",
    level="error",
    title=mark("A message has no template, and a provider of the channel takes nothing else"),
    why=mark("Who has not written to us within a day can be sent approved templates only: it would never leave."),
    bad="channels:\n  whatsapp: {body: Seu pedido saiu}\n",
    good="channels:\n  whatsapp: {body: Seu pedido saiu, template: {category: utility}}\n",
)
_NOT_CHECKED = Rule(
    code="CH184",
    level="info",
    title=mark("What the project's own adapter can do is not checked"),
    why=mark("Its code does not run when files are looked at. Try it with jogral channels test."),
    bad="channels:\n  sms: {accounts: [{id: sms, adapter: sms_ours}]}\n",
    good="# the same, and in the project's tests\n# exercise_channel(adapter, recorded=…)\n",
)

_CHANGE = mark("Change it, or give the channel an account that can: jogral channels list says what each of them does.")

RULES = (_TOO_LONG, _BUTTONS, _NOT_SHOWN, _NO_TEMPLATE, _NOT_CHECKED)


@dataclass(frozen=True, kw_only=True)
class _Provider:
    """One account that could carry a message."""

    account: str
    place: int
    can: Capabilities


def findings(survey: Survey) -> Iterator[Finding]:
    """Every message on every channel beside every account that could carry it."""
    if survey.settings is None:
        return
    providers: dict[Channel, list[_Provider]] = {}
    for channel, shared in survey.settings.model.channels.items():
        for place, account in enumerate(shared.accounts):
            if account.adapter not in _names(survey):
                yield from _not_checked(survey, channel, place, account)
            elif (able := _able(account, channel, shared)) is not None and _may_fall_short(able, channel):
                provider = _Provider(account=account.id, place=place, can=able)
                providers.setdefault(channel, []).append(provider)
    everything = list(spoken(survey)) if providers else []
    for channel, known in providers.items():
        yield from _on(survey, channel, known, everything)


# --- who could carry it ---------------------------------------------------------------------------------------------


def _names(survey: Survey) -> frozenset[str]:
    """The adapters that are ours; one that the project has under the same name is its own."""
    used = {account.adapter for shared in _channels(survey).values() for account in shared.accounts}
    return frozenset(name for name in used if is_shipped(name, survey.project.root / "channels"))


def _channels(survey: Survey) -> Mapping[Channel, ChannelSettings]:
    return survey.settings.model.channels if survey.settings is not None else {}


def _able(account: Account, channel: Channel, shared: ChannelSettings) -> Capabilities | None:
    """What the account's adapter can do; None where its settings are wrong, which `jogral doctor` says."""
    from orchestrator.testing.accounts import example_accounts  # noqa: PLC0415  # only where somebody sends for real

    taken = settings_of(account.adapter)
    of_channel = {"sender": account.sender or shared.from_, "reply_to": shared.reply_to}
    written: dict[str, Any] = {name: value for name, value in (of_channel | account.settings).items() if value}
    made_up = next((dict(one.settings) for one in example_accounts(account.adapter) if one.channel is channel), {})
    if account.adapter == "webhook":
        made_up = {"url": made_up.get("url")}
    elif written.get("messaging_service_sid"):
        made_up = {name: value for name, value in made_up.items() if name not in {"from", "sender"}}
    settings = {name: value for name, value in (made_up | written).items() if name in taken}
    try:
        return build_adapter(account.adapter, channel, settings).can
    except ConfigurationError:
        return None


def _may_fall_short(can: Capabilities, channel: Channel) -> bool:
    """Whether anything could be found at all: else nothing is rendered for it."""
    limits = (can.text_length_max, can.subject_length_max, can.title_length_max)
    lacking = {
        "email": not can.html,
        "push": not can.title,
        "whatsapp": can.templates or can.buttons_max is not None or not can.media,
    }
    return not can.local and (any(limit is not None for limit in limits) or lacking.get(channel.value, False))


def _not_checked(survey: Survey, channel: Channel, place: int, account: Account) -> Iterator[Finding]:
    assert survey.settings is not None
    if not (survey.project.root / "channels" / f"{account.adapter}.py").is_file():
        return  # there is no such adapter: CH185 says so
    yield survey.settings.document.finding(
        ("channels", channel.value, "accounts", place, "adapter"),
        mark("{adapter} is the project's own: whether it can carry every message is not checked here"),
        params={"adapter": account.adapter, "account": account.id}, code=_NOT_CHECKED.code, level=_NOT_CHECKED.level,
        help=mark("jogral channels test {account} tries it."),
    )  # fmt: skip


# --- what a message has ---------------------------------------------------------------------------------------------


def _on(survey: Survey, channel: Channel, providers: list[_Provider], everything: list[Spoken]) -> Iterator[Finding]:
    """What is wrong on one channel. Rendering is what costs: each message is rendered once, for all accounts."""
    left_out: dict[str, Counter[tuple[Rule, str]]] = {provider.account: Counter() for provider in providers}
    for one in everything:
        rendered = list(renderings(survey, one, channel))
        for provider in providers:
            yield from _judged(one, channel, provider, rendered)
            if rendered and one.original and not one.is_reply:
                left_out[provider.account].update(_not_shown(rendered[0][1], provider.can))
    for provider in providers:
        yield from _told_once(survey, channel, provider, left_out[provider.account])


def _judged(
    one: Spoken, channel: Channel, provider: _Provider, rendered: list[tuple[str, Rendered]]
) -> Iterator[Finding]:
    """What stands in a message's own file, each sentence once; the longest persona's is not looked for."""
    told: set[str] = set()
    for name, said in rendered:
        for rule, sentence, params, key in _problems(said, provider.can, name, one):
            if sentence not in told:
                told.add(sentence)
                yield one.document.finding(
                    ("channels", channel.value, *key), sentence, params={**params, "account": provider.account},
                    code=rule.code, level=rule.level, on_key=True, help=_CHANGE,
                )  # fmt: skip


def _told_once(
    survey: Survey, channel: Channel, provider: _Provider, left_out: Counter[tuple[Rule, str]]
) -> Iterator[Finding]:
    """Parts that an account shows of no message: where the account stands, with how many messages have them."""
    assert survey.settings is not None
    for (rule, sentence), found in left_out.items():
        yield survey.settings.document.finding(
            ("channels", channel.value, "accounts", provider.place, "adapter"), sentence,
            params={"account": provider.account, "found": found}, code=rule.code, level=rule.level, help=_CHANGE,
        )  # fmt: skip


def _not_shown(said: Rendered, can: Capabilities) -> Iterator[tuple[Rule, str]]:
    if said.buttons and can.buttons_max == 0:
        yield _BUTTONS, mark("The account {account} shows no buttons; messages that have some: {found}")
    if said.html and not can.html:
        yield _NOT_SHOWN, mark("The account {account} does not show HTML; messages that come as plain text: {found}")
    if said.title and not can.title:
        yield _NOT_SHOWN, mark("The account {account} does not show titles; messages that have one: {found}")
    header = (said.template or {}).get("header") or {}
    if header.get("link") and not can.media:
        yield _NOT_SHOWN, mark("The account {account} shows no pictures and files; messages that have one: {found}")


_Problem = tuple[Rule, str, dict[str, object], tuple[str, ...]]


def _problems(said: Rendered, can: Capabilities, persona: str, one: Spoken) -> Iterator[_Problem]:
    """Each problem of one rendering: the rule, the sentence, what goes into it, and where it is written."""
    whom = persona or THE_EXAMPLES
    if can.templates and said.template is None and one.original and not one.is_reply:
        yield _NO_TEMPLATE, mark("The account {account} takes approved templates only, and this has none"), {}, ()
    for text, limit, sentence, path in (
        (said.text, can.text_length_max,
         mark("The text has {found} characters for {persona}, and the account {account} takes {max}"), ("body",)),
        (said.subject, can.subject_length_max,
         mark("The subject has {found} characters for {persona}, and the account {account} takes {max}"), ("subject",)),
        (said.title, can.title_length_max,
         mark("The title has {found} characters for {persona}, and the account {account} takes {max}"), ("title",)),
    ):  # fmt: skip
        if limit is not None and len(text) > limit:
            yield _TOO_LONG, sentence, {"found": len(text), "max": limit, "persona": whom}, path
    yield from _of_buttons(said, can)


def _of_buttons(said: Rendered, can: Capabilities) -> Iterator[_Problem]:
    if not said.buttons or not can.buttons_max:
        return
    if len(said.buttons) > can.buttons_max:
        problem = mark("The account {account} shows {max} buttons, and this message has {found}")
        yield _BUTTONS, problem, {"found": len(said.buttons), "max": can.buttons_max}, ("buttons",)
    longest = max((button.label for button in said.buttons), key=len)
    if can.button_length_max is not None and len(longest) > can.button_length_max:
        problem = mark('"{label}" is longer than the {max} characters of a button of the account {account}')
        yield _BUTTONS, problem, {"label": longest, "max": can.button_length_max}, ("buttons",)
