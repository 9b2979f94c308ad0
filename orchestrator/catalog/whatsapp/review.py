"""What Meta's reviewers read for: promotion in a template that says it is none, secrets asked for, and codes."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from orchestrator.catalog.whatsapp import limits
from orchestrator.catalog.whatsapp.parts import Part, Violation

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# "Any promotional element, even subtle" makes a template marketing. These words are never a transaction's own; they
# are read without accents, in small letters.
_PROMOTION = re.compile(
    r"\b(?:\d+ ?% ?(?:de )?(?:off|desconto)|descontos?|cupo(?:m|ns)|promoc(?:ao|oes)|promociona(?:l|is)|ofertas?"
    r"|liquidacao|queima de estoque|frete gratis|cashback|black friday|cyber monday|aproveite|imperdive(?:l|is)"
    r"|ultimas unidades|ultima chance|compre (?:agora|ja|mais)|brindes?|sorteio|ganhe|leve \d+,? pague \d+"
    r"|discounts?|coupons?|promo(?:tions?|tional)?|(?:special|exclusive) offers?|flash sale|on sale"
    r"|limited time|free shipping|(?:buy|shop) now|giveaway|last chance)\b"
)

# Asking for a whole card, account or national number is refused; its last digits may be named, and warnings given.
_ASKS_FOR_SECRETS = re.compile(
    r"(?<!nunca )(?<!nao )(?<!never )(?<!not )"
    r"\b(?:informe|envie|mande|digite|responda|confirme|preencha|send|reply|provide|type|enter|confirm)\b"
    r"[^.!?\n]{0,40}\b(?:cpf|rg|cnh|senha|cvv|cvc|numero (?:completo )?do (?:seu )?cartao"
    r"|dados (?:bancarios|do (?:seu )?cartao)|conta bancaria|card number|password|bank account|social security)\b"
)


def review_violations(parts: Mapping[str, Part], category: str) -> Iterator[Violation]:
    """What a reviewer would send back."""
    for part in parts.values():
        for one in (part, *part.buttons):
            yield from _words(one, category)
    if category == "AUTHENTICATION":
        yield from _authentication(parts)


def _words(part: Part, category: str) -> Iterator[Violation]:
    folded, pointer = folded_text(part.text), f"{part.pointer}/text"
    for code, pattern in (
        ("marketing_content_in_utility", _PROMOTION if category == "UTILITY" else None),
        ("asks_for_secrets", _ASKS_FOR_SECRETS),
    ):
        if pattern is not None and (found := pattern.search(folded)):
            yield Violation(code=code, pointer=pointer, params={"found": part.text[found.start() : found.end()]})


def folded_text(text: str) -> str:
    """Small letters without accents; every character keeps its place."""
    return "".join(unicodedata.normalize("NFKD", character)[0].lower()[0] for character in text)


def _authentication(parts: Mapping[str, Part]) -> Iterator[Violation]:
    """One-time codes: Meta writes the body, and nothing may stand beside it."""
    for kind, part in parts.items():
        foreign = next((button for button in part.buttons if button.kind != "OTP"), None)
        if foreign is not None:
            yield Violation(code="not_for_authentication", pointer=foreign.pointer, params={"found": foreign.kind})
        elif kind not in ("BODY", "FOOTER", "BUTTONS"):
            yield Violation(code="not_for_authentication", pointer=part.pointer, params={"found": kind})
    least, most = limits.CODE_EXPIRATION_MINUTES
    minutes = parts["FOOTER"].content.get("code_expiration_minutes") if "FOOTER" in parts else None
    if isinstance(minutes, int) and not least <= minutes <= most:
        params = {"found": minutes, "min": least, "max": most}
        pointer = f"{parts['FOOTER'].pointer}/code_expiration_minutes"
        yield Violation(code="bad_code_expiration", pointer=pointer, params=params)
