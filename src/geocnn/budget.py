"""Memory for prediction: how much it may take, and how much it needs."""

import math
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves

from geocnn.checkpoints import Card, maps_of
from geocnn.errors import DataError
from geocnn.layers import SizeRule

__all__ = ["FIXED", "KEPT", "bytes_of", "check_memory", "half_of_memory", "per_sample"]

FIXED = 600_000_000
"""Bytes that the process needs besides a tile: for Python, torch and the weights."""
KEPT = 1.8
"""Peak memory relative to what the maps need, if freed blocks are kept for speed."""

_BLOCK = 16
"""Least number of samples per axis of the block on which maps are counted; circular padding needs that many."""

_GROUPS, _MEMBERSHIP = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")
"""Paths in Linux of the limits of process groups, and of the groups that this process belongs to."""
_V1 = "memory.limit_in_bytes"


def bytes_of(text: str) -> int:
    """Parse "4GB", "800 MB" or "2e9".

    Raises:
        DataError: the text has another form.
    """
    match = re.fullmatch(r"\s*(\d*\.?\d+(?:e\d+)?)\s*([kmgt]?)i?b?\s*", str(text).lower())
    if not match:
        raise DataError(f"--memory is {text!r}; write it like 4GB or 800MB.")
    return int(float(match[1]) * 1000 ** " kmgt".index(match[2] or " "))


def half_of_memory(device: torch.device) -> int:
    """Half of the free memory of a GPU; otherwise half of what the machine has, or the container or job may take."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0]) // 2
    sizes = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")] if hasattr(os, "sysconf") else [8_000_000_000]
    sizes.extend(_limits(_GROUPS, _MEMBERSHIP))
    return min(sizes) // 2


def check_memory(need: int, work: str, way_out: str) -> None:
    """Refuse work that takes more memory than there is.

    Args:
        need: bytes.
        work: what takes them.
        way_out: what to do instead.

    Raises:
        DataError: there is not so much.
    """
    have = 2 * half_of_memory(torch.device("cpu"))
    if need > have:
        raise DataError(
            f"{work} takes some {need / 1e9:.0f} GB of memory, and there are {have / 1e9:.0f} GB; {way_out}."
        )


def _limits(groups: Path, membership: Path) -> Iterator[int]:
    """Memory limits in bytes of the groups of this process that have one, from its own group up to the root.

    Args:
        groups: folder of the groups, such as ``/sys/fs/cgroup``.
        membership: file with lines ``number:controllers:path``, such as ``/proc/self/cgroup``. Without controllers
            (version 2) limits are in ``memory.max`` of the group's folder, in version 1 they are under ``memory/``.
    """
    lines = membership.read_text().splitlines() if membership.is_file() else []
    found = {kinds: path for _, kinds, path in (line.split(":", 2) for line in lines if line.count(":") >= 2)}
    own = next((path for kinds, path in found.items() if "memory" in kinds.split(",")), "/")
    for top, name, path in ((groups, "memory.max", found.get("", "/")), (groups / "memory", _V1, own)):
        folder = top / path.strip("/")
        # In a container the path may be the machine's, whose folders are not visible here; those above it may be.
        for above in (folder, *folder.parents):
            if not above.is_relative_to(top):
                break
            limit = above / name
            text = limit.read_text().strip() if limit.is_file() else ""
            if text.isdecimal():  # otherwise "max", which is no limit
                yield int(text)


def per_sample(model: nn.Module, card: Card, window: Sequence[int]) -> float:
    """Bytes per input sample at the peak of a forward pass, from the sizes of all maps for a small block.

    At most four maps of the largest size live at once (input and output of a layer, what is added to it, and the
    library's working copy), besides one map of every stage that waits for the decoder.

    Args:
        model: the network.
        card: its card.
        window: samples per axis of the window that it is for, which is looked at if it does not take a smaller one.

    Raises:
        DataError: its result is not one tensor with the maps of its card.
    """
    block = SizeRule(card.least or card.size_multiple, card.size_multiple).above(
        [max(_BLOCK, 2 * card.size_multiple)] * card.ndim
    )
    try:
        elements = _elements(model, card, block)
    except RuntimeError:  # it may have a number for each place
        if card.reach is not None:
            raise
        block = tuple(window)
        elements = _elements(model, card, block)
    stages = sorted(set(elements), reverse=True)[:4]  # the stages of an encoder-decoder differ in size
    return 4.0 * (4 * stages[0] + sum(stages)) / math.prod(block) + 16


def _elements(model: nn.Module, card: Card, space: Sequence[int]) -> list[int]:
    """Number of elements of each map that the layers of a network make of so many samples per axis."""
    elements: list[int] = []

    def count(_layer: nn.Module, _given: object, made: object) -> None:
        # Recurrent layers and attention return several tensors, a packed sequence, or None among them.
        elements.extend(each.numel() for each in tree_leaves(made) if isinstance(each, Tensor))

    hooks = [m.register_forward_hook(count) for m in model.modules() if not list(m.children())]
    like = next(model.parameters(), torch.empty(0))
    try:
        with torch.inference_mode():
            made = maps_of(card, model(like.new_zeros((1, len(card.channels), *space))))
    finally:
        for hook in hooks:
            hook.remove()
    return elements or [made.numel()]  # some networks have no layers
