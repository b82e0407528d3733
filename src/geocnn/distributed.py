"""Training on several processes: ``torchrun --nproc-per-node 4 -m geocnn train faults``.

Every process takes its share of each batch, the gradients are averaged, and all make the same step: the weights stay
equal without being sent. The first process alone writes and talks.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn

__all__ = ["average_gradients", "group", "is_first", "share"]


def _rank() -> tuple[int, int]:
    """Number of this process and of all processes, as torchrun tells."""
    return int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))


def is_first() -> bool:
    """True in the process that writes and talks."""
    return _rank()[0] == 0


@contextmanager
def group(device: torch.device) -> Iterator[None]:
    """Connect the processes that torchrun started, for as long as the block runs; nothing without torchrun."""
    if _rank()[1] == 1:
        yield
        return
    import torch.distributed as dist

    dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield
    finally:
        dist.destroy_process_group()


def share(indices: Sequence[int]) -> list[int]:
    """Part of a batch that this process takes; at least one sample, so that none is ever idle."""
    rank, world = _rank()
    return list(indices[rank::world]) or [indices[rank % len(indices)]]


@torch.no_grad()
def average_gradients(parameters: Sequence[nn.Parameter], samples: int) -> None:
    """Replace every gradient by the mean over all processes, weighted by their ``samples`` in this batch."""
    if _rank()[1] == 1:
        return
    import torch.distributed as dist

    gradients: list[Tensor] = [torch.zeros_like(p) if p.grad is None else p.grad for p in parameters]
    # One message for all: small networks are bound by latency.
    flat = torch.cat([g.flatten() for g in gradients] + [gradients[0].new_ones(1)]) * samples
    dist.all_reduce(flat)
    flat /= flat[-1].clone()
    start = 0
    for parameter, gradient in zip(parameters, gradients, strict=True):
        parameter.grad = flat[start : start + gradient.numel()].view_as(gradient)
        start += gradient.numel()
