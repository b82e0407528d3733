"""Every message a user can meet, word for word, one entry a mistake.

An entry is a function that makes the mistake in an empty folder (the working directory): a ``mistake`` raises, a
``command`` runs the command line and returns its exit code. Its docstring is the message, where a line break stands for
a space and ``{here}`` for the folder. Add yours at the end of a section.
"""

import contextlib
import errno
import inspect
import json
import os
import resource
import shutil
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import jaxtyping
import numpy as np
import pytest
import segyio
import torch

import geocnn
from geocnn import checkpoints, io, tracing, training
from geocnn.checkpoints import Card
from geocnn.cli import main
from geocnn.datasets import TensorSamples
from geocnn.errors import GeocnnError
from geocnn.evaluation import scores
from geocnn.export import export
from geocnn.grid import Axis, Grid
from geocnn.hardware import choose_device
from geocnn.io.tracesink import TraceSink
from geocnn.models import build
from geocnn.recipes import build as recipe
from geocnn.training import Recipe, Schedule
from geocnn.weights_files import read_weights

fit = partial(training.fit, device="cpu", show_progress=False)

Mistake = Callable[[], object]
MISTAKES: dict[str, Mistake] = {}
COMMANDS: dict[str, Callable[[], int]] = {}


def mistake(function: Mistake) -> Mistake:
    """Enter a mistake into the table."""
    MISTAKES[function.__name__] = function
    return function


def command(function: Callable[[], int]) -> Callable[[], int]:
    """Enter a command into the table."""
    COMMANDS[function.__name__] = function
    return function


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", MISTAKES)
def test_message(here, name):
    expected = " ".join(inspect.getdoc(MISTAKES[name]).split()).replace("{here}", str(here))
    with pytest.raises(GeocnnError) as caught:
        MISTAKES[name]()
    assert str(caught.value) == expected
    assert not [p.name for p in here.iterdir() if "partial" in p.name]


@pytest.mark.parametrize("name", COMMANDS)
def test_command(here, capsys, name):
    expected = " ".join(inspect.getdoc(COMMANDS[name]).split()).replace("{here}", str(here))
    assert COMMANDS[name]() == 2
    out, err = capsys.readouterr()
    assert err == f"geocnn: {expected}\n"
    assert out == ""


