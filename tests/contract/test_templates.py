"""Templates as a provider has them: what counts of its news, and what an approval sets free."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator.contract.notices import TemplateNews
from orchestrator.store.port import ProviderTemplate

SECOND = 1_000
AT = 1_795_600_800_000
NAME, LANGUAGE = "pedido_atrasado_aaaaaa", "pt_BR"
ROW = ProviderTemplate(
    account="meta", name=NAME, language=LANGUAGE, message="order_late", locale="pt-BR", release_id="rel_1",
    status="pending", content="{}", submitted_at=AT, template_id="900",
)  # fmt: skip


def news(at=AT, name=NAME, **said):
    return TemplateNews(name=name, language=LANGUAGE, at=at, **said)


@pytest.fixture
def put(store):
    def put(*rows):
        with store.write() as transaction:
            transaction.templates.put(rows or [ROW])

    return put


@pytest.fixture
def hear(store):
    def hear(*told, account="meta"):
        with store.write() as transaction:
            return transaction.templates.hear(account, told)

    return hear


def standing(store, account="meta"):
    with store.read() as transaction:
        return {one.name: one for one in transaction.templates.all(account)}[NAME]


def test_an_approval_is_written_with_its_hour(store, put, hear):
    put()
    (changed,) = hear(news(status="approved", category="utility"))
    assert changed.newly_approved
    assert not changed.recategorised
    found = standing(store)
    assert (found.status, found.category, found.approved_at) == ("approved", "utility", AT)


def test_a_notice_that_was_overtaken_changes_nothing(store, put, hear):
    put()
    hear(news(AT + 9 * SECOND, status="paused"))
    assert hear(news(AT, status="approved")) == []
    assert standing(store).status == "paused"


def test_of_two_pieces_of_news_in_one_second_both_count(store, put, hear):
    """Whole seconds are all that Meta tells."""
    put()
    hear(news(status="approved"))
    hear(news(status="rejected", reason="promotional"))
    hear(news(category="marketing"))
    found = standing(store)
    assert (found.status, found.reason, found.category) == ("rejected", "promotional", "marketing")


def test_older_news_of_something_else_still_counts(store, put, hear):
    """The status of nine o'clock says nothing of the category of eight."""
    put()
    hear(news(AT + 9 * SECOND, status="approved"))
    hear(news(AT, category="marketing", quality="green"))
    found = standing(store)
    assert (found.status, found.category, found.quality) == ("approved", "marketing", "green")


def test_news_that_is_already_known_is_no_change(put, hear):
    put()
    hear(news(status="approved"))
    assert hear(news(AT + SECOND, status="approved")) == []


def test_a_category_that_changes_is_told_as_that(put, hear):
    put(replace(ROW, status="approved", category="utility"))
    (changed,) = hear(news(category="marketing"))
    assert changed.recategorised
    assert not changed.newly_approved


def test_a_template_that_comes_back_from_its_rest_is_approved(store, put, hear):
    put(replace(ROW, status="paused"))
    hear(news(status="reinstated"))
    assert standing(store).approved


def test_news_of_templates_of_somebody_else_is_not_believed(store, put, hear):
    """Another business's template may have our name: its id is another. An account that has none is not ours either."""
    put()
    assert hear(news(status="approved", template_id="901")) == []
    assert hear(news(status="approved"), account="strangers") == []
    assert hear(news(name="something_else", status="approved")) == []
    assert standing(store).status == "pending"


def test_two_numbers_of_one_business_share_their_templates(store, put, hear):
    """Meta tells one of them, and means both."""
    put(ROW, replace(ROW, account="second"))
    assert len(hear(news(status="approved", template_id="900"))) == 2
    assert standing(store, "second").approved


def test_a_template_that_is_submitted_again_waits_again(store, put, hear):
    put(replace(ROW, status="deleted"))
    put(replace(ROW, template_id="901"))
    assert standing(store).status == "pending"
    hear(news(AT - 5 * SECOND, status="approved", template_id="901"))
    assert standing(store).approved  # the provider's clock may be behind ours


def test_what_somebody_else_wrote_down_first_stays(store, put, hear):
    """Two syncs at once: an approval that was heard between them is not undone by what the slower one listed before."""
    put()
    hear(news(status="approved"))
    put()
    assert standing(store).approved


def test_those_of_a_message_come_newest_first(store, put):
    put(replace(ROW, name="older", submitted_at=AT - 1), ROW, replace(ROW, account="second"))
    with store.read() as transaction:
        found = transaction.templates.of_messages(["order_late"], ["meta"])
    assert [one.name for one in found] == [NAME, "older"]


# --- conversations and the provider's own caps ------------------------------------------------------------------------


def test_the_newest_word_opens_a_conversation_with_that_account(world):
    with world.store.write() as transaction:
        (phone,) = [one.id for one in transaction.customers.get("cus_ana").addresses if one.value.startswith("+")]
        transaction.conversations.heard("meta", [phone], AT)
        transaction.conversations.heard("meta", [phone], AT - SECOND)  # late news of an earlier one
        assert transaction.conversations.open([phone], AT - SECOND) == {("meta", phone): AT}
        assert transaction.conversations.open([phone], AT) == {}


def test_enough_is_enough_until_its_hour(world):
    with world.store.write() as transaction:
        (phone,) = [one.id for one in transaction.customers.get("cus_ana").addresses if one.value.startswith("+")]
        transaction.conversations.enough([phone], "whatsapp", AT)
        transaction.conversations.enough([phone], "whatsapp", AT - SECOND)
        assert transaction.conversations.capped([phone], AT - 1) == {(phone, "whatsapp"): AT}
        assert transaction.conversations.capped([phone], AT) == {}


# --- shares -----------------------------------------------------------------------------------------------------------


def test_however_many_workers_see_it_a_share_moves_once_a_minute(store):
    with store.write() as transaction:
        for at in (AT, AT + SECOND, AT + 60 * SECOND):
            transaction.shares.move({"main": -10}, at, least=5, unmoved_ms=60 * SECOND)
        assert transaction.shares.current() == {"main": 80}


def test_a_share_stays_between_its_ends(store):
    with store.write() as transaction:
        transaction.shares.restore({"main": 8, "spare": 95}, AT)
        transaction.shares.move({"main": -10, "spare": 10}, AT + 60 * SECOND, least=5, unmoved_ms=60 * SECOND)
        assert transaction.shares.current() == {"main": 5, "spare": 100}
