"""Index of a journal: where in the file the line of each part is, with few bytes a part."""

import numpy as np
from jaxtyping import Bool, Int64, UInt64
from numpy import ndarray

__all__ = ["PartIndex"]

_MANY = 1024
"""Number of new parts from which they are sorted in among the others."""


class PartIndex:
    """Positions of lines in a file, by the digest of their parts.

    It takes 17 bytes a part, much less than a dict: ten years of a station have a million parts.
    """

    def __init__(self) -> None:
        self._digests: UInt64[ndarray, " parts"] = np.empty(0, np.uint64)  # sorted
        self._positions: Int64[ndarray, " parts"] = np.empty(0, np.int64)
        self._used: Bool[ndarray, " parts"] = np.empty(0, bool)
        self._new: dict[int, int] = {}

    def __bool__(self) -> bool:
        """Whether there is any part."""
        return bool(self._new) or len(self._digests) > 0

    def put(self, digest: int, position: int) -> None:
        """Add a part, or give it another position; it counts as used."""
        self._new[digest] = position
        if len(self._new) >= _MANY:
            self._sort()

    def find(self, digest: int) -> int | None:
        """Position of a part, which counts as used from now on; None if there is no such part."""
        if digest in self._new:
            return self._new[digest]
        number = self._number(digest)
        if number is None:
            return None
        self._used[number] = True
        return int(self._positions[number])

    def __contains__(self, digest: int) -> bool:
        """Whether there is such a part."""
        return digest in self._new or self._number(digest) is not None

    def used(self) -> list[int]:
        """Positions of the parts that are used, by position; from now on none of them is."""
        self._sort()
        positions: list[int] = np.sort(self._positions[self._used]).tolist()
        self._used[:] = False
        return positions

    def _number(self, digest: int) -> int | None:
        """Number of a part among those that are sorted."""
        number = int(np.searchsorted(self._digests, np.uint64(digest)))
        return number if number < len(self._digests) and int(self._digests[number]) == digest else None

    def _sort(self) -> None:
        """Sort the new parts in among the others."""
        if not self._new:
            return
        new = np.fromiter(self._new, np.uint64, len(self._new))
        others = ~np.isin(self._digests, new)
        digests = np.concatenate((self._digests[others], new))
        order = np.argsort(digests)
        there = np.fromiter(self._new.values(), np.int64, len(new))
        self._digests = digests[order]
        self._positions = np.concatenate((self._positions[others], there))[order]
        self._used = np.concatenate((self._used[others], np.ones(len(new), bool)))[order]
        self._new = {}
