"""CH110 to CH117, e-mail: subject and preheader that are read, HTML that is not clipped, images that can be heard."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from orchestrator.check.rule import Rule
from orchestrator.check.samples import THE_EXAMPLES, renderings
from orchestrator.domain.customer import Channel
from orchestrator.domain.errors import mark

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from orchestrator.check.samples import Spoken
    from orchestrator.domain.errors import Finding
    from orchestrator.domain.message import Rendered
    from orchestrator.project import Survey

# Gmail clips what is longer, and with it the footer and the way out.
HTML_BYTES_MAX = 102 * 1024

# What an inbox on a computer shows of a subject, and of the text after it.
SUBJECT_LENGTH_VISIBLE = 78
PREHEADER_LENGTH_VISIBLE = 90

_NO_SUBJECT = Rule(
    code="CH110",
    level="error",
    title=mark("An e-mail has no subject"),
    why=mark("Without one it reads as spam, and some filters refuse it."),
    bad='channels:\n  email: {subject: ""}\n',
    good="channels:\n  email: {subject: Seu pedido está a caminho}\n",
)
_PREHEADER = Rule(
    code="CH111",
    level="warn",
    title=mark("The preheader is missing, too long, or says the subject again"),
    why=mark(
        "Beside the subject an inbox shows the preheader. Without one it shows whatever comes first in the letter, "
        "and what is longer than the line is not seen."
    ),
    bad="channels:\n  email: {subject: Seu pedido está a caminho, preheader: Seu pedido está a caminho}\n",
    good="channels:\n  email: {subject: Seu pedido está a caminho, preheader: Acompanhe cada passo pela página}\n",
)
_TOO_LARGE = Rule(
    code="CH112",
    level="error",
    title=mark("The HTML of an e-mail is larger than 102 KB"),
    why=mark("Gmail clips the rest: footer, opt-out link and the end of the letter are gone."),
    bad="channels:\n  email:\n    body: |\n      # the whole catalogue, product by product\n",
    good="channels:\n  email:\n    body: |\n      # three products, and a link to the catalogue\n",
)
_NO_ALT = Rule(
    code="CH113",
    level="error",
    title=mark("An image has no text for those who do not see it"),
    why=mark("Screen readers read it, and it is all that is seen while images are blocked."),
    bad='content:\n  body: |\n    ![](https://cdn.casalume.example/kit.jpg "claims: none")\n',
    good='content:\n  body: |\n    ![Kit de banho em algodão](https://cdn.casalume.example/kit.jpg "claims: none")\n',
)
_NO_CLAIMS = Rule(
    code="CH115",
    level="error",
    title=mark("An image does not say which claims it shows"),
    why=mark(
        "A banner that says 20% is a promise that no check can read. Whoever places it names the claims that it "
        "shows, so that a change of the fact finds the image too."
    ),
    bad="content:\n  body: |\n    ![20% no Kit Banho](https://cdn.casalume.example/banner.jpg)\n",
    good='content:\n  body: |\n    ![Oferta no Kit](https://cdn.casalume.example/banner.jpg "claims: discount")\n',
)
_LONG_SUBJECT = Rule(
    code="CH117",
    level="warn",
    title=mark("A subject is longer than an inbox shows"),
    why=mark("What follows is not read before the letter is opened, and a phone shows half of that."),
    bad="""\
channels:
  email:
    subject: Recebemos seu pedido e vamos cuidar dele com carinho até ele chegar à sua casa
