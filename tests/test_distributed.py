"""Two processes that share each batch learn what one process learns."""

import socket
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from safetensors.torch import load_file
from tests.processes import CLI, Process

from geocnn.distributed import Team
from geocnn.errors import DataError
from geocnn.recipes import build
from geocnn.training import fit

TEXTBOOK = ["traces", "--epochs", "4"]


def run(folder: Path, processes: int, words: Sequence[object] = TEXTBOOK) -> None:
    """Train with so many processes; default the textbook example."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    common = {"WORLD_SIZE": str(processes), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    started = [
        Process(
            CLI, "train", *words, "--out", folder, "--quiet", env=common | {"RANK": str(rank), "LOCAL_RANK": str(rank)}
        )
        for rank in range(processes)
    ]
    results = [(process, *process.communicate()) for process in started]
    for process, _, errors in results:
        assert process.returncode == 0, errors


def test_two_processes_learn_what_one_learns(tmp_path):
    run(tmp_path / "one", 1)
    run(tmp_path / "two", 2)
    one, two = (load_file(tmp_path / name / "weights.safetensors") for name in ("one", "two"))
    for key, value in one.items():
        assert (value - two[key]).abs().max() < 1e-5, key


@pytest.mark.parametrize("size", [1, 2, 3])
def test_shares_cover_a_batch(size):
    teams = [Team(rank, size) for rank in range(size)]
    shares = [team.share(range(7)) for team in teams]
    assert sorted(i for indices, _ in shares for i in indices) == list(range(7))
    assert sum(count for _, count in shares) == 7
    assert [team.share([5]) for team in teams] == [([5], 1), ([5], 0), ([5], 0)][:size]


def test_a_batch_smaller_than_the_team_is_refused():
    recipe = build("faults", ndim=2, crop=(32, 32), samples=4, epochs=1, batch_size=2)
    with pytest.raises(DataError, match="give --batch-size 4 or more"):
        fit(recipe, team=Team(0, 4))


@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize("samples", [6, 7, 9, 24, 25])
@pytest.mark.parametrize("batch", [6, 7, 8, 40])
def test_every_process_has_two_samples_of_every_batch(size, samples, batch):
    teams = [Team(rank, size) for rank in range(size)]
    chosen = teams[0].evened(samples, batch, 2)
    assert batch <= chosen <= max(batch, samples)
    for first in range(0, samples, chosen):
        shares = [team.share(range(first, min(samples, first + chosen))) for team in teams]
        assert min(count for _, count in shares) >= 2


def survey(folder: Path) -> list[object]:
    """Words for a recipe that takes windows of one sample at its coarsest level, with a small survey of two layers."""
    y = np.zeros((20, 24, 32), np.uint8)
    y[..., 16:] = 1
    np.save(folder / "x.npy", np.random.default_rng(0).normal(y, 0.1).astype(np.float32))
    np.save(folder / "y.npy", y)
    given = ["--data", folder / "x.npy", "--labels", folder / "y.npy", "--crop", "16", "--width", "2", "--epochs", "1"]
    return ["segment", *given]


def test_two_processes_learn_from_small_windows(tmp_path):
    """Each batch, also the last one, leaves either process two windows to normalise over."""
    run(tmp_path / "two", 2, [*survey(tmp_path), "--samples", "6"])
    assert load_file(tmp_path / "two" / "weights.safetensors")


def segment(folder: Path, **options: object) -> int:
    """Size of the batches that the recipe segment takes in its smallest windows."""
    survey(folder)
    files = {"data": folder / "x.npy", "labels": folder / "y.npy"}
    return build("segment", **files, crop=16, width=2, epochs=1, **options).schedule.batch_size


def test_windows_of_a_batch_are_those_of_each_process(tmp_path, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    said = (
        r"is 3; batch normalisation of windows of 16 x 16 x 16 samples needs 2 or more of them in each of 2 processes"
    )
    with pytest.raises(DataError, match=f"--batch-size {said}; give more, or a larger --crop"):
        segment(tmp_path, samples=24, batch_size=3)
    with pytest.raises(DataError, match=f"--samples {said}; give more, or a larger --crop"):
        segment(tmp_path, samples=3)
    assert [segment(tmp_path, samples=samples) for samples in (4, 24, 26, 30)] == [4, 4, 7, 5]


def test_windows_that_are_judged_whole_as_well(monkeypatch):
    x, y = np.random.default_rng(0).normal(size=(44, 32)).astype(np.float32), np.arange(44) % 2

    def batch(windows: int, **options: object) -> int:
        made = build("classify", data=(x[:windows], y[:windows]), validation=0.1, width=2, epochs=1, **options)
        return made.schedule.batch_size

    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(
        DataError, match=r"--batch-size is 3; batch normalisation needs 2 or more in each of 2 proc.*s\."
    ):
        batch(44, batch_size=3)
    monkeypatch.setenv("WORLD_SIZE", "30")
    with pytest.raises(
        DataError, match=r"there are 40 windows to learn from; batch .* in each of 30 processes; give more"
    ):
        batch(44)
    monkeypatch.setenv("WORLD_SIZE", "3")
    assert batch(44) == 6 + 2  # 40 windows to learn from, of which batches of 6 or 7 leave 4 or 5
