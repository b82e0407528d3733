"""Random changes of training windows and their labels, such as flips and deformation."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from geocnn.errors import DataError
from geocnn.words import size_text

__all__ = ["Augmentation"]


@dataclass(frozen=True)
class Augmentation:
    """Random changes of a window; labels move with the data. Axes are those of space, the vertical one is the last.

    Attributes:
        flip: axes along which windows are mirrored in half of the cases.
        rotate: two equally long axes, whose plane is turned by 0 to 3 quarters; None for no turns.
        elastic: standard deviation, in samples, of the random displacements at a coarse grid of points, between which
            they are interpolated smoothly (Ronneberger et al. 2015, section 3.1: 10 on a grid of 3 x 3).
        grid: points of that grid, per axis.
        amplitude: the data are scaled by up to this factor or its inverse; 1 never.
        noise: largest standard deviation of added white noise, in units of the data.
        shift: the window is moved by up to so many samples along each axis; what moves in repeats the edge.

    Raises:
        DataError: a number is out of its range.
    """

    flip: tuple[int, ...] = ()
    rotate: tuple[int, int] | None = None
    elastic: float = 0.0
    grid: int = 3
    amplitude: float = 1.0
    noise: float = 0.0
    shift: int = 0

    def __post_init__(self) -> None:
        for name, least, need in (
            ("elastic", 0, "0 or more"),
            ("grid", 2, "2 or more points"),
            ("amplitude", 1, "a factor of 1 or more"),
            ("noise", 0, "0 or more"),
            ("shift", 0, "0 or more samples"),
        ):
            value = getattr(self, name)
            if not least <= value < math.inf:
                raise DataError(f"--{name} is {value:g}; needed is {need}.")

    def __call__(
        self, x: Float[Tensor, " channels *space"], y: Tensor | None, generator: torch.Generator
    ) -> tuple[Tensor, Tensor | None]:
        """Change a window at random.

        Args:
            x: data ``(channels, *space)``.
            y: labels ``(*space)`` or several maps of them ``(maps, *space)``, or none.
            generator: random numbers; the same generator gives the same window.

        Raises:
            DataError: a quarter turn of a plane that is not square.
        """
        ndim = x.ndim - 1
        for axis in self.flip:
            if _uniform(generator) < 0.5:
                x, y = _both(x, y, partial(torch.flip, dims=(axis % ndim - ndim,)))
        if self.rotate is not None:
            plane = [axis % ndim - ndim for axis in self.rotate]
            if x.shape[plane[0]] != x.shape[plane[1]]:
                raise DataError(
                    f"a window of {size_text(x.shape[1:])} samples cannot be turned by a quarter; make the "
                    "two axes equally long, or leave the rotation out."
                )
            x, y = _both(x, y, partial(torch.rot90, k=int(4 * _uniform(generator)), dims=plane))
        if self.elastic > 0:
            where = _displaced(tuple(x.shape[1:]), self.elastic, self.grid, generator)
            x, y = _deformed(x, where, order=3), None if y is None else _deformed(y, where, order=0)
        if self.shift > 0:
            moves = torch.randint(-self.shift, self.shift + 1, (ndim,), generator=generator).tolist()
            x, y = _both(x, y, partial(_moved, moves=moves))
        if self.amplitude > 1:
            x = x * self.amplitude ** (2 * _uniform(generator) - 1)
        if self.noise > 0:
            deviation = self.noise * _uniform(generator)
            x = x + deviation * torch.randn(x.shape, generator=generator, dtype=x.dtype)
        return x.contiguous(), None if y is None else y.contiguous()


def _both(x: Tensor, y: Tensor | None, change: Callable[[Tensor], Tensor]) -> tuple[Tensor, Tensor | None]:
    """Apply the same change to data and labels."""
    return change(x), None if y is None else change(y)


def _moved(values: Tensor, moves: list[int]) -> Tensor:
    """Move each axis of space by whole samples; the edge is repeated."""
    for axis, (move, n) in enumerate(zip(moves, values.shape[-len(moves) :], strict=True), start=-len(moves)):
        values = values.index_select(axis, (torch.arange(n) - move).clamp(0, n - 1))
    return values


def _uniform(generator: torch.Generator) -> float:
    """A random number in [0, 1)."""
    return float(torch.rand((), generator=generator, dtype=torch.float64))


def _displaced(space: tuple[int, ...], std: float, grid: int, generator: torch.Generator) -> NDArray[np.float32]:
    """Positions to read each sample from, ``(axes, *space)``: its own, moved by smooth random displacements."""
    coarse = std * torch.randn((len(space), *(grid,) * len(space)), generator=generator, dtype=torch.float64).numpy()
    moves = coarse
    for axis, size in enumerate(space, start=1):
        moves = np.moveaxis(np.tensordot(_spline(size, grid), moves, (1, axis)), 0, axis)
    return np.asarray(moves + np.indices(space), dtype=np.float32)


@cache
def _spline(size: int, grid: int) -> NDArray[np.float64]:
    """Matrix ``(size, grid)`` from values at evenly spread points, ends included, to all samples; cubic if possible."""
    from scipy.interpolate import make_interp_spline

    points = np.linspace(0, 1, grid)
    return np.asarray(make_interp_spline(points, np.eye(grid), k=min(3, grid - 1))(np.linspace(0, 1, size)))


def _deformed(values: Tensor, where: NDArray[np.float32], *, order: Literal[0, 3]) -> Tensor:
    """Read samples of each map at other positions, mirrored beyond the edge; order 0 takes the nearest, 3 interpolates.

    Cubic splines are used because linear interpolation would smooth the noise that data have in prediction.
    """
    from scipy.ndimage import map_coordinates

    maps: NDArray[np.float32] = values.numpy().reshape(-1, *where.shape[1:])
    moved = [map_coordinates(one, where, order=order, mode="mirror") for one in maps]
    return torch.from_numpy(np.stack(moved).reshape(values.shape))
