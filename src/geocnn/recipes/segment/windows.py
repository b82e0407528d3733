"""Windows of labelled pieces: at random places for training, side by side for validation."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from geocnn.augmentation import Augmentation
from geocnn.losses import UNKNOWN
from geocnn.recipes.segment.data import Piece
from geocnn.tiling import EDGE, reflect

__all__ = ["RandomWindows", "Tiles", "class_counts"]

_PLACES = 50_000
"""Number of samples of each class that are kept as centres of windows."""


def class_counts(found: Sequence[Piece], classes: int) -> NDArray[np.int64]:
    """Number of samples of each class."""
    return np.asarray(sum(np.bincount(p.y[p.y >= 0], minlength=classes) for p in found))


def window(piece: Piece, origin: Sequence[int], crop: Sequence[int], margin: int) -> tuple[Tensor, Tensor]:
    """Samples ``(1, *crop)`` and classes ``(*crop - 2 margin)``; mirrored and unknown beyond the piece."""
    shape = piece.x.shape
    indices = [np.arange(start, start + size) for start, size in zip(origin, crop, strict=True)]
    x = piece.x[np.ix_(*(reflect(index, 0, n - 1) for index, n in zip(indices, shape, strict=True)))]
    inner = [index[margin : len(index) - margin] for index in indices]
    y = piece.y[np.ix_(*(index.clip(0, n - 1) for index, n in zip(inner, shape, strict=True)))].astype(np.int64)
    for axis, (index, n) in enumerate(zip(inner, shape, strict=True)):
        y[(*[slice(None)] * axis, (index < 0) | (index >= n))] = UNKNOWN
    return torch.from_numpy(x)[None], torch.from_numpy(y)


@dataclass
class RandomWindows:
    """Windows at random places with random changes; window ``i`` is always the same.

    Half of them lie around a sample of a randomly drawn class, so that rare classes are seen; the others around any
    sample of a known class.

    Attributes:
        pieces: pieces from which windows are cut.
        classes: number of classes.
        crop: samples of a window per axis.
        margin: samples at each side for which the network gives no answer.
        samples: number of windows in an epoch.
        seed: seed of all choices.
        augmentation: random changes of a window.
    """

    pieces: Sequence[Piece]
    classes: int
    crop: tuple[int, ...]
    margin: int
    samples: int
    seed: int
    augmentation: Augmentation
    _places: list[NDArray[np.int32]] = field(init=False, repr=False)
    _share: NDArray[np.float64] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        counts = class_counts(self.pieces, self.classes)
        self._share = counts / counts.sum()
        self._places = [self._places_of(k) for k in range(self.classes)]

    def __len__(self) -> int:
        """Number of windows in an epoch."""
        return self.samples

    def __getitem__(self, indices: Sequence[int]) -> tuple[Tensor, Tensor]:
        """Batch ``(batch, 1, *crop)`` and classes ``(batch, *crop - 2 margin)``."""
        found = [self._window(index) for index in indices]
        return torch.stack([x for x, _ in found]), torch.stack([y for _, y in found])

    def _places_of(self, number: int) -> NDArray[np.int32]:
        """Places of samples of a class, ``(places, 1 + axes)``, the piece first; a selection if there are many."""
        generator = np.random.default_rng((self.seed, number))
        found = []
        for k, piece in enumerate(self.pieces):
            flat = np.flatnonzero(piece.y == number)
            if len(flat) > _PLACES:
                flat = np.sort(generator.choice(flat, _PLACES, replace=False))
            found.append(np.stack([np.full(len(flat), k), *np.unravel_index(flat, piece.y.shape)], 1).astype(np.int32))
        return np.concatenate(found)

    def _window(self, index: int) -> tuple[Tensor, Tensor]:
        """Window number ``index``."""
        draw = np.random.default_rng((self.seed, index))
        balanced = draw.random() < 0.5
        number = int(draw.integers(self.classes)) if balanced else int(draw.choice(self.classes, p=self._share))
        places = self._places[number]
        k, *centre = places[draw.integers(len(places))].tolist()
        piece = self.pieces[k]
        origin = [
            # The sample is anywhere in the answer, and the answer is within the piece if that is large enough.
            self._clipped(at - int(draw.integers(self.margin, size - self.margin)), n, size)
            for at, n, size in zip(centre, piece.x.shape, self.crop, strict=True)
        ]
        x, y = window(piece, origin, self.crop, self.margin)
        x, changed = self.augmentation(x, y, torch.Generator().manual_seed(int(draw.integers(2**62))))
        if changed is None:
            raise AssertionError("labels in, labels out")
        return x, changed

    def _clipped(self, start: int, n: int, size: int) -> int:
        """First sample of a window along an axis of ``n`` samples; small pieces lie in its middle.

        Answers may extend as far beyond the piece as in prediction. If they ended at its edge, networks would learn the
        depth of horizons from their own zero padding, which lies elsewhere in prediction.
        """
        low, high = -EDGE - self.margin, n + EDGE - size + self.margin
        return min(max(start, low), high) if high >= low else -((size - n) // 2)


@dataclass
class Tiles:
    """Windows that cover pieces, continued as in prediction; windows without known classes are left out.

    The last window along an axis ends with the continued piece; samples that the one before answers count as unknown.

    Attributes:
        pieces: pieces from which windows are cut.
        crop: samples of a window per axis.
        margin: samples at each side for which the network gives no answer.
    """

    pieces: Sequence[Piece]
    crop: tuple[int, ...]
    margin: int
    places: list[tuple[int, tuple[int, ...]]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.places = [place for k, piece in enumerate(self.pieces) for place in self._places_of(k, piece)]

    def __len__(self) -> int:
        """Number of windows."""
        return len(self.places)

    def __getitem__(self, indices: Sequence[int]) -> tuple[Tensor, Tensor]:
        """Batch ``(batch, 1, *crop)`` and classes ``(batch, *crop - 2 margin)``."""
        found = [self._window(*self.places[i]) for i in indices]
        return torch.stack([x for x, _ in found]), torch.stack([y for _, y in found])

    def answered(self, index: int) -> tuple[slice, ...]:
        """Slices of its piece that a window answers."""
        k, origin = self.places[index]
        return self._answered(self.pieces[k], origin)

    def _window(self, k: int, origin: tuple[int, ...]) -> tuple[Tensor, Tensor]:
        x, y = window(self.pieces[k], origin, self.crop, self.margin)
        own = torch.full_like(y, UNKNOWN)
        part = self._answered(self.pieces[k], origin)
        inner = tuple(
            slice(p.start - start - self.margin, p.stop - start - self.margin)
            for p, start in zip(part, origin, strict=True)
        )
        own[inner] = y[inner]
        return x, own

    def _starts(self, n: int, size: int) -> list[int]:
        """First samples of the windows along an axis of ``n`` samples."""
        first, end = -EDGE - self.margin, n + EDGE + self.margin
        step = size - 2 * self.margin
        inner = range(first, end - size, step)
        return [*inner, max(first, end - size)]

    def _answered(self, piece: Piece, origin: tuple[int, ...]) -> tuple[slice, ...]:
        part = []
        for start, n, size in zip(origin, piece.x.shape, self.crop, strict=True):
            starts = self._starts(n, size)
            at = starts.index(start)
            first = starts[at - 1] + size if at else start + 2 * self.margin  # what the window before does not answer
            part.append(slice(*np.clip((first - self.margin, start + size - self.margin), 0, n).tolist()))
        return tuple(part)

    def _places_of(self, k: int, piece: Piece) -> list[tuple[int, tuple[int, ...]]]:
        """Piece and first sample of each window of a piece."""
        starts = [self._starts(n, size) for n, size in zip(piece.x.shape, self.crop, strict=True)]
        return [
            (k, origin)
            for origin in itertools.product(*starts)
            if (piece.y[self._answered(piece, origin)] != UNKNOWN).any()
        ]
