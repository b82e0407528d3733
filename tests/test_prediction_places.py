"""Networks of one's own that tell places apart: what they say of a sample must not depend on tiles or memory."""

import numpy as np
import pytest
import torch
from torch import nn

import geocnn
from geocnn.checkpoints import Card, Trained
from geocnn.errors import DataError
from geocnn.grid import Axis, Grid
from geocnn.prediction.work import plan_work


class Coordinates(nn.Module):
    """A convolution of samples and of their places, -1 to 1 along each axis (Liu et al. 2018)."""

    def __init__(self, *, on_device):
        super().__init__()
        torch.manual_seed(0)
        self.conv, self.on_device = nn.Conv2d(3, 1, 5, padding=2), on_device

    def forward(self, x):
        where = {"device": x.device} if self.on_device else {}
        rows, columns = (torch.linspace(-1, 1, n, **where) for n in x.shape[2:])
        places = torch.stack(torch.meshgrid(rows, columns, indexing="ij"))
        return self.conv(torch.cat([x, places.expand(len(x), -1, -1, -1)], 1))


class Drifting(nn.Module):
    """A map sampled up by little more than 1, which leaves the size of small windows as it is."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.conv = nn.Conv2d(1, 1, 3, padding=1)

    def forward(self, x):
        return self.conv(nn.functional.interpolate(x, scale_factor=1.004))


def trained(model):
    card = Card(
        name="mine",
        task="segmentation",
        architecture="mine",
        arguments={"ndim": 2},
        classes=("fault",),
        channels=("amplitude",),
        axes=("crossline", "time"),
        window=(32, 32),
        reach=2,  # as if the places were none
        size_multiple=1,
        normalisation={"kind": "none"},
    )
    return Trained(model.eval(), card)


@pytest.mark.parametrize("model", [Coordinates(on_device=False), Coordinates(on_device=True), Drifting()])
def test_the_tile_does_not_change_what_a_network_says_of_a_place(model):
    x = np.random.default_rng(0).normal(size=(40, 30)).astype(np.float32)
    own = trained(model)
    found = [geocnn.predict(own, x, tile=tile, show_progress=False) for tile in (None, (16, 16))]
    with torch.no_grad():
        wanted = torch.sigmoid(own.model(torch.from_numpy(x)[None, None]))[0, 0].numpy()
    for each in found:
        np.testing.assert_allclose(each.array, wanted, atol=1e-6)
        assert "the card of mine has reach=2, but its layers need reach=None; that is used." in " ".join(each.notes)


def test_too_little_memory_for_all_places_is_an_error():
    grid = Grid((Axis("crossline", 400), Axis("time", 300)))
    own = trained(Coordinates(on_device=False))
    aligned = Trained(own.model, own.card.replace(reach=None))
    with pytest.raises(DataError, match=r"a tile of .* needs .* GB, but .* GB are allowed; give --memory .*GB\.$"):
        plan_work(
            aligned, grid, tile=None, allowed=1_000_000, device=torch.device("cpu"), precision="float32", beside=0
        )
