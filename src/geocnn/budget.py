"""How much memory prediction may take, and how much it needs."""

import math
import os
import re
from pathlib import Path

import torch
from torch import nn

from geocnn.checkpoints import Card
from geocnn.errors import DataError
from geocnn.layers import SizeRule

__all__ = ["FIXED", "KEPT", "bytes_of", "half_of_memory", "per_sample"]

FIXED = 600_000_000
"""Bytes that the process needs besides the tile: Python, torch, the weights."""
KEPT = 1.8
"""Peak memory relative to what the maps need, where freed blocks are kept for speed."""

_BLOCK = 16
"""Fewest samples per axis of the block on which maps are counted: networks that pad circularly take no smaller ones."""

_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


def bytes_of(text: str) -> int:
    """Parse "4GB", "800 MB" or "2e9".

    Raises:
        DataError: anything else.
    """
    match = re.fullmatch(r"\s*(\d*\.?\d+(?:e\d+)?)\s*([kmgt]?)i?b?\s*", str(text).lower())
    if not match:
        raise DataError(f"--memory is {text!r}; write it like 4GB or 800MB.")
    return int(float(match[1]) * 1000 ** " kmgt".index(match[2] or " "))


def half_of_memory(device: torch.device) -> int:
    """Half of what is free on the GPU; or of what the machine has, or its container or job is allowed."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0]) // 2
    sizes = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")] if hasattr(os, "sysconf") else [8_000_000_000]
    limits = (Path(limit).read_text().strip() for limit in _LIMITS if Path(limit).is_file())
    sizes.extend(int(text) for text in limits if text.isdecimal())
    return min(sizes) // 2


def per_sample(model: nn.Module, card: Card) -> float:
    """Bytes at the peak of a forward pass per input sample, from the sizes of all maps on a small block.

    At the widest moment four maps of the largest size live at once (input and output of a layer, what is added to it,
    and the library's working copy), besides one map of every stage that waits for the decoder.
    """
    elements: list[int] = []
    hooks = [
        m.register_forward_hook(lambda _m, _i, output: elements.append(output.numel()))
        for m in model.modules()
        if not list(m.children())
    ]
    (size,) = SizeRule(card.least or card.size_multiple, card.size_multiple).above(
        [max(_BLOCK, 2 * card.size_multiple)]
    )
    with torch.inference_mode():
        model(next(model.parameters()).new_zeros((1, len(card.channels), *([size] * card.ndim))))
    for hook in hooks:
        hook.remove()
    stages = sorted(set(elements), reverse=True)[:4]  # the stages of an encoder-decoder differ in size
    return 4.0 * (4 * stages[0] + sum(stages)) / math.prod([size] * card.ndim) + 16
