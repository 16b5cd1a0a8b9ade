"""Learning a scorecard from leads with known outcomes. Scikit-learn is imported here, inside functions, and nowhere else.

What is learned is the mean of two additive models on the same codes: a ridge logistic regression, good where leads are
few and where fields move together, and boosted trees of depth two, which are a sum over pairs of fields. Both weigh
recent rows more where that predicts better, and a value that came and went only a few times (a month, a rate, a
campaign) is trusted little: it stands for its time. The slope of the sum is then set by how well older rows predicted
newer ones, and its height by the recent share of won leads, because shares drift faster than what makes a lead good.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from leads.scoring import measures
from leads.scoring.card import PairTerm, Scorecard, sigmoid
from leads.scoring.encoding import Codes, Encoding, Field, LeftOut, NumberField, learn_encoding
from leads.scoring.table import Table

Numbers = npt.NDArray[np.float64]

TREES, RATE, LEAF, RIDGE_OF_TREES = 100, 0.1, 20, 5.0
RIDGE_OF_LOGISTIC = 0.1  # scikit-learn's C
SMOOTHING = 10.0  # rows of the mean added to each choice before choices are put in order
CHECKED_ROWS = 2000
# The half-lives of a row's weight that are tried, as shares of the history; None weighs all alike.
HALF_LIVES = (None, 0.1)
FORWARD_FROM, FORWARD_PARTS = 0.5, 4
# Each part of the forward check counts half as much as the next.
PART_HALF_LIFE = 1.0
SLOPES, SLOPE_RIDGE = (0.5, 1.5), 20.0
# The height follows the newest rows, weights halved every so many: they tell a share to two or three points in a hundred.
HEIGHT_ROWS = 500
# A value that came so many times is trusted by half, against one that is mixed among the others.
TIMES = 3.0
MOST_FIELDS = 60
# A field that alone, or on top of all the others, lifts the AUC to this was most likely written after the outcome.
LEAK_AUC, LEAK_GAIN = 0.95, 0.03


class CannotLearn(ValueError):
    """There is nothing to learn from: one kind of outcome only, or no usable column."""


@dataclass(frozen=True, slots=True)
class Learned:
    """A scorecard and how it came about. ``half_life`` is a share of the history, None when all rows weigh alike."""

    card: Scorecard
    left_out: tuple[LeftOut, ...]
    half_life: float | None
    slope: float

    @property
    def leaks(self) -> list[str]:
        return [entry.name for entry in self.left_out if entry.why == "leak"]


def learn(table: Table, outcomes: Numbers, *, ordered: bool, seed: int = 0) -> Learned:
    """Learn from all rows of ``table``; ``outcomes`` are 0 or 1. ``ordered``: the rows run from old to new.

    The same rows in the same order give the same scorecard, byte for byte. Raises ``CannotLearn``.
    """
    if not 0 < outcomes.sum() < len(outcomes):
        raise CannotLearn("All outcomes are the same.")
    encoding, left_out = learn_encoding(table, ordered=ordered)
    with one_thread():
        codes = encoding.encode(table)
        leaks = find_leaks(encoding, codes, outcomes, seed=seed)
        encoding, codes, weak = _narrow(encoding, codes, outcomes, without=leaks)
        left_out += [LeftOut(name, "leak") for name in leaks] + [LeftOut(name, "weak") for name in weak]
        if not encoding.fields:
            raise CannotLearn("No column says anything about the outcome.")
        half_life, parts = _choose_half_life(encoding, codes, outcomes, ordered=ordered, seed=seed)
        slope = _slope(parts)
        weights = _weights(len(outcomes), half_life)
        model = _fit(encoding, codes, outcomes, weights, ordered=ordered, seed=seed)
    card = _centred(_steepened(model, slope), codes, weights)
    height = _height(card.log_odds_of(codes), outcomes, HEIGHT_ROWS / len(outcomes) if ordered else None)
    card = Scorecard(card.encoding, card.base + height, card.mains, card.pairs)
    # What is stored is what is judged: the digits of the data form, not those in memory.
    return Learned(Scorecard.from_data(card.as_data()), tuple(left_out), half_life, round(slope, 4))


@contextmanager
def one_thread() -> Iterator[None]:
    """Sums in one fixed order, and one core: a training task shares its machine."""
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # noqa: PLC0415 (comes with scikit-learn)

    with threadpool_limits(limits=1):
        yield


# --- The two models ---------------------------------------------------------------------------------------------------


def _fit(
    encoding: Encoding, codes: Codes, outcomes: Numbers, weights: Numbers, *, ordered: bool, seed: int
) -> Scorecard:
    """The mean of both models as one card; with an order of time, points only as far as they are trusted."""
    trees = _fit_trees(encoding, codes, outcomes, weights, seed=seed)
    linear = _fit_logistic(encoding, codes, outcomes, weights)
    card = Scorecard(
        encoding,
        (linear.base + trees.base) / 2,
        tuple((one + two) / 2 for one, two in zip(linear.mains, trees.mains, strict=True)),
        tuple(PairTerm(term.first, term.second, term.points / 2) for term in trees.pairs),
    )
    return _trusted(_centred(card, codes, weights), codes) if ordered else card


def _fit_logistic(encoding: Encoding, codes: Codes, outcomes: Numbers, weights: Numbers) -> Scorecard:
    """Ridge logistic regression on an indicator for each code of each field."""
    from scipy.sparse import csr_matrix  # noqa: PLC0415 (only where something is learned)
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415

    ends = np.cumsum([field.width for field in encoding.fields])
    cells = (codes + np.concatenate([[0], ends[:-1]])).ravel()
    rows, fields = codes.shape
    indicators = csr_matrix((np.ones(cells.size), cells, np.arange(0, cells.size + 1, fields)), (rows, int(ends[-1])))
    model = LogisticRegression(C=RIDGE_OF_LOGISTIC, max_iter=500).fit(indicators, outcomes, sample_weight=weights)
    return Scorecard(encoding, float(model.intercept_[0]), tuple(np.split(model.coef_[0], ends[:-1])), ())


def _fit_trees(encoding: Encoding, codes: Codes, outcomes: Numbers, weights: Numbers, *, seed: int) -> Scorecard:
    """Boosted trees of depth two. Choices stand in order of their won share, so that a split parts good from bad ones."""
    from sklearn.ensemble import HistGradientBoostingClassifier  # noqa: PLC0415 (only where something is learned)

    places = [_places(field, codes[:, i], outcomes, weights) for i, field in enumerate(encoding.fields)]
    ordered = np.stack([place[codes[:, i]] for i, place in enumerate(places)], axis=1).astype(np.float64)
    trees = HistGradientBoostingClassifier(
        max_depth=2,
        max_iter=TREES,
        learning_rate=RATE,
        min_samples_leaf=LEAF,
        l2_regularization=RIDGE_OF_TREES,
        early_stopping=False,
        random_state=seed,
    ).fit(ordered, outcomes, sample_weight=weights)
    card = _as_tables(encoding, trees, places)
    if len(codes):  # what the trees say beside their splits: the log-odds they start from
        shown = trees.decision_function(ordered[:CHECKED_ROWS])
        away = shown - card.log_odds_of(codes[:CHECKED_ROWS])
        # The tables read scikit-learn's own nodes; should their form ever change, this says so before a score does.
        if np.ptp(away) > 1e-6:
            raise RuntimeError("The tables do not say what the trees say.")
        card = Scorecard(encoding, float(away[0]), card.mains, card.pairs)
    return card


def _places(field: Field, codes: npt.NDArray[np.int16], outcomes: Numbers, weights: Numbers) -> npt.NDArray[np.int64]:
    """Where each code stands: numbers as they are, choices by their (smoothed) share of won."""
    if isinstance(field, NumberField):
        return np.arange(field.width)
    won = np.bincount(codes, weights=weights * outcomes, minlength=field.width)
    all_of = np.bincount(codes, weights=weights, minlength=field.width)
    share = (won + SMOOTHING * (won.sum() / all_of.sum())) / (all_of + SMOOTHING)
    return np.argsort(np.argsort(share, kind="stable"), kind="stable")


def _as_tables(encoding: Encoding, trees: Any, places: list[npt.NDArray[np.int64]]) -> Scorecard:
    """Trees of depth two as tables: a leaf adds its value to the cells of the one or two fields on the way to it."""
    widths = [field.width for field in encoding.fields]
    mains = tuple(np.zeros(width) for width in widths)
    pairs: dict[tuple[int, int], Numbers] = {}

    def walk(nodes: Any, number: int, cells: dict[int, npt.NDArray[np.bool_]]) -> None:
        node = nodes[number]
        if not node["is_leaf"]:
            field = int(node["feature_idx"])
            low = places[field] <= node["num_threshold"]
            here = cells.get(field, np.ones(widths[field], dtype=bool))
            walk(nodes, int(node["left"]), cells | {field: here & low})
            walk(nodes, int(node["right"]), cells | {field: here & ~low})
        elif len(cells) == 1:
            ((field, marked),) = cells.items()
            mains[field][marked] += node["value"]
        elif cells:
            (one, first), (two, second) = sorted(cells.items())
            points = pairs.setdefault((one, two), np.zeros((widths[one], widths[two])))
            points[np.ix_(first, second)] += node["value"]

    for (tree,) in trees._predictors:
        walk(tree.nodes, 0, {})
    return Scorecard(encoding, 0.0, mains, tuple(PairTerm(*both, points) for both, points in sorted(pairs.items())))


# --- From models to one card ------------------------------------------------------------------------------------------


def _steepened(card: Scorecard, slope: float) -> Scorecard:
    return Scorecard(
        card.encoding,
        slope * card.base,
        tuple(slope * points for points in card.mains),
        tuple(PairTerm(term.first, term.second, slope * term.points) for term in card.pairs),
    )


def _centred(card: Scorecard, codes: Codes, weights: Numbers) -> Scorecard:
    """The same sums, moved so that every term is zero for the average row: points then say what differs from it."""
    mains = [points.copy() for points in card.mains]
    shares = [
        np.bincount(codes[:, place], weights=weights, minlength=len(points)) / weights.sum()
        for place, points in enumerate(mains)
    ]
    base, pairs = card.base, []
    for term in card.pairs:
        one, two = shares[term.first], shares[term.second]
        rows, columns = term.points @ two, one @ term.points
        middle = float(one @ rows)
        mains[term.first] += rows - middle
        mains[term.second] += columns - middle
        base += middle
        pairs.append(PairTerm(term.first, term.second, term.points - rows[:, None] - columns[None, :] + middle))
    for place, points in enumerate(mains):
        middle = float(shares[place] @ points)
        mains[place] = points - middle
        base += middle
    return Scorecard(card.encoding, base, tuple(mains), tuple(pairs))


def _trusted(card: Scorecard, codes: Codes) -> Scorecard:
    """Points times the trust in their value; a pair is trusted as the less trusted of its two."""
    trust = [_trust(codes[:, place], len(points)) for place, points in enumerate(card.mains)]
    return Scorecard(
        card.encoding,
        card.base,
        tuple(points * own for points, own in zip(card.mains, trust, strict=True)),
        tuple(
            PairTerm(term.first, term.second, term.points * np.minimum.outer(trust[term.first], trust[term.second]))
            for term in card.pairs
        ),
    )


def _trust(codes: npt.NDArray[np.int16], width: int) -> Numbers:
    """From 0 to 1 for each code, by how often it came and went where rows run from old to new.

    A thousand rows of one month are one look at that month: what was won in it may be due to anything else of that time.
    As many times as by chance is full trust; a code that never came has none.
    """
    starts = np.append(True, codes[1:] != codes[:-1])
    times = np.bincount(codes[starts], minlength=width)
    rows = np.bincount(codes, minlength=width)
    by_chance = np.maximum(rows * (len(codes) - rows + 1) / len(codes), 1e-9)
    trust: Numbers = np.minimum(times / (times + TIMES) * (by_chance + TIMES) / by_chance, 1.0)
    return trust


# --- Looking forward: which weights, how steep, how high --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Part:
    """Log-odds that a model of the rows before gave to a part of history, and what became of it."""

    log_odds: Numbers
    outcomes: Numbers
    weight: float


def _choose_half_life(
    encoding: Encoding, codes: Codes, outcomes: Numbers, *, ordered: bool, seed: int
) -> tuple[float | None, list[Part]]:
    """The half-life whose models, fitted on what came before, ranked the later parts best."""
    candidates = HALF_LIVES if ordered else (None,)
    tried = {
        half_life: list(_parts(encoding, codes, outcomes, half_life, ordered=ordered, seed=seed))
        for half_life in candidates
    }
    best = min(candidates, key=lambda half_life: _loss(tried[half_life]))
    return best, tried[best]


def _parts(
    encoding: Encoding, codes: Codes, outcomes: Numbers, half_life: float | None, *, ordered: bool, seed: int
) -> Iterator[Part]:
    """With an order: each part of the newer half, by a model of all before it. Without: four folds."""
    size = len(outcomes)
    rows = np.arange(size)
    bounds = np.linspace(size * FORWARD_FROM if ordered else 0, size, FORWARD_PARTS + 1).astype(int)
    for number, (start, end) in enumerate(pairwise(bounds), 1):
        before = rows[:start] if ordered else np.concatenate([rows[:start], rows[end:]])
        known = outcomes[before].sum()
        if not 0 < known < len(before) or start == end:
            continue
        weights = _weights(len(before), half_life)
        model = _fit(encoding, codes[before], outcomes[before], weights, ordered=ordered, seed=seed)
        weight = 0.5 ** ((FORWARD_PARTS - number) / PART_HALF_LIFE) if ordered else 1.0
        yield Part(model.log_odds_of(codes[start:end]), outcomes[start:end], weight)


def _loss(parts: list[Part]) -> float:
    """The weighted log loss, each part at its best height: what is asked is order, not level."""
    if not parts:
        return 0.0
    losses = [
        part.weight * measures.log_loss(part.outcomes, sigmoid(part.log_odds + _height(part.log_odds, part.outcomes)))
        for part in parts
    ]
    return sum(losses) / sum(part.weight for part in parts)


def _slope(parts: list[Part]) -> float:
    """How much steeper (or flatter) the log-odds should be, every part keeping a height of its own.

    A logistic regression on one number by Newton's method, with a ridge that pulls to 1 while there is little to see.
    """
    slope = 1.0
    parts = [part for part in parts if 0 < part.outcomes.sum() < len(part.outcomes)]
    for _ in range(50):
        pull, bend = SLOPE_RIDGE * (1 - slope), SLOPE_RIDGE
        for part in parts:
            steep = slope * part.log_odds
            said = sigmoid(steep + _height(steep, part.outcomes))
            spread = part.weight * said * (1 - said)
            away = part.log_odds - np.average(part.log_odds, weights=spread)
            pull += part.weight * float((part.outcomes - said) @ away)
            bend += float(spread @ away**2)
        step = float(np.clip(pull / bend, -0.3, 0.3))
        slope += step
        if abs(step) < 1e-8:
            break
    return float(np.clip(slope, *SLOPES))


def _height(log_odds: Numbers, outcomes: Numbers, half_life: float | None = None) -> float:
    """What to add so that the mean score is the (recent) share of won; by halving, so that nothing can run away."""
    weights = _weights(len(outcomes), half_life)
    # Half a row of either kind: a part without a single won lead is no proof that there is none.
    share = (weights @ outcomes + 0.5) / (weights.sum() + 1)
    low, high = -30.0, 30.0
    for _ in range(60):
        middle = (low + high) / 2
        if weights @ sigmoid(log_odds + middle) / weights.sum() < share:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _weights(size: int, half_life: float | None) -> Numbers:
    """One per row, 1 for the newest; halved every ``half_life`` of the history."""
    if half_life is None:
        return np.ones(size)
    return np.asarray(0.5 ** ((size - 1 - np.arange(size)) / (half_life * size)), dtype=np.float64)


# --- What must not be an input ----------------------------------------------------------------------------------------


def find_leaks(encoding: Encoding, codes: Codes, outcomes: Numbers, *, seed: int) -> list[str]:
    """Fields that know the answer: alone, or on top of all the others, they lift the AUC to ``LEAK_AUC``."""
    leaks = [
        field.name
        for place, field in enumerate(encoding.fields)
        if _auc_alone(codes[:, place], outcomes, field.width) >= LEAK_AUC
    ]
    while True:
        found = _leak_on_top(encoding, codes, outcomes, leaks, seed=seed)
        if found is None:
            return leaks
        leaks.append(found)


def _leak_on_top(encoding: Encoding, codes: Codes, outcomes: Numbers, known: list[str], *, seed: int) -> str | None:
    """Of the strongest fields the one without which a suspiciously good model loses most, if it loses much."""
    places = [place for place, field in enumerate(encoding.fields) if field.name not in known]
    if len(places) < 2:
        return None

    def quality(kept: list[int]) -> float:
        part = Encoding(tuple(encoding.fields[place] for place in kept))
        return _auc_of_trees(part, codes[:, kept], outcomes, seed=seed)

    best = quality(places)
    if best < LEAK_AUC:
        return None
    strength = {place: _auc_alone(codes[:, place], outcomes, encoding.fields[place].width) for place in places}
    strongest = sorted(places, key=lambda place: -strength[place])[:5]
    losses = {place: best - quality([other for other in places if other != place]) for place in strongest}
    worst = max(losses, key=lambda place: losses[place])
    return encoding.fields[worst].name if losses[worst] >= LEAK_GAIN else None


def _halves(size: int) -> tuple[Any, Any]:
    """Every other row: both halves span all of history."""
    return np.arange(0, size, 2), np.arange(1, size, 2)


def _auc_alone(codes: npt.NDArray[np.int16], outcomes: Numbers, width: int) -> float:
    """The AUC of one field's won shares, learned on one half and judged on the other, both ways."""
    found = []
    one, two = _halves(len(outcomes))
    for learn_on, judge_on in ((one, two), (two, one)):
        prior = outcomes[learn_on].mean()
        won = np.bincount(codes[learn_on], weights=outcomes[learn_on], minlength=width)
        share = (won + 5 * prior) / (np.bincount(codes[learn_on], minlength=width) + 5)
        found.append(measures.auc(outcomes[judge_on], share[codes[judge_on]]))
    return float(np.mean(found))


def _auc_of_trees(encoding: Encoding, codes: Codes, outcomes: Numbers, *, seed: int) -> float:
    one, two = _halves(len(outcomes))
    if not 0 < outcomes[one].sum() < len(one):
        return 0.5
    trees = _fit_trees(encoding, codes[one], outcomes[one], np.ones(len(one)), seed=seed)
    return measures.auc(outcomes[two], trees.log_odds_of(codes[two]))


def _narrow(
    encoding: Encoding, codes: Codes, outcomes: Numbers, *, without: list[str]
) -> tuple[Encoding, Codes, list[str]]:
    """Without the leaks, and of a great many fields the ``MOST_FIELDS`` that say most alone."""
    places = [place for place, field in enumerate(encoding.fields) if field.name not in without]
    weak: list[str] = []
    if len(places) > MOST_FIELDS:
        strength = {p: abs(_auc_alone(codes[:, p], outcomes, encoding.fields[p].width) - 0.5) for p in places}
        kept = set(sorted(places, key=lambda place: -strength[place])[:MOST_FIELDS])
        weak = [encoding.fields[place].name for place in places if place not in kept]
        places = [place for place in places if place in kept]
    return Encoding(tuple(encoding.fields[place] for place in places)), codes[:, places], weak
