"""CH114 and CH116: links. Every one leads somewhere, on the web, and says where."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from orchestrator.catalog.templates import Place, RefusedTemplate, parse_copy
from orchestrator.check.rule import Rule
from orchestrator.check.wording import heard_on
from orchestrator.domain.customer import Channel
from orchestrator.domain.errors import mark
from orchestrator.schema import VariableType

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from orchestrator.catalog.model import Message
    from orchestrator.check.samples import Spoken
    from orchestrator.domain.errors import Finding

_BAD_LINK = Rule(
    code="CH114",
    level="error",
    title=mark("A link leads nowhere, or not to the web"),
    why=mark(
        "A customer taps it once. Other schemes are code or do not open, and a host from data could be anybody's."
    ),
    bad="content:\n  cta: {label: Ver meu pedido, url: casalume.example/pedido}\n",
    good="content:\n  cta: {label: Ver meu pedido, url: https://casalume.example/pedido}\n",
)
_SHORTENER = Rule(
    code="CH116",
    level="warn",
    title=mark("An SMS links through a public shortener"),
    why=mark(
        "Brazilian carriers drop such messages: nobody can see where the link leads, which is why spam uses them."
    ),
    bad='channels:\n  sms: {body: "Veja: https://bit.ly/3xYz"}\n',
    good='channels:\n  sms: {body: "Veja: https://casalume.example/p"}\n',
)

RULES = (_BAD_LINK, _SHORTENER)

SHORTENERS = frozenset({
    "bit.ly", "bitly.com", "bl.ink", "cutt.ly", "encr.pw", "encurtador.com.br", "goo.gl", "is.gd", "l1nk.dev", "ow.ly",
    "rb.gy", "rebrand.ly", "shorturl.at", "t.co", "t.ly", "tiny.cc", "tinyurl.com", "v.gd",
})  # fmt: skip

_URL = r"(?P<{name}>(?:\{{\{{.*?\}}\}}|[^\s{end}])*)"
# [label](url), <url>, [label]: url, and a bare address. A place in a URL may hold blanks.
_IN_MARKDOWN = re.compile(
    r"\]\(<?" + _URL.format(name="inline", end=r")>") + r"|<" + r"(?P<auto>[a-z][a-z0-9+.-]*:[^\s>]*)>"
    r"|^\[[^\]]+\]:[ \t]*<?" + _URL.format(name="reference", end=r">"),
    re.MULTILINE,
)  # fmt: skip
_BARE = re.compile(r"\bhttps?://" + _URL.format(name="rest", end=r")>\]\"'"))
_HOST = re.compile(
    r"(?<![\w.@-])(?:https?://)?(?:www\.)?(" + "|".join(map(re.escape, sorted(SHORTENERS))) + r")/", re.IGNORECASE
)

_WEB = re.compile(r"https?://(?P<host>[^/?#\s]*)", re.IGNORECASE)
_MAIL_OR_PHONE = re.compile(r"mailto:[^\s@]+@[^\s@]+|tel:\+?[0-9-]{3,}", re.IGNORECASE)
_UNFINISHED = re.compile(
    r"\b(?:todo|tbd|fixme|x{3,}|lorem|placeholder|insert|seu-?site|your-?site|localhost)\b|//(?:127\.|10\.|192\.168\.|0\.)",
    re.IGNORECASE,
)
_PLACED = "\ufffc"  # stands for a value in a URL while it is judged


def findings(one: Spoken) -> Iterator[Finding]:
    """What is wrong with one message's links."""
    for path, text in one.own().items():
        if path[-1] == "url":
            if text.strip() or path[:2] != ("channels", "push"):
                yield from _judged(one, path, text, 0, markdown=False)
        else:
            for url, offset in _links(text, markdown=path[-1] == "body"):
                yield from _judged(one, path, url, offset, markdown=path[-1] == "body")
    yield from _shorteners(one)


def _links(text: str, *, markdown: bool) -> Iterator[tuple[str, int]]:
    spans: list[tuple[int, int]] = []
    for found in _IN_MARKDOWN.finditer(text) if markdown else ():
        group = str(found.lastgroup)
        spans.append(found.span(group))
        yield found[group], found.start(group)
    for found in _BARE.finditer(text):
        if not any(start <= found.start() < end for start, end in spans):
            yield found[0].rstrip(".,;:!?"), found.start()


def _judged(one: Spoken, path: tuple[str | int, ...], url: str, offset: int, *, markdown: bool) -> Iterator[Finding]:
    fault = _fault(url, one.message, markdown=markdown)
    if fault is not None:
        message, remedy = fault
        yield one.document.finding(
            path, message, params={"url": url.strip()[:80]}, help=remedy, code=_BAD_LINK.code, level=_BAD_LINK.level,
            offset=offset, length=len(url),
        )  # fmt: skip


def _fault(url: str, message: Message, *, markdown: bool) -> tuple[str, str] | None:
    """What is wrong with one address, and what to do about it."""
    try:
        parts = parse_copy(url.strip())
    except RefusedTemplate:
        return None  # VA110 says why
    if parts and isinstance(parts[0], Place):
        variable = message.variables.get(parts[0].name)
        return _NOT_A_URL if variable is not None and variable.type is not VariableType.URL else None
    written = "".join(part if isinstance(part, str) else _PLACED for part in parts)
    if markdown and _MAIL_OR_PHONE.fullmatch(written):
        return None
    return next((fault for broken, fault in _FAULTS if broken(written)), None)


def _is_unfinished(written: str) -> bool:
    web = _WEB.match(written)
    return written in ("", "#") or bool(_UNFINISHED.search(written)) or (web is not None and not web["host"])


def _has_open_host(written: str) -> bool:
    web = _WEB.match(written)
    return web is not None and _PLACED in web["host"]


_NOT_A_URL = (
    mark('The link "{url}" begins with a value that is not a url'),
    mark("Declare the variable as {{type: url}}."),
)
_WRITE_IT_OUT = mark("Write the whole address, with https:// and the host.")
_FAULTS: tuple[tuple[Callable[[str], object], tuple[str, str]], ...] = (
    (_is_unfinished, (mark('The link "{url}" is not finished'), _WRITE_IT_OUT)),
    (lambda written: not _WEB.match(written), (mark('The link "{url}" does not lead to the web'), _WRITE_IT_OUT)),
    (
        _has_open_host,
        (mark('The host of the link "{url}" comes from data'), mark("Write the host out; only the rest may vary.")),
    ),
    (
        re.compile(r"\s").search,
        (mark('The link "{url}" has a blank in it'), mark("Write %20 for it, or take it out.")),
    ),
)


def _shorteners(one: Spoken) -> Iterator[Finding]:
    own = one.own()
    for path, text in heard_on(Channel.SMS, one.message):
        for found in _HOST.finditer(text) if path in own else ():
            yield one.document.finding(
                path, mark('The SMS links through "{host}"'), params={"host": found[1]}, code=_SHORTENER.code,
                level=_SHORTENER.level, offset=found.start(), length=len(found[0]),
                help=mark("Use an address of your own; a short path is short enough."),
            )  # fmt: skip
