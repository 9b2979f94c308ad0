"""PR: privacy. No real person in copy or personas, nothing secret in a message, nobody's data in a link."""

from __future__ import annotations

import re
from email.utils import parseaddr
from typing import TYPE_CHECKING

from orchestrator.check.people import A_MOBILE, AN_EMAIL, digits_of, is_for_examples, is_made_up, people_in
from orchestrator.check.rule import Rule
from orchestrator.check.wording import readings, texts_under
from orchestrator.domain.errors import mark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.check.wording import KeyPath
    from orchestrator.documents import Document
    from orchestrator.domain.errors import Finding
    from orchestrator.project import Survey

_REAL_PERSON = Rule(
    code="PR101",
    level="error",
    title=mark("What looks like a real person's data"),
    why=mark(
        "Files are copied, shown and kept for ever. A CPF, a card number or somebody's own address has no place in "
        "copy, examples or personas."
    ),
    bad="""\
content:
  body: Dúvidas? Fale com joana.prado@correio.com.br.
""",
    good="""\
content:
  body: Dúvidas? Fale com atendimento@casalume.example.   # the shop's own, as in project.yaml
""",
)
_REAL_ADDRESS = Rule(
    code="PR110",
    level="error",
    title=mark("A persona with an address that may be somebody's"),
    why=mark(
        "Previews and tests are sent to personas. An address of the domains kept for examples reaches nobody, and a "
        "visibly made-up number is nobody's."
    ),
    bad="""\
customer: {id: cus_ana, first_name: Ana, email: ana.souza@correio.com.br}
""",
    good="""\
customer: {id: cus_ana, first_name: Ana, email: ana@example.com, phone: "+5511912345678"}
""",
)
_SECRET = Rule(
    code="PR120",
    level="error",
    title=mark("A secret or sensitive value is printed"),
    why=mark("Messages are read on locked screens, forwarded, and kept by providers: what is in them is out."),
    bad="""\
content:
  body: Confirmamos o CPF {{ customer.cpf }}.
""",
    good="""\
content:
  body: Confirmamos os seus dados.
""",
)
_IN_URL = Rule(
    code="PR140",
    level="error",
    title=mark("Personal data in a link"),
    why=mark("Links end in logs, histories and other people's statistics: they may carry an id, never a person."),
    bad="""\
cta: {label: Ver meu pedido, url: "https://casalume.example/p?email={{ customer.email }}"}
""",
    good="""\
cta: {label: Ver meu pedido, url: "https://casalume.example/p/{{ order.number }}"}
""",
)

RULES = (_REAL_PERSON, _REAL_ADDRESS, _SECRET, _IN_URL)


def findings(survey: Survey) -> Iterator[Finding]:
    """Everything that should not be known from files or messages."""
    own = _own_addresses(survey)
    for document, keys in _written(survey):
        for path, text in texts_under(document.data, *keys):
            if path not in _ADDRESSES:
                yield from _read(document, path, text, own)
    for persona in survey.personas.values():
        yield from _addresses(persona.document)


# Where people write, besides what is code.
_OF_A_MESSAGE = ("title", "variables", "content", "channels")
_OF_A_REPLY = ("title", "keywords", "ask", "variables", "variants")
_OF_A_VOICE = ("channels", "locales")
_OF_AN_EVENT = ("data",)


def _written(survey: Survey) -> Iterator[tuple[Document, tuple[str, ...]]]:
    if survey.voice is not None:
        yield survey.voice.document, _OF_A_VOICE
    for message_id, message in survey.messages.items():
        yield message.document, _OF_A_MESSAGE
        for overlay in survey.translations.get(message_id, {}).values():
            yield overlay.document, _OF_A_MESSAGE
    for reply_id, reply in survey.replies.items():
        for written in (reply, *survey.replies_translated.get(reply_id, {}).values()):
            yield written.document, _OF_A_REPLY
    for event in survey.events.values():
        yield event.document, _OF_AN_EVENT
    for persona in survey.personas.values():
        yield persona.document, tuple(key for key in persona.document.data if key != "id")


# A persona's own addresses have a rule of their own.
_ADDRESSES = (("customer", "email"), ("customer", "phone"))


def _own_addresses(survey: Survey) -> frozenset[str]:
    """The shop's own: sender addresses, their domains (`@casalume.example`), and the digits of sender numbers."""
    found: set[str] = set()
    channels = survey.settings.model.channels.values() if survey.settings is not None else ()
    for settings in channels:
        for written in (settings.from_, settings.reply_to):
            address = parseaddr(written or "")[1].lower()
            if address:
                found |= {address, address[address.rfind("@") :]}
        found |= {digits_of(account.sender) for account in settings.accounts if account.sender}
    return frozenset(found)


