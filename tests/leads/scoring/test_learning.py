"""The learning path on made-up tables: what it finds, what it refuses, and that it says exactly what it does."""

from __future__ import annotations

import json

import numpy as np
import pytest

from leads.scoring import measures
from leads.scoring.card import Scorecard, sigmoid
from leads.scoring.encoding import ChoiceField, NumberField, learn_encoding
from leads.scoring.table import Table
from leads.scoring.training import CannotLearn, _trust, learn
from leads.scoring.trial import BETTER, NOT_BETTER, Task, hold_out, verdict_of


def table_of(size=900, seed=1, truth=None):
    """Sector and size matter, the channel for schools alone; colour is noise."""
    chance = np.random.default_rng(seed)
    sector = chance.choice(["bank", "farm", "school"], size)
    employees = chance.integers(1, 500, size)
    channel = chance.choice(["call", "form"], size)
    colour = chance.choice(["red", "green", "blue"], size)
    log_odds = (
        1.4 * (sector == "bank")
        - 0.8 * (sector == "farm")
        + 0.004 * (employees - 250)
        + 3.0 * ((sector == "school") & (channel == "call"))
    )
    won = (chance.random(size) < 1 / (1 + np.exp(-log_odds))).astype(float)
    if truth is not None:
        truth.extend(log_odds)
    columns = {
        "sector": sector.tolist(),
        "employees": [None if lot < 0.1 else str(n) for lot, n in zip(chance.random(size), employees, strict=True)],
        "channel": channel.tolist(),
        "colour": colour.tolist(),
    }
    return Table(columns), won


@pytest.fixture(scope="module")
def learned():
    table, won = table_of()
    return learn(table, won, ordered=True)


def test_contributions_add_up_to_the_score(learned):
    table, _ = table_of(seed=5)
    contributions = learned.card.contributions(table)

    said = sigmoid(learned.card.base + contributions.sum(axis=1))

    assert np.abs(said - learned.card.probabilities(table)).max() < 1e-9
    assert contributions.shape == (900, len(learned.card.names()))


def test_it_finds_what_makes_a_lead_good_also_where_two_fields_matter_together(learned):
    table, won = table_of(seed=7, truth=(truth := []))

    auc = measures.auc(won, learned.card.probabilities(table))

    assert auc > measures.auc(won, np.array(truth)) - 0.04  # nobody can do better than who drew the lots
    weights = learned.card.weight_of_fields(learned.card.encoding.encode(table))
    assert min(weights, key=weights.get) == "colour"
    assert any({"sector", "channel"} == set(pair) for pair in learned.card.names() if len(pair) == 2)


def test_the_average_lead_has_no_points(learned):
    table, _ = table_of()
    # The same rows it learned from, weighed alike: every single-field term is centred on them.
    assert learned.half_life is None
    means = learned.card.contributions(table)[:, :4].mean(axis=0)
    assert np.abs(means).max() < 1e-9


def test_scores_are_as_high_as_the_share_of_won(learned):
    table, won = table_of()
    assert learned.card.probabilities(table)[-300:].mean() == pytest.approx(won[-300:].mean(), abs=0.06)


def test_learning_twice_gives_the_same_bytes(learned):
    table, won = table_of()
    again = learn(table, won, ordered=True)
    assert json.dumps(again.card.as_data()).encode() == json.dumps(learned.card.as_data()).encode()


def test_a_stored_card_says_the_same(learned):
    table, _ = table_of(seed=3)
    stored = Scorecard.from_data(json.loads(json.dumps(learned.card.as_data())))
    assert np.array_equal(stored.probabilities(table), learned.card.probabilities(table))


def test_values_never_seen_and_columns_that_are_missing_still_get_a_score(learned):
    strange = Table({"sector": ["circus", None], "employees": ["many", "1e9"], "colour": ["", "Select"]})
    scores = learned.card.probabilities(strange)
    assert ((scores > 0) & (scores < 1)).all()


