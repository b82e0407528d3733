"""A detector applied to the arrivals of a picker: distance, direction and depth of earthquakes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float32
from numpy import ndarray
from torch import nn

from geocnn.checkpoints import Trained, is_detector
from geocnn.delays import Delays, delay_after
from geocnn.errors import DataError
from geocnn.hardware import choose_device
from geocnn.location import Place, asked, heads_of, place_of
from geocnn.metrics import head_probabilities
from geocnn.prediction.identity import identity_of

__all__ = ["BEFORE", "Locator"]

BEFORE = 500
"""Samples of a window before the P wave."""


@dataclass(frozen=True)
class Locator:
    """A network that tells where an earthquake is, ready to run.

    Attributes:
        model: the network, on the device.
        place: the device.
        size: samples of a window.
        identity: digest of the network.
        delays: times from P to S, as the network has learnt them.
        station: the only station whose clusters the network tells; None if it tells none, or those of any station.
    """

    model: nn.Module
    place: torch.device
    size: int
    identity: str
    delays: Delays
    station: str | None = None

    @classmethod
    def of(cls, trained: Trained, *, device: str = "auto") -> "Locator":
        """Prepare a network.

        Raises:
            DataError: it is no detector.
        """
        if not is_detector(trained.card):
            raise DataError(
                f"{trained.card.name} tells no places of earthquakes; give detector, or one of geocnn train detector."
            )
        place = choose_device(device)
        model, card = trained.model.eval().to(place), trained.card
        identity, delays = identity_of(trained.model), Delays.of(card.training)
        return cls(model, place, card.window[0], identity, delays, card.training.get("station"))

    def __call__(
        self,
        waveform: Float32[ndarray, "3 samples"],
        phases: Float32[ndarray, "2 samples"],
        onsets: Sequence[int],
        *,
        threshold: float,
        deviation: float,
    ) -> list[Place]:
        """Places of the earthquakes whose P waves arrive at given samples; samples beyond the record count as no data.

        Args:
            waveform: components Z, N, E.
            phases: probabilities of P and S.
            onsets: samples at which P waves arrive.
            threshold: probability of an S pick.
            deviation: of the Gaussian with which the picker was trained, s.
        """
        if not onsets:
            return []
        windows = np.zeros((len(onsets), 5, self.size), np.float32)
        record = np.concatenate((waveform, phases))
        for window, onset in zip(windows, onsets, strict=True):
            first = onset - BEFORE
            there = record[:, max(0, first) : max(0, first + self.size)]
            window[:, max(0, -first) : max(0, -first) + there.shape[1]] = there
            window[3:] = asked(window[3:], BEFORE)
        with torch.inference_mode():
            # Run windows one by one: it takes less memory, and the last digits do not depend on other windows.
            logits = torch.cat([self.model(w[None].to(self.place)) for w in torch.from_numpy(windows)])
        answers = head_probabilities(logits, heads_of(logits.shape[1])).cpu().numpy()
        delays = [delay_after(window[4], BEFORE, threshold=threshold, deviation=deviation) for window in windows]
        known = [None if delay is None else self.delays.likelihood(delay) for delay in delays]
        return [place_of(p, likelihood) for p, likelihood in zip(answers, known, strict=True)]
