"""docs/reference/channels-limits.md has the numbers that the code has: refresh it with pytest --refresh-golden."""

from __future__ import annotations

import textwrap
from pathlib import Path

from orchestrator.catalog.sms import GSM_16_BIT_PROFILE, GSM_PROFILE
from orchestrator.catalog.whatsapp import limits
from orchestrator.catalog.whatsapp.words import WORDS
from orchestrator.check import email, push
from orchestrator.check.links import SHORTENERS

PAGE = Path(__file__).parents[2] / "docs/reference/channels-limits.md"


def test_the_page_of_limits_is_what_the_code_keeps(request):
    """A number is changed in one place, and the page follows."""
    if request.config.getoption("--refresh-golden"):
        PAGE.write_text(page(), encoding="utf-8")

    assert PAGE.read_text(encoding="utf-8") == page(), "run pytest --refresh-golden, and read the page"


def page():
    return f"""# What each channel allows

`jogral check` measures every message, on every channel, in every language, with every persona of that language; the
longest counts. `jogral explain-rule CODE` says why a rule is there. This page is made from the tables of the code.

## E-mail

{table([
    ("HTML, in bytes", f"{email.HTML_BYTES_MAX:,}", "Gmail clips the rest", "CH112"),
    ("subject, in characters", email.SUBJECT_LENGTH_VISIBLE, "what an inbox shows", "CH117"),
    ("preheader, in characters", email.PREHEADER_LENGTH_VISIBLE, "what an inbox shows", "CH111"),
])}

An image in Markdown has a text and says which claims it shows: `![Kit](https://… "claims: price")`, or `"claims: none"`
(CH113, CH115). Links lead to `http` or `https`, in Markdown also to `mailto` and `tel`; a host is never data (CH114).

## SMS

`jogral sms TEXT` counts one text. Units are septets in GSM-7, where `^ {{ }} \\ [ ] ~ | €` take two, and 16-bit
units in UCS-2.

{table([
    ("GSM-7, alone", GSM_PROFILE.septets_alone, "", "CH131"),
    ("GSM-7, in a part (`--profile gsm`)", GSM_PROFILE.septets_in_part, "an 8-bit reference", "CH131"),
    ("GSM-7, in a part (`--profile gsm16`)", GSM_16_BIT_PROFILE.septets_in_part, "a 16-bit one, as Zenvia's", "CH131"),
    ("UCS-2, alone", GSM_PROFILE.units_alone, "one character that GSM-7 lacks is enough", "CH132"),
    ("UCS-2, in a part (`--profile gsm`)", GSM_PROFILE.units_in_part, "", "CH132"),
    ("UCS-2, in a part (`--profile gsm16`)", GSM_16_BIT_PROFILE.units_in_part, "", "CH132"),
])}

With `accents: strip` in the voice the text is sent in plain letters: what changes is named (CH130), a letter that has
no plainer spelling is an error (CH133), and a currency sign is always spelled. Carriers drop public shorteners (CH116):

{listed(sorted(SHORTENERS))}

## WhatsApp templates

`jogral whatsapp check FILE` judges templates as Meta takes them; `jogral check` makes that JSON of each message and
judges it the same way.

{table([
    ("name, in characters", limits.NAME_LENGTH_MAX, "`a-z`, `0-9` and `_`", "-"),
    ("header", limits.HEADER_LENGTH_MAX, f"at most {limits.HEADER_VARIABLES_MAX} variable", "-"),
    ("body", f"{limits.BODY_LENGTH_MAX:,}", "", "WA120"),
    ("footer", limits.FOOTER_LENGTH_MAX, "no variable", "-"),
    ("words for each variable of the body, at least", limits.WORDS_PER_VARIABLE_MIN, "Meta's own is secret", "WA133"),
    ("buttons", limits.BUTTONS_MAX, ", ".join(f"{name} {most}" for name, most in limits.BUTTONS_OF_A_TYPE_MAX.items()),
     "WA140"),
    ("words on a button, in characters", limits.BUTTON_TEXT_LENGTH_MAX, "no variable", "WA141"),
    ("address of a button", f"{limits.URL_LENGTH_MAX:,}", "one variable, at its end", "WA142"),
    ("code to copy", limits.COUPON_LENGTH_MAX, "", "-"),
    ("blanks in a row, in a value", limits.SPACES_IN_A_ROW_MAX, "no line end, no tab, not empty", "WA135"),
    *((f"seconds of new tries, {category}", f"{least:,} to {most:,}", "", "-")
      for category, (least, most) in limits.TTL_SECONDS.items()),
])}

A variable stands neither first nor last (WA130) nor beside another (WA132). A utility template promotes nothing and has
a transactional topic (WA110). What the command may say, by code:

{listed(WORDS)}

## Push

{table([
    ("title, in characters", push.TITLE_LENGTH_VISIBLE, "what a lock screen shows", "CH140"),
    ("text, in characters", push.BODY_LENGTH_VISIBLE, "what a lock screen shows", "CH141"),
    ("title, text and address, in bytes", f"{push.PAYLOAD_BYTES_MAX:,}", "what every provider carries", "CH142"),
])}
"""  # fmt: skip


def listed(names):
    text = ", ".join(f"`{name}`" for name in names)
    return "\n".join(textwrap.wrap(text, 120, break_long_words=False, break_on_hyphens=False)) + "."


def table(rows):
    lines = [("what", "limit", "remark", "rule"), ("---",) * 4, *rows]
    return "\n".join("| " + " | ".join(map(str, line)).replace(" |  | ", " | | ") + " |" for line in lines)
