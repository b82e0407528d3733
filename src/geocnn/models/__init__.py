"""Network architectures, one per file, and the table that names them."""

from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

from geocnn.errors import MissingError

if TYPE_CHECKING:
    from geocnn.models.base import Network

__all__ = ["ARCHITECTURES", "Architecture", "build"]


@dataclass(frozen=True)
class Architecture:
    """An entry of the table of architectures.

    Attributes:
        home: module and class or function of the network.
        task: task of the network: "classification", "segmentation", "restoration" or "location".
        ndim: dimensions of the published network.
        channels: input channels of the published network.
        window: samples per axis of the published input.
        paper: authors and year of the publication that the name refers to.
    """

    home: str
    task: Literal["classification", "segmentation", "restoration", "location"]
    ndim: int
    channels: int
    window: int
    paper: str


def _classifier(home: str, channels: int, window: int, paper: str, ndim: int = 2) -> Architecture:
    return Architecture(f"geocnn.models.{home}", "classification", ndim, channels, window, paper)


def _segmenter(home: str, ndim: int, window: int, paper: str) -> Architecture:
    return Architecture(f"geocnn.models.{home}", "segmentation", ndim, 1, window, paper)


ARCHITECTURES: dict[str, Architecture] = {
    "trace_classifier": _classifier("trace_classifier:TraceClassifier", 1, 64, "the worked example", ndim=1),
    "lenet1989": _classifier("lenet1989:LeNet1989", 1, 16, "LeCun et al. 1989"),
    "lenet5": _classifier("lenet:LeNet5", 1, 32, "LeCun et al. 1998"),
    "lenet": _classifier("lenet:LeNet", 1, 28, "modern form of LeNet-5"),
    "alexnet2012": _classifier("alexnet:AlexNet2012", 3, 227, "Krizhevsky et al. 2012"),
    "alexnet": _classifier("alexnet:AlexNet", 3, 224, "Krizhevsky 2014"),
    **{f"resnet{n}": _classifier(f"resnet:resnet{n}", 3, 224, "He et al. 2016") for n in (18, 34, 50, 101, 152)},
    **{
        f"resnet{n}": _classifier(f"resnet_small:resnet{n}", 3, 32, "He et al. 2016, small windows")
        for n in (20, 32, 44, 56, 110, 1202)
    },
    "convnetquake": _classifier("convnetquake:ConvNetQuake", 3, 1001, "Perol et al. 2018", ndim=1),
    "detector": Architecture("geocnn.models.detector:Detector", "location", 1, 5, 3072, "after Perol et al. 2018"),
    "unet2015": _segmenter("unet2015:UNet2015", 2, 572, "Ronneberger et al. 2015"),
    "unet": _segmenter("unet:UNet", 2, 256, "padded form of the U-Net"),
    "faultseg": _segmenter("faultseg:FaultSeg", 3, 128, "Wu et al. 2019"),
    "denoiser": Architecture("geocnn.models.denoiser:Denoiser", "restoration", 2, 1, 256, "after Zhang et al. 2022"),
    "sections_denoiser": Architecture(
        "geocnn.models.sections_denoiser:SectionsDenoiser",
        "restoration",
        3,
        1,
        64,
        "after Zhang et al. 2022, in sections",
    ),
    "picker": Architecture("geocnn.models.picker:Picker", "segmentation", 1, 3, 3072, "after Zhu & Beroza 2019"),
}
"""Architectures by the name that a card holds."""


def build(name: str, *, ndim: int, **arguments: Any) -> "Network":  # noqa: ANN401  (each class has its own)
    """Make a network by the name of its architecture, with fresh weights.

    Raises:
        MissingError: there is no architecture of that name.
    """
    if name not in ARCHITECTURES:
        near = get_close_matches(name, ARCHITECTURES, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(ARCHITECTURES)}."
        raise MissingError(f"there is no architecture {name!r}; {hint}")
    module, kind = ARCHITECTURES[name].home.split(":")
    make: Callable[..., Network] = getattr(import_module(module), kind)
    return make(ndim, **arguments)
