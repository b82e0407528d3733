"""The local web page: surveys with results over them, and seismograms with picks."""

import builtins
import sys
import webbrowser
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from geocnn.errors import DataError
from geocnn.grid import Grid
from geocnn.io import SURVEYS
from geocnn.io import open as open_survey
from geocnn.io.horizon_columns import is_text
from geocnn.io.horizons import Horizon, read_horizon
from geocnn.io.source import Source
from geocnn.opening import open as open_data
from geocnn.viewer.networks import SectionNetwork
from geocnn.viewer.server import Page, Server
from geocnn.viewer.survey import SurveyPage

if TYPE_CHECKING:
    from geocnn.checkpoints import Trained
    from geocnn.io.waveforms import Archive

__all__ = ["Server", "page_of", "view"]

_HORIZONS = (".dat", ".txt", ".xyz", ".csv", ".asc")
"""Suffixes of text files with horizons."""
_CATALOGUES = (".xml", ".csv", ".quakeml")
"""Suffixes of catalogues of earthquakes."""


def view(
    data: object,
    *layers: object,
    networks: "Sequence[str | Path | Trained]" = (),
    stations: str | Path | None = None,
    port: int = 0,
    browser: bool = True,
    wait: bool | None = None,
    **known: Any,  # noqa: ANN401  (of geocnn.open)
) -> Server:
    """Show a survey, with results over it, or seismograms with picks, in a browser.

    The page is served to this machine only. Just what is shown is read, so that surveys may be larger than memory.

    Args:
        data: survey: a path, an array or a source; or seismograms, as :func:`geocnn.open` takes them.
        layers: results on the same grid: probabilities, classes, other amplitudes; horizons, as text files (.dat, .txt,
            .xyz, .csv) or :class:`geocnn.io.horizons.Horizon`; of seismograms a catalogue.
        networks: networks for sections, as run folders or what :func:`geocnn.load` or :func:`geocnn.fit` returned. They
            are applied to the sections that are shown. "faults" and "denoise" ship with geocnn, and can be switched on
            in the page as well.
        stations: StationXML, or a table of stations, as for :func:`geocnn.predict`, for first motions and amplitudes of
            what the network picks in seismograms; see :class:`geocnn.viewer.records.RecordsPage`.
        port: port of the page; default a free one.
        browser: open the page in a browser.
        wait: return only when Ctrl-C is pressed; default in scripts, but not in notebooks and at prompts.
        known: facts that override the headers, see :func:`geocnn.open`.

    Returns:
        The server; ``close()`` ends it, and a notebook shows the page.

    Raises:
        GeocnnError: data cannot be opened, or do not fit together.
    """
    server = Server(page_of(data, layers, networks, stations, **known), port)
    at_prompt = hasattr(sys, "ps1") or hasattr(builtins, "__IPYTHON__")
    if browser and "ipykernel" not in sys.modules:
        webbrowser.open(server.url)
    if (not at_prompt) if wait is None else wait:
        sys.stderr.write(f"{server!r} until Ctrl-C\n")  # a script without output would seem to hang
        try:
            server.wait()
        except KeyboardInterrupt:
            if left := server.close():
                sys.stderr.write(f"{left}\n")
    return server


def page_of(
    data: object,
    layers: tuple[object, ...],
    networks: "Sequence[str | Path | Trained]" = (),
    stations: str | Path | None = None,
    **known: Any,  # noqa: ANN401  (of geocnn.open)
) -> Page:
    """Page for the given data, see :func:`view`.

    Raises:
        GeocnnError: data cannot be opened, or do not fit together.
    """
    if isinstance(data, str | Path) and layers and Path(data).suffix.lower() in _CATALOGUES:
        raise DataError(
            f"{data} is a catalogue or a table, and lies over something; give seismograms, or a survey, first."
        )
    survey = open_data(data, **known)
    if not hasattr(survey, "grid"):
        if networks:
            raise DataError("networks are applied to surveys here; of seismograms the page has a button for picks.")
        return _records(data, layers, stations, known)
    if stations is not None:
        raise DataError(f"stations are {stations}, and this is a survey; leave them out, they tell of seismograms.")
    horizons = [_horizon(one, survey.grid) for one in layers if _is_horizon(one)]
    sources = [survey, *(_result(one, known) for one in layers if not _is_horizon(one))]
    names = [_name(source, k) for k, source in enumerate(sources)]
    return SurveyPage(sources, names, horizons, [SectionNetwork.of(survey, one) for one in networks])


def _records(data: object, layers: tuple[object, ...], stations: str | Path | None, known: dict[str, Any]) -> Page:
    """Page of seismograms, with the catalogue among the layers if there is one."""
    from geocnn.viewer.records import RecordsPage

    catalogues = [one for one in layers if isinstance(one, str | Path) and Path(one).suffix.lower() in _CATALOGUES]
    if len(catalogues) > 1:
        raise DataError(f"{catalogues[0]} and {catalogues[1]} are two catalogues; give one with the seismograms.")
    more = [one for one in layers if one not in catalogues]
    paths = isinstance(data, str | Path)
    if more and not paths:
        raise DataError("over a stream or pieces of seismograms lies a catalogue, .xml or .csv, and nothing else.")
    archive = cast("Archive", open_data([data, *more] if more else data, **known))
    title = f"{Path(cast('str | Path', data)).name}{f' and {len(more)} more' * bool(more)}" if paths else "seismograms"
    picks, places = Path(catalogues[0]) if catalogues else None, None if stations is None else Path(stations)
    return RecordsPage(archive, picks, title, places)


def _is_horizon(data: object) -> bool:
    """Whether a layer is a horizon: an object, or a path whose suffix or content is that of a text file."""
    if not isinstance(data, str | Path):
        return isinstance(data, Horizon)
    suffix = Path(data).suffix.lower()
    return suffix in _HORIZONS or (suffix not in SURVEYS and is_text(Path(data)))


def _horizon(data: object, grid: Grid) -> Horizon:
    """Horizon on the grid of the survey."""
    return data if isinstance(data, Horizon) else read_horizon(cast("str | Path", data), grid)


def _result(data: object, known: dict[str, Any]) -> Source:
    """Result on the grid of the survey; facts about headers are used for SEG-Y files only."""
    data = getattr(data, "array", data) if hasattr(data, "plan") else data  # a result of geocnn.predict
    plain = not isinstance(data, str | Path) or Path(data).suffix.lower() in (".zarr", ".npy") or Path(data).is_dir()
    return open_survey(data, **({} if plain else known))  # type: ignore[arg-type]  # everything else is refused there


def _name(source: Source, number: int) -> str:
    """Name of a layer on the page."""
    return source.path.name if source.path is not None else f"array {number + 1}"
