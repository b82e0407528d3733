"""``geocnn.open``: whatever there is of gridded earth data, surveys and seismograms."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from geocnn.errors import DataError, FormatError
from geocnn.io import SURVEYS
from geocnn.io import open as open_survey

if TYPE_CHECKING:
    from geocnn.io.source import Source
    from geocnn.io.waveforms import Archive
    from geocnn.io.waveforms.archive import Scans

__all__ = ["open", "seismograms"]


def open(data: object, **known: Any) -> "Source | Any":  # noqa: A001, ANN401  (as geocnn.predict: nobody needs isinstance)
    """Open a survey or seismograms; nothing but headers is read.

    Args:
        data: survey: path of a SEG-Y, SU, Zarr or .npy file, an array, or a source, see :func:`geocnn.io.open`.
            Seismograms: a file, a folder (an SDS archive), several of these, or an ObsPy Stream, see
            :func:`geocnn.io.waveforms.open_archive`.
        known: what is known better than the headers say: ``inline_byte``, ``crossline_byte``, ``domain``, ``ndim`` and
            ``sample_interval`` of a survey, ``channels`` of seismograms.

    Returns:
        :class:`geocnn.io.Source`, of seismograms :class:`geocnn.io.waveforms.Archive`.

    Raises:
        MissingError: no such file.
        FormatError: neither a survey nor a seismogram.
        GeometryError: the traces form neither a line nor a cube.
        DataError: options that do not fit.
    """
    if _of_seismograms(data) or "channels" in known:
        from geocnn.io.waveforms import open_archive

        return open_archive(data, **known)
    try:
        return open_survey(data, **known)  # type: ignore[arg-type]  # anything else is refused there
    except FormatError as error:
        if known or not isinstance(data, str | Path):
            raise
        found = seismograms(Path(data))
        if found is None:
            raise error from None
        return found


def seismograms(path: Path, scans: "Scans | None" = None) -> "Archive | None":
    """Stations of a path that is no survey; None where it holds no seismogram, or calls itself a survey.

    Args:
        path: file or folder.
        scans: becomes what was found in its files, whether a picker takes it or not.

    Raises:
        MissingError: no such file.
        DataError: it is miniSEED, without records that can be picked; the message says what there is.
    """
    from geocnn.io.waveforms import open_archive
    from geocnn.io.waveforms.miniseed import is_miniseed

    if path.suffix.lower() in SURVEYS:
        return None
    try:
        return open_archive(path, scans=scans)
    except (DataError, FormatError):
        if path.is_file():
            with path.open("rb") as file:
                if is_miniseed(file.read(64)):
                    raise
        return None


def _of_seismograms(data: object) -> bool:
    """Whether an object can be no survey; the libraries of seismograms are left alone for a path."""
    if isinstance(data, str | Path):
        return False
    from geocnn.io.waveforms.obspy_formats import is_stream

    return isinstance(data, list | tuple) or is_stream(data)
