"""``geocnn predict quakes PATH``: a picker applied to seismograms."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from geocnn.cli.options import CatalogueOptions, FaultOptions, RunOptions, SurveyOptions, given

if TYPE_CHECKING:
    from geocnn.figures.catalogue import CataloguePictures

__all__ = ["pick", "pictures_beside", "refuse_for_records"]


def pick(
    network: str,
    paths: Sequence[Path],
    out: Path | None,
    picks: CatalogueOptions,
    threshold: float | None,
    *,
    picture: bool,
    overwrite: bool,
    device: str,
    quiet: bool,
) -> None:
    """Pick, write, and say what was found."""
    from geocnn.cli.text import say, stem
    from geocnn.prediction.catalogue import pick_earthquakes

    target = out or Path(f"{stem(paths[0])}-{Path(network).resolve().name}.xml")
    if target.is_dir() or not target.suffix:
        target /= "catalog.xml"
    pictures = pictures_beside(target) if picture else None
    found = pick_earthquakes(
        network,
        list(paths),
        target,
        threshold=threshold,
        channels=picks.channels or "*",
        stations=picks.stations,
        crust=picks.velocities(),
        associate=picks.associate,
        detector=None if picks.detector == "none" else picks.detector,
        pictures=pictures,
        probabilities=picks.probabilities,
        overwrite=overwrite,
        device=device,
        show_progress=not quiet,
        announce=None if quiet else say,
    )
    for note in found.notes:
        say(f"note: {note}")
    located = [event for event in found.events if event.origin is not None]
    several = sum(len({(p.channel.network, p.channel.station) for p in event.picks}) > 1 for event in located)
    both = sum(len({p.phase for p in event.picks}) > 1 for event in found.events if event.origin is None)
    left = " more" * bool(located)
    count = {phase: sum(a.pick.phase == phase for a in found.arrivals) for phase in "PS"}
    say(f"{count['P']} P and {count['S']} S picks")
    if located:
        say(f"{len(located)} earthquake{'s' * (len(located) != 1)} located, {several} of them by several stations")
    say(f"{both}{left} earthquake{'s' * (both != 1)} with P and S at one station")
    sizes = [event.magnitude.value for event in found.events if event.magnitude is not None]
    if sizes:
        say(
            f"local magnitudes {min(sizes):.1f} to {max(sizes):.1f} of {len(sizes)} earthquake{'s' * (len(sizes) != 1)}"
        )
    groups = Counter(event.place.cluster.number for event in found.events if event.place and event.place.cluster)
    if groups:
        say(f"clusters: {', '.join(f'{number} ({count})' for number, count in sorted(groups.items()))}")
    say(f"result  {target}")
    say(f"picks   {target.with_suffix('.csv')}")
    say(f"events  {target.with_name(f'{target.stem}-events.csv')}")
    if pictures is not None:
        say(f"pictures {pictures.folder}")
    if picks.probabilities is not None:
        say(f"probabilities {picks.probabilities}")


def pictures_beside(target: Path) -> "CataloguePictures":
    """What draws the pictures of a catalogue, into a folder beside it."""
    from geocnn.figures.catalogue import CataloguePictures

    return CataloguePictures(target.with_name(f"{target.stem}-pictures"))


def refuse_for_records(run: RunOptions, faults: FaultOptions, survey: SurveyOptions, page: Path | None) -> None:
    """Refuse options that surveys have and seismograms have not.

    Raises:
        DataError: there is one.
    """
    from geocnn.errors import DataError

    asked = [*given(run), *(o for o in given(faults) if o != "--threshold"), *given(survey), *["--page"] * bool(page)]
    if asked:
        raise DataError(
            f"{asked[0]} is for surveys, and a picker takes seismograms; leave it out. It takes --out, --overwrite, "
            "--device, --quiet, --threshold, --channels, --stations, --crust, --velocity-model, --associate, "
            "--detector, --probabilities and --no-picture."
        )
