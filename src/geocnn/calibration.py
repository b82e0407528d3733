"""Calibration of probabilities: of the samples called 0.7, seven in ten are of the class.

All logits are scaled by a factor and shifted by an offset (Platt 1999, Probabilistic outputs for support vector
machines; Guo et al. 2017, On calibration of modern neural networks, section 4.1). Their order stays, and so does every
ranking. The two numbers go into the weights of the last layer, so that prediction, streaming and exports are not
affected. A factor alone, the temperature, cannot correct what learning with Dice leaves: 0.5 where a third is of the
class.
"""

import copy

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

__all__ = ["calibrated", "calibration_error", "fit_scaling", "logits_of", "reliability"]


def fit_scaling(logits: Float[ndarray, " n"], truth: Bool[ndarray, " n"]) -> tuple[float, float]:
    """Factor and offset for which the cross-entropy of ``sigmoid(factor * logits + offset)`` is smallest.

    Args:
        logits: of samples that the network was not trained on.
        truth: whether each is of the class.

    Raises:
        DataError: all samples are of one kind, so that no confidence is too high.
    """
    if truth.all() or not truth.any():
        raise DataError("calibration needs samples of the class and others; give more samples.")
    logits = logits.astype(np.float64)

    def cross_entropy(scaling: Float[ndarray, " 2"]) -> tuple[float, Float[ndarray, " 2"]]:
        scaled = scaling[0] * logits + scaling[1]
        loss = -scipy.special.log_expit(np.where(truth, scaled, -scaled)).mean()
        slope = scipy.special.expit(scaled) - truth
        return loss, np.array([(slope * logits).mean(), slope.mean()])

    factor, offset = scipy.optimize.minimize(cross_entropy, (1.0, 0.0), jac=True, method="BFGS").x
    return float(factor), float(offset)


def reliability(
    probability: Float[ndarray, " n"], truth: Bool[ndarray, " n"], bins: int = 10
) -> tuple[Float[ndarray, " bins"], Float[ndarray, " bins"], Float[ndarray, " bins"]]:
    """Reliability diagram: mean probability, share of the class, and share of all samples, per bin of probability.

    The first two are NaN in a bin without samples.
    """
    place = np.minimum((probability * bins).astype(int), bins - 1)
    counts = np.bincount(place, minlength=bins).astype(np.float64)
    with np.errstate(invalid="ignore"):
        said = np.bincount(place, probability, minlength=bins) / counts
        true = np.bincount(place, truth, minlength=bins) / counts
    return said, true, counts / max(1, len(place))


def calibration_error(probability: Float[ndarray, " n"], truth: Bool[ndarray, " n"], bins: int = 10) -> float:
    """Expected calibration error: mean distance between probability and share of the class (Naeini et al. 2015)."""
    said, true, share = reliability(probability, truth, bins)
    return float(np.nansum(np.abs(said - true) * share))


@torch.inference_mode()
def logits_of(model: nn.Module, samples: Samples) -> tuple[Float[ndarray, " n"], Bool[ndarray, " n"]]:
    """Logits and truth of all samples of a data set with one class, concatenated."""
    found, truth = [], []
    for index in range(len(samples)):
        x, y = samples[[index]]
        found.append(model(x).float().flatten().numpy())
        truth.append(y.flatten().numpy() > 0)
    return np.concatenate(found), np.concatenate(truth)


def calibrated(trained: Trained, samples: Samples) -> tuple[Trained, tuple[float, float]]:
    """Calibrated copy of a network of one class, with the factor and the offset in its last layer; and these two.

    Args:
        trained: network; it is not changed.
        samples: inputs and masks that it was not trained on.

    Raises:
        DataError: its last layer is no convolution with a bias, or as raised by :func:`fit_scaling`.
    """
    model = copy.deepcopy(trained.model)
    factor, offset = fit_scaling(*logits_of(model, samples))
    last = [module for module in model.modules() if isinstance(module, Conv)][-1:]
    with torch.no_grad():
        x = samples[[0]][0]
        before = model(x)
        for module in last:
            for parameter in module.parameters():
                parameter.mul_(factor)
            if module.bias is not None:
                module.bias.add_(offset)
        if not torch.allclose(model(x), before * factor + offset, rtol=1e-3, atol=1e-3):
            raise DataError("the last layer of the network is no convolution with a bias; it cannot be calibrated.")
    return Trained(model, trained.card, trained.folder), (factor, offset)
