"""The keys of links: made once beside the ledger, rotated, and never lost halfway; or the environment's."""

from __future__ import annotations

import json
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from orchestrator import signing_keys
from orchestrator.app import App
from orchestrator.cli.serve import listening
from orchestrator.domain.errors import ConfigurationError
from orchestrator.settings import Settings, read_settings
from orchestrator.testing import FakeClock
from orchestrator.tokens import InvalidToken, TokenPurpose

NOW = 1_795_608_000_000
SECRET = "x" * 40


@pytest.fixture
def clock():
    return FakeClock(NOW)


@pytest.fixture
def app(tmp_path, clock):
    """An app whose ledger nobody opens; `settings` as the environment would give them."""

    def made(**settings):
        return App(root=tmp_path, settings=Settings(**settings), store=None, clock=clock)

    return made


# --- the file ---------------------------------------------------------------------------------------------------------


def test_the_keys_are_made_once(tmp_path, clock):
    """The second call finds the first one's, and nobody else may read them."""
    first = signing_keys.ensure(tmp_path, clock)

    assert signing_keys.ensure(tmp_path, clock) == first
    assert len(first) == 1
    assert first[0].made_at == NOW
    assert stat.S_IMODE((tmp_path / "keys.json").stat().st_mode) == 0o600
    assert first[0].secret not in repr(first)


def test_processes_that_start_together_agree(tmp_path):
    """Server, worker and timer begin at once: one of them makes the keys, and no one reads half a file."""
    with ThreadPoolExecutor(max_workers=8) as starting:
        found = set(starting.map(lambda seed: signing_keys.ensure(tmp_path, FakeClock(NOW, seed=seed)), range(40)))

    assert len(found) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["keys.json"]


def test_a_new_key_goes_before_the_others(tmp_path, clock):
    """It signs, they verify: links of sent messages stay good."""
    before = signing_keys.keyring(signing_keys.ensure(tmp_path, clock))
    token = before.issue(TokenPurpose.UNSUBSCRIBE, {"customer": "cus_1"}, now=NOW)

    added = signing_keys.rotate(tmp_path, clock)
    after = signing_keys.keyring(signing_keys.read(tmp_path / "keys.json"))

    assert after.newest.id == added.id != before.newest.id
    assert after.read(TokenPurpose.UNSUBSCRIBE, token, NOW) == {"customer": "cus_1"}
    assert stat.S_IMODE((tmp_path / "keys.json").stat().st_mode) == 0o600
    with pytest.raises(InvalidToken):
        before.read(TokenPurpose.WHY, after.issue(TokenPurpose.WHY, {}, now=NOW), NOW)


def test_a_file_of_before_goes_on_being_used(tmp_path, clock):
    """It had three purposes; the one for links is what signs."""
    items = [{"id": f"{purpose}_1", "purpose": purpose, "secret": SECRET} for purpose in ("chain", "links", "erasure")]
    (tmp_path / "keys.json").write_text(json.dumps({"schema": "jogral.keys/1", "items": items}))

    (kept,) = signing_keys.ensure(tmp_path, clock)

    assert (kept.id, kept.made_at) == ("links_1", None)


@pytest.mark.parametrize(
    "written",
    ["", "{", "[]", "{}", '{"items": 1}', '{"items": []}', '{"items": ["x"]}', '{"items": [{"id": "k1"}]}',
     '{"items": [{"id": "k1", "secret": "short-and-secret"}]}', '{"items": [{"id": 1, "secret": 2}]}', "\xff"],
)  # fmt: skip
def test_a_broken_file_is_refused_and_not_replaced(tmp_path, clock, written):
    """A new key in its place would end every link that was sent, so a person decides that."""
    file = tmp_path / "keys.json"
    file.write_text(written, encoding="latin-1")

    with pytest.raises(ConfigurationError, match=r"keys\.json") as refused:
        signing_keys.ensure(tmp_path, clock)

    assert "secret-" not in str(refused.value)
    assert "short-and" not in str(refused.value)
    assert "Put a copy of it back" in str(refused.value)
    assert file.read_text(encoding="latin-1") == written


def test_a_folder_that_cannot_be_written_to_says_so(tmp_path, clock):
    """With the file and why."""
    with pytest.raises(ConfigurationError, match=r"gone/keys\.json.* cannot be written"):
        signing_keys.ensure(tmp_path / "gone", clock)


# --- the environment --------------------------------------------------------------------------------------------------


def test_the_environment_s_keys_come_first(app, tmp_path):
    """Machines that share a ledger share keys, and no file is made."""
    ring = app(signing_keys=f"new:{SECRET},old:{SECRET}").keyring

    assert [key.id for key in ring.keys] == ["new", "old"]
    assert not (tmp_path / ".jogral").exists()


