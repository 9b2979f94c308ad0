"""API keys: what they allow, and what they are."""

from __future__ import annotations

import pytest

from orchestrator.dispatch.keys import SCOPES, allows, authenticate, create
from orchestrator.domain.errors import InputError
from orchestrator.store.port import ApiKey


def key(*scopes):
    return ApiKey(id="key_1", name="shop", scopes=scopes, created_at=0, revoked_at=None)


@pytest.mark.parametrize(
    ("held", "asked", "allowed"),
    [
        (("events:write",), "events:write", True),
        (("events:write",), "messages:send", False),
        (("admin",), "customers:read_addresses", True),
        (("privacy:*",), "privacy:erase", True),
        (("privacy:*",), "privacyy:erase", False),
        (("customers:read",), "customers:read_addresses", False),
        ((), "events:write", False),
    ],
)
def test_a_key_allows_its_scopes_their_families_and_admin_everything(held, asked, allowed):
    """And nothing that merely begins alike."""
    assert allows(key(*held), asked) is allowed


def test_a_key_is_known_by_its_secret_until_it_is_revoked(store, clock):
    """Two keys never share a secret."""
    with store.write() as transaction:
        made, secret = create(transaction, clock, "shop", ["events:write", "events:write"], by="test")
        _, other = create(transaction, clock, "shop", ["events:write"], by="test")
        assert made.scopes == ("events:write",)
        assert secret != other
        assert authenticate(transaction, secret, clock.now()) == made
        assert authenticate(transaction, secret[:-1], clock.now()) is None
        transaction.ledger.revoke_key(made.id, clock.now())
        assert authenticate(transaction, secret, clock.now()) is None


def test_a_key_may_end_by_itself(store, clock):
    """One for an agency, or for a week."""
    with store.write() as transaction:
        made, secret = create(transaction, clock, "agency", ["events:write"], by="test", lives_ms=60_000)
        assert authenticate(transaction, secret, clock.now()) == made
        clock.advance(seconds=59)
        assert authenticate(transaction, secret, clock.now()) == made
        clock.advance(seconds=1)
        assert authenticate(transaction, secret, clock.now()) is None


@pytest.mark.parametrize(("scopes", "words"), [(["event:write"], "events:write"), ([], "at least one")])
def test_a_key_needs_scopes_that_exist(store, clock, scopes, words):
    """A misspelt scope would be a key that opens nothing."""
    with store.write() as transaction, pytest.raises(InputError, match=words):
        create(transaction, clock, "shop", scopes, by="test")


def test_every_scope_says_what_it_allows():
    """People choose by the words."""
    assert all(SCOPES.values())
