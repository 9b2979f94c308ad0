"""Signed tokens: good for one purpose, unreadable from outside, and for as long as a key of theirs is kept."""

from __future__ import annotations

import base64
import random
import time

import pytest

from orchestrator.domain.errors import InputError, Unfit
from orchestrator.tokens import LIVES_MS, InvalidToken, Keyring, SigningKey, TokenPurpose, keys_of

NOW = 1_795_608_000_000
OLD = SigningKey(id="k1", secret=b"the first secret of these tests!!")
NEW = SigningKey(id="k2", secret=b"the second secret of these tests!")
KEYRING = Keyring(keys=(OLD,))
SUBJECT = {
    "customer": "cus_01JC9ZK3XN8Q6Y2T5V7W9A1B3C",
    "address": "adr_01JC9ZK3XN8Q6Y2T5V7W9A1B3D",
    "topic": "ofertas",
    "delivery": "msg_01JC9ZK3XN8Q6Y2T5V7W9A1B3E",
}
PURPOSES = tuple(TokenPurpose)
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def token_for(purpose, keyring=KEYRING, **more):
    return keyring.issue(purpose, SUBJECT, now=NOW, **more)


def refusal(purpose, token, now=NOW, keyring=KEYRING):
    """The code under which a token is refused; None: it is good."""
    try:
        keyring.read(purpose, token, now)
    except InvalidToken as refused:
        return refused.code
    return None


def test_a_token_says_what_it_was_issued_for():
    """The ids, and nothing else."""
    for purpose in PURPOSES:
        assert KEYRING.read(purpose, token_for(purpose), NOW) == SUBJECT
    assert KEYRING.read(TokenPurpose.VERIFY, KEYRING.issue(TokenPurpose.VERIFY, {"request": "r"}, now=NOW), NOW) == {
        "request": "r"
    }


def test_a_token_is_good_for_its_own_purpose_only():
    """Every purpose with the token of every other: the diagonal, and nothing beside it."""
    good = {(issued, read) for issued in PURPOSES for read in PURPOSES if refusal(read, token_for(issued)) is None}

    assert good == {(purpose, purpose) for purpose in PURPOSES}


def test_one_changed_bit_is_refused():
    """10,000 of them, anywhere in the bytes or in the text, the last character's unused bits among them."""
    chance = random.Random(42)  # which bit, not which secret
    purpose = TokenPurpose.UNSUBSCRIBE
    token = token_for(purpose)
    key_id, _, text = token.partition(".")
    sealed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    changed = []
    for _ in range(8_000):
        flipped = bytearray(sealed)
        place = chance.randrange(len(flipped))
        flipped[place] ^= 1 << chance.randrange(8)
        changed.append(f"{key_id}.{base64.urlsafe_b64encode(flipped).rstrip(b'=').decode()}")
    for _ in range(2_000):
        place = chance.randrange(len(token))
        changed.append(f"{token[:place]}{chr(ord(token[place]) ^ 1 << chance.randrange(7))}{token[place + 1 :]}")

    assert [one for one in changed if refusal(purpose, one) is None] == []


def test_a_token_has_one_text():
    """Whatever decodes to the same bytes and is not exactly what we wrote is not ours."""
    token = token_for(TokenPurpose.WHY)
    last = ALPHABET.index(token[-1])
    neighbours = [token[:-1] + ALPHABET[last ^ bit] for bit in (1, 2, 3)]

    for text in (f"{token}=", f"{token}\n", f" {token}", token.replace("k1.", "k1.."), token.upper(), *neighbours):
        assert refusal(TokenPurpose.WHY, text) == "invalid_token", text


@pytest.mark.parametrize("text", ["", ".", "k1", "k1.", "k1.a", "k1.é", "k9.AAAA", "k1." + "A" * 4000, "\x00"])
def test_what_is_no_token_is_refused_in_one_sentence(text):
    """It does not say which part was wrong."""
    with pytest.raises(InputError, match="This link is not valid") as refused:
        KEYRING.read(TokenPurpose.WHY, text, NOW)
    assert refused.value.code == "invalid_token"


def test_a_token_ends():
    """Each purpose with its own life, to the millisecond."""
    day = 86_400_000
    assert {purpose.value: lives // day for purpose, lives in LIVES_MS.items()} == {
        "unsubscribe": 400, "preferences": 400, "why": 400, "confirm": 3, "verify": 1, "download": 7,
    }  # fmt: skip
    for purpose, lives in LIVES_MS.items():
        token = token_for(purpose)
        assert refusal(purpose, token, NOW + lives - 1) is None
        assert refusal(purpose, token, NOW + lives) == "expired_token"
    assert refusal(TokenPurpose.WHY, token_for(TokenPurpose.WHY, lives_ms=5), NOW + 5) == "expired_token"


def test_an_ended_token_of_another_purpose_is_only_invalid():
    """Nobody learns from the refusal that it was ours once."""
    long_ago = NOW - LIVES_MS[TokenPurpose.WHY]
    token = KEYRING.issue(TokenPurpose.WHY, SUBJECT, now=long_ago)

    assert refusal(TokenPurpose.CONFIRM, token) == "invalid_token"


