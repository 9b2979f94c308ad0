"""What differs between two releases, and where in a journey that is felt."""

from __future__ import annotations

import json

import pytest

from orchestrator.dispatch.plans.choosing import chosen
from orchestrator.dispatch.plans.impact import Occupied
from orchestrator.domain.errors import InputError, NotFound
from orchestrator.journeys.model import Journey
from orchestrator.journeys.run import TRIGGER
from orchestrator.plans.breaking import BREAKS, breaks
from orchestrator.plans.differences import What, differences, values_between
from orchestrator.plans.model import Move, Plan, plan_of
from orchestrator.plans.steps import StepWhat, becomes, felt_at, step_changes
from orchestrator.plans.ways import ahead
from orchestrator.plans.words import reworded
from orchestrator.release import read_release

TREE = {
    "kind": "journey",
    "id": "tree",
    "title": "Todos os caminhos",
    "owner": "marketing",
    "topic": "offers",
    "trigger": {"event": "cart.updated", "quiet_for": "1h"},
    "entry": {"key": "cart.id"},
    "steps": [
        {"id": "first", "wait": "1d"},
        {
            "id": "parted",
            "branch": [
                {"when": "cart.total > 100.0", "steps": [{"id": "rich", "send": "cart_offer"}]},
                {"when": "cart.total > 50.0", "steps": [{"id": "out", "exit": "enough"}]},
            ],
        },
        {
            "id": "waiting",
            "wait_for": {
                "event": "order.placed",
                "timeout": "2d",
                "on_timeout": [{"id": "told", "alert": {"team": "loja", "message": "Parado"}}],
                "give_up": "9d",
                "then": [{"id": "late", "wait": "1d"}],
            },
        },
        {"id": "shared", "split": {"a": {"weight": 1, "steps": [{"id": "half", "wait": "2d"}]}, "b": {"weight": 1}}},
        {
            "id": "watched",
            "watch": {
                "for": "9d",
                "until": [{"event": "order.cancelled"}],
                "react": [{"event": "shipment.delivered", "steps": [{"id": "seen", "send": "order_delivered"}]}],
            },
        },
        {"id": "last", "send": "win_back"},
    ],
}


def journey(**edits):
    """The tree, with other steps."""
    return Journey.model_validate({**TREE, **edits})


def steps(*, without=(), **edits):
    """Its steps on the way, some edited, some gone."""
    return [{**one, **edits.get(one["id"], {})} for one in TREE["steps"] if one["id"] not in without]


# The messages of Casa Lume that say something of the offer.
OFFERED = {"cart_offer", "deadline_reminder"}

LAST_FIRST = [{"id": "last", "send": "win_back"}, *steps(without=["first", "last"])]


def changes(after):
    return [(one.what.value, one.id) for one in step_changes(journey(), after)]


# --- the way ahead --------------------------------------------------------------------------------------------------


def test_the_way_ahead_is_every_step_that_a_run_may_still_come_to():
    """What happens beside a place is ahead of whoever stands there; what was passed is not."""
    behind_watched = {"seen", "last"}
    behind_waiting = {"told", "late", "shared", "half", "watched"} | behind_watched
    every = {"parted", "rich", "out", "waiting"} | behind_waiting
    assert ahead(journey()) == {
        TRIGGER: every | {"first"},
        "first": every,
        "waiting": behind_waiting,
        "late": behind_waiting - {"told", "late"},
        "half": {"watched"} | behind_watched,
        "watched": behind_watched,
    }


def test_behind_a_step_that_ends_all_there_is_nothing():
    """Nor behind a wait that ends the run when it is given up, and a branch of which every way is out."""
    branch = [{"when": "true", "steps": [{"id": "out", "exit": "enough"}]}, {"otherwise": True, "steps": [
        {"id": "too", "exit": "no more"}]}]  # fmt: skip
    assert ahead(journey(steps=steps(parted={"branch": branch})))["first"] == {"parted", "out", "too"}
    watch = {"watch": {**TREE["steps"][4]["watch"], "until": []}}
    assert ahead(journey(steps=steps(watched=watch)))["watched"] == {"seen"}
    watch["watch"]["then"] = []
    assert ahead(journey(steps=steps(watched=watch)))["watched"] == {"seen", "last"}


# --- steps ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("after", "told"),
    [
        (steps(), []),
        (steps(first={"wait": "2d"}), [("changed", "first")]),
        (steps(without=["last"]), [("removed", "last")]),
        ([*steps(), {"id": "more", "wait": "1d"}], [("added", "more")]),
        ([*steps()[1:], steps()[0]], [("moved", "first")]),
        (steps(first={"id": "begin", "was": "first"}), [("changed", "begin")]),
        (steps(last={"was": "never"}), []),
        (
            steps(parted={"branch": [{"otherwise": True, "steps": [{"id": "rich", "send": "cart_reminder"}]}]}),
            [("changed", "parted"), ("changed", "rich"), ("removed", "out")],
        ),
        (LAST_FIRST, [("moved", "last"), ("removed", "first")]),
    ],
    ids=["none", "wait", "gone", "new", "order", "renamed", "no_such_was", "inside", "into_another_place"],
)
def test_each_step_that_differs_is_told_once(after, told):
    """A step is itself without those inside it, which are told for themselves."""
    assert changes(journey(steps=after)) == told