""",
    good="channels:\n  email:\n    subject: Seu pedido foi confirmado\n",
)

RULES = (_NO_SUBJECT, _PREHEADER, _TOO_LARGE, _NO_ALT, _NO_CLAIMS, _LONG_SUBJECT)


def findings(survey: Survey, one: Spoken) -> Iterator[Finding]:
    """What is wrong with one message as an e-mail."""
    copy = one.message.channels.email
    if copy is None:
        return
    yield from _images(one)
    yield from _images_of_layout(one)
    if one.original and not copy.preheader.strip():
        yield one.document.finding(
            ("channels", "email"), mark("The e-mail has no preheader"), on_key=True,
            code=_PREHEADER.code, level=_PREHEADER.level,
            help=mark("Write preheader: with what the subject does not say yet."),
        )  # fmt: skip
    rendered = list(renderings(survey, one, Channel.EMAIL))
    own = one.own()
    if ("channels", "email", "subject") in own or one.original:
        yield from _subject(one, rendered)
    if ("channels", "email", "preheader") in own:
        yield from _preheader(one, rendered)
    yield from _size(one, rendered)


def _subject(one: Spoken, rendered: list[tuple[str, Rendered]]) -> Iterator[Finding]:
    path = ("channels", "email", "subject")
    copy = one.message.channels.email
    if copy is not None and not copy.subject.strip():
        yield one.document.finding(
            path, mark("The subject is empty"), code=_NO_SUBJECT.code, level=_NO_SUBJECT.level,
            help=mark("Say in a few words what the letter is about."),
        )  # fmt: skip
    yield from _longest(
        one, rendered, path, lambda said: said.subject, SUBJECT_LENGTH_VISIBLE, _LONG_SUBJECT,
        mark("The subject has {found} characters for {persona}, and an inbox shows about {max}"),
    )  # fmt: skip


def _preheader(one: Spoken, rendered: list[tuple[str, Rendered]]) -> Iterator[Finding]:
    path = ("channels", "email", "preheader")
    if any(said.preheader and said.preheader == said.subject for _, said in rendered):
        yield one.document.finding(
            path, mark("The preheader says the subject again"), code=_PREHEADER.code, level=_PREHEADER.level,
            help=mark("Say what the subject does not say yet."),
        )  # fmt: skip
    yield from _longest(
        one, rendered, path, lambda said: said.preheader, PREHEADER_LENGTH_VISIBLE, _PREHEADER,
        mark("The preheader has {found} characters for {persona}, and an inbox shows about {max}"),
    )  # fmt: skip


def _longest(  # all but the first two are what is measured, and how it is told
    one: Spoken, rendered: list[tuple[str, Rendered]], path: tuple[str, ...], text: Callable[[Rendered], str],
    length_max: int, rule: Rule, message: str,
) -> Iterator[Finding]:  # fmt: skip
    persona, found = max(
        ((name, len(text(said))) for name, said in rendered), key=lambda pair: pair[1], default=("", 0)
    )
    if found > length_max:
        yield one.document.finding(
            path, message, params={"found": found, "max": length_max, "persona": persona or THE_EXAMPLES},
            code=rule.code, level=rule.level, help=mark("Put what matters first, and shorten the rest."),
        )  # fmt: skip


def _size(one: Spoken, rendered: list[tuple[str, Rendered]]) -> Iterator[Finding]:
    largest = max(len(html.encode()) for html in (one.letter, *(said.html for _, said in rendered)))
    if largest > HTML_BYTES_MAX:
        yield one.document.finding(
            ("channels", "email"), mark("The HTML has {found} bytes, and Gmail clips it after {max}"), on_key=True,
            params={"found": largest, "max": HTML_BYTES_MAX}, code=_TOO_LARGE.code, level=_TOO_LARGE.level,
            help=mark("Say less, and link to the rest."),
        )  # fmt: skip


# --- images ---------------------------------------------------------------------------------------------------------

# ![alt](url "title"), where the URL may hold places.
_IMAGE = re.compile(r'!\[(?P<alt>[^\]]*)\]\((?P<url>(?:\{\{.*?\}\}|[^)\s])*)(?:\s+"(?P<title>[^"]*)")?\s*\)')
_CLAIMS = "claims:"
_NONE = "none"


def _images(one: Spoken) -> Iterator[Finding]:
    """Markdown is the only place where copy may show one."""
    for path, text in one.own().items():
        for image in _IMAGE.finditer(text) if path[-1] == "body" else ():
            yield from _image(one, path, image)


def _image(one: Spoken, path: tuple[str | int, ...], image: re.Match[str]) -> Iterator[Finding]:
    offset, length = image.start(), len(image[0])
    if not image["alt"].strip():
        yield one.document.finding(
            path, mark("An image without alternative text"), code=_NO_ALT.code, level=_NO_ALT.level,
            help=mark("Write what it shows between the brackets: ![Kit de banho](…)."), offset=offset, length=length,
        )  # fmt: skip
    title = image["title"] or ""
    if not title.startswith(_CLAIMS):
        yield one.document.finding(
            path, mark("An image that does not say which claims it shows"), code=_NO_CLAIMS.code,
            level=_NO_CLAIMS.level, help=mark('Add a title: "claims: price, discount", or "claims: none".'),
            offset=offset, length=length,
        )  # fmt: skip
        return
    named = [name for part in title.removeprefix(_CLAIMS).split(",") if (name := part.strip())]
    for name in named:
        if name not in one.message.claims and named != [_NONE]:
            yield one.document.finding(
                path, mark('The image shows "{name}", which is not a claim of this message'), params={"name": name},
                code=_NO_CLAIMS.code, level=_NO_CLAIMS.level, help=mark("Declare it under claims."),
                offset=image.start("title") + title.index(name), length=len(name),
            )  # fmt: skip


def _images_of_layout(one: Spoken) -> Iterator[Finding]:
    """The layout's own images are not copy, but they are heard as well."""
    if not one.original or "<img" not in one.letter:
        return
    reader = _Images()
    reader.feed(one.letter)
    if reader.without_alt:
        yield one.document.finding(
            ("channels", "email", "layout"), mark("The layout has an image without alternative text: {source}"),
            params={"source": reader.without_alt[0]}, code=_NO_ALT.code, level=_NO_ALT.level,
            help=mark('Give the mj-image an alt; alt="" where it only decorates.'),
        )  # fmt: skip


class _Images(HTMLParser):
    """The addresses of images that say nothing at all; an empty alt is an answer."""

    def __init__(self) -> None:
        super().__init__()
        self.without_alt: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "img" and "alt" not in dict(attrs):
            self.without_alt.append(dict(attrs).get("src") or "")
