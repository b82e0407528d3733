"""Ranges from which synthetic seismograms are drawn."""

from dataclasses import dataclass

from geocnn.synthetic.ranges import check_ranges

__all__ = ["EarthquakeRanges"]

_POSSIBLE = {
    "distance": (1e-3, 1000),
    "depth": (0, 700),
    "vp": (0.1, 20),
    "ratio": (1.2, 3),
    "moho": (1, 200),
    "mantle": (0.1, 20),
    "magnitude": (-5, 10),
    "stress_drop": (0, 12),
    "corner_ratio": (0.1, 10),
    "kappa": (0, 1),
    "quality": (0, 6),
    "quality_exponent": (-1, 1.5),
    "resonances": (0, 10),
    "instrument": (-4, 1.5),
    "amplitude_ratio": (1e-2, 1e3),
    "ruptures": (0, 20),
    "coda": (0, 100),
    "coda_exponent": (0, 10),
    "coda_quality": (0, 6),
    "rise": (-6, 2),
    "surface": (0.01, 1),
    "snr": (-6, 6),
    "noise_level": (-1, 2),
    "lines": (0, 20),
    "bursts": (0, 50),
    "lowpass": (0.1, 1000),
}


@dataclass(frozen=True)
class EarthquakeRanges:
    """Ranges (smallest, largest), uniform unless stated otherwise, and probabilities.

    Attributes:
        distance: distance of the hypocentre, km; log-uniform.
        depth: depth of the source, km, at most the distance; uniform.
        vp: mean velocity of P waves to the source, km/s (crust: N. I. Christensen, W. D. Mooney, 1995, J. Geophys. Res.
            100, 9761-9788, figure 9).
        ratio: ratio of the velocities of P and S waves (N. I. Christensen, 1996, J. Geophys. Res. 101, 3139-3156).
        moho: depth of the mantle, km, below which the first arrivals of the farther earthquakes travel as head waves.
        mantle: velocity of P waves in it, km/s.
        magnitude: moment magnitude.
        stress_drop: decimal logarithm, Pa (Brune 1970; B. P. Allmann, P. M. Shearer, 2009, J. Geophys. Res. 114).
        corner_ratio: corner frequency of P over that of S waves.
        kappa: attenuation under the station, s (Anderson & Hough 1984).
        quality: decimal logarithm of Q at 1 Hz.
        quality_exponent: exponent with which Q grows with frequency (K. Aki, B. Chouet, 1975, J. Geophys. Res. 80,
            3322-3342).
        resonances: number of peaks of the site's response.
        instrument: decimal logarithm of the corner of the seismometer, Hz.
        amplitude_ratio: ratio of the pulses of S and P; log-uniform.
        ruptures: number of further parts of the fault that break within one over its corner frequency after the first
            (T. C. Hanks, R. K. McGuire, 1981, Bull. Seism. Soc. Am. 71, 2071-2095), so that strong earthquakes have
            several pulses and weak ones have one.
        coda: standard deviation of the scattered waves at the onset relative to the peak of the pulse; log-uniform.
        coda_exponent: exponent of the lapse time with which scattered waves decrease.
        coda_quality: decimal logarithm of Q of their decrease (Aki & Chouet 1975).
        rise: decimal logarithm of the rise time of scattered waves, s: short is impulsive, long is emergent.
        surface: velocity under the station relative to that at the source; it bends rays upwards (Snell).
        converted: probability of a conversion before the S wave and one after the P wave, which are not labelled.
        second: probability of another earthquake in the window after each one, up to four; all are labelled.
        quiet: probability of a window without earthquakes.
        snr: decimal logarithm of the peak of the P wave over the standard deviation within 1..20 Hz of noise that is
            as strong as in the band of the earthquake.
        noise_level: level of the noise between the low (0) and the high (1) noise model of Peterson (1993).
        lines: number of machines, spectral lines of 1..45 Hz.
        bursts: number of transients of traffic, steps and wind: hard negatives.
        spikes: probability of spikes, steps and other faults of the electronics.
        dead: probability of dead components: one, two or, as often as these together, both horizontal ones.
        gap: probability of a gap in all components; half of the gaps are at the beginning of the record.
        flipped: probability that a component has the wrong sign, for each one.
        lowpass: corner frequency of a slower recorder, Hz.
        slow: probability of a slower recorder.
        coarse: probability that amplitudes are whole numbers of a few counts.
        clipped: probability that large amplitudes are clipped.
    """

    distance: tuple[float, float] = (1.0, 150.0)
    depth: tuple[float, float] = (0.5, 25.0)
    vp: tuple[float, float] = (4.8, 6.4)
    ratio: tuple[float, float] = (1.64, 1.84)
    moho: tuple[float, float] = (25.0, 42.0)
    mantle: tuple[float, float] = (7.7, 8.2)
    magnitude: tuple[float, float] = (-0.5, 4.5)
    stress_drop: tuple[float, float] = (6.0, 7.0)
    corner_ratio: tuple[float, float] = (1.0, 1.6)
    kappa: tuple[float, float] = (0.005, 0.06)
    quality: tuple[float, float] = (1.6, 2.6)
    quality_exponent: tuple[float, float] = (0.2, 0.9)
    resonances: tuple[int, int] = (0, 3)
    instrument: tuple[float, float] = (-1.5, 0.65)
    amplitude_ratio: tuple[float, float] = (1.0, 15.0)
    ruptures: tuple[int, int] = (0, 3)
    coda: tuple[float, float] = (0.1, 2.5)
    coda_exponent: tuple[float, float] = (1.0, 2.0)
    coda_quality: tuple[float, float] = (1.7, 2.8)
    rise: tuple[float, float] = (-2.0, -0.1)
    surface: tuple[float, float] = (0.2, 0.9)
    converted: float = 0.2
    second: float = 0.25
    quiet: float = 0.25
    snr: tuple[float, float] = (-0.4, 2.2)
    noise_level: tuple[float, float] = (0.0, 1.0)
    lines: tuple[int, int] = (0, 3)
    bursts: tuple[int, int] = (0, 3)
    spikes: float = 0.1
    dead: float = 0.25
    gap: float = 0.15
    flipped: float = 0.1
    lowpass: tuple[float, float] = (12.0, 45.0)
    slow: float = 0.3
    coarse: float = 0.1
    clipped: float = 0.05

    def __post_init__(self) -> None:
        """Refuse ranges from which nothing can be drawn.

        Raises:
            DataError: a range is upside down or beyond what is possible, or a probability lies outside 0..1.
        """
        check_ranges(self, _POSSIBLE)
