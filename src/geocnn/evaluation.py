"""Evaluate networks on labelled samples, surveys with classes, or seismograms with arrivals."""

import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float
from numpy import ndarray
from numpy.typing import NDArray
from torch import Tensor

from geocnn import io
from geocnn.checkpoints import Card, Trained, load, maps_of, restores
from geocnn.datasets import Samples
from geocnn.errors import DataError
from geocnn.grid import Grid
from geocnn.hardware import channels_last, choose_device
from geocnn.interpretation.horizons import find_horizons
from geocnn.io import ArraySource
from geocnn.io.horizons import IntervalSource
from geocnn.io.known_arrivals import KnownArrival, read_arrivals
from geocnn.io.same_place import difference, distance
from geocnn.io.source import Source
from geocnn.io.waveforms import Archive, Station
from geocnn.io.waveforms.pieces import FilePiece
from geocnn.losses import UNKNOWN
from geocnn.metrics import accuracies, confusion, overlaps, signal_to_noise
from geocnn.picking import residuals
from geocnn.prediction.catalogue import opened, pick_earthquakes
from geocnn.prediction.stretched import finer, predict_stretched
from geocnn.progress import progress
from geocnn.reading import has_data
from geocnn.survey_labels import classes_of, mask_of
from geocnn.synthetic.network import SEEN
from geocnn.words import size_text

__all__ = ["best_threshold", "evaluate_picks", "evaluate_samples", "evaluate_survey", "scores", "surveys_learnt"]

_THRESHOLDS = np.unique(np.round(1 / (1 + np.exp(-np.arange(-6, 6.05, 0.1))), 3))
"""Probabilities from 0.002 to 0.998 in steps of a tenth of their log-odds."""
_TRUST = {"manual": 0, "automatic": 2}
"""Rank of known arrivals by who picked them; others are between."""


def scores(
    probability: Float[ndarray, "*space"],
    truth: Bool[ndarray, "*same"],
    *,
    known: Bool[ndarray, "*same"] | None = None,
    threshold: float = 0.5,
    tolerance: int = 2,
) -> dict[str, float]:
    """Segmentation scores of a probability volume against a mask.

    Args:
        probability: 0..1.
        truth: True where the class is, such as on a fault.
        known: False where the truth is not known; these samples do not count. Default all known. Samples whose
            probability is NaN do not count either.
        threshold: a sample at or above is called one of the class.
        tolerance: samples (Euclidean) within which a called sample matches a true one, for the scores named tolerant.

    Returns:
        ``precision``, ``recall``, ``dice`` and ``iou`` sample by sample; ``average_precision`` and ``auc`` over all
        thresholds; ``tolerant_precision``, ``tolerant_recall``, ``tolerant_f1`` and ``tolerant_iou = f1 / (2 - f1)``.
        NaN where a score is undefined: precision where nothing is called, recall and ``average_precision`` where
        nothing is true, ``auc`` where all samples are of one kind, overlaps where nothing is called nor true.

    Raises:
        DataError: the shapes differ.
    """
    if probability.shape != truth.shape:
        raise DataError(
            f"the prediction has {probability.shape} samples and the labels {truth.shape}; they must be equal."
        )
    known = np.ones(truth.shape, np.bool_) if known is None else known
    counts = _counts(probability, truth, known, threshold=threshold, tolerance=tolerance)
    return _shares(counts, _ranking(probability[known], truth[known]))


def _counts(
    probability: NDArray[np.floating],
    truth: NDArray[np.bool_],
    known: NDArray[np.bool_],
    *,
    threshold: float = 0.5,
    tolerance: int = 2,
) -> NDArray[np.int64]:
    """Numbers of hits, called samples, true samples, called ones near a true one, and true ones near a called one."""
    known = known & ~np.isnan(probability)
    found, truth = (probability >= threshold) & known, truth & known
    masks = found & truth, found, truth, found & _near(truth, tolerance), truth & _near(found, tolerance)
    return np.array([np.count_nonzero(mask) for mask in masks])