# --- PR101, PR120, PR140: texts -------------------------------------------------------------------------------------

# A link with the places in it. A place may hold spaces, the rest of a link does not.
_LINK = re.compile(r"https?://(?:\{\{.*?\}\}|[^\s<>\"])*")


def _read(document: Document, path: KeyPath, text: str, own: frozenset[str]) -> Iterator[Finding]:
    links = [found.span() for found in _LINK.finditer(text)]

    def linked(offset: int) -> bool:
        return any(start <= offset < end for start, end in links)

    def found(start: int, end: int, elsewhere: Rule, said: tuple[str, str], remedy: str, **params: object) -> Finding:
        rule, (message, in_link) = (_IN_URL if linked(start) else elsewhere), said
        return document.finding(
            path,
            in_link if rule is _IN_URL else message,
            params=params,
            code=rule.code,
            level=rule.level,
            offset=start,
            length=end - start,
            help=_IN_URL_REMEDY if rule is _IN_URL else remedy,
        )

    for one in people_in(text, own):
        said = mark("This looks like {kind}"), mark("A link carries {kind}")
        yield found(one.start, one.end, _REAL_PERSON, said, _REAL_REMEDIES.get(one.kind, _REAL_REMEDY), kind=one.kind)
    for reading in readings(text):
        if _is_personal(reading.name) if linked(reading.offset) else _is_secret(reading.name):
            said = mark('"{name}" must not stand in a message'), mark('A link carries "{name}"')
            end = reading.offset + len(reading.name)
            yield found(reading.offset, end, _SECRET, said, _SECRET_REMEDY, name=reading.name)


_REAL_REMEDY = mark("Take it out. Data of a customer comes with the event.")
_REAL_REMEDIES = {
    AN_EMAIL: mark(
        "In an example, write an address of example.com. Is it the shop's own? Then name it under channels.email in "
        "templates/project.yaml."
    ),
    A_MOBILE: mark(
        "In an example, write a made-up number such as +5511912345678. Is it the shop's own? Then name it as a "
        "sender in templates/project.yaml."
    ),
}
_IN_URL_REMEDY = mark("Write an id, such as {{{{ order.number }}}}, and let the page ask who reads it.")
_SECRET_REMEDY = mark("Leave it out, or send a link to a page that asks who reads it.")

# Parts of names, Portuguese and English, that say what nobody but the person should read.
# fmt: off
_SECRETS = frozenset({
    "bank_account", "card", "card_number", "cartao", "cnh", "conta_bancaria", "cpf", "credit_card", "cvc", "cvv",
    "diagnosis", "diagnostico", "documento", "national_id", "numero_cartao", "passaporte", "passport", "passwd",
    "password", "pin", "religiao", "religion", "rg", "secret", "segredo", "senha", "social_security", "ssn", "tax_id",
    "token",
})
# A token belongs into a link, and nowhere else.
_PERSONAL = (_SECRETS - {"token"}) | {
    "address", "birth_date", "birthday", "cep", "celular", "data_nascimento", "email", "endereco", "first_name",
    "full_name", "last_name", "name", "nascimento", "nome", "phone", "phone_number", "postcode", "sobrenome",
    "telefone", "whatsapp", "zip",
}
# fmt: on


def _is_secret(name: str) -> bool:
    return any(part in _SECRETS for part in name.lower().split("."))


def _is_personal(name: str) -> bool:
    holder, _, field = name.lower().rpartition(".")
    inside = {*holder.split("."), field} & (_SECRETS & _PERSONAL)
    return bool(inside) or (holder == "customer" and field in _PERSONAL) or field in ("email", "phone")


# --- PR110: personas ------------------------------------------------------------------------------------------------


def _addresses(document: Document) -> Iterator[Finding]:
    customer = document.data.get("customer")
    email, phone = (customer.get("email"), customer.get("phone")) if isinstance(customer, dict) else (None, None)
    if isinstance(email, str) and not is_for_examples(email.rpartition("@")[2]):
        yield document.finding(
            ("customer", "email"),
            mark('"{address}" may be somebody\'s address'),
            params={"address": email},
            code=_REAL_ADDRESS.code,
            level=_REAL_ADDRESS.level,
            help=mark("Use a domain kept for examples, such as example.com."),
        )
    if isinstance(phone, str) and not is_made_up(phone):
        yield document.finding(
            ("customer", "phone"),
            mark('"{address}" may be somebody\'s number'),
            params={"address": phone},
            code=_REAL_ADDRESS.code,
            level=_REAL_ADDRESS.level,
            help=mark("Use a visibly made-up one, such as +5511912345678."),
        )
