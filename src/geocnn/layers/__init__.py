"""Building blocks of networks, written once for 1, 2 and 3 dimensions.

Every block takes ``ndim`` first and works on ``(batch, channels, *space)``. Convolution is the
cross-correlation that all deep-learning papers call convolution,

    y[o, i] = b[o] + sum_c sum_k w[o, c, k] x[c, stride * i + dilation * k - padding],

with ``true_convolution=True`` the kernel is flipped, as in the mathematical definition.
"""

from geocnn.layers.convolution import Conv, ConvTranspose, PaddingMode, Upsample, UpsampleConcatConv
from geocnn.layers.delays import Delays
from geocnn.layers.fast_scale import FastScale
from geocnn.layers.local_scale import LocalScale
from geocnn.layers.normalisation import NormalisationKind, normalisation
from geocnn.layers.polarisation import Polarisation
from geocnn.layers.pooling import (
    AdaptiveAvgPool,
    AvgPool,
    BlurPool,
    GlobalAvgPool,
    GlobalMaxPool,
    MaxPool,
    crop_to,
    max_pool,
)
from geocnn.layers.sizes import SizeRule, Sizes, check_ndim, one_of, per_axis

__all__ = [
    "AdaptiveAvgPool",
    "AvgPool",
    "BlurPool",
    "Conv",
    "ConvTranspose",
    "Delays",
    "FastScale",
    "GlobalAvgPool",
    "GlobalMaxPool",
    "LocalScale",
    "MaxPool",
    "NormalisationKind",
    "PaddingMode",
    "Polarisation",
    "SizeRule",
    "Sizes",
    "Upsample",
    "UpsampleConcatConv",
    "check_ndim",
    "crop_to",
    "max_pool",
    "normalisation",
    "one_of",
    "per_axis",
]
