"""Ranges from which synthetic volumes are drawn, and the presets."""

import math
from dataclasses import dataclass, replace
from typing import Any

from geocnn.errors import DataError
from geocnn.synthetic.ranges import check_ranges
from geocnn.synthetic.wavelets import WAVELETS

__all__ = ["FAULTSEG3D", "FIELD", "PRESETS", "QUIET", "StructureRanges"]

_POSSIBLE = {
    "bumps": (0, math.inf),
    "bump_height": (0, math.inf),
    "bump_width": (1e-3, math.inf),
    "domes": (0, 100),
    "slope": (0, math.inf),
    "faults": (0, math.inf),
    "throw": (1e-3, math.inf),
    "dip": (1, 90),
    "stretch": (1e-3, 1e3),
    "strike": (-math.inf, math.inf),
    "extent": (1e-3, math.inf),
    "curvature": (-math.inf, math.inf),
    "drag": (0, 0.9),
    "min_throw": (0, math.inf),
    "visible": (0, math.inf),
    "frequency": (1e-3, 0.5),
    "phase": (-math.inf, math.inf),
    "attenuation": (0, 0.9),
    "thickness": (1, math.inf),
    "packages": (1, 12),
    "relief": (0, math.inf),
    "marker": (0, math.inf),
    "lateral": (0, math.inf),
    "noise": (-math.inf, math.inf),
    "blur": (0, 20),
    "statics": (0, math.inf),
    "footprint": (0, 1),
    "smiles": (0, 100),
    "gain": (0, math.inf),
}


