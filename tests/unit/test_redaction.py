"""What a log line may hold: every way in which a canary could get into one."""

from __future__ import annotations

import json
import logging
import sys
import threading
from decimal import Decimal

import pytest
import structlog
from pydantic import SecretStr

from orchestrator.channels import SmtpCall
from orchestrator.dispatch.links import PATHS
from orchestrator.domain.errors import Unavailable
from orchestrator.redaction import (
    LibraryLines,
    kinds_of,
    places_of,
    redacted,
    tell_crashes,
    without_secrets,
    without_tokens,
)
from orchestrator.tokens import Keyring, SigningKey, TokenPurpose


def line(**values):
    """A line as it leaves."""
    return redacted(None, "info", {"event": "something", **values})


# --- patterns -------------------------------------------------------------------------------------------------------

TAKEN_OUT = [
    ("550 5.1.1 <ana.souza+loja@example.com>: no such user", "ana.souza", "[email]"),
    ("to=ana%40example.com", "ana", "[email]"),
    ("josé@exämple.com.br", "jos", "[email]"),
    ("to +5511912345678 failed", "912345678", "[number]"),
    ("to 5511912345678", "912345678", "[number]"),
    ("(11) 91234-5678", "1234", "[number]"),
    ("11 91234 5678", "1234", "[number]"),
    ("call 91234-5678 now", "1234", "[number]"),
    ("CPF 123.456.789-09", "456", "[document]"),
    ("CPF 12345678909", "456", "[number]"),
    ("CNPJ 12.345.678/0001-95", "345", "[document]"),
    ("CNPJ 12345678000195", "345", "[number]"),
    ("Authorization: Bearer abc.def-123", "abc", "[secret]"),
    ("sent Basic dXNlcjpwYXNz", "dXNl", "[secret]"),
    ("key jgl_live_abcDEF", "abcDEF", "[secret]"),
    ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "eyJ", "[secret]"),
    ("postgresql://jogral:hunter2@db.example:5432/ledger", "hunter2", "[login]"),
    ("redis://:hunter2@cache.example:6379/0", "hunter2", "[login]"),
    ("https://api.example/send?token=hunter2&to=5511", "hunter2", "[query]"),
    ("GET /inbox?customer=cus_ana HTTP/1.1", "cus_ana", "[query]"),
    ("host=db password=hunter2 user=jogral", "hunter2", "[secret]"),
    ("{'smtp_password': 'hunter 2', 'port': 25}", "hunter", "[secret]"),
    ('{"api_key": "hunter2"}', "hunter2", "[secret]"),
    ("X-Auth-Token: hunter2", "hunter2", "[secret]"),
    ("push fcm:APA91bHPRgkF3JUikC4ENAHEeMrd41Zxv3hVZjC9KtT8OvPVGJ", "PRgkF3", "[secret]"),
]


@pytest.mark.parametrize(("text", "canary", "left"), TAKEN_OUT)
def test_addresses_documents_and_secrets_are_taken_out(text, canary, left):
    """What stands around them stays."""
    cleaned = without_secrets(text)
    assert canary not in cleaned
    assert left in cleaned


@pytest.mark.parametrize(
    "text",
    [
        "The ledger /var/lib/shop/.jogral/ledger.db is locked.",
        "ConnectionError: Error 111 connecting to localhost:6379. Connection refused.",
        "connection to server at 10.120.130.140, port 5432 failed",
        "msg_01JC9W8Q4T3M5N6P7R8S9T0V1W",
        "Business time stands still at 2026-11-25T12:00:00.123-03:00: 2026-11-25 12:00:00 UTC",
        "worker-12345/0a1b2c3d4e5f",
        "It did not end within 30 s. 12,345,678 rows",
        "orchestrator.dispatch.drain",
        "the token is known, the password was wrong",
    ],
)
def test_what_operators_need_stays(text):
    """Places, hosts, ids of ours, dates and counts."""
    assert without_secrets(text) == text


@pytest.mark.parametrize("text", ["@" * 9_000, "a" * 9_000, "-a1" * 3_000, "1 " * 5_000, "/?" * 5_000, "token" * 2_000])
def test_no_text_takes_long(text):
    """The longest part of it is looked at, and the rest is left out: a provider may answer anything."""
    assert len(without_secrets(text)) <= 12_000


