"""Every message a user can meet, word for word, one entry a mistake.

An entry is a function that makes the mistake in an empty folder (the working directory) and raises. Its docstring is
the message, where a line break stands for a space and ``{here}`` for the folder. Add yours at the end of a section.
"""

import errno
import inspect
import os
import shutil
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import segyio

from geocnn import io
from geocnn.cli import main
from geocnn.errors import GeocnnError
from geocnn.grid import Axis, Grid

Mistake = Callable[[], object]
MISTAKES: dict[str, Mistake] = {}


def mistake(function: Mistake) -> Mistake:
    """Enter a mistake into the table."""
    MISTAKES[function.__name__] = function
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
    """a survey is a path, an array or a Source, not int."""
    io.open(7)  # type: ignore[arg-type]


@mistake
def wrong_option():
    """domain is 'time' or 'depth' and ndim is 2 or 3, not 'feet' and 4."""
    io.open("x.sgy", domain="feet", ndim=4)  # type: ignore[arg-type]


@mistake
def header_bytes_of_an_array():
    """--inline-byte, --crossline-byte and --ndim are for the headers of SEG-Y files."""
    io.open(np.ones((3, 3)), inline_byte=9)


@mistake
def array_of_text():
    """an array of <U1 with shape (2,) is no survey; real numbers are needed."""
    io.open(np.array(["a", "b"]))


@mistake
def grid_of_another_shape():
    """the grid describes shape (3,) but the array has shape (2,)."""
    io.ArraySource(np.ones(2), Grid((Axis("time", 3),)))


@mistake
def too_few_slices():
    """read() needs one slice with step 1 for each of the 3 axes, not (slice(0, 1, None),)."""
    io.open(segy("s.sgy")).read((slice(0, 1),))


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
    """--sample-interval is -4; a positive number of ms is needed."""
    io.open(segy("s.sgy"), sample_interval=-4)


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
    """header byte 239 does not exist: bytes count from 1, and a number begins at 237 at most."""
    io.open(segy("s.sgy"), inline_byte=239)


@mistake
def no_cube():
    """s.sgy: none of the byte pairs 189/193, 9/21, 5/21, 181/185, 17/13 fills a grid; give --inline-byte and
    --crossline-byte."""
    io.open(segy("s.sgy", [{21: i} for i in (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048)]), ndim=3)


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
    from geocnn.io.tracesink import TraceSink

    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    usage = shutil._ntuple_diskusage(10**6, 10**6, 10**6)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TraceSink, "_put", refuse)
        calls = iter([usage])
        patch.setattr(shutil, "disk_usage", lambda _: next(calls, shutil._ntuple_diskusage(10**6, 10**6, 100)))
        result(path)