def test_without_them_the_file_s_are_used(app):
    """Read again only when the file is another."""
    one = app()

    assert one.keyring is one.keyring
    assert one.keyring == app().keyring


def test_a_rotation_is_seen_by_what_runs(app, tmp_path, clock):
    """A worker signs with the new key from the next link on, and a server knows that link: nothing is restarted."""
    worker, server = app(), app()
    old = worker.keyring.issue(TokenPurpose.WHY, {"customer": "cus_1"}, now=NOW)
    assert server.keyring.read(TokenPurpose.WHY, old, NOW)

    added = signing_keys.rotate(tmp_path / ".jogral", clock)
    new = worker.keyring.issue(TokenPurpose.WHY, {"customer": "cus_1"}, now=NOW)

    assert worker.keyring.newest.id == added.id
    assert new.partition(".")[0] == added.id
    for token in (old, new):
        assert server.keyring.read(TokenPurpose.WHY, token, NOW) == {"customer": "cus_1"}


@pytest.mark.parametrize("spoilt", ["", '{"items": []}', None])
def test_a_file_that_is_spoilt_while_links_are_read_leaves_the_keys_as_they_were(app, tmp_path, spoilt):
    """People must get out by their links; the next start says what is wrong. Put back, it counts again."""
    running, file = app(), tmp_path / ".jogral/keys.json"
    known, text = running.keyring, file.read_text()
    file.unlink()
    if spoilt is not None:
        file.write_text(spoilt)

    assert running.keyring == known
    with pytest.raises(ConfigurationError, match=r"keys\.json"):
        signing_keys.read(file)
    file.unlink(missing_ok=True)
    file.write_text(text)
    assert running.keyring == known


@pytest.mark.parametrize(
    ("settings", "url"),
    [
        ({}, "http://127.0.0.1:8080"),
        ({"host": "0.0.0.0", "port": 80}, "http://localhost:80"),
        ({"host": "::"}, "http://localhost:8080"),
        ({"host": "::1"}, "http://[::1]:8080"),
        ({"public_url": "https://mail.casalume.example/"}, "https://mail.casalume.example"),
        ({"public_url": "https://casalume.example/mensagens"}, "https://casalume.example/mensagens"),
    ],
)
def test_public_pages_are_where_the_settings_say(app, settings, url):
    """Otherwise on this machine."""
    assert app(**settings).public_url == url


@pytest.mark.parametrize(
    ("settings", "host", "port", "url"),
    [
        ({}, "", 9000, "http://127.0.0.1:9000"),
        ({"port": 9000}, "", None, "http://127.0.0.1:9000"),
        ({}, "::1", 9000, "http://[::1]:9000"),
        ({}, "0.0.0.0", 9000, "http://localhost:9000"),
        ({"public_url": "https://mail.casalume.example"}, "", 9000, "https://mail.casalume.example"),
    ],
)
def test_links_lead_to_where_a_command_listens(app, settings, host, port, url):
    """Whatever the environment says of host and port; a public URL is said for links alone."""
    with listening(app(**settings), host, port) as (listens, _):
        assert listens.public_url == url


def test_links_lead_to_a_free_port_as_well(app):
    """It is known before anything is served there."""
    with listening(app(), "127.0.0.1", 0) as (listens, listener):
        assert listens.public_url == "http://127.0.0.1:{1}".format(*listener.getsockname())


def test_a_host_of_another_machine_is_refused(app):
    """With what to do."""
    with pytest.raises(ConfigurationError, match="--host 127") as refused, listening(app(), "203.0.113.7", 0):
        raise AssertionError(refused)


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("SIGNING_KEYS", "short-and-secret", "key 1 is not written as id:secret"),
        ("SIGNING_KEYS", f"a:{SECRET},a:{SECRET}", 'two signing keys have the id "a"'),
        ("PUBLIC_URL", "mail.casalume.example", "must be the address of a web server"),
        ("PUBLIC_URL", "ftp://casalume.example", "must be the address of a web server"),
        ("PUBLIC_URL", "https://eu:senha@casalume.example", "must be the address of a web server"),
        ("PUBLIC_URL", "https://casalume.example/?a=1", "without ? and #"),
        ("PUBLIC_URL", "https://çasa.example", "written in ASCII"),
        ("PUBLIC_URL", "https://casalume.example/a>b", "written in ASCII"),
        ("PUBLIC_URL", "https://casalume.example/a\r\nBcc: b", "written in ASCII"),
    ],
)
def test_settings_that_cannot_be_used_are_refused_at_the_start(monkeypatch, name, value, told):
    """The variable is named, and its value is not repeated."""
    monkeypatch.setenv(f"JOGRAL_{name}", value)

    with pytest.raises(ConfigurationError, match=f"JOGRAL_{name} cannot be used") as refused:
        read_settings()

    assert told in str(refused.value)
    assert value not in str(refused.value)
