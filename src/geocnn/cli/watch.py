"""``geocnn watch FOLDER``: a catalogue that keeps up with an archive or a SeedLink server."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from geocnn.cli.options import PickOptions

__all__ = ["watch"]


def watch(
    folder: str,
    /,
    *,
    out: Path,
    network: str = "quakes",
    every: float = 30.0,
    rounds: int | None = None,
    threshold: float | None = None,
    device: str = "auto",
    picture: Annotated[bool, Parameter(negative="--no-picture")] = True,
    quiet: bool = False,
    picks: PickOptions | None = None,
) -> None:
    """Keep a catalogue of earthquakes up to date with a folder that seismograms are written to, until Ctrl-C.

    Only what is new is picked, and the catalogue is the one that geocnn predict quakes makes of the same files. A watch
    that is started again goes on.

    Records of a SeedLink server are written to an SDS archive first, the folder archive beside the catalogue, through
    ObsPy (pip install 'geocnn[obspy]'). They begin with what comes next; a watch that is started again, or whose
    connection was lost, asks for what it has missed, which the server keeps for some hours or days.

    Args:
        folder: an SDS archive, or any folder with files that grow or come; or seedlink://HOST or seedlink://HOST:PORT,
            with --channels.
        out: catalogue, .xml; the table of the picks and the pictures lie beside it.
        network: quakes, or a folder written by geocnn train quakes.
        every: seconds from one look at the folder to the next.
        rounds: looks at the folder; without it no end.
        threshold: probability of an arrival; default that of the network.
        device: auto, cpu, cuda or cuda:1.
        picture: save a picture a day and one a station.
        quiet: say nothing of what is new.
        picks: how seismograms are picked.
    """
    from geocnn.cli.picks import pictures_beside
    from geocnn.cli.text import say
    from geocnn.errors import DataError
    from geocnn.prediction.watch import watch_earthquakes

    picks = picks or PickOptions()
    if not every > 0:
        raise DataError(f"--every is {every:g}; needed are seconds above 0 from one look at the folder to the next.")
    if rounds is not None and rounds < 1:
        raise DataError(f"--rounds is {rounds}; needed is 1 or more looks at the folder, without it there is no end.")
    target = out if out.suffix else out / "catalog.xml"
    watch_earthquakes(
        network,
        folder,
        target,
        every=every,
        rounds=rounds,
        threshold=threshold,
        channels=picks.channels or "*",
        stations=picks.stations,
        crust=picks.velocities(),
        associate=picks.associate,
        detector=None if picks.detector == "none" else picks.detector,
        pictures=pictures_beside(target) if picture else None,
        device=device,
        announce=None if quiet else say,
    )
