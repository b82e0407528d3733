"""Two processes that share each batch learn what one process learns."""

import socket
from pathlib import Path

import pytest
from safetensors.torch import load_file
from tests.processes import CLI, Process

from geocnn.distributed import Team
from geocnn.errors import DataError
from geocnn.recipes import build
from geocnn.training import fit


def run(folder: Path, processes: int) -> None:
    """Train the textbook example with so many processes."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    common = {"WORLD_SIZE": str(processes), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    words = ["train", "traces", "--epochs", "4", "--out", folder, "--quiet"]
    started = [
        Process(CLI, *words, env=common | {"RANK": str(rank), "LOCAL_RANK": str(rank)}) for rank in range(processes)
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
