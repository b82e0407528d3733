"""Where and in what precision a network runs, and how memory is kept between layers."""

import ctypes
import os
import platform
import sys
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from pathlib import Path
from typing import Literal, TypeVar

import torch
from torch import Tensor, nn

from geocnn.errors import DataError

__all__ = ["Precision", "autocast", "channels_last", "choose_device", "has_fast_bf16", "keep_memory", "machine"]

Precision = Literal["auto", "float32", "bf16"]
_CPU = torch.device("cpu")
Placed = TypeVar("Placed", Tensor, nn.Module)


def choose_device(name: str = "auto") -> torch.device:
    """The first GPU where there is one, else the processor; or the device of that name.

    Raises:
        DataError: the name is unknown, or that GPU is not there.
    """
    if name == "auto":
        # Under torchrun every process of a machine has a GPU of its own.
        return torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0"))) if torch.cuda.is_available() else _CPU
    try:
        device = torch.device(name)
    except RuntimeError:
        raise DataError(f"device {name!r} is not known; use auto, cpu, cuda or cuda:1.") from None
    if device.type == "cuda" and not torch.cuda.is_available():
        raise DataError(f"device {name!r} is asked for, but torch finds no GPU here; use --device cpu.")
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        last = torch.cuda.device_count() - 1
        raise DataError(f"device {name!r} is asked for, but the last GPU here is cuda:{last}; use one up to that.")
    return device


@cache
def has_fast_bf16(device_type: str) -> bool:
    """True where bfloat16 products are faster than float32 ones (AVX-512 BF16, AMX, CUDA 8.0 and later)."""
    if device_type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    flags = Path("/proc/cpuinfo")
    return flags.is_file() and any(word in flags.read_text() for word in ("avx512_bf16", "amx_bf16"))


def autocast(precision: Precision, device: torch.device) -> AbstractContextManager[object]:
    """Context in which convolutions run in ``precision``; "auto" is bf16 where that is faster."""
    if precision == "bf16" or (precision == "auto" and has_fast_bf16(device.type)):
        return torch.autocast(device.type, dtype=torch.bfloat16)
    return nullcontext()


def channels_last(what: Placed, ndim: int) -> Placed:
    """Lay out a tensor or a network with the channels innermost, which the fast 2-D and 3-D kernels want."""
    if ndim == 1:
        return what
    layout = torch.channels_last if ndim == 2 else torch.channels_last_3d
    placed: Placed = what.to(memory_format=layout)  # type: ignore[call-overload]  # torch types it for tensors alone
    return placed


def keep_memory(*, keep: bool = True) -> None:
    """Ask glibc to keep freed blocks instead of returning them after every layer (up to 40 % of the time).

    What is kept cannot serve every later layer: the peak grows, by up to four fifths where the sizes vary. Pass
    ``keep=False`` where memory is short.
    """
    if sys.platform != "linux" or platform.libc_ver()[0] != "glibc":
        return
    libc = ctypes.CDLL("libc.so.6")
    m_mmap_threshold, m_trim_threshold = -3, -1  # malloc.h
    libc.mallopt(m_mmap_threshold, 1 << 30 if keep else 128 << 10)
    libc.mallopt(m_trim_threshold, (1 << 31) - 1 if keep else 128 << 10)


def machine(device: torch.device) -> str:
    """Short description of the processor, for the card."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"CPU, {torch.get_num_threads()} thread{'s' if torch.get_num_threads() > 1 else ''}, {platform.machine()}"
