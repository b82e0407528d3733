"""Mistakes with geocnn evaluate."""

import json
import struct
from pathlib import Path

import numpy as np
import pytest
from tests.messages.entries import Table, checks_of_commands, checks_of_mistakes
from tests.messages.materials import line, network, run, segy

import geocnn
from geocnn.checkpoints import read_card
from geocnn.cli import main
from geocnn.evaluation import scores
from geocnn.grid import Axis, Grid
from geocnn.io import ArraySource
from geocnn.io.waveforms import ArrayPiece, Channel
from geocnn.io.waveforms.miniseed import write_miniseed
from geocnn.recipes.segment.intervals import check_learnt

mistake, command = Table(), Table()


test_message = checks_of_mistakes(mistake)
test_command = checks_of_commands(command)


@mistake
def labels_of_another_shape():
    """the prediction has (2, 3) samples and the labels (2, 2); they must be equal."""
    scores(np.zeros((2, 3), np.float32), np.zeros((2, 2), np.bool_))


@mistake
def labels_without_faults():
    """the labels hold no fault, for no known sample is above 0.5; labels for a network that finds fault are 1 on it, 0
    elsewhere, and -1, 255 or NaN where it is not known."""
    geocnn.evaluate(network(), np.ones((9, 9)), np.zeros((9, 9)))


@command
def a_survey_without_labels():
    """evaluate needs both --data and --labels, or neither for the samples of the recipe."""
    return run("evaluate", "faults", "--data", line())


def _arrivals(*lines: str) -> int:
    Path("arrivals.csv").write_text("\n".join(("station,phase,time", *lines)))
    piece = ArrayPiece.of(Channel("XX", "AAA", "", "HHZ"), 1_700_000_000 * 10**9, 100.0, np.ones(900, np.float32))
    write_miniseed(Path("a.mseed"), [piece])
    return run("evaluate", "quakes", "--quiet", "--data", "a.mseed", "--labels", "arrivals.csv")


@command
def arrivals_of_other_stations():
    """no arrival in arrivals.csv is at a station or in a file of a.mseed; the first one is at XX.BBB, and the first
    station is XX.AAA..HH. Give the table of these seismograms."""
    return _arrivals("XX.BBB,P,2026-01-01T00:00:00Z")


@command
def arrivals_without_a_time():
    """arrivals.csv, line 2: the time is 'yesterday'; needed is one such as 2026-01-31T23:59:59.123Z, or seconds since
    1970."""
    return _arrivals("XX.AAA,P,yesterday")


@command
def arrivals_of_no_station():
    """arrivals.csv, line 2: the phase is 'P' and the station ''; needed are the columns phase, P or S, time in UTC, and
    station, such as CX.PB01, or file."""
    return _arrivals(",P,2026-01-01")


@command
def data_for_a_detector():
    """the network detector tells where earthquakes are that a picker has found; type geocnn predict quakes PATH
    --detector detector, or give the folder of that network there."""
    return run("evaluate", "detector", "--data", "a.mseed", "--labels", "arrivals.csv")


@command
def labels_of_another_survey():
    """the labels have 9 x 8 samples and the data 20 x 30; both must lie on the same grid."""
    np.save("labels.npy", np.ones((9, 8)))
    return run("evaluate", network(), "--data", line(), "--labels", "labels.npy")