# --- lines of ours --------------------------------------------------------------------------------------------------


def test_values_that_we_make_pass_as_they_are():
    """Ids of deliveries may look like anything."""
    ours = {"delivery": "msg_5511912345678", "deliveries": ["1" * 20], "lane": "marketing", "account": "sms_main"}
    assert line(**ours) == {"event": "something", **ours}


def test_the_instant_until_which_something_lasts_is_told():
    """What else stands under the name is cleaned as anything."""
    assert line(until=1_795_600_800_000)["until"] == 1_795_600_800_000
    for other in (5_511_912_345_678, 11_912_345_678):
        assert line(until=other)["until"] == "[withheld]"
    assert line(until="+5511912345678")["until"] == "[number]"
    assert line(other=1_795_600_800_000)["other"] == "[withheld]"


@pytest.mark.parametrize("name", ["detail", "email", "phone", "password", "name", "body", "token", "said"])
def test_some_names_never_tell_their_values(name):
    """Names of people and words of providers match no pattern."""
    assert line(**{name: "Ana Conceição"})[name] == "[withheld]"
    assert line(given={name: "Ana Conceição"})["given"] == {name: "[withheld]"}


def test_canaries_are_found_in_whatever_holds_them():
    """Lists, mappings and their keys, numbers, secrets, and objects of any kind."""
    call = SmtpCall("smtp.example", 587, "starttls", "ana", "hunter2", "oi@x.example", "ana@example.com", b"Oi Ana")
    told = line(
        one=["ana@example.com", ("5511912345678",)],
        two={"ana@example.com": {"x": {"cpf": "Ana"}}},
        three=5511912345678,
        four=SecretStr("hunter2"),
        five=call,
        six=Decimal(5511912345678),
        seven=b"ana@example.com",
        eight=[[[[[[["hunter2"]]]]]]],
        nine={"ana@example.com"},
        request_id="ana@example.com",
        event="sent to ana@example.com",
    )
    assert [canary for canary in ("ana", "Ana", "hunter2", "912345678") if canary in json.dumps(told)] == []


def test_numbers_and_truths_that_are_nobodys_stay():
    """Counts, times and ports."""
    given = {"count": 12_000, "ms": 1.5, "ok": True, "port": 8080, "nothing": None, "ids": ["msg_1"]}
    assert line(**given) == {"event": "something", **given}


# --- exceptions -----------------------------------------------------------------------------------------------------


def fail(error, cause=None):
    try:
        raise error from cause  # noqa: TRY301  # only what was raised has a traceback
    except Exception as caught:  # noqa: BLE001  # whatever a test wants told
        return caught


@pytest.mark.parametrize("form", ["true", "tuple", "error"])
def test_an_exception_is_told_by_kind_and_place(form):
    """Its words repeat what people sent; its cause's too."""
    error = fail(ValueError("Ana Conceição"), KeyError("pedido de Ana"))
    try:
        raise error
    except ValueError:
        forms = {"true": True, "tuple": sys.exc_info(), "error": error}
        told = line(exc_info=forms[form])

    assert told["error"] == "builtins.ValueError < builtins.KeyError"
    assert told["at"][-1].endswith(" fail")
    assert "Ana" not in json.dumps(told)


def test_no_exception_is_no_kind():
    """`exc_info=True` outside of an except says nothing."""
    assert line(exc_info=True) == {"event": "something"}


def test_of_our_own_errors_the_sentence_is_told_and_of_the_systems_the_code():
    """Both without what fills them."""
    ours = Unavailable("The ledger {place} is locked.", place="ana@example.com")
    assert kinds_of(ours) == "orchestrator.domain.errors.Unavailable (The ledger {place} is locked.)"
    assert kinds_of(OSError(28, "No space left", "/home/ana")) == "builtins.OSError (ENOSPC)"


def test_an_exception_that_causes_itself_is_told_once():
    """Cycles are legal in Python."""
    error = ValueError("x")
    error.__cause__ = other = KeyError("y")
    other.__context__ = error
    assert kinds_of(error) == "builtins.ValueError < builtins.KeyError"
    assert places_of(error) == []


