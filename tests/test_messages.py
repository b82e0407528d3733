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

import numpy as np
import pytest
import segyio
import torch

import geocnn
from geocnn import checkpoints, io, training
from geocnn.checkpoints import Card
from geocnn.cli import main
from geocnn.datasets import TensorSamples
from geocnn.errors import GeocnnError
from geocnn.evaluation import scores
from geocnn.grid import Axis, Grid
from geocnn.hardware import choose_device
from geocnn.io.tracesink import TraceSink
from geocnn.models import build
from geocnn.recipes import build as recipe
from geocnn.training import Recipe, Schedule

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
    """FaultSeg got (20, 24) samples; each size must be a multiple of 8: pad to (24, 24)."""
    build("faultseg", ndim=2)(torch.zeros(1, 1, 20, 24))


@mistake
def labels_of_another_shape():
    """the prediction has (2, 3) samples and the labels (2, 2); they must be equal."""
    scores(np.zeros((2, 3), np.float32), np.zeros((2, 2), np.bool_))


@mistake
def labels_without_faults():
    """the labels hold no sample above 0.5; a fault mask is 1 on the faults, else 0."""
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
    """there is no command picks; there are train, predict, evaluate, info, synth."""
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
def a_classifier():
    """the network traces does classification: it judges whole windows; predict needs a segmentation network, such as
    faults."""
    np.save("trace.npy", np.ones(64))
    fit(job(), out="run")
    return run("predict", "run", "trace.npy", "--quiet")


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
    """the labels labels.npy hold no sample above 0.5; a fault mask is 1 on the faults, else 0."""
    np.save("labels.npy", np.zeros((20, 30)))
    return run("evaluate", network(), "--data", line(), "--labels", "labels.npy")


@command
def amplitudes_as_labels():
    """the labels labels.npy reach from -2 to 3; a fault mask is 1 on the faults, else 0: give the file with the mask,
    or rescale it."""
    np.save("labels.npy", np.linspace(-2, 3, 600).reshape(20, 30))
    return run("evaluate", network(), "--data", line(), "--labels", "labels.npy")


@command
def labels_with_holes():
    """the labels labels.npy hold NaN or infinite samples (30 of 600); a fault mask is 1 on the faults, else 0."""
    labels = np.ones((20, 30))
    labels[3] = np.nan
    np.save("labels.npy", labels)
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