def _shares(counts: NDArray[np.int64], ranking: dict[str, float]) -> dict[str, float]:
    """Scores from the counts of :func:`_counts`, with those over all thresholds."""
    hit, n_found, n_true, near_true, near_found = counts.astype(float).tolist()
    near_precision, near_recall = _share(near_true, n_found), _share(near_found, n_true)
    near_f1 = _harmonic(near_precision, near_recall)
    return {
        "precision": _share(hit, n_found),
        "recall": _share(hit, n_true),
        "dice": _share(2 * hit, n_found + n_true),
        "iou": _share(hit, n_found + n_true - hit),
        **ranking,
        "tolerant_precision": near_precision,
        "tolerant_recall": near_recall,
        "tolerant_f1": near_f1,
        "tolerant_iou": near_f1 / (2 - near_f1),
    }


def _harmonic(a: float, b: float) -> float:
    """Harmonic mean; 0 if both are 0, or one is 0 and the other undefined; NaN if neither is defined."""
    if math.isnan(a) and math.isnan(b):
        return math.nan
    return 2 * a * b / (a + b) if a > 0 and b > 0 else 0.0


def _share(part: float, whole: float) -> float:
    """Part divided by whole; NaN if the whole is 0."""
    return part / whole if whole else math.nan


def _near(mask: NDArray[np.bool_], tolerance: int) -> NDArray[np.bool_]:
    """True within ``tolerance`` samples of a True sample."""
    from scipy.ndimage import distance_transform_edt

    if not mask.any():
        return mask
    return np.asarray(distance_transform_edt(~mask) <= tolerance)


def _ranking(probability: NDArray[np.floating], truth: NDArray[np.bool_]) -> dict[str, float]:
    """Average precision and area under the ROC curve of known samples, with every probability as a threshold.

    Samples without a probability, NaN, do not count.
    """
    right, wrong = probability[truth], probability[~truth]
    right = right[~np.isnan(right)]
    if not right.size:
        return {"average_precision": math.nan, "auc": math.nan}
    wrong.sort()  # in place, as a survey is large; NaN comes last
    wrong = wrong[: len(wrong) - np.count_nonzero(np.isnan(wrong))]
    values, counts = np.unique(right, return_counts=True)
    below, up_to = (np.searchsorted(wrong, values, side) for side in ("left", "right"))
    hits, false = counts[::-1].cumsum()[::-1], len(wrong) - below
    ordered = counts @ ((below + up_to) / 2)  # pairs of a true and another sample in the right order, half where equal
    return {
        "average_precision": float(counts @ (hits / (hits + false)) / len(right)),
        "auc": _share(float(ordered) / len(right), len(wrong)),
    }


def evaluate_samples(
    network: str | Path | Trained,
    samples: Samples,
    *,
    device: str = "auto",
    show_progress: bool = True,
    metrics: Callable[[Tensor, Tensor], dict[str, float]] | None = None,
    summary: Callable[[dict[str, float]], dict[str, float]] | None = None,
) -> dict[str, float]:
    """Mean scores over labelled samples, each judged by itself; undefined scores are left out of the mean.

    For a classifier: those of :func:`geocnn.metrics.accuracies`, in addition to those of its recipe.
    For a segmentation network: those of :func:`scores`.
    For a network that restores amplitudes: the ratio of signal to noise before and after, dB.
    With ``metrics`` and ``summary``: those that the recipe records in training, which are those of all samples
    together; where the targets are masks, see :func:`geocnn.metrics.mask_confusion`, so are those of :func:`scores`.
    """
    trained = network if isinstance(network, Trained) else load(network)
    place = choose_device(device)
    model = channels_last(trained.model.to(place), trained.card.ndim)
    logits, targets, inputs = [], [], []
    with torch.inference_mode(), progress("evaluate", len(samples), show=show_progress) as tick:
        for i in range(len(samples)):
            x, y = samples[[i]]
            made = model(channels_last(x.to(place), trained.card.ndim))
            logits.append(maps_of(trained.card, made).float().cpu())
            targets.append(y)
            inputs.append(x)
            tick(1)
    if restores(trained.card):
        both = [
            _mean([signal_to_noise(x, y)["snr"] for x, y in zip(given, targets, strict=True)])
            for given in (inputs, logits)
        ]
        return {"snr_before": both[0], "snr": both[1]}
    recorded: dict[str, float] = {}
    if metrics is not None and summary is not None:
        each = [metrics(p, t) for p, t in zip(logits, targets, strict=True)]
        recorded = summary({key: _mean([row[key] for row in each]) for key in each[0]})
    if trained.card.task == "classification":
        return recorded | accuracies(confusion(torch.cat(logits), torch.cat(targets)), trained.card.classes)
    if recorded and (targets[0].ndim < logits[0].ndim or logits[0].shape[1] > 1):
        return recorded
    judged = [_mask_judged(p, t) for p, t in zip(logits, targets, strict=True)]
    if not recorded:
        rows = [scores(probability, truth, known=known) for probability, truth, known in judged]
        return {key: _mean([row[key] for row in rows]) for key in rows[0]}
    counts = sum((_counts(*one) for one in judged), start=np.zeros(5, np.int64))
    probability, truth = (np.concatenate([one[k][one[2]] for one in judged]) for k in (0, 1))
    return _shares(counts, _ranking(probability, truth)) | recorded


