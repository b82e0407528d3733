"""What all pictures share: size, type, colours, and how they are written."""

import os
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from geocnn.errors import TargetError

__all__ = ["INK", "figure", "save"]

INK = "#222222"
"""Colour of lines and text."""


def figure(width: float, height: float) -> Figure:
    """An empty figure of that size in inches, laid out so that labels never collide."""
    made = Figure(figsize=(width, height), layout="constrained", facecolor="white")
    FigureCanvasAgg(made)
    return made


def save(made: Figure, path: str | Path, *, dpi: int = 120) -> Path:
    """Write a PNG beside its place and rename; return the path.

    Raises:
        TargetError: the folder is missing or cannot be written.
    """
    target = Path(path)
    part = target.with_name(f".{target.stem}.{os.getpid()}.part.png")
    try:
        made.savefig(part, dpi=dpi)
        part.replace(target)
    except OSError as error:
        raise TargetError(
            f"the picture {target} cannot be written ({error.strerror}); choose another folder."
        ) from None
    finally:
        part.unlink(missing_ok=True)
    return target
