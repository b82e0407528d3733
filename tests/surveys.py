"""Networks of random weights and surveys of noise."""

import numpy as np
import torch

from geocnn.checkpoints import Card, Trained
from geocnn.models import build


def network(ndim: int, *, seed: int = 0, **changes) -> Trained:
    """A FaultSeg network with random weights that react to everything within reach."""
    torch.manual_seed(seed)
    arguments = {"ndim": ndim, "in_channels": 1, "out_channels": 1, "width": 6, "bottleneck": 12}
    card = Card(
        name="random",
        task="segmentation",
        architecture="faultseg",
        arguments=arguments,
        classes=("fault",),
        channels=("amplitude",),
        axes=("inline", "crossline", "time")[3 - ndim :],
        window=(32,) * ndim,
        size_multiple=8,
        reach=51,
    )
    model = build("faultseg", **arguments).eval()
    for name, parameter in model.named_parameters():
        if name.endswith("bias"):
            torch.nn.init.uniform_(parameter, 0, 0.5)  # no map may be dead
    return Trained(model, card.replace(**changes))


def survey(*shape: int, seed: int = 0) -> np.ndarray:
    """Coloured noise at field amplitudes."""
    x = np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)
    return (x + np.roll(x, 1, -1)) * 12_000