def test_a_planted_leak_is_named_and_left_out():
    table, won = table_of()
    chance = np.random.default_rng(2)
    closing = [("signed" if w else "declined") if chance.random() < 0.97 else "none" for w in won]

    found = learn(Table(table.columns | {"closing": closing}), won, ordered=True)

    assert found.leaks == ["closing"]
    assert "closing" not in {field.name for field in found.card.encoding.fields}


def test_a_leak_that_needs_the_others_is_named_too():
    """Alone it stays below the bar; with the rest it lifts the model over it."""
    chance = np.random.default_rng(4)
    size = 4000
    known = chance.normal(0, 1, size)
    after = chance.normal(0, 1, size)
    won = (chance.random(size) < 1 / (1 + np.exp(-(4 * known + 6 * after)))).astype(float)
    columns = {"known": [f"{n:.3f}" for n in known], "after": [f"{n:.3f}" for n in after]}

    found = learn(Table(columns), won, ordered=True)

    assert found.leaks == ["after"]


def test_an_honest_strong_field_is_no_leak(learned):
    assert learned.leaks == []


def test_a_random_target_is_refused():
    table, _ = table_of(size=1500)
    target = np.random.default_rng(11).integers(0, 2, 1500).astype(float)

    found = hold_out(Task(table, target, [], is_ordered=True))

    assert found.verdict == NOT_BETTER
    assert found.measures["auc_low"] < 0.52


def test_a_target_that_can_be_told_is_not_refused():
    table, won = table_of(size=1500)
    assert hold_out(Task(table, won, [], is_ordered=True)).verdict == BETTER


def test_one_kind_of_outcome_teaches_nothing():
    table, _ = table_of(size=100)
    with pytest.raises(CannotLearn):
        learn(table, np.zeros(100), ordered=True)


def test_eighty_leads_are_enough_to_learn_from():
    table, won = table_of(size=80)
    found = learn(table, won, ordered=True)
    later, later_won = table_of(seed=9)
    assert measures.auc(later_won, found.card.probabilities(later)) > 0.6


def test_recent_rows_weigh_more_where_the_world_turned():
    """What made leads good in the older part makes them bad in the newer one."""
    chance = np.random.default_rng(8)
    size = 3000
    field = chance.choice(["a", "b"], size)
    sign = np.where(np.arange(size) < size * 0.8, 1, -1)
    won = (chance.random(size) < 1 / (1 + np.exp(-2 * sign * np.where(field == "a", 1, -1)))).astype(float)

    found = learn(
        Table({"field": field.tolist(), "other": chance.choice(["x", "y"], size).tolist()}), won, ordered=True
    )

    assert found.half_life is not None
    good, bad = found.card.probabilities(Table({"field": ["b", "a"], "other": ["x", "x"]}))
    assert good > 0.55
    assert bad < 0.45


def months(shares, size=400, seed=6):
    """Blocks of rows of one month each, won as often as ``shares`` says, whatever the lead; a lead's kind matters alike."""
    chance = np.random.default_rng(seed)
    month = np.repeat([name for name, _share in shares], size)
    level = np.repeat([np.log(share / (1 - share)) for _name, share in shares], size)
    kind = chance.choice(["a", "b"], len(month))
    won = (chance.random(len(month)) < sigmoid(level + np.where(kind == "a", 1, -1))).astype(float)
    return Table({"month": month.tolist(), "kind": kind.tolist()}), won


def test_a_month_that_came_once_says_little_about_the_next_time():
    """March was won like no other, and the year after it is as all are now."""
    usual = [(name, 0.1) for name in ("apr", "may", "jun", "jul", "aug", "sep")]
    table, won = months([("mar", 0.7), *usual])
    scores = learn(table, won, ordered=True).card.probabilities(
        Table({"month": ["mar", "mar", "sep", "sep"], "kind": ["a", "b"] * 2})
    )
    assert scores[0] < 0.45
    assert scores[0] - scores[2] < scores[0] - scores[1]  # the kind, mixed in every month, says more


def test_a_month_that_keeps_coming_back_the_same_is_believed():
    table, won = months([("mar", 0.7), ("may", 0.1)] * 12, size=60)
    scores = learn(table, won, ordered=True).card.probabilities(
        Table({"month": ["mar", "mar", "may", "may"], "kind": ["a", "b"] * 2})
    )
    assert scores[1] > scores[2]