def _mask_judged(logits: Tensor, target: Tensor) -> tuple[NDArray[np.float32], NDArray[np.bool_], NDArray[np.bool_]]:
    """Probability, mask, and where the mask is known, of one sample; a second map of the target holds weights."""
    known = target[0, 1] > 0 if target.shape[1] > 1 else torch.ones(target.shape[2:], dtype=torch.bool)
    return torch.sigmoid(logits)[0, 0].numpy(), target[0, 0].numpy() > 0.5, known.numpy()


def best_threshold(network: str | Path | Trained, samples: Samples, *, beta: float = 1.0, tolerance: int = 2) -> float:
    """Threshold of probability with the best tolerant F score of all samples together.

    Args:
        network: network of one class.
        samples: inputs and masks that it was not trained on.
        beta: how many times as much recall counts as precision (van Rijsbergen 1979).
        tolerance: as for :func:`scores`.

    Raises:
        DataError: no sample is of the class.
    """
    from scipy.ndimage import maximum_filter

    trained = network if isinstance(network, Trained) else load(network)
    edges = np.append(_THRESHOLDS, 2)
    right, called, reached = (np.zeros(len(_THRESHOLDS)) for _ in range(3))
    true = 0
    ball = np.indices((2 * tolerance + 1,) * trained.card.ndim) - tolerance
    footprint = np.square(ball).sum(0) <= tolerance**2
    for index in range(len(samples)):
        x, y = samples[[index]]
        with torch.inference_mode():
            probability = torch.sigmoid(trained.model(x).float())[0, 0].numpy()
        truth = y[0, 0].numpy() > 0.5
        # A true sample is found when the threshold falls below the largest probability near it.
        largest = maximum_filter(probability, footprint=footprint, mode="constant")
        right += np.histogram(probability[_near(truth, tolerance)], edges)[0]
        called += np.histogram(probability, edges)[0]
        reached += np.histogram(largest[truth], edges)[0]
        true += int(truth.sum())
    if not true:
        raise DataError(f"nothing in the samples is of {trained.card.classes[0]}; give samples with some.")
    right, called, reached = (counts[::-1].cumsum()[::-1] for counts in (right, called, reached))
    precision, recall = right / np.maximum(called, 1), reached / true
    score = (1 + beta**2) * precision * recall / np.maximum(beta**2 * precision + recall, 1e-9)
    return float(_THRESHOLDS[np.argmax(score)])


def _mean(values: list[float]) -> float:
    """Mean of the defined values; NaN if there are none."""
    defined = [value for value in values if not math.isnan(value)]
    return _share(math.fsum(defined), len(defined))


