"""How good scores are: ``outcomes`` are 0 or 1, ``scores`` probabilities, both of one length."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]

CALIBRATION_BINS = 10
RESAMPLES = 200


def auc(outcomes: Numbers, scores: Numbers) -> float:
    """The chance that a won one stands above a lost one; ties count half. 0.5 where one kind is missing."""
    won = outcomes > 0.5
    n_won, n_lost = int(won.sum()), int((~won).sum())
    if not n_won or not n_lost:
        return 0.5
    _, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    return float((ranks[won].sum() - n_won * (n_won + 1) / 2) / (n_won * n_lost))


def auc_range(outcomes: Numbers, scores: Numbers, *, seed: int = 0) -> tuple[float, float]:
    """The middle 95 % of the AUC over resampled rows (bootstrap)."""
    chance = np.random.default_rng(seed)
    picks = (chance.integers(0, len(scores), len(scores)) for _ in range(RESAMPLES))
    low, high = np.quantile([auc(outcomes[pick], scores[pick]) for pick in picks], [0.025, 0.975])
    return float(low), float(high)


def average_precision(outcomes: Numbers, scores: Numbers) -> float:
    """The mean share of won among the best, over every place where a won one stands; equal scores share a place."""
    if not outcomes.sum():
        return 0.0
    order = np.argsort(-scores, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(scores[order])), len(scores) - 1)
    won = np.cumsum(outcomes[order])[ends]
    precision, recall = won / (ends + 1), won / outcomes.sum()
    return float(np.sum(np.diff(recall, prepend=0.0) * precision))


def brier(outcomes: Numbers, scores: Numbers) -> float:
    return float(np.mean((scores - outcomes) ** 2))


def log_loss(outcomes: Numbers, scores: Numbers) -> float:
    sure = np.clip(scores, 1e-12, 1 - 1e-12)
    return float(-np.mean(outcomes * np.log(sure) + (1 - outcomes) * np.log(1 - sure)))


def calibration(outcomes: Numbers, scores: Numbers) -> list[dict[str, Any]]:
    """Ten bins of equal count, lowest scores first: ``count``, mean score ``said``, observed share ``seen``."""
    bins = [part for part in np.array_split(np.argsort(scores, kind="stable"), CALIBRATION_BINS) if len(part)]
    return [
        {
            "count": len(part),
            "said": round(float(scores[part].mean()), 4),
            "seen": round(float(outcomes[part].mean()), 4),
        }
        for part in bins
    ]


def ece(outcomes: Numbers, scores: Numbers) -> float:
    """Expected calibration error: the mean distance of ``said`` and ``seen`` over ten bins of equal count."""
    bins = [part for part in np.array_split(np.argsort(scores, kind="stable"), CALIBRATION_BINS) if len(part)]
    return float(np.mean([abs(scores[part].mean() - outcomes[part].mean()) for part in bins]))


def lift(outcomes: Numbers, scores: Numbers, share: float) -> float:
    """How many times more often the best ``share`` is won than all are."""
    best = np.argsort(-scores, kind="stable")[: max(1, round(len(scores) * share))]
    overall = outcomes.mean()
    return float(outcomes[best].mean() / overall) if overall else 0.0


def area_under_gains(outcomes: Numbers, scores: Numbers) -> float:
    """ALIFT: the area under "share of the won found" over "share of the rows called" (Moro, Cortez, Rita 2014)."""
    if not outcomes.sum():
        return 0.5
    found = np.cumsum(outcomes[np.argsort(-scores, kind="stable")]) / outcomes.sum()
    return float(np.mean((np.append(0.0, found[:-1]) + found) / 2))


def all_measures(outcomes: Numbers, scores: Numbers) -> dict[str, float]:
    """The figures of a hold-out, rounded to four places."""
    low, high = auc_range(outcomes, scores)
    figures = {
        "auc": auc(outcomes, scores),
        "average_precision": average_precision(outcomes, scores),
        "brier": brier(outcomes, scores),
        "ece": ece(outcomes, scores),
        "lift_top_20": lift(outcomes, scores, 0.2),
        "lift_top_10": lift(outcomes, scores, 0.1),
        "alift": area_under_gains(outcomes, scores),
        "log_loss": log_loss(outcomes, scores),
        "auc_low": low,
        "auc_high": high,
        "base_rate": float(outcomes.mean()),
    }
    return {name: round(figure, 4) for name, figure in figures.items()}