def test_values_mixed_by_chance_are_trusted_whole_and_those_never_seen_not_at_all():
    chance = np.random.default_rng(1)
    trust = _trust(chance.integers(0, 3, 3000).astype(np.int16), 4)
    assert trust[:3] == pytest.approx(1, abs=0.01)
    assert trust[3] == 0
    once, twice = _trust(np.repeat([0, 1, 0], 500).astype(np.int16), 2)[::-1]
    assert (once, twice) == (pytest.approx(0.25, abs=0.01), pytest.approx(0.4, abs=0.01))


def test_scores_follow_a_share_that_has_just_changed():
    table, won = months([("may", 0.1)] * 8 + [("jun", 0.5)] * 3)
    recent = table.take(range(len(won) - 400, len(won)))
    assert learn(table, won, ordered=True).card.probabilities(recent).mean() == pytest.approx(0.5, abs=0.08)


def test_identifiers_dates_and_constants_are_no_inputs():
    table, _ = table_of(size=400)
    more = {
        "id": [f"L{n}" for n in range(400)],
        "number": list(range(400)),
        "closed": ["2024-05-01", "2024-06-02"] * 200,
        "same": ["No"] * 400,
    }
    encoding, left_out = learn_encoding(Table(table.columns | more), ordered=True)

    assert {field.name for field in encoding.fields} == set(table.columns)
    assert {entry.name: entry.why for entry in left_out} == {
        "id": "identifier",
        "number": "identifier",
        "closed": "date",
        "same": "constant",
    }


def test_codes_know_missing_rare_and_new():
    field = ChoiceField("city", ("paris", "new york"))
    assert field.encode(["Paris", " NEW  York ", "Rome", None, "Select", "unknown"]).tolist() == [2, 3, 1, 0, 0, 0]
    number = NumberField("age", (18.0, 65.0))
    assert number.encode([17, "18", 64.9, 65, None, "old", float("nan")]).tolist() == [1, 2, 2, 3, 0, 0, 0]


def test_measures_of_known_answers():
    outcomes = np.array([0.0, 0, 1, 1])
    assert measures.auc(outcomes, np.array([0.1, 0.2, 0.3, 0.4])) == 1
    assert measures.auc(outcomes, np.array([0.5, 0.5, 0.5, 0.5])) == 0.5
    assert measures.auc(outcomes, np.array([0.1, 0.4, 0.35, 0.8])) == 0.75
    assert measures.average_precision(outcomes, np.array([0.1, 0.4, 0.35, 0.8])) == pytest.approx(0.8333, abs=1e-4)
    assert measures.brier(outcomes, np.array([0.0, 0, 1, 0])) == 0.25
    assert measures.lift(outcomes, np.array([0.1, 0.2, 0.3, 0.4]), 0.25) == 2
    assert measures.area_under_gains(outcomes, np.array([0.1, 0.2, 0.3, 0.4])) == 0.75


def test_calibration_error_is_the_mean_distance_of_ten_equal_bins():
    scores = np.linspace(0.05, 0.95, 1000)
    outcomes = np.zeros(1000)
    assert measures.ece(outcomes, scores) == pytest.approx(0.5)
    assert [row["count"] for row in measures.calibration(outcomes, scores)] == [100] * 10


def test_measures_agree_with_scikit_learn():
    from sklearn.metrics import average_precision_score, roc_auc_score

    chance = np.random.default_rng(0)
    outcomes = chance.integers(0, 2, 500).astype(float)
    scores = np.round(chance.random(500), 2)  # with ties
    assert measures.auc(outcomes, scores) == pytest.approx(roc_auc_score(outcomes, scores), abs=1e-12)
    assert measures.average_precision(outcomes, scores) == pytest.approx(average_precision_score(outcomes, scores))


def test_chance_has_a_range_around_one_half():
    chance = np.random.default_rng(2)
    outcomes, scores = chance.integers(0, 2, 800).astype(float), chance.random(800)
    low, high = measures.auc_range(outcomes, scores)
    assert low < 0.5 < high
    assert verdict_of(outcomes, scores) == NOT_BETTER
