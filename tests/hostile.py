"""Names that nobody has, and how to see what one did to a message."""

from __future__ import annotations

from html.parser import HTMLParser

NAMES = [
    # markup
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    "</td></table><h1>oi",
    '"><a href="https://evil.example">',
    "' onmouseover='alert(1)",
    "<!--",
    "-->",
    "<![CDATA[x]]>",
    "&lt;b&gt;",
    "&#60;script&#62;",
    "<style>*{display:none}</style>",
    "<mj-text>oi</mj-text>",
    "<svg/onload=alert(1)>",
    # templates
    "{{ 7*7 }}",
    "{{ customer.__class__ }}",
    "{% include '/etc/passwd' %}",
    "{% raw %}",
    "{# nada #}",
    "{{",
    "}}",
    "${7*7}",
    "%(name)s %s {0}",
    "jogralplace0x",
    "placeholder0z",
    # headers and lines
    "Ana\r\nBcc: all@evil.example",
    "Ana\nSubject: outro",
    "Ana\x0bX: 1\x0cY: 2",
    "Ana\u2028Bcc: x\u2029Y",
    "Ana\x85Bcc: x",
    "=?utf-8?q?oi?=",
    # WhatsApp, Markdown, links
    "*negrito*",
    "_itálico_ ~riscado~ `código`",
    "```bloco```",
    "[clique](https://evil.example)",
    "# título",
    "- item",
    # what nobody sees
    "Ana\x00Bia",
    "\u202eanA",
    "A\u200bna\ufeff",
    "\U000e0041\U000e0042Ana",
    "half \ud83d emoji",
    # odd, and innocent
    "Zoë Łuć 🌷 الاسم",
    "O'Hara & Filhos Ltda.",
    "=cmd|' /C calc'!A0",
    "Ana" * 3_000,
    "x" * 10_240,
    # other people's templates, and doubled ones
    "{%if true%}sim{%endif%}",
    "{{{{7*7}}}}",
    "<%= 7*7 %> #{7*7} @(7*7)",
    "{{ claims.price }} {{claims.coupon}}",
    # characters that our own work has a meaning for: the mask, the tokens of claims, the breaks of a page
    "\ufffc",
    "A\ufffcB\ue000C\ue100D\ue101E\uf8ff",
    "jograltag0x jogralplace1x",
    # controls, one by one
    "Ana" + "".join(map(chr, range(32))) + "\x7f\x9f",
    "\u2066Ana\u2069 \u061c\u200e",
    "\x1b[31mAna\x07\x08",
    # headers, once more
    "Ana\r\n\r\n<html>corpo</html>",
    "Ana\r\nTo: outra@evil.example\r\nContent-Type: text/html",
    "Ana\nContent-Transfer-Encoding: base64\n.\n",
    "a@evil.example, b@evil.example; c@evil.example",
    '"Ana" <ana@evil.example>',
    # marks at every place
    "*",
    "_a_ *b* ~c~",
    "*aberto",
    "fechado*",
    "a*b _c_d e~",
    "> citado",
    # halves, joiners and accents that cling to what stands before
    "Ana\udc00\ud800",
    "\u0301\u0308",
    "\u200d👩\u200d👩\u200d👧\ufe0f",
    "🇧🇷👋🏽",
    "Z̸̢̛a̶l̴g̵o",
    # what looks like a promise, and is a name
    "R$ 1,00",
    "20% de desconto",
    "27/11",
    "até amanhã, 18h",
    "cupom GRATIS99",
    "7 dias corridos após o recebimento",
    "R$",
    "%",
]


class _Reader(HTMLParser):
    """The elements of a page with their attributes' names, and its words."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.elements = []
        self.words = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, tuple(name for name, _ in attrs)))

    def handle_endtag(self, tag):
        self.elements.append(("/" + tag,))

    def handle_comment(self, data):
        self.elements.append(("comment", data))

    def handle_decl(self, decl):
        self.elements.append(("declaration", decl))

    def unknown_decl(self, data):
        self.elements.append(("unknown", data))

    def handle_data(self, data):
        self.words.append(data)


def elements(html):
    return _Reader(html).elements


def words(html):
    return "".join(_Reader(html).words)


def formatting(text):
    """The marks at a word's edge, as WhatsApp looks for them, in order."""
    padded = f" {text} "
    return [
        mark
        for before, mark, after in zip(padded, padded[1:], padded[2:], strict=False)
        if mark in "*_~`" and not (before.isalnum() and after.isalnum()) and not (before.isspace() and after.isspace())
    ]
