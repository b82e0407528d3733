"""Which planes of a map make a plane of the next: integer arithmetic along the axis that is streamed."""

from dataclasses import dataclass

__all__ = ["SAME", "Window"]


@dataclass(frozen=True)
class Window:
    """Plane ``o`` is made of the planes ``ceil((o step + low) / per)`` to ``floor((o step + high) / per)`` before it.

    They may lie beyond the ends of the map, where whatever the operation takes for its border is.

    Attributes:
        step: numerator of the planes from one result to the next.
        per: denominator of it, above 1 behind up-sampling.
        low: of the first plane.
        high: of the last plane.
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
        """First plane that a plane is made of."""
        return -((-plane * self.step - self.low) // self.per)

    def last(self, plane: int) -> int:
        """Last plane that a plane is made of."""
        return (plane * self.step + self.high) // self.per

    def ready(self, available: int) -> int:
        """How many planes, from plane 0 on, are made of the planes below ``available`` alone."""
        return (available * self.per - 1 - self.high) // self.step + 1

    def begin(self, first: int) -> int:
        """The first plane that is made of plane ``first`` and later ones alone."""
        return ((first - 1) * self.per - self.low) // self.step + 1


SAME = Window()
"""Each plane of the plane with its number."""