@dataclass(frozen=True)
class StructureRanges:
    """Ranges (smallest, largest), uniform, and probabilities; lengths and throws are in samples.

    The defaults are the published workflow with wide ranges; features that it lacks are off, see :data:`FIELD`.

    Attributes:
        bumps: number of Gaussian folds (FaultSeg3D: 4).
        bump_height: height b_k of one fold; its sign is random.
        bump_width: standard deviation s_k of one fold.
        domes: number of additional narrow upward folds with steep flanks, as of build-ups and salt.
        slope: planar shear f and g, samples per sample; signs are random.
        faults: number of faults.
        throw: vertical displacement at the centre of a fault; log-uniform, so that small faults are as many as large.
        dip: angle against the horizontal, degrees.
        stretch: stretch of the vertical axis, by which the tangents of all fault dips are multiplied; log-uniform.
        strike: azimuth of the horizontal that a fault dips along, degrees from axis 0.
        extent: half length of the slip ellipse relative to the largest side of the volume.
        short: probability that a fault is a quarter as long, and its slip at most 0.6 of its half length.
        reverse: probability that a fault is reverse.
        linear: probability that slip grows linearly along dip instead of being Gaussian about the centre: by half the
            throw over each ``extent`` downwards, from none to one and a half times the throw.
        tips: probability that slip ends at a tip line, an ellipse of two extents, instead.
        families: probability that the faults of a volume are of one or two sets of about the same strike, dip and
            throw, as dominoes and relays are.
        curvature: distance of a fault from its plane at one extent from the centre; positive is listric.
        drag: share of the slip that is taken up by bending beside the plane.
        rollover: probability that slip dies out away from the plane and is shared by both walls.
        zone: probability that the walls pass gradually into one another across a sheared zone, at most as wide as the
            throw is high, as it appears with limited resolution or many small faults side by side.
        min_throw: least throw for which a fault is labelled.
        visible: least throw for which a fault is labelled, as a share of the dominant period; it must also change
            reflections by more than the noise. 0 labels all of it.
        frequency: dominant frequency of the wavelet, cycles per sample (0.08..0.14 is 20..35 Hz at 4 ms).
        phase: rotation of the wavelet, degrees.
        wavelets: kinds to choose from, see :data:`geocnn.synthetic.wavelets.WAVELETS`.
        attenuation: share of the frequency that is lost from top to bottom.
        thickness: mean thickness of constant-impedance layers; 1 is an independent number per sample.
        packages: number of packages of layers, each with its own thickness and amplitude.
        relief: relief of the boundaries between packages; at every second boundary it truncates the layers below.
        marker: reflectivity of the boundaries between packages, relative to the largest of the layers; more weak ones
            than loud ones.
        patchy: probability that a boundary reflects only in patches, as bright spots and pinch-outs do.
        lateral: standard deviation of the logarithm of amplitude along a package.
        cover: probability that an unconformity separates faulted layers from younger ones, which few faults reach.
        clinoforms: probability that the layers of a package are inclined towards its base.
        channels: probability that a channel is cut below a package.
        mounds: probability that the top of a package rises in a ridge, like a build-up, against which younger layers
            end.
        chaos: probability that the layers of a package are disturbed.
        transparent: probability that a package hardly reflects.
        rugged: probability that the top of a package is rough without faults.
        noise: ratio of signal to noise, dB of their standard deviations.
        coherent: probability that the noise is smoothed into the band of the signal and along the horizontal axes, or,
            with ``smiles``, along dips.
        streaks: probability that coherent noise, shifts and loudness of traces are similar over long distances along
            one of the horizontal axes, as lines of sources and receivers, and finer sampling along them, cause it.
        oriented: probability that coherent noise follows the layers, as after smoothing along structure.
        blur: standard deviation of a horizontal smoothing of the noise-free image, for limited resolution.
        statics: standard deviation of vertical shifts from trace to trace.
        footprint: strength of stripes along the horizontal axes that acquisition leaves.
        smiles: number of arcs that migration leaves.
        gain: standard deviation of the logarithm of slow changes of amplitude with depth, and of traces.
        clip: probability that large amplitudes are clipped, and amplitudes are stored in 8 bits.
        blank: probability of a mute at the top, dead traces, or an edge of the survey, continued as prediction does it:
            by mirroring, and by the nearest live trace.
        fringe: probability that the traces at an end of the survey are of low fold: bent, blurred, noisy, louder or
            weaker; and in half of these, a mute.
        padding: probability that the first or last samples hold one number, as in converted files.
    """

    bumps: tuple[int, int] = (2, 6)
    bump_height: tuple[float, float] = (0.0, 10.0)
    bump_width: tuple[float, float] = (10.0, 40.0)
    domes: tuple[int, int] = (0, 0)
    slope: tuple[float, float] = (0.0, 0.2)
    faults: tuple[int, int] = (1, 8)
    throw: tuple[float, float] = (1.5, 30.0)
    dip: tuple[float, float] = (50.0, 88.0)
    stretch: tuple[float, float] = (1.0, 1.0)
    strike: tuple[float, float] = (0.0, 360.0)
    extent: tuple[float, float] = (0.3, 1.5)
    short: float = 0.0
    reverse: float = 0.15
    linear: float = 0.4
    tips: float = 0.0
    families: float = 0.0
    curvature: tuple[float, float] = (0.0, 0.0)
    drag: tuple[float, float] = (0.0, 0.0)
    rollover: float = 0.0
    zone: float = 0.0
    min_throw: float = 1.0
    visible: float = 0.0
    frequency: tuple[float, float] = (0.06, 0.2)
    phase: tuple[float, float] = (-60.0, 60.0)
    wavelets: tuple[str, ...] = ("ricker",)
    attenuation: tuple[float, float] = (0.0, 0.0)
    thickness: tuple[float, float] = (1.0, 4.0)
    packages: tuple[int, int] = (1, 1)
    relief: tuple[float, float] = (0.0, 0.0)
    marker: tuple[float, float] = (0.0, 0.0)
    patchy: float = 0.0
    lateral: tuple[float, float] = (0.0, 0.0)
    cover: float = 0.0
    clinoforms: float = 0.0
    channels: float = 0.0
    mounds: float = 0.0
    chaos: float = 0.0
    transparent: float = 0.0
    rugged: float = 0.0
    noise: tuple[float, float] = (0.0, 16.0)
    coherent: float = 0.5
    streaks: float = 0.0
    oriented: float = 0.0
    blur: tuple[float, float] = (0.0, 0.0)
    statics: tuple[float, float] = (0.0, 0.0)
    footprint: tuple[float, float] = (0.0, 0.0)
    smiles: tuple[int, int] = (0, 0)
    gain: tuple[float, float] = (0.0, 0.0)
    clip: float = 0.0
    blank: float = 0.0
    fringe: float = 0.0
    padding: float = 0.0

    def replace(self, **changes: Any) -> "StructureRanges":  # noqa: ANN401  (those of the fields)
        """Copy with other ranges for some quantities."""
        return replace(self, **changes)

    def __post_init__(self) -> None:
        """Refuse ranges that cannot be drawn from.

        Raises:
            DataError: the smallest number is above the largest, one lies outside what the quantity can be, a
                probability outside 0..1, or there is no such wavelet.
        """
        check_ranges(self, _POSSIBLE)
        if not self.wavelets or not set(self.wavelets) <= set(WAVELETS):
            raise DataError(f"wavelets are {', '.join(self.wavelets) or 'none'}; there are {', '.join(WAVELETS)}.")


