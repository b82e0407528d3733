"""Mistakes with geocnn predict and seismograms for a network of geocnn train convnetquake."""

from pathlib import Path

import numpy as np
from tests.messages.entries import Table, checks_of_commands
from tests.messages.materials import run

from geocnn import checkpoints
from geocnn.checkpoints import Card
from geocnn.io.waveforms import ArrayPiece, Channel
from geocnn.io.waveforms.miniseed import write_miniseed
from geocnn.models import build

command = Table()

test_command = checks_of_commands(command)


def network() -> None:
    """A run folder with random weights."""
    arguments = {"ndim": 1, "in_channels": 3, "out_channels": 3}
    known = {"normalisation": {"kind": "record"}, "window": (1001,), "axes": ("time",), "channels": tuple("ZNE")}
    classes = ("noise", "cluster 1", "cluster 2")
    card = Card("convnetquake", "classification", "convnetquake", arguments, classes, **known)
    checkpoints.save(Path("net"), build("convnetquake", **arguments), card)


def predict(
    *words: str,
    components: str = "ZNE",
    size: int = 2000,
    station: str = "AAA",
    instrument: str = "HH",
    judged: bool = True,
) -> int:
    """Predict a folder with a file a component."""
    network()
    folder = Path("data")
    folder.mkdir(exist_ok=True)
    for component in components:
        samples = np.random.default_rng(0).normal(0, 100, size).astype(np.float32)
        piece = ArrayPiece.of(
            Channel("OK", station, "", f"{instrument}{component}"), 1_700_000_000 * 10**9, 100.0, samples
        )
        write_miniseed(folder / f"{station}{component}.mseed", [piece])
    return run("predict", "net", "data", "--quiet", *words) if judged else 0


@command
def no_such_file():
    """there is no file nowhere; check the name."""
    network()
    return run("predict", "net", "nowhere", "--quiet")


@command
def an_empty_folder():
    """there is no file in the folder data; give one with seismograms."""
    return predict(components="")


@command
def no_seismometer():
    """data has no channel to pick earthquakes on (OK.AAA..HDZ: no seismometer). It has OK.AAA..HDZ. Needed are samples
    of a seismometer, 15 or more a second, in miniSEED or a format that ObsPy reads."""
    return predict(components="Z", instrument="HD")


@command
def one_component():
    """OK.AAA..HH has no 10.01 s of vertical, north and east component without a gap, and the network judges nothing
    else (OK.AAA..HH? has no north and no east component; the longest record has 20.00 s); give records with all
    three."""
    return predict(components="Z")


@command
def a_short_record():
    """OK.AAA..HH has no 10.01 s of vertical, north and east component without a gap, and the network judges nothing
    else (the longest record has 10.00 s); give records with all three."""
    return predict(size=1000)


@command
def short_records_of_two_stations():
    """none of the 2 stations has 10.01 s of vertical, north and east component without a gap, and the network judges
    nothing else (OK.BBB..HH? has no vertical component; the longest record has 9.00 s); give records with all three."""
    predict(size=800, judged=False)
    return predict(components="NE", size=900, station="BBB")


@command
def an_option_of_surveys():
    """--tile is for surveys, and this network detects earthquakes in windows of seismograms; leave it out. It takes
    --out, --overwrite, --device, --quiet, --threshold and --channels."""
    return predict("--tile", "64")


@command
def an_option_of_pickers():
    """--stations is for a picker, and this network detects earthquakes in windows of seismograms; leave it out. It
    takes --out, --overwrite, --device, --quiet, --threshold and --channels."""
    return predict("--stations", "stations.csv")


@command
def a_threshold_that_is_none():
    """the threshold is 2; needed is a probability above 0, up to 1."""
    return predict("--threshold", "2")


@command
def a_table_of_another_name():
    """--out is d.xml; detections are a table, give a name that ends in .csv, or a folder."""
    return predict("--out", "d.xml")


@command
def a_table_that_is_there():
    """d.xml exists already; give --overwrite (in Python overwrite=True) or another name."""
    Path("d.xml").touch()
    return predict("--out", "d.csv")


@command
def channels_that_there_are_not():
    """no channel of data fits "XX.*"; it has OK.AAA..HHE, OK.AAA..HHN, OK.AAA..HHZ. Give --channels a pattern that some
    of these fit, such as "OK.AAA..HH?"."""
    return predict("--channels", "XX.*")
