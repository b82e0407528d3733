"""Training on several processes: ``torchrun --nproc-per-node 4 -m geocnn train faults``.

Every process takes its share of each batch, gradients are averaged, and all processes make the same step, so that
weights stay equal without being sent. Only the first process writes files and messages.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

__all__ = ["Team"]


@dataclass(frozen=True)
class Team:
    """The processes that train one network together.

    Attributes:
        rank: number of this process.
        size: number of processes.
    """

    rank: int = 0
    size: int = 1

    @classmethod
    def of_torchrun(cls) -> "Team":
        """The processes that torchrun started; this one alone without torchrun."""
        return cls(int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1")))

    @property
    def is_first(self) -> bool:
        """Whether this is the process that writes files and messages."""
        return self.rank == 0

    @contextmanager
    def connected(self, device: torch.device) -> Iterator[None]:
        """Connect the processes while the block runs."""
        if self.size == 1:
            yield
            return
        import torch.distributed as dist

        dist.init_process_group("nccl" if device.type == "cuda" else "gloo", rank=self.rank, world_size=self.size)
        try:
            yield
        finally:
            dist.destroy_process_group()

    def share(self, indices: Sequence[int]) -> tuple[list[int], int]:
        """Indices of a batch that this process takes, and the number of those that count.

        If a batch has fewer samples than there are processes, the others take one that does not count.
        """
        own = list(indices[self.rank :: self.size])
        return own or [indices[0]], len(own)

    def evened(self, samples: int, batch_size: int, each: int) -> int:
        """Smallest batch size, from a given one on, that leaves no process fewer than ``each`` of the last batch.

        Args:
            samples: number of samples in an epoch; at least ``each`` for every process.
            batch_size: of the whole team; at least ``each`` for every process.
            each: number of samples that a process needs.
        """
        while 0 < samples % max(1, batch_size) < each * self.size:
            batch_size += 1
        return batch_size

    @property
    def words(self) -> str:
        """What follows a number of samples that every process needs: nothing for a process alone."""
        return f" in each of {self.size} processes" if self.size > 1 else ""

    def agree(self, scores: dict[str, float], device: torch.device) -> dict[str, float]:
        """Scores of the first process, sent to all: decisions that rest on them must be the same everywhere."""
        if self.size == 1:
            return scores
        import torch.distributed as dist

        values = torch.tensor(list(scores.values()), dtype=torch.float64, device=device)
        dist.broadcast(values, src=0)
        return dict(zip(scores, values.tolist(), strict=True))

    @torch.no_grad()
    def average(self, parameters: Sequence[nn.Parameter], loss: float, samples: int) -> float:
        """Replace gradients by their mean over all processes, weighted by ``samples``; return the mean of the loss."""
        if self.size == 1:
            return loss
        import torch.distributed as dist

        gradients: list[Tensor] = [torch.zeros_like(p) if p.grad is None else p.grad for p in parameters]
        # A single message for all, because small networks are limited by latency.
        flat = torch.cat([g.flatten() for g in gradients] + [gradients[0].new_tensor([loss, 1.0])])
        flat = flat * samples if samples else torch.zeros_like(flat)
        dist.all_reduce(flat)
        flat /= flat[-1].clone()
        start = 0
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter.grad = flat[start : start + gradient.numel()].view_as(gradient)
            start += gradient.numel()
        return flat[-2].item()
