"""How much memory a process may take, by the folders in which Linux keeps the limits of groups of processes."""

import pytest
import torch

from geocnn import budget

V2 = {"memory.max": "max\n", "slurm/memory.max": "8000\n", "slurm/job_7/memory.max": "3000\n"}
V2["slurm/job_7/step_0/memory.max"] = "max\n"
V1 = {"memory/memory.limit_in_bytes": f"{2**63 - 4096}\n", "memory/job/memory.limit_in_bytes": "4000\n"}


@pytest.mark.parametrize(
    ("files", "member", "limits"),
    [
        (V2, "0::/slurm/job_7/step_0\n", [3000, 8000]),
        (V2, "0::/slurm\n", [8000]),
        (V2, "0::/\n", []),
        (V2 | {"memory.max": "5000\n"}, "", [5000]),  # a container that sees its own group as the top
        (V2 | {"memory.max": "5000\n"}, "0::/docker/abc\n", [5000]),
        (V1, "4:memory:/job/step\n1:name=systemd:/a:b\n0::/\n", [4000, 2**63 - 4096]),
        (V1, "3:cpu,memory:/job\n", [4000, 2**63 - 4096]),
        ({}, "0::/job\n", []),
    ],
)
def test_limits_are_those_of_the_own_group_and_of_all_above(tmp_path, files, member, limits):
    for name, text in files.items():
        (tmp_path / "groups" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "groups" / name).write_text(text)
    (tmp_path / "memory.max").write_text("1\n")  # of no group
    (tmp_path / "cgroup").write_text(member)
    assert list(budget._limits(tmp_path / "groups", tmp_path / "cgroup")) == limits


def test_half_of_the_smallest_limit_may_be_taken(tmp_path, monkeypatch):
    (tmp_path / "job").mkdir()
    (tmp_path / "job" / "memory.max").write_text("6000000\n")
    (tmp_path / "member").write_text("0::/job\n")
    whole = budget.half_of_memory(torch.device("cpu"))
    monkeypatch.setattr(budget, "_GROUPS", tmp_path)
    monkeypatch.setattr(budget, "_MEMBERSHIP", tmp_path / "member")
    assert budget.half_of_memory(torch.device("cpu")) == 3_000_000 < whole
