"""Mistakes in creating and writing results."""

import errno
import shutil
from pathlib import Path

import numpy as np
import pytest
from tests.messages.entries import Table, checks_of_mistakes
from tests.messages.materials import refusing, segy

from geocnn import io
from geocnn.grid import Axis, Grid
from geocnn.io.tracesink import TraceSink
from geocnn.prediction.catalogue import catalogue_files

mistake = Table()


test_message = checks_of_mistakes(mistake)


def result(path: str = "result.sgy", **options: object) -> object:
    """Try to create a result of a survey."""
    return io.create(path, io.open(segy("survey.sgy")), **options)  # type: ignore[arg-type]


@mistake
def target_without_suffix():
    """result: a result needs the suffix .sgy, .segy, .zarr or .npy, or .su where the data have it."""
    result("result")


@mistake
def target_exists():
    """result.sgy exists already; give --overwrite (in Python overwrite=True) or another name."""
    Path("result.sgy").touch()
    result()


@mistake
def a_finished_catalogue_beside_what_a_watch_keeps():
    """c.xml exists already; give --overwrite (in Python overwrite=True) or another name."""
    for name in ("c.xml", "c.xml.unfinished"):
        Path(name).touch()
    catalogue_files(Path("c.xml"), overwrite=False)


@mistake
def a_table_of_somebody_beside_a_catalogue_that_is_not_finished():
    """c.csv exists already; give --overwrite (in Python overwrite=True) or another name."""
    Path("c.xml.unfinished").touch()
    Path("c.csv").write_text("event,date\n")
    catalogue_files(Path("c.xml"), overwrite=False)


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
    """g.zarr is neither one Zarr array nor one result of geocnn (another group, or with other files); it is not
    replaced, choose another name."""
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
def interval_too_fine_for_segy():
    """SEG-Y states the sample interval in whole thousandths of 1 ms, and 0.0625 ms is none; write .zarr,
    or .npy without axes."""
    grid = Grid((Axis("trace", 2), Axis("time", 2, 0.0, 0.0625, "ms")))
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
