"""Which planes of a map a plane of the next one is made of, in integer arithmetic."""

from dataclasses import dataclass

__all__ = ["SAME", "Window"]


@dataclass(frozen=True)
class Window:
    """The planes of a map that plane ``o`` of the result is made of: a first and a last number.

    The first is ``ceil((o * step + low) / per)`` and the last ``floor((o * step + high) / per)``. Planes beyond the
    ends
    of the map are the border of the operation: zeros, or whatever else it pads with.

    Attributes:
        step: the window moves by ``step / per`` planes from one plane of the result to the next.
        per: 1, or more where the result is finer than the map.
        low: where the window of plane 0 begins, times ``per``.
        high: where it ends, times ``per``.
    """

    step: int = 1
    per: int = 1
    low: int = 0
    high: int = 0

    @classmethod
    def of_taps(cls, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> "Window":
        """Windows of a convolution or a pooling."""
        return cls(stride, 1, -padding, dilation * (kernel - 1) - padding)

    @classmethod
    def of_transposed_taps(cls, kernel: int, stride: int, padding: int, dilation: int = 1) -> "Window":
        """Windows of a transposed convolution."""
        return cls(1, stride, padding - dilation * (kernel - 1), padding)

    @classmethod
    def of_nearest(cls, factor: int) -> "Window":
        """Windows of nearest up-sampling."""
        return cls(1, factor, 1 - factor, 0)

    @classmethod
    def of_linear(cls, factor: int) -> "Window":
        """Windows of linear up-sampling between the centres of samples: both neighbours, also where one has no weight.

        The centre of result ``o`` lies at ``(2 o + 1 - factor) / (2 factor)``.
        """
        return cls(2, 2 * factor, 2 - 3 * factor, 1 + factor)

    def first(self, plane: int) -> int:
        """First plane of the map that a plane of the result is made of."""
        return -((-plane * self.step - self.low) // self.per)

    def last(self, plane: int) -> int:
        """Last plane of the map that a plane of the result is made of."""
        return (plane * self.step + self.high) // self.per

    def ready(self, available: int) -> int:
        """Number of result planes, from plane 0 on, that can be made if the map has ``available`` planes so far."""
        return (available * self.per - 1 - self.high) // self.step + 1


SAME = Window()
"""Window of an operation that makes each plane of the plane with the same number."""