@pytest.mark.parametrize(
    "file",
    ["no.sgy", "empty.sgy", "picture.sgy", "cut.sgy", "folder", "format7.sgy", "negative.sgy", "prestack.sgy"],
)
@pytest.mark.usefixtures("here")
def test_the_command_line_says_it_in_one_line_and_exits_with_2(capsys, file):
    Path("empty.sgy").touch()
    Path("picture.sgy").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(5000))
    Path("folder").mkdir()
    Path("cut.sgy").write_bytes(segy("whole.sgy").read_bytes()[:-7])
    patched("format7.sgy", 3224, ">h", 7)
    patched("negative.sgy", 3216, ">h", -4000)
    segy("prestack.sgy", [{189: 1, 193: 1, 37: i} for i in range(12)])
    assert main(["info", file]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("geocnn: ")
    assert err.count("\n") == 1
    assert file in err


# Materials for mistakes


def segy(name: str, headers: list[dict[int, int]] | None = None, traces: int = 12) -> Path:
    """A SEG-Y file of 12 traces x 10 samples, a cube of 4 x 3 unless headers are given."""
    spec = segyio.spec()
    spec.samples, spec.tracecount, spec.format = np.arange(10) * 4.0, traces, 5
    with segyio.create(name, spec) as file:
        file.bin[segyio.BinField.Interval] = 4000
        for number in range(traces):
            file.trace[number] = np.full(10, number, np.float32)
            file.header[number].update((headers or [{189: 1 + i // 3, 193: 1 + i % 3} for i in range(12)])[number])
    return Path(name)


def patched(name: str, at: int, form: str, value: int) -> Path:
    """A SEG-Y file with one number of its headers replaced."""
    raw = bytearray(segy(name).read_bytes())
    struct.pack_into(form, raw, at, value)
    Path(name).write_bytes(raw)
    return Path(name)


def result(path: str = "result.sgy", **options: object) -> object:
    """Try to create a result of a survey."""
    return io.create(path, io.open(segy("survey.sgy")), **options)  # type: ignore[arg-type]


# Opening files


@mistake
def missing_file():
    """there is no file no.sgy; check the name."""
    io.open("no.sgy")


@mistake
def a_folder():
    """lines is a folder and no Zarr store (it has no zarr.json); name a file."""
    Path("lines").mkdir()
    io.open("lines")


@mistake
def empty_file():
    """e.sgy is empty (0 bytes); copy it again."""
    Path("e.sgy").touch()
    io.open("e.sgy")


@mistake
def picture_named_segy():
    """p.sgy is a PNG picture, not a survey; geocnn reads SEG-Y, Zarr and .npy."""
    Path("p.sgy").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(5000))
    io.open("p.sgy")


@mistake
def zip_archive():
    """a.npz is a ZIP archive or .npz, not a survey; geocnn reads SEG-Y, Zarr and .npy."""
    np.savez("a.npz", a=np.ones(3))
    io.open("a.npz")


@mistake
def unknown_format():
    """notes.txt is no format that geocnn knows; it reads SEG-Y, Zarr and .npy."""
    Path("notes.txt").write_text("line 7, bad weather")
    io.open("notes.txt")


@mistake
def wrong_object():
    """a survey is a path, an array or a Source, not int; give one of these."""
    io.open(7)  # type: ignore[arg-type]


@mistake
def half_a_source():
    """Half is no Source, for it has no dtype, live, path, describe; add that, or give geocnn.open the path or the
    array."""

    class Half:
        grid = Grid((Axis("time", 3),))

        def read(self, slices: object) -> object:
            return slices

    io.open(Half())  # type: ignore[arg-type]


@mistake
def amplitudes_beyond_float32():
    """the amplitudes leave the range of float32, which is 1e-45 to 3e38; rescale them, for example to a standard
    deviation of 1."""
    geocnn.predict(network(), np.full((9, 9), 1e50), device="cpu", show_progress=False)


@mistake
def amplitudes_below_float32():
    """the amplitudes of a.npy leave the range of float32, which is 1e-45 to 3e38; rescale them, for example to a
    standard deviation of 1."""
    np.save("a.npy", np.full((9, 9), 1e-50))
    geocnn.predict(network(), "a.npy", device="cpu", show_progress=False)


@mistake
def wrong_option():
    """domain is 'time' or 'depth' and ndim is 2 or 3, not 'feet' and 4."""
    io.open("x.sgy", domain="feet", ndim=4)  # type: ignore[arg-type]


@mistake
def header_bytes_of_an_array():
    """--inline-byte, --crossline-byte and --ndim are for the headers of SEG-Y files."""
    io.open(np.ones((3, 3)), inline_byte=9)


@mistake
def options_of_a_source():
    """a Source is open already and keeps its grid; give domain, inline_byte, crossline_byte, ndim and sample_interval
    where it is opened."""
    io.open(io.open(segy("s.sgy")), domain="depth", inline_byte=9)


@mistake
def array_of_text():
    """an array of <U1 with shape (2,) is no survey; real numbers are needed."""
    io.open(np.array(["a", "b"]))


@mistake
def grid_of_another_shape():
    """the grid describes shape (3,) but the array has shape (2,)."""
    io.ArraySource(np.ones(2), Grid((Axis("time", 3),)))


@mistake
def slices_with_steps():
    """read() takes slices with step 1, such as read((slice(0, 8), ...)), not (slice(0, 4, 2), Ellipsis)."""
    io.open(segy("s.sgy")).read((slice(0, 4, 2), ...))


@mistake
def integers_for_slices():
    """read() takes slices with step 1, such as read((slice(0, 8), ...)), not (0, Ellipsis)."""
    io.open(np.ones((2, 2))).read((0, ...))  # type: ignore[arg-type]


@mistake
def too_many_slices():
    """read() has 3 slices for 2 axes; one for each, such as read((slice(0, 8), ...)), are enough."""
    io.open(np.ones((2, 2))).read((slice(0, 1),) * 3)


# SEG-Y: damaged files and forms that are not read


@mistake
def shorter_than_headers():
    """s.sgy has 3000 bytes; a SEG-Y file has at least 3600 of headers."""
    Path("s.sgy").write_bytes(bytes(3000))
    io.open("s.sgy")


@mistake
def no_traces():
    """s.sgy has headers but no traces."""
    Path("s.sgy").write_bytes(segy("whole.sgy").read_bytes()[:3600])
    io.open("s.sgy")


@mistake
def truncated():
    """c.sgy is cut, or its traces differ in length: with 10 samples a trace has 280 bytes, and 3350 bytes of traces
    are 11.96 traces; copy or export it again."""
    Path("c.sgy").write_bytes(segy("whole.sgy").read_bytes()[:-10])
    io.open("c.sgy")


@mistake
def became_shorter():
    """s.sgy became shorter while it was read; copy it again."""
    source = io.open(segy("s.sgy"))
    os.truncate("s.sgy", 4000)
    source.read((slice(0, 4), slice(0, 3), slice(0, 10)))


@mistake
def not_segy():
    """n.sgy is not SEG-Y: sample format 0 at byte 3225 is none of the standard's."""
    Path("n.sgy").write_bytes(bytes(9000))
    io.open("n.sgy")


@mistake
def format_4():
    """f.sgy has sample format 4 (4-byte fixed point with gain), which geocnn does not read; convert it to format 5
    (4-byte IEEE float) first."""
    io.open(patched("f.sgy", 3224, ">h", 4))


@mistake
def format_7():
    """f.sgy has sample format 7 (3-byte integer), which geocnn does not read; convert it to format 5
    (4-byte IEEE float) first."""
    io.open(patched("f.sgy", 3224, ">h", 7))


@mistake
def format_15():
    """f.sgy has sample format 15 (3-byte unsigned integer), which geocnn does not read; convert it to format 5
    (4-byte IEEE float) first."""
    io.open(patched("f.sgy", 3224, ">h", 15))


@mistake
def format_14():
    """f.sgy has sample format 14 (unknown), which geocnn does not read; convert it to format 5
    (4-byte IEEE float) first."""
    io.open(patched("f.sgy", 3224, ">h", 14))


@mistake
def no_samples_per_trace():
    """s.sgy says 0 samples per trace at byte 3221; the header is damaged."""
    io.open(patched("s.sgy", 3220, ">h", 0))


@mistake
def zero_interval():
    """z.sgy has a sample interval of 0 (byte 3217), which must be positive; give the true one in ms, for example
    --sample-interval 4."""
    io.open(patched("z.sgy", 3216, ">h", 0))


@mistake
def negative_interval_in_depth():
    """z.sgy has a sample interval of -2000 (byte 3217), which must be positive; give the true one in m, for example
    --sample-interval 4."""
    io.open(patched("z.sgy", 3216, ">h", -2000), domain="depth")


@mistake
def negative_interval_given():
    """--sample-interval is -4; a positive number of ms is needed, for example --sample-interval 4."""
    io.open(segy("s.sgy"), sample_interval=-4)


@mistake
def no_interval_for_an_array():
    """--sample-interval is 0; a positive number of ms is needed, for example --sample-interval 4."""
    io.open(np.ones((3, 3)), sample_interval=0)


@mistake
def nan_interval_for_an_array_in_depth():
    """--sample-interval is nan; a positive number of m is needed, for example --sample-interval 4."""
    io.open(np.ones((3, 3)), sample_interval=np.nan, domain="depth")


@mistake
def not_seismic_unix():
    """s.su is not Seismic Unix: its size fits no whole number of traces."""
    Path("s.su").write_bytes(bytes(1000))
    io.open("s.su")


# SEG-Y: geometry


@mistake
def prestack():
    """p.sgy is prestack: its 12 traces with offsets 0 to 3 share 3 positions; stack it first, name other bytes with
    --inline-byte and --crossline-byte, or read the traces as one line with --ndim 2."""
    io.open(segy("p.sgy", [{21: 1 + i // 4, 37: i % 4} for i in range(12)]))


@mistake
def gather():
    """p.sgy is prestack: its 12 traces with offsets 0 to 11 are at one position; stack it first, name other bytes with
    --inline-byte and --crossline-byte, or read the traces as one line with --ndim 2."""
    io.open(segy("p.sgy", [{37: i} for i in range(12)]))


@mistake
def doubled_line_numbers():
    """d.sgy: bytes 189 and 193 give only 6 different positions to 12 traces; name other bytes with --inline-byte and
    --crossline-byte, or read the traces as one line with --ndim 2."""
    io.open(segy("d.sgy", [{189: 1 + i // 6, 193: 1 + i % 3} for i in range(12)]))


@mistake
def given_bytes_are_scattered():
    """s.sgy: bytes 181 and 185 are no inline and crossline: the numbers there are scattered over a far larger rectangle
    than the traces fill; leave the options out to search."""
    path = segy("s.sgy", [{181: 1000 + i * i, 185: 7000 + i**3} for i in range(12)])
    io.open(path, inline_byte=181, crossline_byte=185)


@mistake
def given_bytes_are_constant():
    """s.sgy: bytes 9 and 13 give only 1 different positions to 12 traces; name other bytes with --inline-byte and
    --crossline-byte, or read the traces as one line with --ndim 2."""
    io.open(segy("s.sgy"), inline_byte=9, crossline_byte=13)


@mistake
def given_byte_does_not_exist():
    """header byte 239 does not exist: bytes count from 1, and a number begins at 237 at most; look them up in the text
    header of the file, or leave the options out to search."""
    io.open(segy("s.sgy"), inline_byte=239)


@mistake
def given_byte_is_zero():
    """header byte 0 does not exist: bytes count from 1, and a number begins at 237 at most; look them up in the text
    header of the file, or leave the options out to search."""
    io.open(segy("s.sgy"), crossline_byte=0)


@mistake
def bytes_of_a_line():
    """--ndim 2 reads the traces as one line in file order and has no use for --inline-byte and --crossline-byte; leave
    one or the other out."""
    io.open(segy("s.sgy"), inline_byte=9, ndim=2)


@mistake
def no_cube():
    """s.sgy: none of the byte pairs 189/193, 9/21, 5/21, 181/185, 17/13 fills a grid; give --inline-byte and
    --crossline-byte."""
    io.open(segy("s.sgy", [{21: i} for i in (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048)]), ndim=3)


@mistake
def damaged_line_numbers():
    """s.sgy: 10 of 12 traces fill a grid of inlines at byte 189 and crosslines at byte 193, but the numbers of 2 lie
    far away from it; repair their headers, name other bytes with --inline-byte and --crossline-byte, or read the traces
    as one line with --ndim 2."""
    numbers = [{189: 1 + i // 3, 193: 1 + i % 3} for i in range(12)]
    numbers[5][189], numbers[7][189] = 5_000_000, -99_999_999
    io.open(segy("s.sgy", numbers))


@mistake
def no_geometry():
    """s.sgy: none of the byte pairs 189/193, 9/21, 5/21, 181/185, 17/13 fills a grid, and 12 traces are too many for a
    line; give --inline-byte and --crossline-byte, or --ndim 2."""
    from geocnn.io import segy_geometry

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(segy_geometry, "MAX_LINE", 11)
        io.open(segy("s.sgy", [{}] * 12))


# .npy and Zarr


@mistake
def damaged_npy():
    """d.npy is a damaged .npy file: its header cannot be read."""
    Path("d.npy").write_bytes(b"\x93NUMPY\x01\x00\x10\x00not a dictionary")
    io.open("d.npy")


@mistake
def truncated_npy():
    """c.npy is cut: 527 of 528 bytes are there; copy it again."""
    np.save("c.npy", np.ones((10, 10), np.float32))
    os.truncate("c.npy", 527)
    io.open("c.npy")


@mistake
def complex_npy():
    """c.npy holds complex128 with shape (2, 2); a survey is an array of real numbers."""
    np.save("c.npy", np.ones((2, 2), complex))
    io.open("c.npy")


@mistake
def pickled_npy():
    """o.npy holds object with shape (1,); a survey is an array of real numbers."""
    np.save("o.npy", np.array([None]))
    io.open("o.npy")


@mistake
def zarr_group():
    """g.zarr is a group that holds a, b; open the array itself, g.zarr/NAME."""
    import zarr

    group = zarr.open_group("g.zarr", mode="w")
    for name in "ab":
        group.create_array(name, data=np.ones((2, 2)))
    io.open("g.zarr")


@mistake
def complex_zarr():
    """c.zarr holds complex128 with shape (2, 2); a survey is an array of real numbers."""
    import zarr

    zarr.create_array(store="c.zarr", data=np.ones((2, 2), complex))
    io.open("c.zarr")


# Results


@mistake
def target_without_suffix():
    """result: a result needs the suffix .sgy, .segy, .zarr or .npy."""
    result("result")


@mistake
def target_exists():
    """result.sgy exists already; give --overwrite (in Python overwrite=True) or another name."""
    Path("result.sgy").touch()
    result()


@mistake
def target_is_a_folder():
    """result.sgy is a folder and no Zarr store; it is not replaced, choose another name."""
    Path("result.sgy").mkdir()
    result(overwrite=True)


@mistake
def target_is_the_input():
    """survey.sgy is the input itself; choose another name for the result."""
    result("survey.sgy", overwrite=True)


@mistake
def target_folder_missing():
    """the folder out for result.sgy does not exist; make it first."""
    result("out/result.sgy")


@mistake
def disk_full_before():
    """no room for result.sgy in {here}: 0.00696 MB are needed, 0.001 MB are free; nothing was left there.
    Make room or choose another folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**6, 10**6, 1000))
        result()


@mistake
def disk_full_in_the_middle():
    """no room for result.npy in {here}: 0.000608 MB are needed, 0.0001 MB are free; nothing was left there.
    Make room or choose another folder."""
    failing(errno.ENOSPC, "result.npy")


@mistake
def quota_used_up():
    """no room for result.npy in {here}: 0.000608 MB are needed, but your disk quota is used up; nothing was left there.
    Make room within it (quota -s shows it) or choose another folder."""
    failing(errno.EDQUOT, "result.npy")


@mistake
def a_group_in_the_way():
    """g.zarr holds more than one Zarr array (a group, or other files); it is not replaced, choose another name."""
    import zarr

    zarr.open_group("g.zarr", mode="w")
    result("g.zarr", overwrite=True)


@mistake
def read_only_folder():
    """cannot write result.sgy in {here}: read-only file system; choose another folder."""
    failing(errno.EROFS)


@mistake
def forbidden_folder():
    """cannot write result.sgy in {here}: permission denied; choose another folder."""
    failing(errno.EACCES)


@mistake
def block_outside():
    """a block of shape (2, 3, 10) at (3, 0, 0) is not inside the result of shape (4, 3, 10)."""
    with result() as sink:  # type: ignore[attr-defined]
        sink.write((3, 0, 0), np.zeros((2, 3, 10), np.float32))


@mistake
def write_after_commit():
    """result.sgy is finished or abandoned already; nothing more can be written."""
    sink = result()
    sink.commit()  # type: ignore[attr-defined]
    sink.write((0, 0, 0), np.zeros((1, 1, 1), np.float32))  # type: ignore[attr-defined]


@mistake
def complex_results():
    """dtype is <class 'complex'>; a result holds integers or floats, for example dtype='float32'."""
    result("result.npy", dtype=complex)


@mistake
def results_of_no_type():
    """dtype is 'real'; a result holds integers or floats, for example dtype='float32'."""
    result("result.zarr", dtype="real")


@mistake
def four_axes_as_segy():
    """SEG-Y holds lines and cubes, not 4 axes (axis0, axis1, axis2, axis3); write .zarr."""
    io.create("r.sgy", np.zeros((2, 2, 2, 2), np.float32))


@mistake
def interval_too_long_for_segy():
    """SEG-Y holds up to 65535 samples, an interval up to 32.767 ms, not time 0..50 ms step 50 (2); write .zarr."""
    grid = Grid((Axis("trace", 2), Axis("time", 2, 0.0, 50.0, "ms")))
    io.create("r.sgy", io.ArraySource(np.zeros((2, 2)), grid))


@mistake
def start_too_late_for_segy():
    """SEG-Y cannot state that the traces begin at 40000 ms; write .zarr."""
    grid = Grid((Axis("trace", 2), Axis("time", 2, 40000.0, 1.0, "ms")))
    io.create("r.sgy", io.ArraySource(np.zeros((2, 2)), grid))


def failing(number: int, path: str = "result.sgy") -> None:
    """The system refuses to write."""
    usage = shutil._ntuple_diskusage(10**6, 10**6, 10**6)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TraceSink, "_put", refusing(number))
        calls = iter([usage])
        patch.setattr(shutil, "disk_usage", lambda _: next(calls, shutil._ntuple_diskusage(10**6, 10**6, 100)))
        result(path)


# Training, networks, predictions


@mistake
def nan_in_training():
    """training samples 3, 7: 3 values are NaN or infinite, the first at index 5 of sample 3, and one of them ruins a
    whole run; replace them or leave the samples out."""
    made = job()
    inputs, targets = (t.clone() for t in made.train[range(10)])
    inputs[3, 0, 5], inputs[7, 0, 1:3] = np.nan, np.inf
    fit(replace(made, train=TensorSamples(inputs, targets)))


@mistake
def loss_that_explodes():
    """the loss became nan in epoch 1, batch 2 (samples 4, 5, 6, 7); use a smaller --learning-rate, and look at these
    samples."""
    made = job()
    fit(replace(made, schedule=replace(made.schedule, learning_rate=1e30, batch_size=4)))


@mistake
def nan_in_validation():
    """the loss of the validation samples 0 to 1 is nan after epoch 1; look at these samples for NaN, or use a smaller
    --learning-rate."""
    made = job()
    inputs, targets = made.validation[range(2)]
    inputs = inputs.clone()
    inputs[1, 0, 5] = np.nan
    fit(replace(made, validation=TensorSamples(inputs, targets)))


@mistake
def nothing_to_train():
    """there are 0 train samples; at least one is needed."""
    made = job()
    inputs, targets = made.train[range(10)]
    fit(replace(made, train=TensorSamples(inputs[:0], targets[:0])))


@mistake
def resume_without_folder():
    """--resume is given without a run folder; name it with --out."""
    fit(job(), resume=True)


@mistake
def resume_of_another_job():
    """the run in run was started with learning_rate 0.005, and this one has learning_rate 0.5; give the same arguments,
    or start again with --overwrite."""
    fit(job(), out="run")
    fit(job(learning_rate=0.5), out="run", resume=True)


@mistake
def damaged_state():
    """run/state.safetensors is damaged (Error while deserializing header: header too large); start again with
    --overwrite."""
    fit(job(), out="run")
    Path("run/state.safetensors").write_bytes(b"8 bytes.")
    fit(job(), out="run", resume=True)


@mistake
def unknown_decay():
    """decay is 'linear'; it is constant or cosine."""
    Schedule(epochs=1, batch_size=1, learning_rate=1, decay="linear")  # type: ignore[arg-type]


@mistake
def average_that_never_forgets():
    """ema is 1; the decay of an average lies between 0 and 1, for example 0.995."""
    Schedule(epochs=1, batch_size=1, learning_rate=1, ema=1.0)


@mistake
def unknown_precision():
    """precision is 'fp16'; it is one of auto, float32, bf16."""
    Schedule(epochs=1, batch_size=1, learning_rate=1, precision="fp16")  # type: ignore[arg-type]


@mistake
def unknown_precision_of_a_prediction():
    """precision is 'fp16'; it is one of auto, float32, bf16."""
    geocnn.predict(network(), np.ones((9, 9)), precision="fp16", device="cpu", show_progress=False)  # type: ignore[arg-type]


@mistake
def unknown_head():
    """head is 'poo'; it is flatten or pool."""
    build("trace_classifier", ndim=1, head="poo")


@mistake
def unknown_recipe_in_python():
    """there is no recipe 'fault'; did you mean faults?"""
    geocnn.fit("fault")


@mistake
def unknown_architecture():
    """there is no architecture 'faultsegs'; did you mean faultseg?"""
    build("faultsegs", ndim=2)


@mistake
def sizes_that_the_network_cannot_halve():
    """FaultSeg got windows of 20 x 24 samples; it takes multiples of 8: pad to 24 x 24."""
    build("faultseg", ndim=2)(torch.zeros(1, 1, 20, 24))


@mistake
def labels_of_another_shape():
    """the prediction has (2, 3) samples and the labels (2, 2); they must be equal."""
    scores(np.zeros((2, 3), np.float32), np.zeros((2, 2), np.bool_))


@mistake
def labels_without_faults():
    """the labels hold no fault, for no known sample is above 0.5; labels for a network that finds fault are 1 on it, 0
    elsewhere, and -1, 255 or NaN where it is not known."""
    geocnn.evaluate(network(), np.ones((9, 9)), np.zeros((9, 9)))


@mistake
def dead_array():
    """the array has no live trace: every sample is zero or missing; look at it with geocnn info."""
    geocnn.predict(network(), np.zeros((9, 9)), show_progress=False)


# The command line: words that do not fit


@command
def no_such_command():
    """there is no command predcit; did you mean predict?"""
    return run("predcit")


@command
def no_command_near():
    """there is no command picks; there are train, predict, evaluate, export, info, models, synth, explain."""
    return run("picks")


@command
def no_such_recipe():
    """there is no recipe fault; did you mean faults?"""
    return run("train", "fault")


@command
def no_network_given():
    """predict needs NETWORK; see geocnn predict --help."""
    return run("predict")


@command
def no_survey_given():
    """predict needs FILE; see geocnn predict --help."""
    return run("predict", "faults")


@command
def no_such_option():
    """predict has no option --til; did you mean --tile? Else see geocnn predict --help."""
    return run("predict", "faults", "survey.sgy", "--til", "64")


@command
def no_option_near():
    """info has no option --xyz; see geocnn info --help."""
    return run("info", "survey.sgy", "--xyz")


@command
def an_option_without_value():
    """predict needs a value behind --out; see geocnn predict --help."""
    return run("predict", "faults", "survey.sgy", "--out")


@command
def half_a_pair():
    """train traces needs 2 values behind --centres, not 1; see geocnn train traces --help."""
    return run("train", "traces", "--centres", "3")


@command
def a_word_too_many():
    """predict has no use for two.sgy; options are written with their names, see geocnn predict --help."""
    return run("predict", "faults", "one.sgy", "two.sgy")


@command
def an_option_twice():
    """--out is given twice; once is enough, see geocnn predict --help."""
    return run("predict", "faults", "one.sgy", "--out", "a.sgy", "--out", "b.sgy")


@command
def no_whole_number():
    """--seed is lucky; needed is a whole number, see geocnn train traces --help."""
    return run("train", "traces", "--seed", "lucky")


@command
def no_number():
    """--sample-interval is 4ms; needed is a number, see geocnn info --help."""
    return run("info", "survey.sgy", "--sample-interval", "4ms")


@command
def none_of_the_choices():
    """--head is tail; it is one of flatten, pool, see geocnn train traces --help."""
    return run("train", "traces", "--head", "tail")


# geocnn info and predict: the survey


@command
def no_file():
    """there is no file no.sgy; check the name."""
    return predict("no.sgy")


@command
def a_folder_of_lines():
    """lines is a folder and no Zarr store (it has no zarr.json); name a file."""
    Path("lines").mkdir()
    Path("lines/here").mkdir()
    with contextlib.chdir("lines/here"):
        return run("predict", network("../../net"), "../../lines", "--quiet")


@command
def this_folder():
    """lines is a folder and no Zarr store (it has no zarr.json); name a file."""
    Path("lines").mkdir()
    with contextlib.chdir("lines"):
        return run("info", ".")


@command
def nothing_in_the_file():
    """e.sgy is empty (0 bytes); copy it again."""
    Path("e.sgy").touch()
    return predict("e.sgy")


@command
def a_cut_file():
    """c.sgy is cut, or its traces differ in length: with 10 samples a trace has 280 bytes, and 3350 bytes of traces are
    11.96 traces; copy or export it again."""
    Path("c.sgy").write_bytes(segy("whole.sgy").read_bytes()[:-10])
    return predict("c.sgy")


@command
def a_picture():
    """p.sgy is a PNG picture, not a survey; geocnn reads SEG-Y, Zarr and .npy."""
    Path("p.sgy").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(5000))
    return predict("p.sgy")


@command
def gain_ranged_samples():
    """f.sgy has sample format 4 (4-byte fixed point with gain), which geocnn does not read; convert it to format 5
    (4-byte IEEE float) first."""
    return predict(patched("f.sgy", 3224, ">h", 4))


@command
def three_byte_samples():
    """f.sgy has sample format 7 (3-byte integer), which geocnn does not read; convert it to format 5 (4-byte IEEE
    float) first."""
    return predict(patched("f.sgy", 3224, ">h", 7))


@command
def three_byte_unsigned_samples():
    """f.sgy has sample format 15 (3-byte unsigned integer), which geocnn does not read; convert it to format 5 (4-byte
    IEEE float) first."""
    return predict(patched("f.sgy", 3224, ">h", 15))


@command
def no_interval():
    """z.sgy has a sample interval of 0 (byte 3217), which must be positive; give the true one in ms, for example
    --sample-interval 4."""
    return predict(patched("z.sgy", 3216, ">h", 0))


@command
def a_negative_interval():
    """z.sgy has a sample interval of -4000 (byte 3217), which must be positive; give the true one in ms, for example
    --sample-interval 4."""
    return predict(patched("z.sgy", 3216, ">h", -4000))


@command
def no_line_numbers():
    """s.sgy: none of the byte pairs 189/193, 9/21, 5/21, 181/185, 17/13 fills a grid; give --inline-byte and
    --crossline-byte."""
    return predict(segy("s.sgy", [{21: 2**i} for i in range(12)]), "--ndim", "3")


@command
def gathers():
    """p.sgy is prestack: its 12 traces with offsets 0 to 3 share 3 positions; stack it first, name other bytes with
    --inline-byte and --crossline-byte, or read the traces as one line with --ndim 2."""
    return predict(segy("p.sgy", [{21: 1 + i // 4, 37: i % 4} for i in range(12)]))


@command
def nothing_alive():
    """dead.npy has no live trace: every sample is zero or missing; look at it with geocnn info."""
    np.save("dead.npy", np.zeros((9, 9)))
    return predict("dead.npy")


@command
def a_forbidden_file():
    """the system refuses s.sgy: permission denied; check its name and permissions."""
    segy("s.sgy")

    def refuse(path: Path, *_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "open", refuse)
        return main(["info", "s.sgy"])


# geocnn predict: the network


@command
def no_such_network():
    """there is no network 'faluts'; did you mean faults? Else give a folder written by geocnn train."""
    return run("predict", "faluts", line(), "--quiet")


@command
def no_network_near():
    """there is no network 'horizons'; geocnn ships faults, or give a folder written by geocnn train."""
    return run("predict", "horizons", line(), "--quiet")


@command
def a_folder_without_card():
    """run has no card.json; give a folder written by geocnn train, or faults."""
    Path("run").mkdir()
    return run("predict", "run", line(), "--quiet")


@command
def a_card_that_is_no_card():
    """net/card.json is not a geocnn card (it has no 'classes'); give a folder written by geocnn train."""
    Path(network(), "card.json").write_text("{}")
    return predict(line(), make=False)


@command
def a_card_of_another_dimension():
    """net/card.json is not a geocnn card (ndim is 4; geocnn layers work in 1, 2 or 3 dimensions); give a folder written
    by geocnn train."""
    edit(network(), "arguments", {"ndim": 4})
    return predict(line(), make=False)


@command
def a_card_with_unknown_arguments():
    """net/card.json describes no network that can be built (got an unexpected keyword argument
    'depth'); copy it again."""
    edit(network(), "arguments", {"ndim": 2, "depth": 9})
    return predict(line(), make=False)


@command
def a_card_with_names_that_do_not_fit():
    """net/card.json is not a geocnn card (it names 2 channels and 2 axes; the network has 1 channels and 2 axes); give
    a folder written by geocnn train."""
    edit(network(), "channels", ["near", "far"])
    return predict(line(), make=False)


@command
def one_flipped_bit():
    """net/weights.safetensors is damaged (its SHA-256 is not the one in card.json); copy it again from its source, or
    continue the training that wrote it with --resume."""
    weights = Path(network(), "weights.safetensors")
    raw = bytearray(weights.read_bytes())
    raw[-9] ^= 1
    weights.write_bytes(raw)
    return predict(line(), make=False)


@command
def weights_cut_short():
    """net/weights.safetensors is no file of weights (Error while deserializing header: incomplete metadata, file not
    fully covered); copy it again from its source."""
    weights = Path(network(), "weights.safetensors")
    weights.write_bytes(weights.read_bytes()[:-8])
    edit("net", "sha256", "")
    return predict(line(), make=False)


@command
def weights_of_another_width():
    """net/weights.safetensors does not fit the network in card.json (encoder.0.0.weight has 4 x 1 x 3 x 3 numbers
    instead of 2 x 1 x 3 x 3); take both files from the same training run."""
    other = network("other", width=4)
    shutil.copy(Path(other, "weights.safetensors"), Path(network(), "weights.safetensors"))
    edit("net", "sha256", "")
    return predict(line(), make=False)


@command
def weights_for_three_channels():
    """the network tiny takes 3 channels (near, mid, far), but line.npy has 1; use a network for 1 channel."""
    network(channels=("near", "mid", "far"))
    return predict(line(), make=False)


@command
def weights_for_cubes():
    """line.npy has 2 dimensions, but the network tiny takes 3-D data; use a network for 2-D data, or read the file
    otherwise with --ndim."""
    network(ndim=3)
    return predict(line(), make=False)


@command
def a_shipped_network_for_other_data():
    """the data have 1 dimension, but the network faults ships for 2-D and 3-D only; give it such data, or train
    another."""
    np.save("trace.npy", np.ones(9))
    return run("predict", "faults", "trace.npy", "--quiet")


@command
def a_classifier_for_a_trace():
    """the windows of trace.npy form an array of 64 numbers; needed is (windows, samples ...), with the channels, if
    there are several, in second place."""
    np.save("trace.npy", np.ones(64))
    fit(job(), out="run")
    return run("predict", "run", "trace.npy", "--quiet")


@mistake
def a_classifier_for_a_survey():
    """the network traces does classification: it judges whole windows; give it windows, as in geocnn predict RUN
    windows.npz --out classes.csv, or a survey to a segmentation network, such as faults."""
    geocnn.predict(fit(job()), io.open(np.ones((5, 64))), show_progress=False)


@command
def a_classifier_for_a_file_of_a_survey():
    """survey.sgy holds no windows to be classified; give an .npz file or a Zarr group with the arrays x and y, or a
    folder for each class with pictures or .npy files."""
    fit(job(), out="run")
    return run("predict", "run", str(segy("survey.sgy")), "--quiet")


@command
def a_table_that_is_no_table():
    """r.npy is no name of a table; a classifier writes .csv, for example r.csv."""
    fit(job(), out="run")
    return run("predict", "run", "w.npz", "--out", "r.npy")


@command
def a_table_that_is_there():
    """r.csv already exists; choose another name, or replace it with --overwrite."""
    Path("r.csv").touch()
    fit(job(), out="run")
    return run("predict", "run", "w.npz", "--out", "r.csv")


@command
def a_table_in_no_folder():
    """the folder no for r.csv does not exist; make it first."""
    fit(job(), out="run")
    return run("predict", "run", "w.npz", "--out", "no/r.csv")


@command
def windows_of_other_dimensions():
    """the windows of w.npz form an array of 6 x 16 x 16 x 16 numbers, which cannot be 1-D windows; needed are 2 axes,
    or 3 with channels."""
    fit(job(), out="run")
    return run("predict", "run", windows(x=np.ones((6, 16, 16, 16))), "--quiet")


@command
def windows_of_another_size_than_the_network_takes():
    """TraceClassifier got windows of 16 samples; it takes 64 samples per axis only: cut or pad to 64, or make the
    network for such windows."""
    fit(job(), out="run")
    return run("predict", "run", windows(y=np.arange(6) % 3), "--quiet", "--device", "cpu")


@command
def windows_with_other_channels():
    """the windows of w.npz are 1-D with 2 channels, but the network traces takes 1-D windows with 1 (amplitude)."""
    fit(job(), out="run")
    return run("predict", "run", windows(x=np.ones((6, 2, 64)), y=np.arange(6) % 3), "--quiet")


@command
def classes_that_the_network_has_not():
    """w.npz has the class 'blast', which is none of quiet, positive arrival, negative arrival."""
    fit(job(), out="run")
    return run("evaluate", "run", "--data", windows(x=np.ones((6, 64)), y=np.array(["blast"] * 6)), "--quiet")


@command
def numbers_of_classes_that_the_network_knows_by_name():
    """the labels of w.npz are numbers and the classes of the network have names (quiet, positive arrival, negative
    arrival); put the names in the order of the numbers into the file, as the array classes."""
    fit(job(), out="run")
    return run("evaluate", "run", "--data", windows(x=np.ones((6, 64))), "--quiet")


@command
def labels_beside_windows():
    """a classifier is judged by the classes that lie with the windows, as the array y in --data; leave --labels out."""
    fit(job(), out="run")
    return run("evaluate", "run", "--labels", windows(), "--quiet")


@mistake
def tiles_of_windows():
    """tile is for surveys, and a classifier judges windows; leave it out."""
    geocnn.predict(fit(job()), np.ones((6, 64)), tile=(3, 3))


@mistake
def a_list_of_windows():
    """data is a list; needed is a path, an array, (x, y), or {"x": ..., "y": ...} and, if there are any, classes and
    group."""
    geocnn.predict(fit(job()), [np.ones(64)], show_progress=False)  # type: ignore[arg-type]


@mistake
def a_run_on_arrays_that_are_gone():
    """mine was trained on arrays in memory, which are not kept; give windows with --data."""
    data = (np.random.default_rng(0).normal(size=(6, 16)), np.arange(6) % 2)
    geocnn.fit("classify", data=data, width=2, epochs=1, out="mine", device="cpu", show_progress=False)
    geocnn.evaluate("mine")


@command
def windows_without_classes_to_judge_by():
    """bare.npy has windows without classes to judge by; add the array y, the class of each window."""
    fit(job(), out="run")
    np.save("bare.npy", np.ones((3, 64)))
    return run("evaluate", "run", "--data", "bare.npy", "--quiet", "--device", "cpu")


@mistake
def a_segmentation_network_for_windows():
    """the network faults-2d does segmentation; needed is one that classifies windows."""
    from geocnn.classification import classify

    classify(checkpoints.load("faults", ndim=2), "w.npz")


# geocnn predict: how and where to


@command
def two_numbers_for_three_axes():
    """--tile is 64 64; the data need 3 positive numbers."""
    network(ndim=3)
    return predict(segy("s.sgy"), "--tile", "64", "64", make=False)


@command
def too_large_a_tile():
    """a tile of 56 x 64 with its halo of 56 needs 0.7 GB, but 0.5 GB are allowed; give --memory 0.7GB or a smaller
    --tile."""
    return predict(line(), "--memory", "500MB", "--tile", "64", "64")


@command
def an_empty_tile():
    """--tile is 0 64; the data need 2 positive numbers."""
    return predict(line(), "--tile", "0", "64")


@command
def memory_in_words():
    """--memory is 'much'; write it like 4GB or 800MB."""
    return predict(line(), "--memory", "much")


@command
def memory_with_two_points():
    """--memory is '1.2.3GB'; write it like 4GB or 800MB."""
    return predict(line(), "--memory", "1.2.3GB")


@command
def too_little_memory():
    """a tile of 8 x 8 with its halo of 56 needs 0.7 GB, but 0.5 GB are allowed; give --memory 0.7GB."""
    return predict(line(), "--memory", "500MB")


@command
def no_gpu():
    """device 'cuda' is asked for, but torch finds no GPU here; use --device cpu."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.cuda, "is_available", lambda: False)
        return predict(line(), "--device", "cuda")


@command
def no_such_device():
    """device 'abacus' is not known; use auto, cpu, cuda or cuda:1."""
    return predict(line(), "--device", "abacus")


@pytest.mark.parametrize("name", ["meta", "mps", "xyz", "cuda:x", "CPU", "cuda:-1"])
@pytest.mark.usefixtures("here")
def test_devices_that_torch_knows_and_geocnn_does_not(capsys, name):
    assert predict(line(), "--device", name) == 2
    assert capsys.readouterr().err == f"geocnn: device {name!r} is not known; use auto, cpu, cuda or cuda:1.\n"


@mistake
def more_processes_than_gpus():
    """process 2 of this machine has no GPU of its own, for there are 2; start as many with torchrun
    --nproc-per-node 2."""
    choose_on_two_gpus("cuda", local_rank=2)


@mistake
def a_gpu_beyond_the_last():
    """device 'cuda:2' is asked for, but the last GPU here is cuda:1; use one up to that."""
    choose_on_two_gpus("cuda:2", local_rank=0)


def test_processes_of_torchrun_have_gpus_of_their_own():
    assert [str(choose_on_two_gpus(name, local_rank=1)) for name in ("cuda", "auto", "cuda:0", "cpu")] == [
        "cuda:1",
        "cuda:1",
        "cuda:0",
        "cpu",
    ]


@command
def the_input_as_result():
    """s.sgy is the input itself; choose another name for the result."""
    return predict(segy("s.sgy", [{21: i} for i in range(12)]), "--out", "s.sgy", "--overwrite")


@command
def a_result_around_the_input():
    """g.zarr is the input itself; choose another name for the result."""
    import zarr

    zarr.open_group("g.zarr", mode="w").create_array("a", data=np.ones((9, 9)))
    return predict("g.zarr/a", "--out", "g.zarr", "--overwrite")


@command
def a_result_that_exists():
    """mine.sgy exists already; give --overwrite (in Python overwrite=True) or another name."""
    Path("mine.sgy").write_text("mine")
    return predict(line(), "--out", "mine.sgy")


@command
def a_result_of_no_form():
    """mine.tif: a result needs the suffix .sgy, .segy, .zarr or .npy."""
    return predict(line(), "--out", "mine.tif")


@command
def a_result_in_no_folder():
    """the folder results for mine.sgy does not exist; make it first."""
    return predict(line(), "--out", "results/mine.sgy")


@command
def a_read_only_folder():
    """cannot write mine.sgy in {here}: read-only file system; choose another folder."""
    file = segy("s.sgy", [{21: i} for i in range(12)])
    network()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TraceSink, "_put", refusing(errno.EROFS))
        return predict(file, "--out", "mine.sgy", make=False)


@command
def a_limit_for_files():
    """no room for mine.npy in {here}: 0.03253 MB are needed, but files here have a size limit; nothing was left there.
    Lift it with ulimit -f unlimited, or choose another folder or a .zarr, which is many small files."""
    np.save("line.npy", np.random.default_rng(0).standard_normal((90, 90)))
    network()
    with files_of_at_most(20_000):
        return predict("line.npy", "--out", "mine.npy", make=False)


@command
def a_picture_over_the_survey():
    """line.npy is no name of a picture; end it with .png, .pdf or .svg."""
    return run("info", line(), "--out", "line.npy", "--overwrite")


@command
def a_picture_that_exists():
    """mine.png exists already; give --overwrite or another name."""
    Path("mine.png").write_text("mine")
    return run("info", line(), "--out", "mine.png")


@command
def a_picture_in_no_folder():
    """the folder none for mine.png does not exist; make it first."""
    return run("info", line(), "--out", "none/mine.png")


# geocnn train


@command
def a_crop_of_odd_size():
    """--crop is 95 96 96; 3-D needs 3 multiples of 8, 16 or more, such as --crop 96 96 96."""
    return run("train", "faults", "--crop", "95", "96", "96")


@command
def a_crop_with_too_few_numbers():
    """--crop is 96; 2-D needs 2 multiples of 8, 16 or more, such as --crop 96 96."""
    return run("train", "faults", "--ndim", "2", "--crop", "96")


@command
def no_samples():
    """--samples is 0, --bottleneck 128 and --seed 0; needed are 1 or more samples and channels, and a seed of 0 or
    more."""
    return run("train", "faults", "--samples", "0")


@command
def no_epochs():
    """epochs is 0, batch_size 1 and learning_rate 0.001; needed are 1 or more epochs, 1 or more samples a batch and a
    learning rate above 0."""
    return run("train", "faults", "--epochs", "0")


@command
def fewer_workers_than_none():
    """workers is -1; needed are 0 (no process besides this one) or more."""
    return run("train", "faults", "--workers", "-1")


@command
def an_endless_learning_rate():
    """epochs is 25, batch_size 1 and learning_rate inf; needed are 1 or more epochs, 1 or more samples a batch and a
    learning rate above 0."""
    return run("train", "faults", "--learning-rate", "inf")


@command
def a_negative_seed():
    """seed is -1; it must be a whole number from 0 up, for example 42."""
    return run("train", "traces", "--seed", "-1")


@command
def arrivals_outside_the_trace():
    """count is 180 and arrivals peak at samples 12..70 of 64; needed are 3 traces or more and arrivals within 1..64,
    first number not above the second."""
    return run("train", "traces", "--centres", "12", "70")


@command
def noise_below_nothing():
    """noise is -0.1 and 144 of 180 traces are for training; noise must be 0 or larger and training must leave some
    traces for the holdout, for example noise 0.03 and train 0.8."""
    return run("train", "traces", "--noise", "-0.1")


@command
def a_gpu_to_train_on():
    """device 'cuda' is asked for, but torch finds no GPU here; use --device cpu."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.cuda, "is_available", lambda: False)
        return run("train", "faults", "--device", "cuda", "--out", "runs/mine")


@command
def a_run_that_exists():
    """mine already holds a run; continue it with --resume, or replace it with --overwrite."""
    Path("mine").mkdir()
    Path("mine/card.json").write_text("mine")
    return run("train", "traces", "--out", "mine")


@command
def a_run_in_a_file():
    """mine cannot be made (file exists); choose another folder with --out."""
    Path("mine").write_text("mine")
    return run("train", "traces", "--out", "mine")


@command
def resume_of_no_run():
    """--resume is given without the run to continue; name it, for example --out runs/traces."""
    return run("train", "traces", "--resume")


@command
def resume_of_an_empty_folder():
    """mine has no state.safetensors to resume from; start without --resume."""
    return run("train", "traces", "--resume", "--out", "mine")


@command
def a_disk_that_fills_up_in_training():
    """mine/state.safetensors cannot be written (file too large); make room there, or choose another folder."""
    with files_of_at_most(20_000):
        return run("train", "traces", "--out", "mine", "--quiet")


# geocnn train digits and membranes: data that are not ours

_MNIST = (
    "MNIST (LeCun, Cortes, Burges) is a folder with train-images-idx3-ubyte, train-labels-idx1-ubyte, "
    "t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, packed with gzip or not, or with two .npz files, one with "
    "train and one with test in its name, each with the arrays images (number, rows, columns) and labels."
)
_ISBI = (
    "the data are those of the ISBI 2012 challenge (Cardona et al. 2010, PLoS Biology 8(10), e1000502): save the "
    "sections as image (sections, rows, columns) and what is no membrane as interior (same shape, True inside cells) "
    "with numpy.savez."
)


def test_where_the_data_come_from_is_said():
    """The two sentences behind the next messages, word for word."""
    from geocnn.recipes.digits import WHERE as MNIST
    from geocnn.recipes.membranes import WHERE as ISBI

    assert (f"{MNIST}.", f"{ISBI}.") == (_MNIST, _ISBI)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["digits", "--data", "nowhere"], f"there is no train-images-idx3-ubyte in nowhere; {_MNIST}"),
        (
            ["digits", "--data", "damaged"],
            "damaged/train-images-idx3-ubyte is damaged or no IDX file of bytes; copy it again.",
        ),
        (
            ["digits", "--data", "floats"],
            f"floats has images (3, 4, 4) of float64 and labels (3,) for train; {_MNIST}",
        ),
        (["digits", "--data", "small", "--train", "9"], "--train is 9 and there are 3 digits; give 1 to 3."),
        (["digits", "--shift", "-1"], "--shift is -1; needed is 0 or more samples."),
        (["digits", "--width", "8"], "--model lenet5 has one width; leave --width out."),
        (
            ["digits", "--no-residual"],
            "--model lenet5 has no shortcuts; give no --no-residual, or choose a residual network, such as --model "
            "resnet20.",
        ),
        (
            ["digits", "--model", "resnet20", "--width", "0"],
            "--width is 0; resnet20 takes a whole number of channels, 1 or more.",
        ),
        (["membranes"], f"the recipe membranes needs --data FILE.npz; {_ISBI}"),
        (["membranes", "--data", "no.npz"], f"there is no file no.npz; {_ISBI}"),
        (["membranes", "--data", "text.npz"], f"text.npz is no .npz file of plain arrays; {_ISBI}"),
        (["membranes", "--data", "code.npz"], f"code.npz is no .npz file of plain arrays; {_ISBI}"),
        (["membranes", "--data", "a.npz"], f"a.npz has the arrays a and not image, interior; {_ISBI}"),
        (
            ["membranes", "--data", "shapes.npz"],
            "shapes.npz has image (3, 64, 64) and interior (3, 64, 60); both must be (sections, rows, columns).",
        ),
        (["membranes", "--data", "cells.npz", "--test", "3"], "--test is 3 and cells.npz has 3 sections; give 1 to 2."),
        (
            ["membranes", "--data", "cells.npz", "--test", "1"],
            "--crop is 256 and the sections have 64 x 64 pixels; less fits.",
        ),
        (
            ["membranes", "--data", "cells.npz", "--test", "1", "--crop", "50"],
            "--model unet got windows of 50 x 50 samples; it takes multiples of 16: pad to 64 x 64.",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
@pytest.mark.usefixtures("here")
def test_data_of_the_recipes(capsys, words, said):
    for folder in ("nowhere", "damaged", "floats", "small"):
        Path(folder).mkdir()
    Path("damaged", "train-images-idx3-ubyte").write_bytes(b"\0\0\x08\x03" + bytes(9))
    Path("damaged", "train-labels-idx1-ubyte").write_bytes(b"")
    for part in ("train", "test"):
        np.savez(Path("floats", f"{part}.npz"), images=np.zeros((3, 4, 4)), labels=np.zeros(3, np.int64))
        np.savez(Path("small", f"{part}.npz"), images=np.zeros((3, 4, 4), np.uint8), labels=np.zeros(3, np.int64))
    Path("text.npz").write_text("not an archive")
    np.savez("code.npz", image=np.array([{}], dtype=object), interior=np.zeros(1))
    np.savez("a.npz", a=np.zeros(3))
    np.savez("shapes.npz", image=np.zeros((3, 64, 64)), interior=np.zeros((3, 64, 60)))
    np.savez("cells.npz", image=np.zeros((3, 64, 64)), interior=np.ones((3, 64, 64), np.bool_))
    assert main(["train", *words, "--quiet"]) == 2
    out, err = capsys.readouterr()
    assert (out, err) == ("", f"geocnn: {said}\n")


@pytest.mark.usefixtures("here")
def test_digits_without_scikit_learn(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    assert main(["train", "digits", "--quiet"]) == 2
    said = "without --data the digits are those of scikit-learn: pip install 'geocnn[digits]'. Else give a folder; "
    assert capsys.readouterr().err == f"geocnn: {said}{_MNIST}\n"


# geocnn train segment


@command
def nothing_to_learn_from():
    """the recipe segment needs --data SURVEY and --labels CLASSES, a class for every sample of it."""
    return run("train", "segment", "--data", line())


@command
def labels_for_some_of_the_data():
    """--data names 2 files and --labels 1 file; give as many, in the same order."""
    return run("train", "segment", "--data", line(), line(), "--labels", line())


@command
def labels_of_another_grid():
    """y.npy has 60 x 20 samples and x.npy 60 x 24; labels must lie on the grid of their data."""
    return segment(np.zeros((60, 20)), shape=(60, 24))


@command
def labels_of_a_trace():
    """x.npy has 1 dimension; needed are lines (trace, time) or cubes (inline, crossline, time), all of one kind."""
    return segment(np.zeros(60), shape=(60,))


@command
def codes_outside_the_classes():
    """y.npy holds 3 at trace 7, time 5; labels are whole numbers from 0 to 2, one for each of --classes, or -1, 255,
    NaN or --unknown for unknown."""
    labels = halves(2)
    labels[7, 5:] = 3
    return segment(labels, "--classes", "a", "b", "c")


@command
def amplitudes_as_classes():
    """y.npy holds 0.5 at inline 1, crossline 0, time 2; labels are whole numbers from 0 to 99, or -1, 255, NaN or
    --unknown for unknown."""
    labels = np.zeros((8, 6, 4))
    labels[1, 0, 2] = 0.5
    return segment(labels)


@command
def labels_that_know_nothing():
    """the labels know no sample: all of them are -1, 255, NaN or --unknown, dead, or outside --inlines and
    --crosslines."""
    return segment(np.full((60, 24), np.nan))


@command
def labels_of_one_class():
    """the labels hold the class 0 alone; a network needs two classes or more to tell apart."""
    return segment(np.zeros((60, 24)))


@command
def a_class_missing_in_training():
    """class 2 occurs nowhere in what is learnt from (x.npy, trace 0..31), and every class must; label some, keep less
    with --validation, or number the classes without gaps."""
    labels = halves(4)
    labels[:44][labels[:44] == 2] = 3
    return segment(labels)


@command
def a_code_far_above_the_others():
    """class 2 occurs nowhere in what is learnt from (x.npy, trace 0..31), and every class must; label some, keep less
    with --validation, or number the classes without gaps (if 99 means unknown, give --unknown 99)."""
    labels = halves(3)
    return segment(np.where(labels == 2, 99, labels))


@command
def two_classes_that_share_a_name():
    """two classes are called a; give --classes names that differ."""
    return segment(halves(3), "--classes", "a", "b", "a")


@mistake
def labels_in_memory_of_another_grid():
    """the label array has 60 x 20 samples and the data 60 x 24; labels must lie on the grid of their data."""
    geocnn.fit("segment", data=np.ones((60, 24)), labels=halves(2)[:, :20])


@mistake
def half_an_epoch():
    """epochs is 1.5; needed is a whole number (int)."""
    geocnn.fit("segment", data=halves(2) + 0.5, labels=halves(2), epochs=1.5)


@command
def a_class_missing_in_validation():
    """there are no labels of fault in what is kept to judge by (x.npy, trace 48..59); label some, or keep more with
    --validation."""
    labels = halves(2)
    labels[48:] = 0
    return segment(labels, "--classes", "fault")


@command
def one_trace_to_learn_from():
    """x.npy has 9 samples along its longest axis; 2 to be judged by and a gap of 8 (half a window) leave nothing to
    learn from: give more data, a smaller --crop or a smaller --validation."""
    return segment(halves(2)[:9])


@command
def data_without_a_live_trace():
    """x.npy has no live trace: every sample is zero or missing; look at it with geocnn info."""
    np.save("x.npy", np.full((60, 24), np.nan))
    np.save("y.npy", halves(2))
    return run("train", "segment", "--data", "x.npy", "--labels", "y.npy")


@command
def inlines_that_are_not_there():
    """--inlines names 12, and x.npy has inline 0..11 step 1 (12); name some of these."""
    return segment(np.zeros((12, 10, 8)), "--inlines", "3", "12")


@command
def inlines_of_a_line():
    """x.npy is a line and has no sections to name with --inlines; leave it out."""
    return segment(halves(2), "--inlines", "3")


@command
def volumes_of_a_line():
    """--ndim is 3 and x.npy is a line; leave --ndim out."""
    return segment(halves(2), "--ndim", "3")


@command
def to_go_on_from_a_network_of_other_dimensions():
    """--from net is a network for segmentation of 3-D data with 1 channel; needed is one for segmentation of 2-D data
    with 1 (--ndim chooses the dimensions)."""
    return segment(halves(2), "--from", network(ndim=3))


@command
def two_architectures():
    """--from faults brings its architecture; leave --model and --width out."""
    return segment(halves(2), "--from", "faults", "--model", "unet")


@command
def a_classifier_that_is_to_segment():
    """--model resnet18 judges whole windows; networks that segment are unet2015, unet, faultseg."""
    return segment(halves(2), "--model", "resnet18")


@command
def an_architecture_that_is_not_there():
    """there is no architecture 'unett'; did you mean unet?"""
    return segment(halves(2), "--model", "unett")


@command
def a_network_without_channels():
    """--width is 0; needed are 1 or more channels."""
    return segment(halves(2), "--width", "0")


@command
def a_crop_that_breaks_the_size_rule():
    """--crop is 30 16; unet takes multiples of 16, for 2 axes here: give --crop 32 16."""
    return segment(halves(2), "--crop", "30", "16")


@command
def a_crop_of_other_dimensions():
    """--crop is 16 16 16; unet takes multiples of 16, for 2 axes here: give --crop 16 16."""
    return segment(halves(2), "--crop", "16", "16", "16")


@command
def nothing_kept_to_judge_by():
    """--validation is 0; give a share between 0 and 1, such as 0.2."""
    return segment(halves(2), "--validation", "0")


@command
def no_windows():
    """--samples is 0 and --seed 0; needed are 1 or more and 0 or more."""
    return segment(halves(2), "--samples", "0")


@command
def noise_for_windows_below_nothing():
    """--noise is -1; needed is 0 or more."""
    return segment(halves(2), "--noise", "-1")


@command
def no_patience():
    """patience is 0; needed are 1 or more epochs."""
    return segment(halves(2), "--patience", "0")


@mistake
def a_score_that_is_not_there():
    """the recipe monitors 'validation_dice'; its scores are epoch, learning_rate, loss, validation_loss,
    validation_accuracy, validation_accuracy_quiet, validation_accuracy_positive_arrival,
    validation_accuracy_negative_arrival, seconds."""
    fit(replace(recipe("traces", epochs=1), monitor="validation_dice"))


@mistake
def labels_of_no_class_to_evaluate_by():
    """the labels hold no class; the network knows 0 to 2."""
    trained = checkpoints.load(network())
    several = replace(trained, card=trained.card.replace(classes=("a", "b", "c")))
    geocnn.evaluate(several, halves(2), np.full((60, 24), 7))


# geocnn train classify: windows with a class each


def windows(**arrays: Any) -> str:
    """A file of 6 windows of 16 samples in two classes, unless told otherwise; None leaves an array out."""
    made = {"x": np.arange(96.0).reshape(6, 16), "y": np.arange(6) % 2} | arrays
    np.savez("w.npz", **{k: np.asarray(v) for k, v in made.items() if v is not None})
    return "w.npz"


def classify(*words: str, data: str = "") -> int:
    """Train a small network on windows."""
    return run("train", "classify", "--data", data or windows(), "--width", "2", "--out", "mine", *words)


@command
def no_file_of_windows():
    """there is no file or folder w.npz; check the name."""
    return classify(data="w.npz")


@command
def windows_in_a_text_file():
    """notes.txt holds no windows to be classified; give an .npz file or a Zarr group with the arrays x and y, or a
    folder for each class with pictures or .npy files."""
    Path("notes.txt").write_text("line 7, bad weather")
    return classify(data="notes.txt")


@command
def windows_in_a_damaged_file():
    """w.npz is damaged or no .npz file; write it again with NumPy."""
    Path(windows()).write_bytes(Path("w.npz").read_bytes()[:-40])
    return classify(data="w.npz")


@command
def windows_in_a_pickle():
    """w.npz holds Python objects in y, which can run anything when they are read; save text, such as that of pandas, as
    y.astype(str), and numbers as y.astype(float)."""
    return classify(data=windows(y=np.array(["a", "b"] * 3, object)))


@command
def no_windows_to_learn_from():
    """the recipe classify needs --data WINDOWS: an .npz file or a Zarr group with the arrays x and y, or a folder for
    each class with pictures or .npy files."""
    return run("train", "classify")


@command
def two_classes_of_one_name():
    """w.npz names the class 'P' more than once in classes; name each once, in the order of their numbers."""
    return classify(data=windows(classes=["P", "P", "noise"]))


@command
def windows_beyond_float32():
    """window 1 of w.npz holds -1e+300, which leaves the range of float32, 1e-45 to 3e38; rescale the windows, for
    example to a standard deviation of 1."""
    x = np.ones((6, 16))
    x[1, 3] = -1e300
    return classify(data=windows(x=x))


@command
def windows_below_float32():
    """window 0 of w.npz holds 1e-60, which leaves the range of float32, 1e-45 to 3e38; rescale the windows, for example
    to a standard deviation of 1."""
    return classify(data=windows(x=np.full((6, 16), 1e-60)))


@command
def windows_that_nobody_labelled():
    """no window of w.npz has a class, all labels are -1 or NaN; label some of each class."""
    return classify(data=windows(y=np.full(6, np.nan)))


@command
def polarities_as_classes():
    """w.npz has windows of one class (1); needed are two classes or more (-1, of 3 windows, means no class)."""
    return classify(data=windows(y=[-1, 1] * 3))


@command
def windows_by_other_names():
    """w.npz has the arrays y, a; needed are x (windows, samples ...) and y (windows), the class of each."""
    return classify(data=windows(x=None, a=np.ones((6, 16))))


@command
def one_zarr_array_of_windows():
    """w.zarr is one Zarr array; needed is a group with the arrays x and y."""
    import zarr

    zarr.save_array("w.zarr", np.ones((6, 16)))
    return classify(data="w.zarr")


@command
def windows_of_words():
    """the windows of w.npz are <U1; needed are real numbers."""
    return classify(data=windows(x=np.full((6, 16), "a")))


@command
def windows_whose_axes_do_not_tell():
    """the windows of w.npz form an array of 6 x 3 x 16 numbers: give --ndim 2 if they are 2-D, or --ndim 1 if they are
    1-D with 3 channels."""
    return classify(data=windows(x=np.ones((6, 3, 16))))


@command
def windows_with_nan():
    """window 4 of w.npz holds NaN or infinite numbers, the first at index 3, as do 2 of 6 windows; replace the numbers,
    or leave these windows out."""
    x = np.ones((6, 16))
    x[4, 3], x[5] = np.nan, np.inf
    return classify(data=windows(x=x))


@command
def windows_without_classes():
    """w.npz has windows without classes; add the array y with the class of each window, or give a folder for each
    class."""
    return classify(data=windows(y=None))


@command
def fewer_labels_than_windows():
    """w.npz has 6 windows and 5 labels; needed is one class for each window."""
    return classify(data=windows(y=np.arange(5) % 2))


@command
def labels_of_every_sample():
    """w.npz has 6 windows and 6 x 16 labels; needed is one class for each window."""
    return classify(data=windows(y=np.ones((6, 16))))


@command
def labels_between_classes():
    """the labels of w.npz are float64 and no whole numbers; needed is the class of each window."""
    return classify(data=windows(y=np.linspace(0, 1, 6)))


@command
def a_class_beyond_the_names():
    """window 2 of w.npz has the class 2, but there are 2 classes, 0 to 1 (noise, quake)."""
    return classify(data=windows(y=np.arange(6) % 3, classes=["noise", "quake"]))


@command
def a_class_by_another_name():
    """w.npz has the class 'blast', which is none of noise, quake."""
    return classify(data=windows(y=["noise", "quake", "blast"] * 2, classes=["noise", "quake"]))


@command
def a_class_without_windows():
    """w.npz has too few windows of blast (0); needed are 2 or more of each class, to learn from and to judge by."""
    return classify(data=windows(classes=["noise", "quake", "blast"]))


@command
def one_window_of_a_class():
    """w.npz has too few windows of 1 (1); needed are 2 or more of each class, to learn from and to judge by."""
    return classify(data=windows(y=[0, 0, 0, 0, 0, 1]))


@command
def one_class():
    """w.npz has windows of one class (7); needed are two classes or more."""
    return classify(data=windows(y=[7] * 6))


@command
def one_window():
    """w.npz has windows of one class (0); needed are two classes or more."""
    return classify(data=windows(x=np.ones((1, 16)), y=[0]))


@command
def fewer_groups_than_windows():
    """w.npz has 6 windows and 2 groups; needed is one group for each window."""
    return classify(data=windows(group=["a", "b"]))


@command
def one_group():
    """all windows are of one group; needed are two groups or more, one to judge by."""
    return classify(data=windows(group=["a"] * 6))


@command
def a_class_in_one_group_only():
    """the groups of w.npz cannot be split so that every class is learnt; a class must occur in two groups or more, or
    leave group out."""
    return classify(data=windows(group=np.arange(6) % 2))


@command
def an_empty_folder_of_windows():
    """empty holds no windows; give an .npz file or a Zarr group with the arrays x and y, or a folder for each class
    with pictures or .npy files."""
    Path("empty").mkdir()
    return classify(data="empty")


@command
def a_class_folder_without_windows():
    """the folder all/quake holds no window; put .png, .jpg, .jpeg, .tif, .tiff or .npy files into it, or remove it."""
    for name in ("noise", "quake"):
        Path("all", name).mkdir(parents=True)
    np.save("all/noise/1.npy", np.ones(16))
    return classify(data="all")


@command
def windows_of_two_sizes():
    """all/b/1.npy has 17 samples and all/a/1.npy 16; all windows must be of one size."""
    for name, size in (("a", 16), ("b", 17)):
        Path("all", name).mkdir(parents=True)
        np.save(f"all/{name}/1.npy", np.ones(size))
    return classify(data="all")


@command
def pictures_and_arrays():
    """all holds both pictures and .npy files; give one kind of them."""
    Path("all/a").mkdir(parents=True)
    np.save("all/a/1.npy", np.ones(16))
    Path("all/a/2.png").touch()
    return classify(data="all")


@command
def a_damaged_picture_among_windows():
    """all/a/1.png is damaged or no picture; copy it again, or remove it."""
    Path("all/a").mkdir(parents=True)
    Path("all/a/1.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(50))
    return classify(data="all")


@command
def no_share_for_validation():
    """--validation is 1; it is a share of the windows, such as 0.2."""
    return classify("--validation", "1")


@command
def a_segmenter_that_is_to_classify():
    """--model unet does not judge whole windows; networks that do are trace_classifier, lenet1989, lenet5, lenet,
    alexnet2012, alexnet, resnet18, resnet34, resnet50, resnet101, resnet152, resnet20, resnet32, resnet44, resnet56,
    resnet110, resnet1202."""
    return classify("--model", "unet")


@command
def a_window_too_small_for_the_network():
    """--model alexnet does not take windows of 16 samples but 63 or more samples; pad them to 63, or choose another
    --model, such as resnet20."""
    return classify("--model", "alexnet")


@command
def a_window_that_the_network_cannot_be_made_for():
    """--model lenet cannot be made for windows of 18 samples: window is (18,); needed are multiples of 4, for two
    poolings halve them."""
    return classify("--model", "lenet", data=windows(x=np.ones((6, 18))))


@command
def a_width_where_there_is_none():
    """--model lenet5 has one width; leave --width out."""
    return classify("--model", "lenet5")


@mistake
def a_width_in_words():
    """--width is 'four'; resnet20 takes a whole number of channels, 1 or more."""
    recipe("classify", data=(np.ones((6, 16)), np.arange(6) % 2), width="four")


@command
def a_network_without_width():
    """--width is 0; resnet20 takes a whole number of channels, 1 or more."""
    return run("train", "classify", "--data", windows(), "--width", "0")


@command
def half_a_channel():
    """--width is 2.5; resnet20 takes a whole number of channels, 1 or more."""
    return run("train", "classify", "--data", windows(), "--width", "2.5")


@command
def a_factor_below_nothing():
    """--width is -2; lenet takes a factor above 0, such as 0.5."""
    return run("train", "classify", "--data", windows(), "--model", "lenet", "--width", "-2")


@command
def a_batch_of_one_window():
    """--batch-size is 1; batch normalisation needs 2 or more."""
    return classify("--batch-size", "1")


@command
def a_start_of_another_architecture():
    """--start run is trace_classifier and --model is resnet20; leave --model out."""
    fit(job(), out="run")
    return classify("--start", "run", "--model", "resnet20")


@command
def weights_that_are_not_there():
    """there is no file of weights w.pth; check the name."""
    return classify("--start", "w.pth")


@command
def weights_of_another_network():
    """w.pth does not fit the network (conv1.weight has 2 x 3 x 3 numbers instead of 2 x 1 x 3); choose the
    architecture, channels and classes that these weights were made for."""
    torch.save(build("resnet20", ndim=1, in_channels=3, out_channels=2, width=2).state_dict(), "w.pth")
    return classify("--start", "w.pth")


@command
def weights_with_code():
    """w.pth holds code besides numbers and was not opened, for opening it could run anything; have its source save the
    state_dict() of the network as .safetensors."""
    torch.save(build("resnet20", ndim=1, in_channels=1, out_channels=2, width=2), "w.pth")
    return classify("--start", "w.pth")


@command
def weights_that_are_none():
    """w.pth is no file of weights, or a damaged one; copy it again from its source, or save the weights as
    .safetensors."""
    Path("w.pth").write_text("<!DOCTYPE html>")
    return classify("--start", "w.pth")


@command
def weights_without_names():
    """w.pth holds no tensors with names; save the state_dict() of the network instead."""
    torch.save(torch.ones(3), "w.pth")
    return classify("--start", "w.pth")


@mistake
def weights_by_another_name():
    """w.h5 is no file of weights by its name; needed is one of .safetensors, .pth, .pt, .bin."""
    Path("w.h5").touch()
    read_weights(Path("w.h5"))


# geocnn export


@command
def an_export_without_a_form():
    """export needs to know what to write; give --onnx, --torchscript or --exported-program."""
    return run("export", "faults")


@command
def one_name_for_two_files():
    """--out a.onnx is one name for 2 files; name a folder that exists, or leave it out."""
    return run("export", "faults", "--onnx", "--torchscript", "--out", "a.onnx")


@command
def an_export_with_another_ending():
    """a.pb has the wrong ending for onnx; name it a.onnx."""
    return run("export", "faults", "--onnx", "--out", "a.pb")


@command
def an_export_into_no_folder():
    """there is no folder no for a.onnx; make it, or choose another."""
    return run("export", "faults", "--onnx", "--out", "no/a.onnx")


@command
def an_export_that_is_there():
    """faults-2d.pt2 already exists; choose another name, or replace it with --overwrite."""
    Path("faults-2d.pt2").touch()
    return run("export", "faults", "--ndim", "2", "--exported-program")


@command
def an_export_that_needs_packages():
    """ONNX files need onnx and onnxscript, which is not installed; type pip install 'geocnn[export]'."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("geocnn.export.find_spec", lambda _: None)
        return run("export", "faults", "--onnx")


@command
def an_export_on_a_full_disk():
    """a.pt cannot be written (file too large); choose another name."""
    jaxtyping.config.update("jaxtyping_disable", True)  # sizes that are traced are no numbers
    try:
        with files_of_at_most(20_000):
            return run("export", "faults", "--ndim", "2", "--torchscript", "--out", "a.pt")
    finally:
        jaxtyping.config.update("jaxtyping_disable", False)


@mistake
def an_export_in_another_form():
    """form is 'caffe'; it is one of onnx, torchscript, exported-program."""
    export("faults", "a.onnx", form="caffe")  # type: ignore[arg-type]


# geocnn evaluate and synth


@command
def a_survey_without_labels():
    """evaluate needs both --data and --labels, or neither for the samples of the recipe."""
    return run("evaluate", "faults", "--data", line())


@command
def labels_of_another_survey():
    """the labels have 9 x 8 samples and the data 20 x 30; both must lie on the same grid."""
    np.save("labels.npy", np.ones((9, 8)))
    return run("evaluate", network(), "--data", line(), "--labels", "labels.npy")


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
    names = [row.rsplit(maxsplit=1)[0] for row in capsys.readouterr().out.splitlines()]
    assert names[:4] == ["precision", "recall", "dice", "iou"]
    assert main(words) == 2


@command
def no_samples_to_judge_by():
    """the card of net names no recipe with samples to be judged by; give a survey with --data and its known answers
    with --labels."""
    return run("evaluate", network())


@command
def a_survey_too_small_to_make():
    """--shape is 4 4 4; a structure needs 8 or more traces and time samples, or inlines, crosslines and time samples,
    such as --shape 128 128 128."""
    return run("synth", "--shape", "4", "4", "4")


@command
def no_survey_to_make():
    """--number is 0; 1 or more are needed."""
    return run("synth", "--number", "0")


@command
def a_negative_series():
    """seed is -5 and index 0; both must be whole numbers from 0 up."""
    return run("synth", "--shape", "16", "16", "--seed", "-5")


@command
def surveys_that_exist():
    """000-seismic.sgy exists already; give --overwrite (in Python overwrite=True) or another name."""
    Path("synthetic").mkdir()
    Path("synthetic/000-seismic.sgy").write_text("mine")
    return run("synth", "--shape", "16", "16")


@command
def surveys_in_a_file():
    """line.npy cannot be made (file exists); choose another folder with --out."""
    return run("synth", "--shape", "16", "16", "--out", line())


# geocnn models and explain


@command
def no_such_model():
    """there is no architecture or network 'resnt18'; did you mean resnet18? Else give a folder written by geocnn
    train."""
    return run("models", "resnt18")


@command
def no_model_near():
    """there is no architecture or network 'xyz'; architectures are trace_classifier, lenet1989, lenet5, lenet,
    alexnet2012, alexnet, resnet18, resnet34, resnet50, resnet101, resnet152, resnet20, resnet32, resnet44, resnet56,
    resnet110, resnet1202, unet2015, unet, faultseg, and geocnn ships faults."""
    return run("explain", "xyz")


@command
def a_window_that_the_model_does_not_take():
    """FaultSeg got windows of 100 x 100 x 100 samples; it takes multiples of 8: pad to 104 x 104 x 104."""
    return run("models", "faultseg", "--input", "100")


@command
def a_window_that_the_model_cannot_be_made_for():
    """lenet5 cannot be made like that: window is (30, 30); needed are multiples of 4, for two poolings halve them."""
    return run("models", "lenet5", "--input", "30")


@command
def a_window_of_other_dimensions():
    """--input is 64 64; needed is one number of samples for all axes, or 3."""
    return run("models", "resnet18", "--ndim", "3", "--input", "64", "64")


@command
def a_model_without_channels():
    """resnet18 cannot be made like that: in_channels is 0 and out_channels 1000; both are 1 or more."""
    return run("models", "resnet18", "--in-channels", "0")


@command
def a_window_for_all_models():
    """--input, --in-channels and --out-channels are for one network; name it, for example resnet18."""
    return run("models", "--input", "64")


@command
def other_channels_of_a_trained_network():
    """net is a trained network for 2-D data of 1 channel; its dimensions and channels cannot be changed: leave --ndim,
    --in-channels and --out-channels out, or give the architecture faultseg."""
    return run("models", network(), "--in-channels", "3")


@command
def a_survey_of_another_kind_to_explain_with():
    """line.npy has 2 axes and 1 channel, but net takes 3-D data of 1 channel; give such data, or leave --data out."""
    return run("explain", network(ndim=3), "--data", line())


@command
def an_explanation_that_exists():
    """explain.png exists already; give --overwrite or another name."""
    Path("explain.png").touch()
    return run("explain", "lenet")


@mistake
def a_layer_of_no_known_field():
    """the operator cumsum in the network itself has an effect on the receptive field that is not known; the receptive
    field of such a network cannot be told."""

    class Sum(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x.cumsum(-1)

    tracing.trace(Sum(), (1, 9))


# What nobody foresaw


@command
def memory_runs_out():
    """the machine ran out of memory; give less, in prediction by --memory 2GB or a smaller --tile, in training by a
    smaller --crop or --batch-size."""
    return surprise(MemoryError())


@command
def memory_of_torch_runs_out():
    """the machine ran out of memory; give less, in prediction by --memory 2GB or a smaller --tile, in training by a
    smaller --crop or --batch-size."""
    return surprise(RuntimeError("[enforce fail at alloc_cpu.cpp:127] DefaultCPUAllocator: can't allocate memory"))


@command
def memory_of_a_gpu_runs_out():
    """the machine ran out of memory; give less, in prediction by --memory 2GB or a smaller --tile, in training by a
    smaller --crop or --batch-size."""
    return surprise(torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB."))


@command
def the_system_refuses():
    """the system refuses line.npy: input/output error; check its name and permissions."""
    return surprise(OSError(errno.EIO, "Input/output error", "line.npy"))


@command
def the_disk_is_full():
    """the disk is full (line.npy); make room or choose another folder."""
    return surprise(OSError(errno.ENOSPC, "No space left on device", "line.npy"))


@command
def the_quota_is_used_up():
    """your disk quota is used up (line.npy); make room within it (quota -s shows it) or choose another folder."""
    return surprise(OSError(errno.EDQUOT, "Disk quota exceeded", "line.npy"))


@pytest.mark.usefixtures("here")
def test_a_fault_of_ours_is_called_so(capsys):
    assert surprise(ZeroDivisionError("division by zero")) == 1
    assert capsys.readouterr().err == (
        "geocnn: this is a fault of geocnn's (ZeroDivisionError: division by zero); run again with --debug and report "
        "what it prints.\n"
    )


@pytest.mark.usefixtures("here")
def test_debug_shows_where(capsys):
    assert main(["info", "no.sgy", "--debug"]) == 2
    err = capsys.readouterr().err
    assert err.startswith("Traceback (most recent call last):")
    assert err.endswith("\ngeocnn: there is no file no.sgy; check the name.\n")


@pytest.mark.usefixtures("here")
def test_nobody_reads_on():
    command = f"{sys.executable} -m geocnn info {line()} --no-picture | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.stderr == ""


@pytest.mark.parametrize("arguments", [[], ["train"], ["--help"], ["predict", "--help"], ["--version"]])
def test_help_is_no_error(capsys, arguments):
    assert main(arguments) == 0
    out, err = capsys.readouterr()
    assert out
    assert err == ""


# What is said without being an error


@pytest.mark.usefixtures("here")
def test_nan_samples_are_counted_located_and_blank(capsys):
    values = np.random.default_rng(0).standard_normal((20, 30))
    values[3, 4:7], values[5] = np.nan, 0
    np.save("line.npy", values)
    assert main(["predict", network(), "line.npy", "--out", "r.npy", "--quiet"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[:2] == [
        "note: 1 of 20 traces are dead or missing; they are zero in the result.",
        "note: 3 samples are NaN or infinite, the first at trace 3, time 4; they are zero in the result.",
    ]
    result = np.load("r.npy")
    assert not result[3, 4:7].any()
    assert not result[5].any()
    assert result[4].all()


@pytest.mark.usefixtures("here")
def test_a_survey_below_the_size_rule_is_padded(capsys):
    np.save("line.npy", np.random.default_rng(0).standard_normal((5, 30)))
    assert main(["predict", network(), "line.npy", "--out", "r.npy", "--quiet"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "note: trace has only 5 samples, fewer than the network's 8; padded by reflection."
    assert np.load("r.npy").shape == (5, 30)


@pytest.mark.usefixtures("here")
def test_pictures_of_others_are_kept(capsys):
    Path("r.png").write_text("mine")
    assert main(["predict", network(), line(), "--out", "r.npy", "--quiet"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "picture r-2.png"
    assert Path("r.png").read_text() == "mine"


@pytest.mark.usefixtures("here")
def test_a_folder_takes_the_result():
    Path("results").mkdir()
    assert main(["predict", network(), line(), "--out", "results", "--quiet"]) == 0
    assert sorted(p.name for p in Path("results").iterdir()) == ["line-net.npy", "line-net.png"]


# Ctrl-C, in real processes


def test_ctrl_c_in_prediction(here):
    values = np.random.default_rng(0).standard_normal((3000, 600), dtype=np.float32)
    np.save("line.npy", values)
    options = ["--tile", "8", "8", "--out", "mine.sgy"]
    process = start("predict", network(), "line.npy", *options)
    wait_for(lambda: list(Path().glob(".mine.sgy.partial-*")))
    assert interrupt(process) == (130, "geocnn: stopped; no unfinished file was left behind.")
    assert sorted(p.name for p in here.iterdir()) == ["line.npy", "net"]
    np.testing.assert_array_equal(np.load("line.npy"), values)


def test_ctrl_c_in_training_and_on_with_it(here):
    options = ["train", "traces", "--epochs", "4000", "--out", "mine"]
    process = start(*options)
    wait_for(Path("mine/metrics.csv").exists)
    said = "geocnn: stopped; the run so far is kept: continue with the same options and --out mine --resume."
    assert interrupt(process) == (130, said)
    assert not list(here.rglob("*.part"))
    done = len(Path("mine/metrics.csv").read_text().splitlines()) - 1
    assert 0 < done < 4000
    options[3] = str(done + 2)
    assert main([*options, "--resume", "--quiet"]) == 0
    rows = Path("mine/metrics.csv").read_text().splitlines()[1:]
    assert [int(row.split(",")[0]) for row in rows] == list(range(1, done + 3))


def test_ctrl_c_before_anything_was_learnt(here):
    process = start("train", "faults", "--out", "runs/mine")
    libraries = Path(f"/proc/{process.pid}/maps")
    wait_for(lambda: not libraries.exists() or "torch" in libraries.read_text())
    assert interrupt(process) == (130, "geocnn: stopped; no unfinished file was left behind.")
    assert not list(here.iterdir())


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_batch_systems_and_closed_terminals_stop_it_like_ctrl_c(here, number, code):
    np.save("line.npy", np.random.default_rng(0).standard_normal((3000, 600), dtype=np.float32))
    process = start("predict", network(), "line.npy", "--tile", "8", "8", "--out", "mine.zarr")
    wait_for(lambda: list(Path().glob(".mine.zarr.partial-*")))
    assert interrupt(process, number=number) == (code, "geocnn: stopped; no unfinished file was left behind.")
    assert sorted(p.name for p in here.iterdir()) == ["line.npy", "net"]


def test_nohup_and_the_background_of_a_script(here):
    np.save("line.npy", np.random.default_rng(0).standard_normal((3000, 600), dtype=np.float32))
    words = ["predict", network(), "line.npy", "--tile", "8", "8", "--out", "mine.npy"]
    ignoring = "import signal, sys; [signal.signal(s, signal.SIG_IGN) for s in (signal.SIGHUP, signal.SIGINT)]; "
    code = ignoring + "from geocnn.cli import main; sys.exit(main())"
    process = subprocess.Popen([sys.executable, "-c", code, *words], stderr=subprocess.PIPE, text=True)
    wait_for(lambda: list(Path().glob(".mine.npy.partial-*")))
    process.send_signal(signal.SIGHUP)
    process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    assert process.poll() is None
    assert interrupt(process, number=signal.SIGTERM)[0] == 143
    assert sorted(p.name for p in here.iterdir()) == ["line.npy", "net"]


def start(*arguments: str) -> "subprocess.Popen[str]":
    """The command in a process of its own."""
    return subprocess.Popen([sys.executable, "-m", "geocnn", *arguments], stderr=subprocess.PIPE, text=True)


def interrupt(process: "subprocess.Popen[str]", number: signal.Signals = signal.SIGINT) -> tuple[int, str]:
    """Press Ctrl-C or send another signal; return exit code and last line."""
    process.send_signal(number)
    _, err = process.communicate(timeout=30)
    assert "Traceback" not in err
    return process.returncode, err.splitlines()[-1]


def wait_for(there: Callable[[], object]) -> None:
    """Wait until something has happened."""
    until = time.monotonic() + 30
    while not there():
        assert time.monotonic() < until
        time.sleep(0.02)


# Materials for commands


def run(*arguments: object) -> int:
    """Run a command that must leave everything as it was; return its exit code."""
    before = {p: p.is_file() and p.read_bytes() for p in Path().rglob("*")}
    code = main([str(word) for word in arguments])
    assert {p: p.is_file() and p.read_bytes() for p in Path().rglob("*")} == before
    return code


def predict(file: object, *options: str, make: bool = True) -> int:
    """Predict with a tiny network."""
    return run("predict", network() if make else "net", file, "--quiet", *options)


def halves(classes: int) -> np.ndarray:
    """Classes of a line of 60 x 24 samples, one above the other."""
    return np.arange(24) * classes // 24 * np.ones((60, 1), np.int64)


def segment(labels: np.ndarray, *options: str, shape: tuple[int, ...] | None = None) -> int:
    """Learn from these labels of a line or cube of random samples."""
    np.save("x.npy", np.random.default_rng(0).standard_normal(shape or labels.shape, dtype=np.float32))
    np.save("y.npy", labels)
    return run("train", "segment", "--data", "x.npy", "--labels", "y.npy", *options)


def network(folder: str = "net", *, ndim: int = 2, width: int = 2, channels: tuple[str, ...] = ("amplitude",)) -> str:
    """A run folder with a tiny network of random weights."""
    arguments = {"ndim": ndim, "in_channels": len(channels), "width": width, "bottleneck": 2}
    axes = ("inline", "crossline", "time")[3 - ndim :]
    known = {"window": (16,) * ndim, "size_multiple": 8, "reach": 51, "normalisation": {"clip": 4.0}}
    card = Card("tiny", "segmentation", "faultseg", arguments, ("fault",), channels, axes, **known)
    checkpoints.save(Path(folder), build("faultseg", **arguments), card)
    return folder


def edit(folder: str, key: str, value: object) -> None:
    """Change one entry of a card."""
    path = Path(folder, "card.json")
    path.write_text(json.dumps(json.loads(path.read_text()) | {key: value}))


def line() -> str:
    """A line of 20 traces x 30 samples."""
    np.save("line.npy", np.random.default_rng(0).standard_normal((20, 30)))
    return "line.npy"


def job(**changes: Any) -> Recipe:
    """The worked example for an epoch on 10 traces."""
    made = recipe("traces", count=12, centres=(12, 40))
    return replace(made, schedule=replace(made.schedule, epochs=1, **changes))


def choose_on_two_gpus(name: str, local_rank: int) -> torch.device:
    """Choose a device as a process of torchrun on a machine with two GPUs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.cuda, "is_available", lambda: True)
        patch.setattr(torch.cuda, "device_count", lambda: 2)
        patch.setenv("LOCAL_RANK", str(local_rank))
        return choose_device(name)


def surprise(error: BaseException) -> int:
    """Something breaks inside a prediction."""

    def fail(*_: object, **__: object) -> None:
        raise error

    network()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("geocnn.prediction.predict", fail)
        return predict(line(), make=False)


def refusing(number: int) -> Callable[..., None]:
    """A write that the system refuses."""

    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    return refuse


@contextlib.contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """The system refuses to let any file grow beyond ``size`` bytes, as a full disk does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