def evaluate_survey(
    network: str | Path | Trained,
    data: str | Path | NDArray[np.generic] | Source,
    labels: str | Path | NDArray[np.generic] | Source,
    *,
    stretch: float | Sequence[float] | str = "auto",
    memory: str | None = None,
    device: str = "auto",
    show_progress: bool = True,
    announce: Callable[[str], None] | None = None,
) -> dict[str, float]:
    """Scores on a survey with labels of the same shape; for one class at the threshold of the card.

    What is scored is the result of :func:`geocnn.predict` with the same ``stretch``, and ``announce`` is called with
    its notes, and with one if the network learnt from this survey.

    For a network of one class, such as faults, labels are 1 on it and 0 elsewhere (or probabilities, above 0.5 on it);
    -1, 255, NaN, or the value that meant unknown in training, mark unknown samples. For several classes labels are
    numbers of classes, and scores are those of :func:`geocnn.metrics.overlaps`, NaN for classes that occur nowhere.
    Samples that the network does not see do not count: dead traces, mutes, padding and NaN.

    For a network that restores amplitudes, labels are the survey without noise in the same unit. The scores are the
    ratios of its energy to that of the difference, before and after, in dB; NaN samples do not count. For a network
    that makes surveys finer, labels lie on the finer grid, and "before" is the interpolated survey.

    If labels are horizons, see :class:`geocnn.io.horizons.IntervalSource`, there are also mean errors, and the share of
    the picks where the horizon has been found.

    Raises:
        DataError: the shapes, axes or places on the map differ, or the labels are invalid, or contain nothing of the
            class or no class at all.
    """
    source, truth = io.open(data), io.open(labels)
    trained = network if isinstance(network, Trained) else load(network, ndim=source.grid.ndim)
    card, fine = trained.card, finer(source, trained.card)
    if fine.grid.shape != truth.grid.shape:
        have, need, given = (size_text(grid.shape) for grid in (truth.grid, fine.grid, source.grid))
        if card.finer > 1:
            raise DataError(
                f"the labels have {have} samples, and of data of {given} the network {card.name} makes {need}; needed "
                f"is the survey without noise on that finer grid, {need} samples."
            )
        raise DataError(f"the labels have {have} samples and the data {need}; both must lie on the same grid.")
    _check_place(truth.grid, fine.grid, resampled=card.finer > 1)
    options: dict[str, Any] = {"stretch": stretch, "memory": memory, "device": device, "show_progress": show_progress}
    if restores(card):
        return _restored(_predicted(trained, source, announce, **options), fine, truth)
    unknown = card.training.get("arguments", {}).get("unknown")
    several = len(card.classes) > 1
    true = classes_of(truth, len(card.classes), unknown) if several else mask_of(truth, card.classes[0], unknown)
    result = _predicted(trained, source, announce, **options)
    known = (true != UNKNOWN) & has_data(fine)
    errors = _horizon_errors(truth, ArraySource(result, fine.grid)) if isinstance(truth, IntervalSource) else {}
    if not several:
        found = scores(result, true == 1, known=known, threshold=card.threshold)
        return {"threshold": card.threshold} | found | errors
    known &= result != UNKNOWN  # beside mutes, where no sample of the resampled survey is next to one with data
    n = len(card.classes)
    pairs = np.bincount(true[known] * n + result[known].astype(np.int64), minlength=n * n).astype(float)
    found = overlaps({f"{k // n} as {k % n}": count for k, count in enumerate(pairs.tolist())}, card.classes)
    if n == 2:
        return found | errors
    by_class = {f"iou_{name.replace(' ', '_')}": math.nan for name in card.classes}
    return {k: found[k] for k in found if k not in by_class} | by_class | found | errors


def _check_place(own: Grid, needed: Grid, *, resampled: bool) -> None:
    """Refuse labels of another place than the data.

    The lines of a finer grid have numbers of their own, which the survey without noise need not have; there the
    vertical axes and map coordinates alone are compared, the former not at their ends, for files round steps.

    Raises:
        DataError: they are.
    """
    if not resampled:
        apart = difference(own, needed)
    else:
        down, other = own.axes[-1], needed.axes[-1]
        ends = [Grid((replace(axis, size=2),)) for axis in (down, other)]
        units = {down.unit, other.unit} - {""}
        apart = (str(down), str(other)) if len(units) > 1 or difference(*ends) else distance(own, needed)
    if apart:
        raise DataError(
            f"the labels have {apart[0]}, and the {'result' if resampled else 'data'} {apart[1]}; both must lie on the "
            "same grid: give the labels of this survey, or where only headers are wrong the samples as .npy, which has "
            "none."
        )


def _predicted(
    trained: Trained,
    source: Source,
    announce: Callable[[str], None] | None,
    **options: Any,  # noqa: ANN401  (those of predict_stretched)
) -> NDArray[np.float32]:
    """Result for a survey, as :func:`geocnn.predict` gives it; its notes are announced, and whether it was learnt."""
    made = predict_stretched(trained, source, **options)
    assert made.array is not None  # without out it is in memory
    if announce is not None:
        for note in (*_learnt(trained.card, source), *made.notes):
            announce(f"note: {note}")
    return made.array


