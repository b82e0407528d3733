"""Device and precision of networks, and how memory is kept between layers."""

import ctypes
import os
import platform
import re
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from pathlib import Path
from typing import Literal, TypeVar, get_args

import torch
from torch import Tensor, nn

from geocnn.errors import DataError

__all__ = [
    "Precision",
    "autocast",
    "autocast_dtype",
    "channels_last",
    "check_precision",
    "choose_device",
    "flushed",
    "give_back",
    "has_fast_bf16",
    "keep_memory",
    "machine",
    "one_heap",
    "seeded",
    "threads",
]

Precision = Literal["auto", "float32", "bf16"]
_CPU = torch.device("cpu")
Placed = TypeVar("Placed", Tensor, nn.Module)


def choose_device(name: str = "auto") -> torch.device:
    """Device of a name; "auto" is the first GPU if there is one, otherwise the processor.

    Under torchrun "auto" and "cuda" are the GPU of this process; each process of a machine has its own.

    Args:
        name: "auto", "cpu", "cuda" or "cuda:1".

    Raises:
        DataError: the name is unknown, or that GPU is not there.
    """
    if not re.fullmatch(r"auto|cpu|cuda(:[0-9]{1,3})?", name):
        raise DataError(f"device {name!r} is not known; use auto, cpu, cuda or cuda:1.")
    if name == "cpu" or (name == "auto" and not torch.cuda.is_available()):
        return _CPU
    if not torch.cuda.is_available():
        raise DataError(f"device {name!r} is asked for, but torch finds no GPU here; use --device cpu.")
    index = int(name.partition(":")[2] or os.environ.get("LOCAL_RANK", "0"))
    count = torch.cuda.device_count()
    if index >= count and ":" not in name:
        raise DataError(
            f"process {index} of this machine has no GPU of its own, for there are {count}; start as many with "
            f"torchrun --nproc-per-node {count}."
        )
    if index >= count:
        raise DataError(f"device {name!r} is asked for, but the last GPU here is cuda:{count - 1}; use one up to that.")
    return torch.device("cuda", index)


@cache
def has_fast_bf16(device_type: str) -> bool:
    """Whether bfloat16 products are faster than float32 ones (AVX-512 BF16, AMX, CUDA 8.0 and later)."""
    if device_type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    flags = Path("/proc/cpuinfo")
    return flags.is_file() and any(word in flags.read_text() for word in ("avx512_bf16", "amx_bf16"))


def check_precision(precision: str) -> None:
    """Refuse a word that is no :data:`Precision`.

    Raises:
        DataError: the word is unknown.
    """
    if precision not in get_args(Precision):
        raise DataError(f"precision is {precision!r}; it is one of {', '.join(get_args(Precision))}.")


def autocast(precision: str, device: torch.device) -> AbstractContextManager[object]:
    """Context in which convolutions run in a :data:`Precision`; "auto" is bf16 where that is faster.

    Raises:
        DataError: the precision is unknown.
    """
    dtype = autocast_dtype(precision, device)
    return nullcontext() if dtype is None else torch.autocast(device.type, dtype=dtype)


def autocast_dtype(precision: str, device: torch.device) -> torch.dtype | None:
    """Dtype in which convolutions run for a :data:`Precision`; None if it is that of the weights.

    Raises:
        DataError: the precision is unknown.
    """
    check_precision(precision)
    bf16 = precision == "bf16" or (precision == "auto" and has_fast_bf16(device.type))
    return torch.bfloat16 if bf16 else None


def channels_last(what: Placed, ndim: int) -> Placed:
    """Lay out a tensor or a network with the channels innermost, which the fast 2-D and 3-D kernels want."""
    if ndim == 1:
        return what
    layout = torch.channels_last if ndim == 2 else torch.channels_last_3d
    placed: Placed = what.to(memory_format=layout)  # type: ignore[call-overload]  # torch types it for tensors alone
    return placed


@contextmanager
def flushed() -> Iterator[None]:
    """Treat numbers below 1e-38 as 0 in this thread while the block runs.

    A penalty on weights drives unused kernels to such numbers, and processors take ten times as long for them.
    """
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)


def keep_memory(*, keep: bool = True) -> None:
    """Ask glibc to keep freed blocks instead of returning them after every layer (up to 40 % of the time).

    Kept blocks do not fit every later layer, so the peak grows, by up to four fifths if sizes vary. Pass ``keep=False``
    if memory is short.
    """
    if libc := _glibc():
        m_mmap_threshold, m_trim_threshold = -3, -1  # malloc.h
        libc.mallopt(m_mmap_threshold, 1 << 30 if keep else 128 << 10)
        libc.mallopt(m_trim_threshold, (1 << 31) - 1 if keep else 128 << 10)


def one_heap() -> None:
    """Ask glibc to use one heap for all threads that begin from now on: they reuse each other's freed memory."""
    if libc := _glibc():
        m_arena_max = -8  # malloc.h
        libc.mallopt(m_arena_max, 1)


def give_back() -> None:
    """Ask glibc to give freed memory back to the system, once the large work is done."""
    if libc := _glibc():
        libc.malloc_trim(0)


def _glibc() -> ctypes.CDLL | None:
    """The C library, if it is that of GNU."""
    return ctypes.CDLL("libc.so.6") if sys.platform == "linux" and platform.libc_ver()[0] == "glibc" else None


def machine(device: torch.device) -> str:
    """Short description of the processor, for the card."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"CPU, {torch.get_num_threads()} thread{'s' if torch.get_num_threads() > 1 else ''}, {platform.machine()}"


@contextmanager
def threads(count: int | None) -> Iterator[None]:
    """Set the number of torch's threads while the block runs; None changes nothing."""
    before = torch.get_num_threads()
    torch.set_num_threads(count or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def seeded(seed: int, device: torch.device = _CPU) -> Iterator[None]:
    """Seed torch's random numbers while the block runs; the caller goes on with his own as if nothing had happened.

    torch.manual_seed would seed those of all GPUs besides, also of GPUs that are not in use yet.

    Args:
        seed: from 0 to 2^63 - 1.
        device: where the block draws numbers, besides the processor.
    """
    gpus = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(devices=gpus):
        torch.default_generator.manual_seed(seed)
        if gpus:
            with torch.cuda.device(device):
                torch.cuda.manual_seed(seed)
        yield