def test_a_change_is_felt_where_people_stand_and_on_the_way_to_it():
    """By the new way, where there is one; to what is gone by the old."""
    before, after = (
        journey(),
        journey(steps=steps(without=["watched"], waiting={"was": "none"}, last={"priority": "low"})),
    )
    last, gone = step_changes(before, after)[0], step_changes(before, after)[1]
    assert (last.what, gone.what) == (StepWhat.CHANGED, StepWhat.REMOVED)
    here, coming = felt_at(last, before, after)
    assert here == frozenset()
    assert coming == {TRIGGER, "first", "waiting", "late", "half"}
    assert felt_at(gone, before, after) == ({"watched"}, {TRIGGER, "first", "waiting", "late", "half"})


def test_a_step_is_the_same_one_under_its_other_name_both_ways():
    """Whoever wrote the later of two releases says what it was; a step that was there all along stays itself."""
    older = journey()
    newer = journey(steps=steps(first={"id": "begin", "was": "first"}))
    assert becomes("first", older, newer).step.id == "begin"
    assert becomes("begin", newer, older).step.id == "first"
    assert [(one.what.value, one.id, one.was) for one in step_changes(newer, older)] == [("changed", "first", "begin")]

    both = journey(steps=[*steps(), {"id": "more", "was": "first", "wait": "1d"}])
    assert becomes("more", both, older) is None
    assert [(one.what.value, one.id) for one in step_changes(both, older)] == [("removed", "more")]


# --- values and things ----------------------------------------------------------------------------------------------


def test_values_go_by_their_path_and_items_by_their_id():
    before = {"a": {"b": 1, "gone": "x"}, "list": [{"id": "one", "n": 1}, {"id": "two", "n": 2}], "plain": [1, 2]}
    after = {"a": {"b": 2}, "list": [{"id": "two", "n": 3}, {"id": "one", "n": 1}], "plain": [1], "new": True}
    assert [(value.path, value.before, value.after) for value in values_between(before, after)] == [
        ("a.b", 1, 2),
        ("list[two].n", 2, 3),
        ("plain", [1, 2], [1]),
        ("new", None, True),
        ("a.gone", "x", None),
    ]


def edited(release, edit):
    content = json.loads(release.content)
    edit(content)
    return read_release(json.dumps(content))


def told(release, edit):
    return [
        (one.what.value, one.kind, one.id, [value.path for value in one.values])
        for one in differences(release, edited(release, edit))
    ]


def test_a_release_differs_from_itself_in_nothing(release):
    assert told(release, lambda _: None) == []
    assert breaks(release, release) == []


def test_what_moved_since_a_plan_was_made_is_named(release):
    """The thing itself, whatever of it: a journey's step, a message's translation, a line that moved."""

    def edit(content):
        content["messages"]["win_back"]["translations"]["en"]["message"]["content"]["headline"] = "Hi"
        content["journeys"]["orders_simple"]["triggers"][0]["steps"][0]["id"] = "dizer"
        content["journeys"]["new"] = {**content["journeys"]["ask_for_review"], "id": "new"}
        content["facts"]["places"] = {}
        del content["replies"]["troca"]

    plan = plan_of(None, release)
    assert plan.moved_since(release) == []
    assert plan.moved_since(edited(release, edit)) == [
        "journey new", "journey orders_simple", "message win_back", "places facts", "reply troca",
    ]  # fmt: skip


def test_against_nothing_all_is_added(release):
    found = differences(None, release)
    assert {one.what for one in found} == {What.ADDED}
    assert {one.id for one in found if one.kind == "journey"} == set(release.journeys)
    assert breaks(None, release) == []


def test_copy_is_told_by_its_path_and_not_by_the_letter_that_it_is_laid_out_in(release):
    def edit(content):
        message = content["messages"]["win_back"]
        message["message"]["content"]["headline"] = "Oi"
        message["translations"]["en"]["message"]["content"]["headline"] = "Hi"
        message["letter"] = "<p>Oi</p>"
        content["messages"]["order_late"]["letter"] = "<p>another layout</p>"

    assert told(release, edit) == [
        ("changed", "message", "order_late", ["layout (html)"]),
        ("changed", "message", "win_back", ["content.headline", "en.content.headline"]),
    ]