def test_the_newest_key_signs_and_all_of_them_verify():
    """Rotation: links of sent messages stay good until their key is taken out."""
    before = token_for(TokenPurpose.UNSUBSCRIBE)
    rotated = Keyring(keys=(NEW, OLD))
    after = token_for(TokenPurpose.UNSUBSCRIBE, rotated)

    assert after.startswith("k2.")
    assert refusal(TokenPurpose.UNSUBSCRIBE, before, keyring=rotated) is None
    assert refusal(TokenPurpose.UNSUBSCRIBE, after, keyring=rotated) is None
    assert refusal(TokenPurpose.UNSUBSCRIBE, before, keyring=Keyring(keys=(NEW,))) == "invalid_token"


def test_a_key_under_another_name_makes_other_tokens():
    """The id is signed too: the same secret under two ids is two keys."""
    renamed = Keyring(keys=(SigningKey(id="k9", secret=OLD.secret),))
    token = token_for(TokenPurpose.WHY)

    assert refusal(TokenPurpose.WHY, token.replace("k1.", "k9."), keyring=renamed) == "invalid_token"


def test_a_token_shows_no_id():
    """A shop may choose e-mail addresses as ids of its customers, and a URL ends in logs and histories."""
    subject = {"customer": "ana@example.com", "topic": "ofertas"}
    token = KEYRING.issue(TokenPurpose.PREFERENCES, subject, now=NOW)
    sealed = base64.urlsafe_b64decode(token.partition(".")[2] + "==")

    assert b"ana" not in sealed
    assert b"ofertas" not in sealed
    assert KEYRING.read(TokenPurpose.PREFERENCES, token, NOW) == subject


def test_the_same_arguments_make_the_same_token():
    """What is rendered twice is the same text; another instant or purpose is another token."""
    assert token_for(TokenPurpose.WHY) == token_for(TokenPurpose.WHY)
    assert KEYRING.issue(TokenPurpose.WHY, SUBJECT, now=NOW + 1) != token_for(TokenPurpose.WHY)


def test_a_token_holds_ids_and_nothing_else():
    """A name or an address in it is a mistake of ours."""
    with pytest.raises(ValueError, match="email"):
        KEYRING.issue(TokenPurpose.WHY, {"email": "ana@example.com"}, now=NOW)


def test_other_uses_have_keys_of_their_own():
    """By the id of the key: the same now and later, and different for each use."""
    rotated = Keyring(keys=(NEW, OLD))

    assert rotated.derived("k1", "audit") == KEYRING.derived("k1", "audit")
    assert rotated.derived("k1", "audit") != rotated.derived("k1", "certificate")
    assert rotated.derived("k1", "audit") != rotated.derived("k2", "audit")
    assert rotated.derived("k3", "audit") is None
    assert rotated.newest == NEW


def test_keys_are_read_from_one_line():
    """`id:secret,id:secret`, newest first; a secret may hold colons."""
    first, second = keys_of(f"new:{'a' * 20}:{'b' * 20}, old:{'c' * 32}")

    assert (first.id, first.secret) == ("new", b"a" * 20 + b":" + b"b" * 20)
    assert (second.id, second.secret) == ("old", b"c" * 32)


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("", "key 1 is not written as id:secret"),
        (f"a:{'x' * 32},{'y' * 32}", "key 2 is not written as id:secret"),
        ("a:short-and-secret", "32 characters or more"),
        (f"a b:{'x' * 32}", "the id of a signing key"),
        (f"a.b:{'x' * 32}", "the id of a signing key"),
        (f"a:{'x' * 32},a:{'y' * 32}", 'two signing keys have the id "a"'),
    ],
)
def test_keys_that_cannot_keep_a_secret_are_refused(written, told):
    """With what is wrong, and never with the secret."""
    with pytest.raises(Unfit, match=told) as refused:
        Keyring(keys=keys_of(written))
    assert "secret-" not in str(refused.value)
    assert "xxx" not in str(refused.value)


def test_a_secret_is_not_shown():
    """Neither the keys' nor those that are derived from them."""
    shown = f"{KEYRING!r} {OLD!r}"

    assert "secret of these tests" not in shown
    assert KEYRING.derived("k1", "audit").hex()[:8] not in shown


def test_signing_costs_next_to_nothing():
    """A marketing mail has three of them, and a worker sends hundreds a second: the fastest of five batches counts."""

    def seconds_for(work):
        began = time.perf_counter()
        for _ in range(200):
            work()
        return (time.perf_counter() - began) / 200

    token = token_for(TokenPurpose.UNSUBSCRIBE)
    assert min(seconds_for(lambda: token_for(TokenPurpose.UNSUBSCRIBE)) for _ in range(5)) < 60e-6
    assert min(seconds_for(lambda: KEYRING.read(TokenPurpose.UNSUBSCRIBE, token, NOW)) for _ in range(5)) < 60e-6
