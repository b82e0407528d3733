"""Labelled samples for training: a batch of indices in, a batch of tensors out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor

from geocnn.normalisation import Normalisation
from geocnn.synthetic.structure import StructureRanges, structure

__all__ = ["FaultStructures", "Samples", "TensorSamples"]


@runtime_checkable
class Samples(Protocol):
    """Labelled samples; always the same for the same indices, so that a run can be repeated and resumed.

    Those of a recipe that asks for ``fresh`` samples take indices beyond their length, one epoch after the other.
    """

    def __len__(self) -> int:
        """Number of samples in an epoch."""

    def __getitem__(self, indices: Sequence[int]) -> tuple[Tensor, Tensor]:
        """Batch ``(input (batch, channels, *space), target)`` of the samples with these indices."""


@dataclass(frozen=True)
class TensorSamples:
    """Samples that fit into memory.

    Attributes:
        inputs: ``(samples, channels, *space)``.
        targets: ``(samples, ...)``.
    """

    inputs: Tensor
    targets: Tensor

    def __len__(self) -> int:
        """Number of samples."""
        return len(self.inputs)

    def __getitem__(self, indices: Sequence[int]) -> tuple[Tensor, Tensor]:
        """Batch with these indices."""
        if list(indices) == list(range(len(self))):  # all of them, in order: no copy
            return self.inputs, self.targets
        chosen = torch.as_tensor(list(indices))
        return self.inputs[chosen], self.targets[chosen]


@dataclass(frozen=True)
class FaultStructures:
    """Synthetic volumes or sections with their fault masks, made when asked for.

    Attributes:
        samples: number of samples in an epoch.
        shape: (inline, crossline, time) or (trace, time) samples.
        seed: number of the series.
        ranges: what is drawn at random.
        normalisation: keyword arguments of :meth:`Normalisation.fit`; the card must hold the same.
    """

    samples: int
    shape: tuple[int, ...]
    seed: int
    ranges: StructureRanges
    normalisation: Mapping[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        """Number of samples in an epoch."""
        return self.samples

    def __getitem__(self, indices: Sequence[int]) -> tuple[Tensor, Tensor]:
        """Batch ``(batch, 1, *shape)`` of normalised seismic and of fault masks (0 or 1), float32."""
        inputs, targets = [], []
        for index in indices:
            sample = structure(index, seed=self.seed, shape=self.shape, ranges=self.ranges)
            seismic = sample.seismic.numpy()
            inputs.append(torch.from_numpy(Normalisation.fit(seismic, **self.normalisation).apply(seismic)))
            targets.append(sample.fault.float())
        return torch.stack(inputs)[:, None], torch.stack(targets)[:, None]