@command
def labels_of_another_place():
    """the labels have inline 11..14 step 1 (4) and crossline 201..203 step 1 (3), and the data inline 1..4 step 1 (4)
    and crossline 1..3 step 1 (3); both must lie on the same grid: give the labels of this survey, or where only headers
    are wrong the samples as .npy, which has none."""
    elsewhere = [{189: 11 + i // 3, 193: 201 + i % 3} for i in range(12)]
    files = segy("survey.sgy"), segy("labels.sgy", elsewhere)
    return run("evaluate", network(ndim=3), "--data", files[0], "--labels", files[1])


@command
def labels_with_nothing_in_them():
    """the labels labels.npy hold no fault, for no known sample is above 0.5; labels for a network that finds fault are
    1 on it, 0 elsewhere, and -1, 255 or NaN where it is not known."""
    np.save("labels.npy", np.zeros((20, 30)))
    return run("evaluate", network(), "--data", line(), "--labels", "labels.npy")


@command
def amplitudes_as_labels():
    """the labels labels.npy reach from -2 to 3; labels for a network that finds fault are 1 on it, 0 elsewhere, and -1,
    255 or NaN where it is not known: give such a file, or rescale it."""
    np.save("labels.npy", np.linspace(-2, 3, 600).reshape(20, 30))
    return run("evaluate", network(), "--data", line(), "--labels", "labels.npy")


@pytest.mark.usefixtures("here")
def test_surveys_that_need_options_can_be_scored(capsys):
    numbers = [{9: 1 + i // 3, 13: 1 + i % 3, 37: i} for i in range(12)]  # a pair that is not searched
    data, truth = segy("data.sgy", numbers), segy("truth.sgy", numbers)
    raw = bytearray(truth.read_bytes())
    for trace in range(12):
        struct.pack_into(">10f", raw, 3600 + trace * 280 + 240, *([1.0 if trace == 4 else 0.0] * 10))
    truth.write_bytes(raw)
    options = ["--inline-byte", "9", "--crossline-byte", "13", "--domain", "depth"]
    words = ["evaluate", network(ndim=3), "--data", str(data), "--labels", str(truth), "--quiet"]
    assert main([*words, *options]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "note: 1 of 12 traces is dead or missing; it is zero in the result."
    names = [row.rsplit(maxsplit=1)[0] for row in said if not row.startswith("note: ")]
    assert names[:4] == ["threshold", "precision", "recall", "dice"]
    assert main(words) == 2


@command
def no_samples_to_judge_by():
    """the card of net names no recipe with samples to be judged by; give a survey with --data and its known answers
    with --labels."""
    return run("evaluate", network())


@command
def coarse_labels_for_a_finer_result():
    """the labels have 20 x 30 samples, and of data of 20 x 30 the network superres-2d makes 39 x 59; needed is the
    survey without noise on that finer grid, 39 x 59 samples."""
    return run("evaluate", "superres", "--data", line(), "--labels", line())


@mistake
def labels_of_another_time_for_a_finer_result():
    """the labels have time 700..816 ms step 2 (59), and the result time 500..616 ms step 2 (59); both must lie on the
    same grid: give the labels of this survey, or where only headers are wrong the samples as .npy, which has none."""
    coarse, fine = (
        ArraySource(np.ones((traces, size)), Grid((Axis("trace", traces), Axis("time", size, start, step, "ms"))))
        for traces, size, start, step in ((20, 30, 500, 4), (39, 59, 700, 2))
    )
    geocnn.evaluate("superres", coarse, fine)


@command
def the_samples_of_a_recipe_resampled():
    """--stretch is for surveys, and without data the samples of the recipe are judged; leave it out."""
    return run("evaluate", "faults", "--stretch", "1", "0.5")


@command
def seismograms_resampled():
    """--stretch is for surveys, and a picker takes seismograms; leave it out."""
    return run("evaluate", "quakes", "--data", "a.mseed", "--labels", "arrivals.csv", "--stretch", "1")


@command
def factors_that_do_not_fit_the_survey():
    """stretch is 0.5; needed is 'auto' or a number from 1/16 to 16 for each of trace, time, such as --stretch 1
    0.25."""
    return run("evaluate", network(), "--data", line(), "--labels", _faults(), "--stretch", "0.5", "--quiet")


@command
def amplitudes_resampled_and_scored():
    """stretch is 1, 0.5, and denoise-2d gives amplitudes, which resampling there and back would change; leave it
    out."""
    return run("evaluate", "denoise", "--data", line(), "--labels", _faults(), "--stretch", "1", "0.5", "--quiet")


def _faults() -> str:
    np.save("labels.npy", np.eye(20, 30))
    return "labels.npy"


def _judged_elsewhere(**files: object) -> int:
    """A run folder whose card names files that are not here."""
    card = Path(network(), "card.json")
    training = {"training": {"recipe": "segment", "arguments": files}}
    card.write_text(json.dumps(json.loads(card.read_text()) | training))
    return run("evaluate", "net")


@command
def samples_of_a_run_from_another_folder():
    """net learnt from d/pen.npy, and there is no such file in {here}, for it is relative to the folder in which the
    network was trained; type this there, or give a survey with --data and its known answers with --labels."""
    return _judged_elsewhere(data=["d/pen.npy"], labels=["d/known.npy"])


@command
def samples_of_a_run_that_are_gone():
    """net learnt from /nowhere/known.npy, which is no longer there; put it back, or give a survey with --data and its
    known answers with --labels."""
    return _judged_elsewhere(data=[line()], labels=["/nowhere/known.npy"])


@command
def a_survey_that_has_changed_since():
    """mine learnt from line.npy, labels.npy, which have changed since, or others of these names lie there, or another
    version of geocnn divided them otherwise; bring back what they were, give a survey with --data and its known answers
    with --labels, or train again."""
    small = {"epochs": 1, "samples": 2, "width": 2, "crop": 16, "device": "cpu", "show_progress": False}
    np.save("labels.npy", np.arange(60)[:, None] * np.ones(24) % 2)
    np.save("line.npy", np.random.default_rng(0).standard_normal((60, 24)))
    geocnn.fit("segment", data="line.npy", labels="labels.npy", out="mine", **small)
    np.save("line.npy", np.random.default_rng(1).standard_normal((60, 24)))
    return run("evaluate", "mine", "--quiet")


@command
def windows_that_have_changed_since():
    """mine learnt from w.npz, which has changed since, or another of this name lies there, or another version of geocnn
    divided it otherwise; bring back what it was, give windows with --data, their classes as the array y, or train
    again."""
    windows = np.random.default_rng(0).standard_normal((6, 16))
    np.savez("w.npz", x=windows, y=np.arange(6) % 2)
    geocnn.fit("classify", data="w.npz", width=2, epochs=1, out="mine", device="cpu", show_progress=False)
    np.savez("w.npz", x=windows[::-1], y=np.arange(6) % 2)
    return run("evaluate", "mine", "--quiet")


@command
def more_horizons_than_classes():
    """the network net tells fault and the rest apart, which takes 1 horizon, and --horizons names 2; give as many."""
    return run("evaluate", network(), "--data", line(), "--horizons", "upper.dat", "lower.dat")


@mistake
def fewer_horizons_than_were_learnt():
    """the network runs/h tells above a, a to b, b to c, below c apart, which takes 3 horizons, and --horizons names 2;
    give all that it has learnt, from top to bottom: --horizons a.dat b.dat c.dat."""
    learnt = {"arguments": {"horizons": ["a.dat", "b.dat", "c.dat"]}}
    card = read_card(network()).replace(classes=("above a", "a to b", "b to c", "below c"), training=learnt)
    check_learnt(card, "runs/h", ["a.dat", "b.dat"])
