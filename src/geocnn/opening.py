"""Implementation of ``geocnn.open``, for surveys and seismograms."""

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
    """Open a survey or seismograms; only headers are read.

    Args:
        data: survey: path of a SEG-Y, SU, Zarr or .npy file, an array, or a source, see :func:`geocnn.io.open`.
            Seismograms: a file, a folder (an SDS archive), several of these, or an ObsPy Stream, see
            :func:`geocnn.io.waveforms.open_archive`.
        known: facts that override the headers: ``inline_byte``, ``crossline_byte``, ``domain``, ``ndim`` and
            ``sample_interval`` of a survey, ``channels`` of seismograms.

    Returns:
        :class:`geocnn.io.Source` for a survey, :class:`geocnn.io.waveforms.Archive` for seismograms.

    Raises:
        MissingError: no such file.
        FormatError: the data are neither a survey nor seismograms.
        GeometryError: the traces form neither a line nor a cube.
        DataError: options do not fit.
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
    """Stations in a path that is no survey; None if it holds no seismograms, or has the suffix of a survey.

    Args:
        path: file or folder.
        scans: receives what was found in its files, whether or not a picker can use it.

    Raises:
        MissingError: no such file.
        DataError: it is miniSEED without records that can be picked; the message says what there is.
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
    """Whether an object can only be seismograms; libraries for seismograms are not imported for a path."""
    if isinstance(data, str | Path):
        return False
    from geocnn.io.waveforms.obspy_formats import is_stream

    return isinstance(data, list | tuple) or is_stream(data)
