"""Mistakes in opening surveys: damaged files, foreign formats and unclear geometry."""

import os
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest
import torch
import zarr
from tests.messages.entries import Table, checks_of_mistakes
from tests.messages.materials import patched, segy

from geocnn import io
from geocnn.grid import Axis, Grid

mistake = Table()


test_message = checks_of_mistakes(mistake)


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
    """a.zip is a ZIP archive, not a survey; geocnn reads SEG-Y, Zarr and .npy."""
    with ZipFile("a.zip", "w") as archive:
        archive.writestr("line.sgy", bytes(4000))
    io.open("a.zip")


@mistake
def several_arrays():
    """a.npz holds several arrays (seismic, fault), and a survey is one; write that with numpy.save into a .npy file."""
    np.savez("a.npz", seismic=np.ones((3, 3)), fault=np.ones((3, 3)))
    io.open("a.npz")


@mistake
def unknown_format():
    """notes.txt is no format that geocnn knows, or is damaged; it reads surveys in SEG-Y, Zarr and .npy, and
    seismograms in miniSEED."""
    Path("notes.txt").write_text("line 7, bad weather")
    io.open("notes.txt")


def store(shape: dict[str, tuple[str, ...]]) -> str:
    """A Zarr group with arrays of these axes, as xarray writes it."""
    group = zarr.open_group("x.zarr", mode="w")
    for name, axes in shape.items():
        group.create_array(name, shape=(4,) * len(axes), dtype="float32", dimension_names=axes)
    return "x.zarr"


@mistake
def a_group_of_several_surveys():
    """x.zarr is a group that holds fault, seismic; open the array itself, x.zarr/NAME."""
    io.open(
        store({"seismic": ("inline", "crossline", "twt"), "fault": ("inline", "crossline", "twt"), "twt": ("twt",)})
    )


@mistake
def a_vertical_axis_that_is_the_first():
    """x.zarr has the axes (twt, inline, crossline), and twt, the vertical one, must be the last; write it as (inline,
    crossline, twt), with numpy.moveaxis(array, 0, -1) or in xarray with .transpose('inline', 'crossline', 'twt')."""
    io.open(store({"seismic": ("twt", "inline", "crossline")}))


@mistake
def a_vertical_axis_that_only_its_unit_tells():
    """x.zarr has the axes (lag, inline, crossline), and lag, the vertical one, must be the last; write it as (inline,
    crossline, lag), with numpy.moveaxis(array, 0, -1) or in xarray with .transpose('inline', 'crossline', 'lag')."""
    store({"seismic": ("lag", "inline", "crossline"), "lag": ("lag",)})
    zarr.open_group("x.zarr")["lag"].attrs["units"] = "ms"
    io.open("x.zarr")


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
    """an array of <U1 with shape (2,) is no survey; needed are real numbers."""
    io.open(np.array(["a", "b"]))


@mistake
def array_of_nothing():
    """an array of float32 with shape (0, 5) is no survey; needed are one sample or more along every axis."""
    io.open(np.ones((0, 5), np.float32))


@mistake
def tensor_with_gradients():
    """this Tensor is no array for NumPy (Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy()
    instead); give an array, of a tensor x.detach().float().cpu().numpy()."""
    io.open(torch.ones(2, 2, requires_grad=True))  # type: ignore[arg-type]


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
def several_lines():
    """l.sgy: line numbers were found at bytes 9 and 21, but these are 3 lines of their own by the map coordinates, not
    a cube: traces are 25 apart along them, and they lie about 4783 from one another, not side by side trace by trace;
    write each line into a file of its own, read all traces as one line, one after the other, with --ndim 2, or say that
    it is a cube with --inline-byte 9 --crossline-byte 21."""
    lines = [[(5000 + 25 * k, 9000), (9000, 5000 + 25 * k), (9000 - 25 * k, 1000)] for k in range(20)]
    places = [(a, k, *lines[k][a]) for a in range(3) for k in range(20)]
    headers = [{9: 1 + a, 21: 1 + k, 71: 1, 181: x, 185: y} for a, k, x, y in places]
    io.open(segy("l.sgy", headers, 60))


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
