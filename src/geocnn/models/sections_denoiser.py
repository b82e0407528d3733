"""A denoiser for cubes: the mean of results along inlines and along crosslines.

Noise differs from section to section, and two denoisers of sections seldom make the same error at a voxel. Each is the
network of :mod:`geocnn.models.denoiser` with kernels of one sample along an axis, so that both together are one fully
convolutional network, which can be streamed. Both use weights of a denoiser for sections: there are many more
sections to learn from than volumes, and they are made in a fiftieth of the time.
"""

from collections.abc import Mapping

from jaxtyping import Float
from torch import Tensor, nn

from geocnn.layers import SizeRule
from geocnn.models.base import Segmenter
from geocnn.models.denoiser import Denoiser

__all__ = ["SectionsDenoiser"]


class SectionsDenoiser(Segmenter):
    """Remove noise from volumes, section by section in both directions.

    Args:
        ndim: 3; in 1 and 2 dimensions there is only one section, and the network is the denoiser itself.
        in_channels: channels of the input.
        out_channels: channels of the result.
        width: channels of the first level of each of the two networks.
        depth: number of levels below the first, each with half the samples per axis.
        blocks: residual blocks of each level.

    Shape: ``(batch, in_channels, *space) -> (batch, out_channels, *space)``, each size a multiple of ``2**depth``.
    """

    def __init__(
        self,
        ndim: int,
        *,
        in_channels: int = 1,
        out_channels: int = 1,
        width: int = 32,
        depth: int = 2,
        blocks: int = 2,
    ) -> None:
        super().__init__(ndim, in_channels, out_channels, SizeRule(2**depth, 2**depth))
        sizes = {"width": width, "depth": depth, "blocks": blocks}
        self.ways = nn.ModuleList(
            Denoiser(ndim, in_channels=in_channels, out_channels=out_channels, flat=flat, **sizes)
            for flat in self.flats(ndim)
        )

    @staticmethod
    def flats(ndim: int) -> tuple[int | None, ...]:
        """For each of its networks the axis along which kernels have one sample."""
        return (0, 1) if ndim == 3 else (None,)

    def forward(self, x: Float[Tensor, "batch channels *space"]) -> Float[Tensor, "batch out *space"]:
        """Return the input without the noise.

        Raises:
            DataError: a size is not a multiple of ``2**depth``.
        """
        self.check(x)
        made: Tensor = self.ways[0](x)
        for way in self.ways[1:]:
            made = made + way(x)
        return made / len(self.ways)

    def take(self, sections: Mapping[str, Tensor]) -> None:
        """Load the weights of a denoiser for sections, of the same width, depth and blocks, into both networks."""
        for flat, way in zip(self.flats(self.ndim), self.ways, strict=True):
            spread = {k: v if flat is None else v.unsqueeze(2 + flat) for k, v in sections.items()}
            way.load_state_dict(spread)
