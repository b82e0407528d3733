"""Normalisation inside networks."""

from typing import Literal

from torch import nn

from geocnn.layers.sizes import check_ndim, one_of

__all__ = ["NormalisationKind", "normalisation"]

NormalisationKind = Literal["batch", "instance", "group", "none"]

_BATCH_NORM = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
_INSTANCE_NORM = (nn.InstanceNorm1d, nn.InstanceNorm2d, nn.InstanceNorm3d)


def normalisation(
    ndim: int, channels: int, kind: Literal["batch", "instance", "group", "none"], *, groups: int = 8
) -> nn.Module:
    """Normalisation layer of the given kind for ``(batch, channels, *space)``.

    Args:
        ndim: 1, 2 or 3.
        channels: channels of the map.
        kind: "batch" (Ioffe & Szegedy 2015), "instance" (Ulyanov et al. 2016), "group" (Wu & He 2018), or "none".
        groups: groups for "group"; they divide the channels.

    Raises:
        ValueError: an unknown kind, or groups that do not divide the channels.
    """
    check_ndim(ndim)
    one_of(kind, ("batch", "instance", "group", "none"), "kind")
    if kind == "batch":
        return _BATCH_NORM[ndim - 1](channels)
    if kind == "instance":
        return _INSTANCE_NORM[ndim - 1](channels, affine=True)
    if kind == "group":
        return nn.GroupNorm(groups, channels)
    return nn.Identity()
