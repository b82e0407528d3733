"""What README and the guides promise: commands are understood, Python lines and the example run, links are there."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import matplotlib.pyplot
import numpy as np
import pytest

import geocnn
from geocnn.cli import app, main
from geocnn.grid import Axis, Grid
from geocnn.surveys import write_survey

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
TEXTS = {path: path.read_text(encoding="utf-8") for path in PAGES}
BLOCKS = [
    block for text in TEXTS.values() for block in re.findall(r"^```(\w*)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
]
COMMANDS = list(
    dict.fromkeys(
        tuple(shlex.split(line.split("#")[0])[1:])
        for kind, text in BLOCKS
        if not kind
        for line in text.splitlines()
        if line.startswith("geocnn ")
    )
)
PYTHON = [text for kind, text in BLOCKS if kind == "python"]
QUICK = [
    c for c in COMMANDS if c[0] == "info" or c[:2] in (("train", "traces"), ("models", "resnet50"), ("models", "unet"))
]


@pytest.fixture
def survey(tmp_path, monkeypatch) -> Path:
    """An empty folder to work in, with the small survey.sgy and truth.sgy that README speaks of."""
    monkeypatch.chdir(tmp_path)
    files = write_survey(tmp_path, shape=(24, 32, 48), seed=5)
    files["seismic"].rename("survey.sgy")
    files["fault"].rename("truth.sgy")
    return tmp_path / "survey.sgy"


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_is_understood(command):
    function, bound, *_ = app.parse_args(list(command), exit_on_error=False, print_error=False)
    assert callable(function)
    assert bound.arguments or bound.kwargs or command in (("train", "traces"), ("train", "digits"), ("models",))


def test_there_are_commands_for_each_verb():
    verbs = {"train", "info", "predict", "interpret", "evaluate", "synth", "models", "explain", "export", "watch"}
    verbs |= {"view"}
    assert {c[0] for c in COMMANDS} == verbs
    assert {c[1] for c in COMMANDS if c[0] == "train"} >= {"traces", "faults", "segment", "classify", "digits"}


OF_OWN = {"segment", "classify", "runs/my-faults", "runs/facies", "runs/windows", "runs/tops", "intervals.sgy"}
OWN = [c for c in COMMANDS if OF_OWN & set(c)]
LESS = {
    "segment": ["--epochs", "1", "--samples", "2", "--crop", "16", "16", "--width", "4"],
    "classify": ["--epochs", "1", "--width", "4"],
}


@pytest.mark.usefixtures("symbolic_sizes")
def test_your_own_data_from_labels_to_results(survey, capsys):
    """The commands of README one after the other, with less to do."""
    names = [axis.values for axis in geocnn.open(survey).grid.axes]
    with geocnn.create("facies.sgy", geocnn.open(survey)) as sink:
        layers = np.arange(48) // 16 + np.zeros((24, 32, 1))
        sink.write((0, 0, 0), layers.astype(np.float32))
    Path("truth.sgy").rename("my-faults.sgy")
    shutil.copy("survey.sgy", "other.sgy")
    shutil.copy("facies.sgy", "other-facies.sgy")
    places = [f"{i:g} {j:g}" for i in names[0][::8] for j in names[1]]
    for name, k in (("top", 16), ("base", 32)):
        Path(f"{name}.dat").write_text("".join(f"{place} {names[2][k]:g}\n" for place in places))
        Path("more").mkdir(exist_ok=True)
        Path(f"more/{name}.dat").write_bytes(Path(f"{name}.dat").read_bytes())
    rng = np.random.default_rng(0)
    for name in ("windows", "more-windows"):
        np.savez(f"{name}.npz", x=rng.standard_normal((24, 64)).astype(np.float32), y=np.arange(24) % 3)
    runs = 0
    for command in OWN:
        words = list(command)
        if "--inlines" in words:
            at = words.index("--inlines") + 1
            words[at : at + 4] = [f"{names[0][k]:g}" for k in (0, 7, 15, 23)]
        if words[0] == "train":
            more = LESS[words[1]]
            words += [*more[:4], "--crop", "16", "16", "16"] if "--from" in words else more
            runs += 1
        if words[0] == "interpret":  # in two steps a network learns nothing
            with geocnn.create("intervals.sgy", geocnn.open(survey), overwrite=True) as sink:
                sink.write((0, 0, 0), layers.astype(np.float32))
        assert main([*words, *["--quiet"] * (words[0] != "export")]) == 0, capsys.readouterr().err
    assert runs == 6
    assert Path("tops/horizons.png").exists()
    found = geocnn.open("facies-everywhere.sgy").read(...)
    assert set(np.unique(found)) <= {0.0, 1.0, 2.0}
    assert len(Path("classes.csv").read_text().splitlines()) == 25
    assert Path("facies.onnx").stat().st_size > 10_000


def test_links_and_pictures_are_there():
    for page, text in TEXTS.items():
        for link in re.findall(r"\]\(([^)\s]+)\)", text):
            name, _, section = link.partition("#")
            place = page.parent / name if name else page
            assert place.exists(), f"{page.name}: {link}"
            if section:
                heads = re.findall(r"^#+ (.*)$", place.read_text(encoding="utf-8"), re.MULTILINE)
                assert section in [re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads], link


@pytest.mark.parametrize("command", QUICK, ids=" ".join)
def test_quick_commands_run(command, survey, capsys):
    assert main(list(command)) == 0
    made = {"info": "survey.png", "train": "runs/traces/traces.png", "models": "survey.sgy"}
    assert (survey.parent / made[command[0]]).exists()
    assert capsys.readouterr().out


def test_predict_and_evaluate_run(survey, capsys):
    assert main(["predict", "faults", "survey.sgy", "--out", "faults.sgy", "--quiet"]) == 0
    assert (survey.parent / "faults.png").exists()
    found = geocnn.open("faults.sgy").read((slice(0, 24), slice(0, 32), slice(0, 48)))
    assert ((found >= 0) & (found <= 1)).all()
    assert main(["evaluate", "faults", "--data", "survey.sgy", "--labels", "truth.sgy", "--quiet"]) == 0
    assert "tolerant f1" in capsys.readouterr().out


@pytest.mark.usefixtures("survey")
def test_the_python_lines_run(monkeypatch):
    code, shown = PYTHON[0], []
    monkeypatch.setattr("webbrowser.open", shown.append)
    monkeypatch.setattr("geocnn.viewer.Server.wait", lambda server: server.close())  # Ctrl-C
    names: dict[str, object] = {}
    exec(compile(code, "README.md", "exec"), names)
    assert names["run"].history[-1]["loss"] == pytest.approx(0.0007, abs=5e-5)
    assert names["result"].array.shape == (24, 32, 48)
    assert len(shown) == 1
    assert shown[0].startswith("http://127.0.0.1:")
    assert 0 <= names["scores"]["iou"] <= 1


def test_a_result_is_opened_by_xarray(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    values = np.random.default_rng(0).random((3, 4, 5), np.float32)
    axes = (Axis("inline", 3, 1099), Axis("crossline", 4, 300), Axis("time", 5, 0, 4, "ms"))
    with geocnn.io.create("faults.zarr", geocnn.io.ArraySource(values, Grid(axes))) as sink:
        sink.write((0, 0, 0), values)
    names: dict[str, object] = {}
    exec(compile(PYTHON[1], "surveys.md", "exec"), names)
    np.testing.assert_array_equal(names["numbers"], values)
    drawn = matplotlib.pyplot.gca().collections[0]
    np.testing.assert_array_equal(drawn.get_array(), values[1].T)
    matplotlib.pyplot.close("all")


@pytest.mark.usefixtures("survey")
def test_a_network_of_ones_own():
    names: dict[str, object] = {}
    exec(compile(PYTHON[2], "README.md", "exec"), names)
    assert len(names["run"].history) == 3
    assert len(PYTHON) == 3
    np.testing.assert_allclose(names["again"].array, geocnn.open("mine.sgy").read(...), atol=1e-6)


def test_the_first_run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(ROOT / "examples"))
    import first_run

    monkeypatch.setattr(first_run, "SURVEY_SHAPE", (32, 40, 48))
    assert first_run.main() == 0
    said = capsys.readouterr().out
    made = re.search(r"Files made:\n((?:  \S+\n)+)", said)
    assert made
    assert all(Path(line.strip()).stat().st_size > 0 for line in made[1].splitlines())
    assert said.count("0.0007") >= 2  # printed and ours
    told = dict(line.rsplit(maxsplit=1) for line in said.splitlines() if line.startswith("  tolerant"))
    judged = geocnn.evaluate("faults", "results/002-seismic.sgy", "results/002-fault.sgy", show_progress=False)
    assert f"known faults at a probability of {judged['threshold']:g} (" in said
    for name in ("tolerant_precision", "tolerant_recall", "tolerant_f1"):
        assert float(told[f"  {name.replace('_', ' ')}"]) == pytest.approx(judged[name], abs=0.0011)


def test_the_shipped_networks_find_the_obvious_faults_of_a_survey_they_never_saw():
    from geocnn.evaluation import scores
    from geocnn.synthetic.structure import StructureRanges, structure

    clear = StructureRanges(faults=(2, 3), throw=(8.0, 16.0), noise=(12.0, 16.0), min_throw=4.0)
    for shape in ((64, 64, 96), (256, 256)):
        sample = structure(3, seed=4711, shape=shape, ranges=clear)
        found = geocnn.predict("faults", sample.seismic.numpy(), show_progress=False)
        result = scores(found.array, sample.fault.numpy().astype(np.bool_))
        assert result["tolerant_recall"] > 0.8
        assert result["tolerant_precision"] > 0.7
        assert result["auc"] > 0.95


def test_the_tree_is_up_to_date():
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "readme_tree.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
