"""``geocnn view FILE``."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from geocnn.cli.options import SurveyOptions

__all__ = ["view"]


def view(
    file: Path,
    /,
    *layers: Path,
    network: tuple[str, ...] = (),
    stations: Path | None = None,
    channels: str | None = None,
    port: int = 0,
    browser: Annotated[bool, Parameter(negative="--no-browser")] = True,
    survey: SurveyOptions | None = None,
) -> None:
    """Look at a survey and results of it, or at seismograms and a catalogue, in a browser, until Ctrl-C.

    In the page networks are applied to what is seen, horizons are picked along reflections, and picks of P and S waves
    reviewed; what is saved is a new file. It is served to this machine alone, and reads what is looked at, so that a
    survey may be larger than memory. On another machine: ssh -L 8000:127.0.0.1:8000 there, geocnn view FILE --port 8000
    --no-browser, and the address here.

    Args:
        file: SEG-Y line or cube, Zarr array, or .npy; or seismograms, a file or a folder.
        layers: what lies over it on the same grid: fault probabilities, classes, other amplitudes, or horizons as text
            files, .dat, .txt, .xyz or .csv; of seismograms a catalogue, .xml or .csv, and more files of them.
        network: run folders of networks for sections, applied to the sections that are looked at; faults and denoise
            can be switched on in the page.
        stations: StationXML, or a table, as given to geocnn predict: what is picked in the page has the first motions
            and amplitudes of predict then.
        channels: pattern for the channels of seismograms, such as "CX.PB0?..BH?"; default the best of each station.
        port: of the page; default one that is free.
        browser: open the page in one.
        survey: what you know better than the headers.
    """
    import contextlib
    import webbrowser

    from geocnn.cli.text import named, say
    from geocnn.viewer import Server, page_of

    plain = vars(SurveyOptions())
    known = {name: value for name, value in vars(survey or SurveyOptions()).items() if value != plain[name]}
    if channels is not None:
        known["channels"] = channels
    page = page_of(named(file), tuple(map(named, layers)), network, stations, **known)
    with Server(page, port) as server:
        for note in page.notes:
            say(f"note: {note}")
        say(f"{page.title} is shown at {server.url} until Ctrl-C")
        if browser and not webbrowser.open(server.url):
            say("no browser can be opened here; give that address to one")
        with contextlib.suppress(KeyboardInterrupt):  # the way to end it
            server.wait()
        if left := server.close():
            say(left)