# --- lines of libraries ---------------------------------------------------------------------------------------------


@pytest.fixture
def library():
    """A logger of somebody else, and what it wrote in our form."""
    logger, lines = logging.Logger("somebody.else"), []  # noqa: LOG001  # outside the tree, so that only our handler hears it
    formatter = LibraryLines([redacted], structlog.processors.JSONRenderer())

    class Kept(logging.Handler):
        def emit(self, record):
            lines.append(json.loads(formatter.format(record)))

    logger.addHandler(Kept())
    return logger, lines


def test_a_library_says_its_template_and_its_numbers(library):
    """What fills a template is data as often as not."""
    logger, lines = library
    logger.warning("%s of %d refused: %r", "ana@example.com", 5, {"name": "Ana"})
    logger.warning("took %(s).2f s for %(who)s", {"s": 2.5, "who": "Ana"})
    assert [(one["event"], one["logger"], one["level"]) for one in lines] == [
        ("… of 5 refused: …", "somebody.else", "warning"),
        ("took 2.5 s for …", "somebody.else", "warning"),
    ]


def test_a_text_that_is_ready_is_cut_and_loses_what_stands_in_quotes(library):
    """What asyncio does: it prints the exception's repr in its lines after the first."""
    logger, lines = library
    logger.error("Task exception was never retrieved\nfuture: <Task exception=ValueError('Ana')>")
    logger.error("cannot write 'Ana Conceição' to \"ana\" <ana@example.com>")
    assert [one["event"] for one in lines] == [
        "Task exception was never retrieved", "cannot write '…' to '…' <[email]>",
    ]  # fmt: skip


def test_a_librarys_exception_is_told_as_ours_are(library):
    """So aiohttp logs every handler's that way."""
    logger, lines = library
    try:
        raise ValueError("Ana Conceição")  # noqa: TRY301  # as above
    except ValueError:
        logger.exception("Error handling request")
    assert lines[0]["error"] == "builtins.ValueError"
    assert "Ana" not in json.dumps(lines)


def test_a_template_that_does_not_fit_is_told_as_it_is(library):
    """A log line is no place to fail."""
    logger, lines = library
    logger.warning("100% of %s %s", "Ana")  # noqa: PLE1206  # the mistake is the point
    assert lines[0]["event"] == "100% of %s %s"


# --- the last resort ------------------------------------------------------------------------------------------------


def test_what_nobody_caught_is_told_by_kind_and_place(monkeypatch):
    """On the main thread and on any other."""
    monkeypatch.setattr(sys, "excepthook", sys.__excepthook__)
    monkeypatch.setattr(threading, "excepthook", threading.__excepthook__)
    lines = []
    before = structlog.get_config()

    def keep(_logger, _method, told):
        lines.append(told)
        raise structlog.DropEvent

    structlog.configure(processors=[redacted, keep])
    try:
        tell_crashes()
        error = fail(ValueError("Ana"))
        sys.excepthook(type(error), error, error.__traceback__)
        thread = threading.Thread(target=lambda: fail_loudly("Ana"), name="wire")
        thread.start()
        thread.join()
    finally:
        structlog.configure(**before)

    assert [(told["event"], told["error"]) for told in lines] == [("crashed", "builtins.ValueError")] * 2
    assert lines[1]["thread"] == "wire"
    assert "Ana" not in json.dumps(lines)


def fail_loudly(words):
    raise ValueError(words)


@pytest.mark.parametrize("purpose", TokenPurpose)
def test_links_are_shown_without_what_they_can_do(purpose):
    """Wherever they stand; what else is there stays."""
    ring = Keyring(keys=(SigningKey(id="autumn26", secret=b"k" * 40),))
    page = f"https://loja.example/mensagens/{PATHS[purpose]}"
    url = f"{page}/{ring.issue(purpose, {'customer': 'cus_ana'}, now=0)}"
    said = {"text": f"Sair: {url}.", "buttons": [{"url": url}], "units": 2, "url": "https://loja.example/p/10234"}
    assert without_tokens(said) == {
        "text": f"Sair: {page}/….", "buttons": [{"url": f"{page}/…"}], "units": 2, "url": "https://loja.example/p/10234",
    }  # fmt: skip
