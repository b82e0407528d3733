"""Labelled samples for training: a batch of indices in, a batch of tensors out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from jaxtyping import Float32
from numpy import ndarray
from torch import Tensor

from geocnn.augmentation import Augmentation
from geocnn.distributed import Team
from geocnn.errors import DataError
from geocnn.interruption import ignore_interrupts
from geocnn.io.resampling import apply, taps_of
from geocnn.io.source import ArraySource
from geocnn.io.stretched import StretchedSource
from geocnn.layers import crop_to
from geocnn.models.base import Segmenter
from geocnn.normalisation import Normalisation
from geocnn.schedule import Schedule
from geocnn.synthetic.earthquakes import EarthquakeRanges, RecordedNoise, TaughtRecords, earthquake
from geocnn.synthetic.earthquakes.clock import Clock
from geocnn.synthetic.noise import NoiseRanges, survey_noise
from geocnn.synthetic.structure import StructureRanges, structure
from geocnn.tiling import reflect
from geocnn.travel import TravelTimes

__all__ = [
    "Augmented",
    "Crops",
    "EarthquakeRecords",
    "FaultStructures",
    "FinerStructures",
    "NoisyStructures",
    "Samples",
    "TensorSamples",
    "batches",
    "halved",
    "mirrored",
]


@runtime_checkable
class Samples(Protocol):
    """Labelled samples; always the same for the same indices, so that a run can be repeated and resumed.

    Recipes with ``fresh`` samples also ask for indices beyond the length, one epoch after the other.
    """

    def __len__(self) -> int:
        """Number of samples in an epoch."""

    def __getitem__(self, indices: Sequence[int]) -> tuple[Tensor, Tensor]:
        """Batch ``(input (batch, channels, *space), target)`` of the samples with these indices."""


def batches(
    samples: Samples, schedule: Schedule, team: Team, *, seed: int, epoch: int, skip: int
) -> Iterator[tuple[tuple[list[int], int], tuple[Tensor, Tensor]]]:
    """Batches of an epoch for this process, each with its indices and the number of those that count.

    The order depends only on seed and epoch.

    Args:
        samples: training samples.
        schedule: size of a batch, order, workers.
        team: processes that share each batch, see :meth:`Team.share`.
        seed: seed of the order.
        epoch: number of the epoch, from 0.
        skip: number of batches that are done already.
    """
    n, size = len(samples), schedule.batch_size
    order = list(range(n))
    if schedule.shuffle:
        generator = _generator(seed, epoch)
        order = torch.randperm(n, generator=generator).tolist()
    if schedule.fresh:
        order = [epoch * n + i for i in order]
    chunks = [team.share(order[i : i + size]) for i in range(0, n, size)][skip:]
    if not schedule.workers:
        yield from ((chunk, samples[chunk[0]]) for chunk in chunks)
        return
    from torch.utils.data import DataLoader

    # With batch_size=None each element of the sampler, which is a list of indices, is passed to the samples as it is. A
    # separate generator keeps the loader from using the random state of the network.
    loader: DataLoader[tuple[Tensor, Tensor]] = DataLoader(
        samples,  # type: ignore[arg-type]  # wants a Dataset, takes anything with its methods
        batch_size=None,
        sampler=[indices for indices, _ in chunks],
        num_workers=schedule.workers,
        worker_init_fn=ignore_interrupts,
        generator=torch.Generator(),
    )
    yield from zip(chunks, loader, strict=True)


def _generator(seed: int, number: int) -> torch.Generator:
    """Random stream for an epoch or a sample; modulo 2**63, because products with large seeds have more bits."""
    return torch.Generator().manual_seed((seed * 1_000_003 + number) % 2**63)


@dataclass(frozen=True)
class TensorSamples:
    """Samples that fit into memory.

    Attributes:
        inputs: ``(samples, channels, *space)``.
        targets: ``(samples, ...)``.

    Raises:
        DataError: the numbers of inputs and targets differ.
    """

    inputs: Tensor
    targets: Tensor

    def __post_init__(self) -> None:
        if len(self.inputs) != len(self.targets):
            raise DataError(
                f"there are {len(self.inputs)} inputs and {len(self.targets)} targets; needed is one target for each "
                "input, in the same order."
            )

    def __len__(self) -> int:
        """Number of samples."""
        return len(self.inputs)

    def __getitem__(self, indices: Sequence[int]) -> tuple[Tensor, Tensor]:
        """Batch with these indices."""
        if len(indices) == len(self) and all(index == k for k, index in enumerate(indices)):  # all, in order: no copy
            return self.inputs, self.targets
        chosen = torch.as_tensor(list(indices))
        return self.inputs[chosen], self.targets[chosen]


@dataclass(frozen=True)
class Augmented:
    """Windows with one class each, changed at random; with ``fresh`` samples anew in every epoch.

    Attributes:
        samples: the windows.
        augmentation: random changes.
        seed: seed of the changes.

    Raises:
        DataError: windows would be moved by more than their size.
    """

    samples: TensorSamples
    augmentation: Augmentation
    seed: int

    def __post_init__(self) -> None:
        shortest = min(self.samples.inputs.shape[2:])
        if self.augmentation.shift >= shortest:
            raise DataError(
                f"--shift is {self.augmentation.shift} and the windows have {shortest} samples along their shortest "
                "axis; needed are fewer."
            )

    def __len__(self) -> int:
        """Number of samples."""
        return len(self.samples)

    def __getitem__(self, indices: Sequence[int]) -> tuple[Tensor, Tensor]:
        """Batch with these indices."""
        inputs, targets = self.samples[[index % len(self) for index in indices]]
        changed = []
        for index, x in zip(indices, inputs, strict=True):
            generator = _generator(self.seed, index)
            changed.append(self.augmentation(x, None, generator)[0])
        return torch.stack(changed), targets


@dataclass(frozen=True)
class FaultStructures:
    """Synthetic volumes or sections with their fault masks, made when asked for.

    Attributes:
        samples: number of samples in an epoch.
        shape: (inline, crossline, time) or (trace, time) samples.
        seed: number of the series.
        ranges: ranges from which volumes are drawn; samples take several in turn.
        normalisation: keyword arguments of :meth:`Normalisation.fit`; the card must hold the same.
    """

    samples: int
    shape: tuple[int, ...]
    seed: int
    ranges: Sequence[StructureRanges]
    normalisation: Mapping[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        """Number of samples in an epoch."""
        return self.samples

    def __getitem__(self, indices: Sequence[int]) -> tuple[Tensor, Tensor]:
        """Batch ``(batch, 1, *shape)`` of normalised seismic and of fault masks (0 or 1), float32."""
        inputs, targets = [], []
        for index in indices:
            ranges = self.ranges[index % len(self.ranges)]
            sample = structure(index, seed=self.seed, shape=self.shape, ranges=ranges)
            seismic = sample.seismic.numpy()
            inputs.append(torch.from_numpy(Normalisation.fit(seismic, **self.normalisation).apply(seismic)))
            targets.append(sample.fault.float())
        return torch.stack(inputs)[:, None], torch.stack(targets)[:, None]


@dataclass(frozen=True)
class _RestoredStructures:
    """Synthetic volumes or sections in pairs of input and target, made on request.

    Attributes:
        samples: number of samples in an epoch.
        shape: (inline, crossline, time) or (trace, time) samples.
        seed: number of the series.
        ranges: ranges of the structure; its own noise belongs to the target.
        noise: ranges of the noise of the survey.
        normalisation: keyword arguments of :meth:`Normalisation.fit`; the card must hold the same.
    """

    samples: int
    shape: tuple[int, ...]
    seed: int
    ranges: StructureRanges
    noise: NoiseRanges = field(default_factory=NoiseRanges)
    normalisation: Mapping[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        """Number of samples in an epoch."""
        return self.samples

    def __getitem__(self, indices: Sequence[int]) -> tuple[Tensor, Tensor]:
        """Batch of normalised seismic and of its targets, both ``(batch, 1, *shape)``, float32."""
        inputs, targets = zip(*(self._sample(index) for index in indices), strict=True)
        return torch.from_numpy(np.stack(inputs))[:, None], torch.from_numpy(np.stack(targets))[:, None]

    def _sample(self, index: int) -> tuple[Float32[ndarray, "*shape"], Float32[ndarray, "*shape"]]:
        raise NotImplementedError


@dataclass(frozen=True)
class NoisyStructures(_RestoredStructures):
    """Synthetic volumes or sections with noise as input, and without noise as target."""

    def _sample(self, index: int) -> tuple[Float32[ndarray, "*shape"], Float32[ndarray, "*shape"]]:
        """Sample with noise and without; half of the samples are upside down, and half have the other polarity."""
        clean = structure(index, seed=self.seed, shape=self.shape, ranges=self.ranges).seismic.numpy()
        rng = np.random.default_rng((self.seed, index, 1))
        if rng.random() < 0.5:  # arcs of migration become diffractions
            clean = clean[..., ::-1]
        clean = clean * np.float32(rng.choice((-1, 1)))
        noise, level = survey_noise(rng, self.shape, self.noise)
        noisy = clean + noise * np.float32(level * clean.std())
        fitted = Normalisation.fit(noisy, **self.normalisation)
        return fitted.apply(noisy), fitted.apply(clean)


@dataclass(frozen=True)
class FinerStructures(_RestoredStructures):
    """Synthetic volumes or sections of even sizes: input is sampled half as finely and interpolated, target is fine.

    Horizontally every second trace is left out, as in surveys, with all aliasing; vertically the upper half of the
    frequencies is removed, as in recording. Noise belongs to the survey and stays: a network that makes it finer adds
    what can be known, and changes nothing. The interpolation is that of prediction,
    :class:`~geocnn.io.stretched.StretchedSource`.
    """

    def _sample(self, index: int) -> tuple[Float32[ndarray, "*shape"], Float32[ndarray, "*shape"]]:
        """Interpolated and fine sample; half of the samples are upside down, and half have the other polarity."""
        rng = np.random.default_rng((self.seed, index, 1))
        size = tuple(n + 1 for n in self.shape)
        fine = structure(index, seed=self.seed, shape=size, ranges=self.ranges).seismic.numpy()
        fine = fine[..., :: rng.choice((-1, 1))] * np.float32(rng.choice((-1, 1)))
        noise, level = survey_noise(rng, size, self.noise)
        fine = fine + noise * np.float32(level * fine.std())
        whole = StretchedSource(ArraySource(halved(fine)), (2.0,) * len(size)).read(...)
        where = tuple(slice(n) for n in self.shape)
        fitted = Normalisation.fit(whole, **self.normalisation)
        return fitted.apply(whole[where]), fitted.apply(fine[where])


def halved(fine: Float32[ndarray, "*space"]) -> Float32[ndarray, "*half"]:
    """Every second trace of a survey, with half as many samples; of an odd number the first and the last are kept."""
    samples = fine.shape[-1]
    taps = taps_of((0, (samples + 1) // 2), samples, 2.0, "sinc")
    every = tuple(slice(None, None, 2) for _ in fine.shape[:-1])
    return np.ascontiguousarray(apply(taps.matrix, fine[every], -1))


@dataclass(frozen=True)
class EarthquakeRecords:
    """Synthetic seismograms with the probabilities of P, S and neither, made when asked for.

    Attributes:
        samples: number of records in an epoch.
        size: samples of a record.
        seed: number of the series.
        rate: samples per second.
        ranges: ranges from which earthquakes are drawn.
        deviation: of the Gaussian around each arrival, s.
        times: travel times of a site.
        noise: noise of real stations.
        taught: real records, for a share of the samples.
    """

    samples: int
    size: int
    seed: int
    rate: float = 100.0
    ranges: EarthquakeRanges = field(default_factory=EarthquakeRanges)
    deviation: float = 0.1
    times: TravelTimes | None = None
    noise: RecordedNoise | None = None
    taught: TaughtRecords | None = None

    def __len__(self) -> int:
        """Number of samples in an epoch."""
        return self.samples

    def __getitem__(self, indices: Sequence[int]) -> tuple[Tensor, Tensor]:
        """Batch ``(batch, 3, size)`` of ground velocity, components Z, N, E, and of probabilities, float32."""
        inputs, targets = zip(*(self._sample(index) for index in indices), strict=True)
        return torch.from_numpy(np.stack(inputs)), torch.from_numpy(np.stack(targets))

    def _sample(self, index: int) -> tuple[Float32[ndarray, "3 size"], Float32[ndarray, "3 size"]]:
        """A record and its probabilities."""
        if self.taught is not None:
            rng = np.random.default_rng((self.seed, index, 1))
            if rng.random() < self.taught.share:
                return self.taught.draw(rng, Clock.of(self.size, self.rate), self.ranges)
        made = partial(earthquake, seed=self.seed, size=self.size, rate=self.rate, ranges=self.ranges)
        record = made(index, times=self.times, noise=self.noise)
        return record.waveform, record.probabilities(self.deviation)


@dataclass(frozen=True)
class Crops:
    """Random windows of images or volumes with their labels, changed at random.

    Attributes:
        inputs: ``(images, channels, *space)``.
        targets: ``(images, maps, *space)``.
        crop: samples of a window, per axis.
        samples: number of windows in an epoch.
        seed: seed of the choice.
        augmentation: random changes of a window.
        margin: samples at each side of a window for which the network gives no answer.
    """

    inputs: Tensor
    targets: Tensor
    crop: int
    samples: int
    seed: int
    augmentation: Augmentation
    margin: int = 0

    def __len__(self) -> int:
        """Number of windows in an epoch."""
        return self.samples

    def __getitem__(self, indices: Sequence[int]) -> tuple[Tensor, Tensor]:
        """Batch ``(batch, channels, *crop)`` and ``(batch, maps, *(crop - 2 margin))``."""
        windows = [self._window(index) for index in indices]
        return torch.stack([x for x, _ in windows]), torch.stack([y for _, y in windows])

    def _window(self, index: int) -> tuple[Tensor, Tensor]:
        """Window number ``index``, which is always the same."""
        generator = _generator(self.seed, index)
        image = int(torch.randint(len(self.inputs), (), generator=generator))
        x, y = self.inputs[image], self.targets[image]
        for axis in range(1, x.ndim):
            start = int(torch.randint(x.shape[axis] - self.crop + 1, (), generator=generator))
            x, y = x.narrow(axis, start, self.crop), y.narrow(axis, start, self.crop)
        x, changed = self.augmentation(x, y, generator)
        assert changed is not None
        return x, crop_to(changed[None], [n - 2 * self.margin for n in changed.shape[1:]])[0]

    @staticmethod
    def whole(inputs: Tensor, targets: Tensor, network: Segmenter) -> TensorSamples:
        """Whole images instead of windows, mirrored to a size that the network accepts, without labels there."""
        margin, space = network.margin, inputs.shape[2:]
        sizes = network.sizes.above([n + 2 * margin for n in space])
        more = [p for n, size in zip(reversed(space), reversed(sizes), strict=True) for p in (0, size - n - 2 * margin)]
        return TensorSamples(mirrored(inputs, margin, sizes), F.pad(targets, more))


def mirrored(x: Tensor, before: int, sizes: Sequence[int]) -> Tensor:
    """Continue ``(batch, channels, *space)`` by reflection to ``sizes`` samples, ``before`` of them in front."""
    for axis, (n, size) in enumerate(zip(x.shape[2:], sizes, strict=True), start=2):
        index = reflect(np.arange(-before, size - before), 0, n - 1)
        x = x.index_select(axis, torch.from_numpy(index).to(x.device))
    return x
