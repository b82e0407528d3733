"""Options that several verbs share."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from cyclopts import Parameter

if TYPE_CHECKING:
    from geocnn.io.source import Source

__all__ = ["RESULTS", "SurveyOptions"]

RESULTS = (".sgy", ".segy", ".su", ".zarr", ".npy")
"""Suffixes of results."""


@Parameter(name="*")
@dataclass(frozen=True)
class SurveyOptions:
    """What a user may know better than the headers of a file.

    Args:
        inline_byte: SEG-Y trace header byte of the inline number, if not found by itself.
        crossline_byte: SEG-Y trace header byte of the crossline number.
        ndim: 3 insists on a cube, 2 takes all traces as one line.
        domain: depth if the vertical axis is in metres; SEG-Y headers do not tell.
        sample_interval: in ms (m in depth), where the headers do not tell.
    """

    inline_byte: int | None = None
    crossline_byte: int | None = None
    ndim: Literal[2, 3] | None = None
    domain: Literal["time", "depth"] = "time"
    sample_interval: float | None = None

    def open(self, file: Path) -> "Source":
        """Open a survey with these options."""
        from geocnn import io

        return io.open(
            file,
            inline_byte=self.inline_byte,
            crossline_byte=self.crossline_byte,
            ndim=self.ndim,
            domain=self.domain,
            sample_interval=self.sample_interval,
        )

    def open_result(self, path: Path) -> "Source":
        """Open a result of a survey that was opened with these options; only SEG-Y still needs them."""
        from geocnn import io

        plain = path.suffix.lower() in (".zarr", ".npy") or path.is_dir()
        return io.open(path) if plain else self.open(path)