def _learnt(card: Card, source: Source) -> Iterator[str]:
    """A note if the network learnt from the file of a survey."""
    if source.path is None:
        return
    here = source.path.resolve()
    own, *before = (here in surveys_learnt(one["training"]) for one in card.lineage)
    if own or any(before):
        yield (
            f"the network{'' if own else ', or one that it goes back to,'} learnt from parts of {source.path}, and it "
            "may know them by heart; geocnn evaluate without --data tells how it does with what was kept to judge by."
        )


def surveys_learnt(training: Mapping[str, Any]) -> list[Path]:
    """Files that a network of the recipe segment learnt from, wholly or in part; ``training`` is that of its card."""
    files = training.get("arguments", {}).get("data") if training.get("recipe") == "segment" else None
    learnt = [Path(name).resolve() for name in files or ()]
    return learnt[:-1] if len(learnt) > 1 else learnt  # the last of several is kept to judge by


def _horizon_errors(truth: IntervalSource, result: Source) -> dict[str, float]:
    """Mean distance of each horizon in a result from its picks, in the unit of the vertical axis; and share found.

    The distance is NaN if no pick is on a trace where the result has the horizon; the share counts the picks that are.
    """
    try:
        found = find_horizons(result)
    except DataError:  # the result has only one class
        found = []
    errors = {}
    for number, horizon in enumerate(truth.horizons):
        away = np.abs(found[number].values - horizon.values) if number < len(found) else np.array(np.nan)
        known = away[np.isfinite(away)]
        errors[f"error_of_{horizon.name}"] = float(known.mean()) if known.size else math.nan
        errors[f"found_of_{horizon.name}"] = known.size / horizon.picked if horizon.picked else math.nan
    return errors


def _restored(result: NDArray[np.float32], source: Source, truth: Source) -> dict[str, float]:
    """Signal-to-noise ratios of a survey, before and after a network, against a survey without noise.

    Raises:
        DataError: the latter has no signal.
    """
    clean, noisy = truth.read(...), source.read(...)
    known = np.isfinite(clean) & np.isfinite(noisy) & source.live[..., None]
    signal = np.square(clean[known], dtype=np.float64).sum()
    if not signal:
        raise DataError(
            f"the labels{f' {truth.path}' if truth.path else ''} are zero wherever the survey has data; needed is the "
            "survey without noise."
        )
    left = [np.square(clean[known] - each[known], dtype=np.float64).sum() for each in (noisy, result)]
    before, after = (10 * math.log10(signal / max(noise, 1e-30 * signal)) for noise in left)
    return {"snr_before": before, "snr": after}


def evaluate_picks(
    network: str | Path | Trained,
    data: object,
    arrivals: str | Path,
    *,
    tolerance: float = 0.5,
    device: str = "auto",
    show_progress: bool = True,
    announce: Callable[[str], None] | None = None,
) -> dict[str, float]:
    """Score a picker on seismograms in which all arrivals are known.

    Args:
        network: "quakes", a run folder, or a network in memory.
        data: seismograms, as for :func:`geocnn.prediction.catalogue.pick_earthquakes`.
        arrivals: table, see :func:`geocnn.io.known_arrivals.read_arrivals`. Arrivals with a signal-to-noise ratio below
            3 need not be found, but may be; arrivals without data do not count, and those of one wave at one station
            that are nearer to each other than the tolerance, such as the picks of two analysts, are one.
        tolerance: largest difference in time of a right pick, s.
        device: "auto", "cpu", "cuda" or "cuda:1".
        show_progress: show a live line.
        announce: is called with notes on what does not count, such as ``print``.

    Returns:
        Recall, precision and mean absolute error in seconds of P and of S; NaN where nothing can be judged.

    Raises:
        DataError: no arrival of the table is at one of the stations while it has data.
        MissingError: no such file.
        FormatError: the table cannot be read.
    """
    known, archive = read_arrivals(arrivals, announce), opened(data, "*", show_progress=show_progress)
    own = _own(archive, known)
    if not any(own):
        raise DataError(
            f"no arrival in {arrivals} is at a station or in a file of {data}; the first one is at {known[0].where}, "
            f"and the first station is {archive.stations[0]}. Give the table of these seismograms."
        )
    heard = [
        [arrival for arrival in found if _has_data(station, arrival.time)]
        for station, found in zip(archive.stations, own, strict=True)
    ]
    if not any(heard):
        when = f"{np.datetime64(known[0].time, 'ns').astype('datetime64[s]')}Z"
        raise DataError(
            f"no arrival in {arrivals} is at a time at which its station has data in {data}; the first one is at "
            f"{when}. Give the table of these seismograms."
        )
    number, heard = sum(map(len, heard)), [_once(found, tolerance) for found in heard]
    if announce is not None and (again := number - sum(map(len, heard))):
        announce(
            f"note: {again} of {number} arrivals in {arrivals} {'repeats' if again == 1 else 'repeat'} another of the "
            f"same wave at the same station less than {tolerance:g} s from it; such count once."
        )
    made = pick_earthquakes(network, archive, detector=None, device=device, show_progress=show_progress).arrivals
    times: dict[tuple[int, str], list[float]] = defaultdict(list)
    for arrival in made:
        times[id(arrival.station), arrival.pick.phase].append(arrival.pick.time / 1e9)
    judged = {}
    for phase in "PS":
        picks = [times[id(station), phase] for station in archive.stations]
        truth = [[arrival for arrival in own if arrival.phase == phase] for own in heard]
        seen = [[a.time / 1e9 for a in own if a.snr >= SEEN] for own in truth]
        fit = np.concatenate([residuals(p, t, tolerance) for p, t in zip(picks, seen, strict=True)])
        right = sum(
            len(residuals(p, [a.time / 1e9 for a in own], tolerance)) for p, own in zip(picks, truth, strict=True)
        )
        judged[f"recall_{phase.lower()}"] = _share(len(fit), sum(map(len, seen)))
        judged[f"precision_{phase.lower()}"] = _share(right, sum(map(len, picks)))
        judged[f"error_{phase.lower()}"] = _share(float(np.abs(fit).sum()), len(fit))
    return judged


