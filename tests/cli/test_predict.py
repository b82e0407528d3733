"""``geocnn predict``: the result, its name and place, and what is said about it."""

from pathlib import Path

import numpy as np
import pytest
import segyio

import geocnn
from geocnn import checkpoints, io
from geocnn.checkpoints import Card
from geocnn.cli import main
from geocnn.models import build


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def network():
    """A folder with a small network of random weights for cubes."""
    arguments = {"ndim": 3, "in_channels": 1, "width": 2, "bottleneck": 2}
    known = {"window": (16,) * 3, "size_multiple": 8, "reach": 51, "normalisation": {"clip": 4.0}}
    axes = ("inline", "crossline", "time")
    card = Card("tiny", "segmentation", "faultseg", arguments, ("fault",), ("amplitude",), axes, **known)
    checkpoints.save(Path("net"), build("faultseg", **arguments), card)
    return "net"


@pytest.fixture
def survey():
    """A SEG-Y cube of 8 x 9 traces with 16 samples, crossline sorted."""
    spec = segyio.spec()
    spec.samples, spec.tracecount, spec.format = np.arange(16) * 4.0, 72, 1
    values = np.random.default_rng(0).standard_normal((72, 16)).astype(np.float32)
    values[5] = 0
    with segyio.create("survey.segy", spec) as file:
        file.bin[segyio.BinField.Interval] = 4000
        for i in range(72):
            file.trace[i] = values[i]
            file.header[i].update({189: 100 + i % 8, 193: 7 + i // 8, 109: 250})
    return "survey.segy"


def test_a_result_has_the_name_the_headers_and_the_numbers_of_its_survey(network, survey, capsys):
    assert main(["predict", network, survey, "--device", "cpu"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[0].split() == ["format", "SEG-Y,", "4-byte", "IBM", "float,", "big-endian"]
    assert "note: 1 of 72 traces is dead or missing; it is zero in the result." in out
    assert out[-2:] == ["result  survey-net.segy", "picture survey-net.png"]
    raw, made = (np.frombuffer(Path(n).read_bytes(), np.uint8) for n in (survey, "survey-net.segy"))
    assert raw[:3600].tobytes() == made[:3600].tobytes()
    traces, results = (x[3600:].reshape(72, -1)[:, :240] for x in (raw, made))
    np.testing.assert_array_equal(traces, results)
    expected = geocnn.predict(network, survey, device="cpu", show_progress=False).array
    found = io.open("survey-net.segy").read(...)
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert Path("survey-net.png").read_bytes().startswith(b"\x89PNG")


def test_options_reach_the_survey_and_its_result(network, survey, capsys):
    options = ["--domain", "depth", "--sample-interval", "5", "--overwrite", "--quiet", "--device", "cpu"]
    for _ in range(2):  # the second replaces result and picture
        assert main(["predict", network, survey, "--out", "r.zarr", *options]) == 0
    assert capsys.readouterr().out.splitlines()[-2:] == ["result  r.zarr", "picture r.png"]
    assert str(io.open("r.zarr").grid.axes[-1]) == "depth 250..325 m step 5 (16)"
    assert sorted(p.name for p in Path().iterdir()) == ["net", "r.png", "r.zarr", survey]


def test_quiet_without_picture_says_what_it_must(network, survey, capsys):
    assert main(["predict", network, survey, "--out", "r.npy", "--quiet", "--no-picture", "--device", "cpu"]) == 0
    out, err = capsys.readouterr()
    note, _, result = out.splitlines()  # between them tiles and time
    assert (note.split()[0], result) == ("note:", "result  r.npy")
    assert err == ""
    assert not Path("r.png").exists()


def test_tiles_do_not_change_the_result(network, survey):
    for name, tile in (("whole.npy", ["16", "16", "16"]), ("tiles.npy", ["8", "8", "8"])):
        options = ["--tile", *tile, "--out", name, "--quiet", "--no-picture", "--device", "cpu"]
        assert main(["predict", network, survey, *options]) == 0
    np.testing.assert_allclose(np.load("whole.npy"), np.load("tiles.npy"), atol=1e-5)


def test_faults_are_written_beside_the_probability(network, survey, capsys):
    """As geocnn interpret would write them; what else goes with them is refused without."""
    files = ["--thin", "thin.sgy", "--table", "faults.csv", "--sticks", "sticks.txt"]
    options = ["--threshold", "0.3", "--min-size", "5", "--quiet", "--no-picture"]
    assert main(["predict", network, survey, "--device", "cpu", *files, *options]) == 0
    said = capsys.readouterr().out
    assert "of 5 voxels or more" in said
    assert all(f"{name:<7} {path}" in said for name, path in (("thin", "thin.sgy"), ("table", "faults.csv")))
    later = [name.replace("thin", "later") for name in ("later.sgy", "later.csv", "later.txt")]
    again = [f for pair in zip(files[::2], later, strict=True) for f in pair]
    assert main(["interpret", "survey-net.segy", *again, "--threshold", "0.3", "--min-size", "5", "--quiet"]) == 0
    for first, second in zip(files[1::2], later, strict=True):
        assert Path(first).read_bytes() == Path(second).read_bytes()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--min-size", "5"], "--min-size is for the faults of one survey; give one file, and --thin, --table,"),
        (["other.sgy", "--table", "t.csv"], "--table is for the faults of one survey; give one file"),
        (["--table", "t.txt"], "t.txt is no name of a table; give one that ends in .csv"),
        (["--thin", "survey.segy"], "survey.segy"),
        (["--out", "a.sgy", "--thin", "a.sgy"], "two of the files would have the same name"),
        (["--out", "a.html", "--page", "a.html"], "two of the files would have the same name"),
    ],
)
def test_options_of_faults_are_looked_at_before_any_work(network, survey, capsys, options, message):
    assert main(["predict", network, survey, *options]) != 0
    assert message in " ".join(capsys.readouterr().err.split())
    assert not list(Path().glob("*-net*"))


def test_results_of_eight_bits(network, survey):
    for name, samples in (("a.sgy", "float32"), ("b.sgy", "int8")):
        assert main(["predict", network, survey, "--out", name, "--samples", samples, "--device", "cpu"]) == 0
    with segyio.open("b.sgy", ignore_geometry=True) as file:
        assert int(file.format) == 8
        stored = file.trace.raw[:]
    with segyio.open("a.sgy", ignore_geometry=True) as file:
        exact = file.trace.raw[:]
    np.testing.assert_array_equal(stored, np.where(exact == 0, -1, np.rint(exact * 100)))
    assert stored.max() > 1


@pytest.mark.parametrize("name", ["faults.html", "faults.pdf"])
def test_a_page_of_the_faults(network, survey, capsys, name):
    options = ["--threshold", "0.3", "--min-size", "5", "--quiet", "--no-picture", "--device", "cpu"]
    assert main(["predict", network, survey, "--page", name, *options]) == 0
    assert f"page    {name}" in capsys.readouterr().out
    content = Path(name).read_bytes()
    assert content.startswith(b"<!DOCTYPE html>" if name.endswith("html") else b"%PDF")
    if name.endswith("html"):
        assert b"net (tiny)" in content
        assert b"survey.segy" in content
        assert content.count(b"<tr>") > 5
    Path("survey-net.segy").unlink()
    assert main(["predict", network, survey, "--page", name, *options]) != 0  # it is there already
    assert name in capsys.readouterr().err
    assert not Path("survey-net.segy").exists()


def test_a_survey_is_resampled_as_asked_for(network, survey, capsys):
    """And the result is on its own grid; of networks that are not of synthetic structure nothing is by itself."""
    for name, stretch in (
        ("plain.sgy", []),
        ("one.sgy", ["--stretch", "1"]),
        ("auto.sgy", ["--stretch", "auto"]),
        ("fine.sgy", ["--stretch", "1", "1", "2"]),
    ):
        options = ["--out", name, "--quiet", "--no-picture", "--device", "cpu"]
        assert main(["predict", network, survey, *stretch, *options]) == 0
        said = capsys.readouterr().out
        assert ("resampled as asked for: time is resampled to 2 samples for one" in said) == (name == "fine.sgy")
    assert Path("plain.sgy").read_bytes() == Path("one.sgy").read_bytes() == Path("auto.sgy").read_bytes()
    plain, fine = (io.open(name).read(...) for name in ("plain.sgy", "fine.sgy"))
    assert plain.shape == fine.shape
    assert np.abs(plain - fine).mean() > 1e-4
    assert main(["predict", network, survey, "--stretch", "1", "40", "1"]) != 0
    assert "a number from 1/16 to 16 for each of inline, crossline, time" in " ".join(capsys.readouterr().err.split())


def test_padding_is_said_and_blank(network, capsys):
    values = np.random.default_rng(0).standard_normal((12, 10, 24)).astype(np.float32)
    values[..., :3] = 147
    np.save("padded.npy", values)
    assert main(["predict", network, "padded.npy", "--out", "r.npy", "--no-picture", "--device", "cpu"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "note: the 3 first samples of all traces are padding, which the network does not see" in said
    found = np.load("r.npy")
    assert not found[..., :3].any()
    expected = geocnn.predict(
        network, np.where(values == 147, np.float32(0), values), device="cpu", show_progress=False
    )
    assert (found[..., 3:] > 0).all()
    assert np.abs(found - expected.array).max() < 0.2  # a mute but for the statistics


def test_faults_of_a_result_without_axes_are_told_by_those_of_the_survey(network, survey):
    for form in ("sgy", "npy"):
        files = ["--out", f"p.{form}", "--table", f"{form}.csv", "--thin", f"thin-{form}.sgy"]
        options = ["--threshold", "0.3", "--min-size", "5", "--quiet", "--no-picture", "--device", "cpu"]
        assert main(["predict", network, survey, *files, *options]) == 0
    assert Path("sgy.csv").read_text() == Path("npy.csv").read_text()
    one, other = (io.open(f"thin-{form}.sgy") for form in ("sgy", "npy"))
    assert str(one.grid) == str(other.grid)
    np.testing.assert_allclose(one.read(...), other.read(...), atol=1e-6)  # one of them is of IBM floats


def test_a_name_without_a_suffix_is_a_folder_for_one_file_too(capsys):
    np.save("line.npy", np.random.default_rng(0).standard_normal((40, 50)).astype(np.float32))
    assert main(["predict", "faults", "line.npy", "--out", "results", "--quiet", "--no-picture"]) == 0
    assert "result  results/line-faults.npy" in capsys.readouterr().out
    assert Path("results/line-faults.npy").is_file()


def test_results_in_two_forms_have_pictures_of_their_own(capsys):
    np.save("line.npy", np.random.default_rng(0).standard_normal((40, 50)).astype(np.float32))
    assert main(["predict", "faults", "line.npy", "--out", "x.npy", "--quiet"]) == 0
    first = Path("x.png").read_bytes()
    for more in ([], ["--overwrite"]):
        assert main(["predict", "faults", "line.npy", "--out", "x.zarr", "--quiet", *more]) == 0
        assert "picture x-zarr.png" in capsys.readouterr().out
    assert Path("x.png").read_bytes() == first
    assert sorted(path.name for path in Path().glob("*.png")) == ["x-zarr.png", "x.png"]


def test_a_finer_grid_is_not_written_as_su():
    from geocnn.cli.predict import _target

    assert _target("superres", Path("a.su"), None, finer=True) == Path("a-superres.sgy")
    assert _target("faults", Path("a.su"), None) == Path("a-faults.su")
