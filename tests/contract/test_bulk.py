"""Many rows in one statement: what goes in comes out, whatever people write."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from orchestrator.domain.errors import InputError
from orchestrator.store import bulk
from orchestrator.store.engine import transaction
from orchestrator.store.tables import current_facts, releases

TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20) | st.sampled_from(
    ["", "NULL", "null", "{}", '"', "\\", '\\"', ",", '","', " ", "a\nb", "'", "%s", ":name", "true"]
)


class Undone(Exception):
    """So that every example finds the tables empty."""


def there_and_back(store, table, columns, rows, found_by):
    """What the table holds of the rows, looked up by their keys, all in one transaction that is undone."""
    found = []
    with suppress(Undone), transaction(store.engine) as connection:
        bulk.insert(connection, table, columns, rows)
        wanted = select(*(table.c[name] for name in columns)).where(
            bulk.among(connection, table.c[columns[0]], found_by)
        )
        found += bulk.fetch(connection, wanted)
        raise Undone
    return sorted(tuple(row) for row in found)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.dictionaries(TEXTS, TEXTS, min_size=1, max_size=120))
def test_every_text_comes_back_as_it_was(store, texts):
    rows = [(key, text, 1) for key, text in texts.items()]

    assert there_and_back(store, releases, ("id", "content", "published_at"), rows, list(texts)) == sorted(rows)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.dictionaries(TEXTS, st.integers(-(2**31), 2**31 - 1), min_size=1, max_size=20))
def test_every_number_comes_back_as_it_was(store, numbers):
    rows = list(numbers.items())

    assert there_and_back(store, current_facts, ("path", "version"), rows, list(numbers)) == sorted(rows)


@pytest.mark.parametrize("texts", [["a\0b"], ["a\0b", "c"], ["a", "b\0"]])
def test_a_nul_is_refused_in_our_words_where_it_cannot_be_kept(store, texts):
    rows = [(f"{number}", text, 1) for number, text in enumerate(texts)]
    ids = [one for one, *_ in rows]

    if store.engine.dialect.name == "sqlite":
        assert there_and_back(store, releases, ("id", "content", "published_at"), rows, ids) == rows
    else:
        with pytest.raises(InputError, match="NUL"):
            there_and_back(store, releases, ("id", "content", "published_at"), rows, ids)


def test_nobody_among_nobody(store):
    assert there_and_back(store, current_facts, ("path", "version"), [("a", 1)], []) == []