def test_every_kind_of_thing_is_told(release):
    def edit(content):
        content["project"]["name"] = "Outra"
        content["voice"]["owner"] = "outra"
        del content["replies"]["troca"], content["journeys"]["orders_simple"], content["events"]["survey.fair"]
        content["journeys"]["ask_for_review"]["title"] = "Avalie"
        content["facts"]["offers"]["banho_lume20"]["title"] = "Banho"
        content["facts"]["places"] = {}
        del content["wordings"]["optin_avisos@1"]

    found = [(what, kind, name) for what, kind, name, _ in told(release, edit)]
    assert found == [
        ("changed", "project", "project"),
        ("changed", "voice", "brand_voice"),
        ("removed", "reply", "troca"),
        ("changed", "journey", "ask_for_review"),
        ("removed", "journey", "orders_simple"),
        ("removed", "event", "survey.fair"),
        ("changed", "offer", "banho_lume20"),
        ("removed", "wording", "optin_avisos@1"),
    ]


@pytest.mark.parametrize(
    ("edit", "messages"),
    [
        (lambda content: content["messages"]["win_back"]["message"].update(title="Volte"), {"win_back"}),
        (lambda content: content["messages"].pop("win_back"), {"win_back"}),
        (lambda content: content["facts"]["offers"]["banho_lume20"].update(coupon="LUME30"), OFFERED),
        (lambda content: content["voice"]["channels"]["sms"].update(prefix="Lume: "), None),
        (lambda content: content["voice"].update(owner="outra"), set()),
        (lambda content: content["project"].update(name="Outra"), set()),
    ],
    ids=["copy", "removed", "offer", "greeting", "owner", "project"],
)
def test_words_are_others_where_copy_facts_or_the_voice_are(release, edit, messages):
    """All messages, where the voice speaks otherwise."""
    after = edited(release, edit)
    said = release.messages.keys() if messages is None else messages
    assert reworded(release, differences(release, after)) == sorted(said)


# --- what breaks ----------------------------------------------------------------------------------------------------


def test_what_worked_and_will_not_is_told(release):
    """Each kind of it, once."""

    def edit(content):
        del content["messages"]["win_back"], content["events"]["survey.fair"]
        variables = content["messages"]["order_late"]["message"]["variables"]
        variables["order.colour"] = {"type": "string"}
        variables["order.size"] = {"type": "string", "fallback": "M"}
        variables["order.number"]["type"] = "integer"
        fields = content["events"]["order.placed"]["data"]
        fields["colour"] = {"type": "string", "required": True}
        fields["total"]["type"] = "string"
        del fields["state"]
        content["events"]["order.cancelled"]["data"]["order_id"]["values"] = ["ord_1"]

    found = breaks(release, edited(release, edit))
    assert sorted((one.code, one.id, one.name) for one in found) == [
        ("event_removed", "survey.fair", ""),
        ("field_removed", "order.placed", "state"),
        ("field_required", "order.placed", "colour"),
        ("field_type", "order.placed", "total"),
        ("field_values", "order.cancelled", "order_id"),
        ("message_removed", "win_back", ""),
        ("variable_required", "order_late", "order.colour"),
        ("variable_type", "order_late", "order.number"),
    ]
    assert {one.code for one in found} == BREAKS.keys()


# --- the plan itself ------------------------------------------------------------------------------------------------


def test_the_same_plan_has_the_same_id():
    move = Move(journey="tree", step="first", to="last")
    plan = Plan(before="rel_1", after="rel_2", moves=(move,))
    assert plan.id == Plan.model_validate_json(plan.model_dump_json()).id
    assert plan.id != Plan(before="rel_1", after="rel_2").id
    assert (plan.destination("tree", "first"), plan.destination("tree", "last")) == ("last", None)


# --- what becomes of people -----------------------------------------------------------------------------------------

GONE = [Occupied(journey="tree", step="old", people=3), Occupied(journey="other", step="old", people=1)]


def decided(release, *wanted, gone=GONE):
    """A plan for a release that has the tree, as somebody decides it."""

    def edit(content):
        content["journeys"] = {name: {**TREE, "id": name} for name in ("tree", "other")}

    after = edited(release, edit)
    return chosen(plan_of(release, after), after, gone, wanted, leave=False)


def test_a_step_is_named_with_its_journey_where_it_has_to_be(release):
    move = Move(journey="tree", step="old", to="waiting")
    assert decided(release, "tree.old=waiting").moves == (move,)
    for wanted in ("waiting", "old=waiting", "tree.old=waiting"):
        assert decided(release, wanted, gone=GONE[:1]).moves == (move,)


@pytest.mark.parametrize(
    ("wanted", "gone", "error", "said"),
    [
        (["tree.old=waitin"], GONE, NotFound, 'no step "waitin"; did you mean "waiting"'),
        (["tree.old=seen"], GONE, InputError, "happens while people stand at watched"),
        (
            ["old=last"],
            GONE,
            InputError,
            "not clear who moves to last.*Write from where: tree.old=last, other.old=last",
        ),
        (["tree.young=last"], GONE, InputError, "not clear who moves to last"),
        (["tree.old=last", "tree.old=first"], GONE, InputError, "tree.old is moved twice"),
        (["last"], [], InputError, "Nobody has to move to last"),
    ],
)
def test_nobody_is_moved_to_where_they_cannot_go_on(release, wanted, gone, error, said):
    with pytest.raises(error, match=said):
        decided(release, *wanted, gone=gone)
