"""Words to the user, and names for what a command writes."""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

__all__ = ["free", "named", "say", "score", "stem", "table"]

_SEISMOGRAMS = {".mseed", ".miniseed", ".ms", ".msd", ".seed", ".sac", ".gse", ".gse2", ".gcf", ".npz", ".zarr"}
"""Suffixes of seismograms and windows; what else is behind a dot are codes and dates, as in CX.PB01..HHZ.D.2026.032."""


def say(text: str) -> None:
    """One line to standard output, at once: hours of work may follow."""
    print(text, flush=True)  # noqa: T201


def free(path: Path) -> Path:
    """The path itself, or with the next free number behind its name."""
    if not path.exists():
        return path
    return next(p for i in range(2, 10_000) if not (p := path.with_name(f"{path.stem}-{i}{path.suffix}")).exists())


def named(path: Path) -> Path:
    """The path with a name that can be shown and lengthened: that of the folder for "." and ".."."""
    return path if path.name not in ("", "..") else path.resolve()


def score(name: str, value: float, digits: int) -> str:
    """A score to so many digits behind the point, with its unit where it is no share; named as in metrics."""
    said = f"{value:.{digits}f}"
    if name in ("distance", "depth"):
        return f"{said} (natural logarithm, a factor of {math.exp(value):.2f})"
    return said + {"azimuth": " degrees", "error p": " s", "error s": " s", "snr": " dB", "snr before": " dB"}.get(
        name, ""
    )


def stem(path: Path) -> str:
    """The name of a file of seismograms without its suffix, of a folder whole: what a result is called after."""
    path = path.resolve()
    return path.stem if path.suffix.lower() in _SEISMOGRAMS and not path.is_dir() else path.name


def table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Lines of a table in columns: the first one of words, the others of numbers; the first row is its head."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        first, *rest = (cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join([first.strip().ljust(widths[0]), *rest])
