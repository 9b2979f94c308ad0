"""What is wrong with a template in words, and what to do about it: one row for each code."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from orchestrator.domain.errors import mark

if TYPE_CHECKING:
    from collections.abc import Mapping

# Code → what is the matter, and the way out.
WORDS: Mapping[str, tuple[str, str]] = MappingProxyType({
    "bad_shape": (
        mark("A template needs a list of components"),
        mark('Write "components": [{{"type": "BODY", "text": "…"}}].'),
    ),
    "unknown_component": (
        mark('"{found}" is not a component that Meta knows'),
        mark("There are HEADER, BODY, FOOTER, BUTTONS, CAROUSEL and LIMITED_TIME_OFFER."),
    ),
    "repeated_component": (mark("There is more than one {found}"), mark("Put them together, or drop one.")),
    # --- name, language, category
    "bad_name": (
        mark('The name "{found}" is not one that Meta takes'),
        mark("Use lower-case letters, digits and _, at most {max} of them."),
    ),
    "unknown_language": (
        mark('"{found}" is not a language of templates'),
        mark('Write it as Meta does, with an underscore: "{near}".'),
    ),
    "unknown_category": (
        mark('"{found}" is not a category of templates'),
        mark("Use UTILITY for what a customer's own order needs, MARKETING for everything else."),
    ),
    "bad_ttl": (
        mark("Meta does not try again for {found} seconds in this category"),
        mark("Choose between {min} and {max} seconds."),
    ),
    # --- lengths
    "missing_body": (mark("The template has no body"), mark("Only the body is mandatory: write its text.")),
    "header_too_long": (mark("The header has {found} characters"), mark("At most {max} are taken.")),
    "body_too_long": (mark("The body has {found} characters"), mark("At most {max} are taken.")),
    "footer_too_long": (mark("The footer has {found} characters"), mark("At most {max} are taken.")),
    # --- variables
    "bad_braces": (
        mark('A single "{found}" is left over: a variable needs two braces on each side'),
        mark("Write {{{{name}}}}, without blanks."),
    ),
    "bad_parameter_name": (
        mark('"{found}" is not a name that a variable may have'),
        mark("Use lower-case letters, digits and _, or a number from 1."),
    ),
    "mixed_formats": (
        mark("Named and numbered variables stand in one template"),
        mark("Use one kind, and say which in parameter_format."),
    ),
    "missing_parameter_format": (
        mark("The variables have names, and the template does not say so"),
        mark('Add "parameter_format": "NAMED".'),
    ),
    "not_sequential": (
        mark("The variables go up to {found}, and {missing} is not among them"),
        mark("Number them from 1 without gaps."),
    ),
    "variable_at_start": (mark("The text begins with a variable"), mark("Put a word before it.")),
    "variable_at_end": (mark("The text ends with a variable"), mark("Put a word after it.")),
    "review_risk_trailing_punctuation": (
        mark("Only punctuation follows the last variable; some reviewers take that for its end"),
        mark("Put a word after it."),
    ),
    "adjacent_variables": (
        mark("Two variables stand side by side"),
        mark("Put a word between them, or make them one."),
    ),
    "too_many_variables": (
        mark("{found} variables among {words} words are too many"),
        mark("Write {min} words or more around them, or use fewer."),
    ),
    "header_too_many_variables": (
        mark("The header has {found} variables"),
        mark("At most {max} may stand there."),
    ),
    "footer_variable": (mark("A footer takes no variable"), mark("Move it to the body.")),
    # --- examples
    "example_count": (
        mark("There are examples for {found} variables, and {wanted} are needed"),
        mark("Reviewers read the examples: give one for each variable, under its own name."),
    ),
    "bad_example_value": (
        mark('The example of "{name}" could not be sent as a value ({why})'),
        mark("A value has no line end, no tab, at most four spaces in a row, and is not empty."),
    ),
    # --- buttons
    "unknown_button": (
        mark('"{found}" is not a button of such a template'),
        mark("Mostly it is QUICK_REPLY, URL, PHONE_NUMBER or COPY_CODE."),
    ),
    "too_many_buttons": (mark("There are {found} buttons"), mark("At most {max} are taken, and three are seen.")),
    "too_many_url_buttons": (mark("{found} buttons open a page"), mark("At most {max} may.")),
    "too_many_phone_buttons": (mark("{found} buttons call a number"), mark("At most {max} may.")),
    "too_many_copy_code_buttons": (mark("{found} buttons copy a code"), mark("At most {max} may.")),
    "quick_replies_not_grouped": (
        mark("Quick replies stand among other buttons"),
        mark("Put all quick replies together, before or after the others."),
    ),
    "button_text_missing": (mark("The button says nothing"), mark("Write its text.")),
    "button_text_too_long": (mark("The button has {found} characters"), mark("At most {max} are taken.")),
    "button_variable": (mark("The words on a button take no variable"), mark("Write the same words for everybody.")),
    "bad_url": (
        mark('"{found}" is not an address that a button can open'),
        mark("Begin with https:// and the host, written out; only the end may be a variable."),
    ),
    "url_too_long": (mark("The address has {found} characters"), mark("At most {max} are taken.")),
    "url_variable_not_at_end": (
        mark("An address takes one variable, and only at its end"),
        mark("Move what varies to the end, once."),
    ),
    "coupon_example_too_long": (mark("The code has {found} characters"), mark("At most {max} are taken.")),
    # --- what a reviewer reads
    "marketing_content_in_utility": (
        mark('"{found}" promotes something, and the category is UTILITY'),
        mark("Take it out, or make the template MARKETING: one promotional word makes all of it marketing."),
    ),
    "asks_for_secrets": (
        mark('"{found}" asks for what Meta forbids to ask for'),
        mark("Never ask for a whole card, account or national number, or for a password; link to your site."),
    ),
    "not_for_authentication": (
        mark("{found} has no place in a template for one-time codes"),
        mark("Leave the body, a footer and one OTP button."),
    ),
    "bad_code_expiration": (
        mark("A code cannot expire after {found} minutes"),
        mark("Choose between {min} and {max} minutes."),
    ),
})  # fmt: skip
