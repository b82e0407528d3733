"""The random stream of the textbook's language, number for number, in plain Python.

xoshiro256++ (Blackman & Vigna 2021, doi:10.1145/3460772), seeded as Julia seeds ``Xoshiro``, with the same float32
uniforms, integer ranges, ziggurat normals (Marsaglia & Tsang 2000, doi:10.18637/jss.v005.i08), permutations and
array fills. Only with the same stream can a published example be repeated to its last printed digit; where no
printed numbers are at stake, ``numpy.random`` is the faster choice.
"""

import hashlib
import math
from decimal import Decimal, localcontext
from functools import lru_cache

import numpy as np
from jaxtyping import Float32, Int64
from numpy import ndarray

from geocnn.errors import DataError

__all__ = ["Xoshiro"]

State = tuple[int, int, int, int]

_MASK = (1 << 64) - 1
_TAIL = "3.65415288536100879635"  # where the tail of the normal distribution begins, for 256 strips of equal area
_LANES = 8
_LANE_FACTORS = (0x02011CE34BCE797F, 0x5A94851FB48A6E05, 0x3688CF5D48899FA7, 0x867B4BB4C42E5661)


class Xoshiro:
    """A stream of random numbers that equals ``Xoshiro(seed)`` of Julia.

    Args:
        seed: any integer from 0 up.

    Raises:
        DataError: the seed is negative.
    """

    __slots__ = ("_state",)

    def __init__(self, seed: int) -> None:
        if seed < 0:
            raise DataError(f"seed is {seed}; it must be a whole number from 0 up, for example 42.")
        words = max(1, -(-seed.bit_length() // 32))
        digest = hashlib.sha256(seed.to_bytes(4 * words, "little")).digest()
        s0, s1, s2, s3 = (int.from_bytes(digest[i : i + 8], "little") for i in range(0, 32, 8))
        self._state: State = (s0, s1, s2, s3)

    @classmethod
    def from_state(cls, state: State) -> "Xoshiro":
        """Continue a stream from its four 64-bit words."""
        stream = cls.__new__(cls)
        stream._state = state
        return stream

    @property
    def state(self) -> State:
        """The four 64-bit words from which the stream goes on."""
        return self._state

    def bits(self) -> int:
        """The next 64 random bits."""
        s0, s1, s2, s3 = self._state
        total = (s0 + s3) & _MASK
        s2 ^= s0
        s3 ^= s1
        turned = ((s3 << 45) | (s3 >> 19)) & _MASK
        self._state = (s0 ^ s3, s1 ^ s2, s2 ^ ((s1 << 17) & _MASK), turned)
        return (((total << 23) | (total >> 41)) + s0) & _MASK

    def double(self) -> float:
        """Uniform in [0, 1) with 53 random bits."""
        return (self.bits() >> 11) * 2.0**-53

    def single(self) -> float:
        """Uniform in [0, 1) with 24 random bits: a float32 without rounding."""
        return (self.bits() >> 40) * 2.0**-24

    def integer(self, low: int, high: int) -> int:
        """Uniform integer in ``low..high``, both included, without bias (Lemire 2019, doi:10.1145/3230636)."""
        span = high - low + 1
        threshold = (1 << 64) % span
        while True:
            product = self.bits() * span
            if (product & _MASK) >= threshold:
                return low + (product >> 64)

    def normal(self) -> float:
        """Standard normal in double precision."""
        edges, widths, heights = _ziggurat()
        while True:
            word = self.bits() >> 12
            magnitude = word >> 1
            strip = magnitude & 0xFF
            x = (-magnitude if word & 1 else magnitude) * widths[strip]
            if magnitude < edges[strip]:
                return x  # 99 % end here: inside the rectangle of their strip
            if strip == 0:
                return self._tail(negative=bool(magnitude >> 8 & 1))
            if (heights[strip - 1] - heights[strip]) * self.double() + heights[strip] < math.exp(-0.5 * x * x):
                return x

    def _tail(self, *, negative: bool) -> float:
        start = float(_TAIL)
        while True:
            x = -math.log1p(-self.double()) / start
            y = -math.log1p(-self.double())
            if 2 * y > x * x:
                return -start - x if negative else start + x

    def permutation(self, count: int) -> Int64[ndarray, " count"]:
        """Random order of ``0..count-1`` (the "inside-out" shuffle of Durstenfeld and Knuth)."""
        order = list(range(count))
        mask = 3
        for i in range(1, count):
            while (j := (self.bits() >> 12) & mask) > i:
                pass
            order[i], order[j] = order[j], i
            if i == mask:
                mask = 2 * mask + 1
        return np.array(order, dtype=np.int64)

    def fill(self, count: int) -> Float32[ndarray, " count"]:
        """A float32 array of uniforms in [0, 1), as ``rand(rng, Float32, count)`` gives them.

        Each 64 bits give two numbers, the low half first. Sixteen or more numbers come from eight lanes, streams
        of their own that are forked from this one; what does not fill all lanes comes from this stream.
        """
        rounds = count // (2 * _LANES)
        words = np.empty(-(-count // 2), dtype=np.uint64)
        if rounds:
            self._fill_lanes(words[: rounds * _LANES].reshape(rounds, _LANES))
        for i in range(rounds * _LANES, words.size):
            words[i] = self.bits()
        halves = np.stack((words & np.uint64(0xFFFFFFFF), words >> np.uint64(32)), axis=-1).reshape(-1)
        return ((halves[:count] >> np.uint64(8)) * 2.0**-24).astype(np.float32)

    def _fill_lanes(self, words: ndarray) -> None:
        """Fill ``(rounds, lanes)`` words: each round takes one number from each lane."""
        fork = np.array([self.bits() for _ in range(4 * _LANES)], dtype=np.uint64).reshape(4, _LANES)
        s0, s1, s2, s3 = fork * np.array(_LANE_FACTORS, dtype=np.uint64)[:, None]
        u17, u19, u23, u41, u45 = (np.uint64(n) for n in (17, 19, 23, 41, 45))
        for row in words:
            total = s0 + s3
            row[:] = (total << u23 | total >> u41) + s0
            shifted = s1 << u17
            s2 = s2 ^ s0
            s3 = s3 ^ s1
            s1 = s1 ^ s2
            s0 = s0 ^ s3
            s2 = s2 ^ shifted
            s3 = s3 << u45 | s3 >> u19


@lru_cache(maxsize=1)
def _ziggurat() -> tuple[list[int], list[float], list[float]]:
    """Acceptance limits, widths and heights of 256 strips of equal area under exp(-x^2 / 2).

    Strip 0 is the tail with the rectangle before it; the outer edge ``x`` of every further strip follows from the
    one outside it, because a strip holds the same area: ``f(x_i) = f(x_(i+1)) + area / x_(i+1)``. Widths are per
    unit of a 51-bit magnitude. Decimals keep the 254-fold recursion exact to the last bit of a double.
    """
    with localcontext() as context:
        context.prec = 24
        unit = Decimal(2) ** 51
        x = Decimal(_TAIL)
        fraction = x
        for k in range(60, 0, -1):  # Laplace's continued fraction of the tail integral, f(x) / (x + 1/(x + 2/(x + ...
            fraction = x + k / fraction
        height = (-x * x / 2).exp()
        area = height * (x + 1 / fraction)
        edges, widths, heights = [int(unit * x * height / area)], [float(area / height / unit)], [float(height)]
        strips = [float(x / unit)]
        for _ in range(254):
            height += area / x
            inner = (-2 * height.ln()).sqrt()
            edges.append(int(unit * inner / x))
            strips.append(float(inner / unit))
            heights.append(float(height))
            x = inner
    # They were computed from the outside in; strip 1 is the innermost, whose rectangle has no width.
    return [edges[0], 0, *edges[:0:-1]], widths + strips[::-1], [1.0, *heights[::-1]]
