"""Probabilities that mean what they say: of the samples called 0.7, seven in ten are of the class.

One number, the temperature, divides all logits; it leaves their order, and so every ranking, as it is (Guo et al. 2017,
On calibration of modern neural networks, section 4.2). It goes into the weights of the last layer, so that prediction,
streaming and exports need to know nothing of it.
"""

import copy
import math

import numpy as np
import scipy.optimize
import scipy.special
import torch
from jaxtyping import Bool, Float
from numpy import ndarray
from torch import nn

from geocnn.checkpoints import Trained
from geocnn.datasets import Samples
from geocnn.errors import DataError
from geocnn.layers import Conv

__all__ = ["calibrated", "calibration_error", "fit_temperature", "logits_of", "reliability"]


def fit_temperature(logits: Float[ndarray, " n"], truth: Bool[ndarray, " n"]) -> float:
    """The temperature at which the cross-entropy of ``sigmoid(logits / temperature)`` is smallest.

    Args:
        logits: of samples that the network has not learnt from.
        truth: whether each is of the class.

    Raises:
        DataError: all samples are of one kind, so that any confidence is too low.
    """
    if truth.all() or not truth.any():
        raise DataError("a temperature needs samples of the class and others; give more samples.")
    signed = np.where(truth, logits, -logits).astype(np.float64)

    def cross_entropy(log_temperature: float) -> float:
        return float(-scipy.special.log_expit(signed * math.exp(-log_temperature)).mean())

    return math.exp(scipy.optimize.minimize_scalar(cross_entropy, bounds=(-3, 3), method="bounded").x)


def reliability(
    probability: Float[ndarray, " n"], truth: Bool[ndarray, " n"], bins: int = 10
) -> tuple[Float[ndarray, " bins"], Float[ndarray, " bins"], Float[ndarray, " bins"]]:
    """The reliability diagram: mean probability, share of the class, and share of all samples, per bin of probability.

    The first two are NaN in a bin without samples.
    """
    place = np.minimum((probability * bins).astype(int), bins - 1)
    counts = np.bincount(place, minlength=bins).astype(np.float64)
    with np.errstate(invalid="ignore"):
        said = np.bincount(place, probability, minlength=bins) / counts
        true = np.bincount(place, truth, minlength=bins) / counts
    return said, true, counts / max(1, len(place))


def calibration_error(probability: Float[ndarray, " n"], truth: Bool[ndarray, " n"], bins: int = 10) -> float:
    """Expected calibration error: mean distance of what is said from what is true (Naeini et al. 2015)."""
    said, true, share = reliability(probability, truth, bins)
    return float(np.nansum(np.abs(said - true) * share))


@torch.inference_mode()
def logits_of(model: nn.Module, samples: Samples) -> tuple[Float[ndarray, " n"], Bool[ndarray, " n"]]:
    """Logits and truth of all samples of a data set of one class, one behind the other."""
    found, truth = [], []
    for index in range(len(samples)):
        x, y = samples[[index]]
        found.append(model(x).float().flatten().numpy())
        truth.append(y.flatten().numpy() > 0)
    return np.concatenate(found), np.concatenate(truth)


def calibrated(trained: Trained, samples: Samples) -> tuple[Trained, float]:
    """A network of one class with its temperature in its last layer, and the temperature.

    Args:
        trained: network; it stays as it is.
        samples: inputs and masks that it has not learnt from.

    Raises:
        DataError: its last layer is no convolution, or as :func:`fit_temperature`.
    """
    model = copy.deepcopy(trained.model)
    temperature = fit_temperature(*logits_of(model, samples))
    last = [module for module in model.modules() if isinstance(module, Conv)][-1:]
    with torch.no_grad():
        x = samples[[0]][0]
        before = model(x)
        for parameter in (parameter for module in last for parameter in module.parameters()):
            parameter.div_(temperature)
        if not torch.allclose(model(x) * temperature, before, rtol=1e-3, atol=1e-3):
            raise DataError("the last layer of the network is no convolution; its temperature cannot be put into it.")
    return Trained(model, trained.card, trained.folder), temperature
