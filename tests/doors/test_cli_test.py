"""`jogral test`: a line for each case, what came instead where one fails, and a document for programs."""

from __future__ import annotations

import re

import pytest

FAILING = """kind: test
id: entregas
journey: orders_simple
persona: ana
start: 2026-11-23T09:00
cases:
  - name: avisa que o pedido chegou
    when:
      - {at: 0m, event: order.placed}
    expect:
      - {send: order_confirmed, within: 1m}
      - {send: order_delivered, at: 2d}
"""


@pytest.fixture
def shop(orders_alone):
    """Small, for each of these commands reads all of it."""
    return orders_alone


@pytest.fixture
def failing(shop):
    """A shop with a case that expects what never comes."""
    (shop / "templates/scenarios/entregas.yaml").write_text(FAILING, encoding="utf-8")
    return shop


def test_every_case_has_a_line_and_its_way_when_asked_for(jogral):
    done = jogral("test")

    lines = done.out.splitlines()
    assert done.code == 0, done.out
    assert re.fullmatch(
        r" 1/10  orders_simple  do pedido à entrega, um aviso por acontecimento +PASS  \d\.\d\d s", lines[0]
    )
    assert re.fullmatch(r"10 passed, 0 failed in \d+\.\d s \(\d+ simulated days\)\.", lines[-1])

    traced = jogral("test", "-k", "cancelado", "--trace")
    assert traced.code == 0
    assert "    +2h       2026-11-23 11:00  order.cancelled happens" in traced.out.splitlines()

    nothing = jogral("test", "-k", "carrinho")
    assert (nothing.code, nothing.out) == (2, "")
    assert 'No case has "carrinho" in its name.' in nothing.err


@pytest.mark.usefixtures("failing")
def test_a_failing_case_says_what_was_expected_what_came_and_the_way(jogral):
    done = jogral("test", "-k", "chegou")

    assert done.code == 1
    assert "FAIL" in done.out.splitlines()[0]
    assert re.sub(r"\d\.\d+ s", "0 s", done.out.partition("\n")[2]) == (
        "\n"
        "FAIL orders_simple › avisa que o pedido chegou   templates/scenarios/entregas.yaml:12\n"  # noqa: RUF001  # as shown
        "  expected  send: order_delivered, at: 2d\n"
        "  got       nobody asked for order_delivered\n"
        "  because   the run simulation/cus_ana/1 was over at +0m (2026-11-23 09:00) (finished)\n"
        "  the way\n"
        "    +0m       2026-11-23 09:00  order.placed happens\n"
        "                                orders_simple simulation/cus_ana/1  begins\n"
        "                                orders_simple simulation/cus_ana/1  confirmar: asks for order_confirmed\n"
        "                                orders_simple simulation/cus_ana/1  is over: finished\n"
        "                                orders_simple simulation/cus_ana/1  order_confirmed is sent on email\n"
        "\n"
        "0 passed, 1 failed in 0 s (0 simulated days).\n"
    )


@pytest.mark.usefixtures("failing")
def test_programs_get_counts_and_every_case_and_no_wall_time(jogral):
    first, second = (jogral("test", "--json") for _ in range(2))

    document = first.document
    assert (first.code, document["schema"], document["ok"]) == (1, "jogral.test/1", False)
    assert document["summary"] == {"passed": 10, "failed": 1}
    failed = next(item for item in document["items"] if not item["passed"])
    assert (failed["journey"], failed["case"], failed["file"], failed["line"]) == (
        "orders_simple", "avisa que o pedido chegou", "templates/scenarios/entregas.yaml", 7,
    )  # fmt: skip
    assert failed["misses"][0]["expected"] == "send: order_delivered, at: 2d"
    assert failed["way"][0] == {
        "at": "+0m", "time": "2026-11-23T09:00:00-03:00", "whose": "", "what": "order.placed happens",
    }  # fmt: skip
    assert first.out == second.out


def test_a_scenario_that_names_what_is_not_there_is_not_tried(jogral, failing):
    text = FAILING.replace("send: order_delivered", "send: order_delivred")
    (failing / "templates/scenarios/entregas.yaml").write_text(text, encoding="utf-8")

    done = jogral("test")

    assert done.code == 1
    assert "TE102" in done.err
    assert 'Unknown message "order_delivred"; did you mean "order_delivered"?' in done.err
    assert "templates/scenarios/entregas.yaml:12:16" in done.err


def test_a_project_without_scenarios_says_so(jogral, shop):
    for path in (shop / "templates/scenarios").glob("*.yaml"):
        path.unlink()

    done = jogral("test")

    assert (done.code, done.out) == (0, "There are no scenarios yet: templates/scenarios/ holds them.\n")