def _once(found: Sequence[KnownArrival], tolerance: float) -> list[KnownArrival]:
    """Arrivals at a station, of those of one wave that are nearer to each other than the tolerance (s) only one.

    Manual ones come before others and automatic ones last, and then clear ones before weak ones.
    """
    kept: list[KnownArrival] = []
    times: dict[str, list[int]] = {"P": [], "S": []}
    for arrival in sorted(found, key=lambda a: (_TRUST.get(a.mode or "", 1), -a.snr, a.time)):
        own = times[arrival.phase]
        at = bisect_left(own, arrival.time)
        if all(abs(time - arrival.time) >= tolerance * 1e9 for time in own[max(0, at - 1) : at + 1]):
            own.insert(at, arrival.time)
            kept.append(arrival)
    return kept


def _own(archive: Archive, known: Sequence[KnownArrival]) -> list[list[KnownArrival]]:
    """Arrivals at each station: for the named instrument or file, or without a name for any instrument of it.

    Where a named instrument has no data, an arrival is for the one at its place that has: its predecessor or successor.
    A station may be named without its network, if only one network has such a one.
    """
    exact: dict[str, set[int]] = defaultdict(set)
    at: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    by_codes: dict[tuple[str, ...], list[int]] = defaultdict(list)
    networks: dict[str, set[str]] = defaultdict(set)
    for number, station in enumerate(archive.stations):
        files = {piece.path.name for piece in station.pieces if isinstance(piece, FilePiece)}
        for name in (str(station), *files):
            exact[name].add(number)
        at[_place(station)].append(number)
        by_codes[station.network, station.name].append(number)
        networks[station.name].add(station.network)
    for name, own_networks in networks.items():
        if len(own_networks) == 1:
            by_codes[name,] = by_codes[own_networks.pop(), name]
    own: list[list[KnownArrival]] = [[] for _ in archive.stations]
    for arrival in known:
        named = exact.get(arrival.where)
        if named is None:
            numbers = by_codes.get(tuple(arrival.where.split(".")[:2]), [])
        else:
            numbers = [k for k in named if _has_data(archive.stations[k], arrival.time)]
            beside = {k for n in named for k in at[_place(archive.stations[n])]}
            numbers = numbers or [k for k in beside if _has_data(archive.stations[k], arrival.time)] or list(named)
        for number in numbers:
            own[number].append(arrival)
    return own


def _place(station: Station) -> tuple[str, str, str]:
    """Network, station and location."""
    return station.network, station.name, station.location


def _has_data(station: Station, time: int) -> bool:
    """Whether any channel of a station has a sample at a time, ns."""
    near = (piece for component in range(3) for piece in station.within(component, time, time))
    return any(piece.start <= time < piece.end for piece in near)