FAULTSEG3D = StructureRanges(
    bumps=(4, 4),
    bump_height=(0.0, 5.0),
    bump_width=(10.0, 30.0),
    slope=(0.0, 0.1),
    faults=(5, 8),
    throw=(5.0, 30.0),
    dip=(62.0, 82.0),
    extent=(0.3, 1.0),
    reverse=0.0,
    frequency=(0.08, 0.14),
    phase=(0.0, 0.0),
    thickness=(1.0, 1.0),
    noise=(2.0, 5.0),
    coherent=0.0,
)
"""The workflow of Wu et al. (2019, Geophysics 84(3) IM35, section "Training data sets") with the ranges that its users
work with: reflectivity in [-1, 1] per sample, 4 Gaussian folds and a shear, more than 4 planar faults of any strike,
whose slip is Gaussian about the centre or linear along dip, a Ricker wavelet after faulting, white noise."""

FIELD = StructureRanges(
    bump_height=(0.0, 12.0),
    bump_width=(12.0, 60.0),
    domes=(0, 2),
    slope=(0.0, 0.25),
    faults=(0, 12),
    throw=(1.0, 30.0),
    dip=(40.0, 85.0),
    stretch=(0.6, 6.0),
    extent=(0.12, 1.2),
    short=0.35,
    tips=0.5,
    families=0.5,
    curvature=(-4.0, 12.0),
    drag=(0.0, 0.5),
    rollover=0.4,
    zone=0.4,
    visible=0.05,
    frequency=(0.04, 0.22),
    phase=(-90.0, 90.0),
    wavelets=("ricker", "ormsby", "butterworth"),
    attenuation=(0.0, 0.5),
    thickness=(1.0, 7.0),
    packages=(1, 6),
    relief=(0.0, 8.0),
    marker=(0.0, 2.5),
    patchy=0.25,
    lateral=(0.0, 0.5),
    cover=0.4,
    clinoforms=0.2,
    channels=0.15,
    mounds=0.15,
    chaos=0.12,
    transparent=0.15,
    rugged=0.2,
    noise=(0.0, 35.0),
    coherent=0.6,
    streaks=0.5,
    oriented=0.4,
    blur=(0.0, 1.5),
    statics=(0.0, 0.4),
    footprint=(0.0, 0.3),
    smiles=(0, 6),
    gain=(0.0, 0.4),
    clip=0.3,
    blank=0.25,
    fringe=0.2,
    padding=0.12,
)
"""Ranges for training the networks that ship: the variation of real sections that the published recipe lacks."""

QUIET = FIELD.replace(
    noise=(90.0, 90.0),
    coherent=0.0,
    statics=(0.0, 0.0),
    footprint=(0.0, 0.0),
    clip=0.0,
    blank=0.0,
    fringe=0.0,
    padding=0.0,
)
"""Ranges for what a denoiser must keep: structure, arcs of migration and slow changes of amplitude, nothing else."""

PRESETS = {"faultseg3d": FAULTSEG3D, "plain": StructureRanges(), "field": FIELD}
"""Presets by the names that the recipe and ``geocnn synth`` take."""
