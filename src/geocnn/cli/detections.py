"""``geocnn predict RUN PATH`` with a network of ``geocnn train convnetquake``: earthquakes detected in seismograms."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from geocnn.cli.options import FaultOptions, PickOptions, RunOptions, SurveyOptions, given

__all__ = ["detect", "refuse_for_detections"]


def detect(
    network: str,
    paths: Sequence[Path],
    out: Path | None,
    channels: str | None,
    threshold: float | None,
    *,
    overwrite: bool,
    device: str,
    quiet: bool,
) -> None:
    """Detect, write, and say what was found."""
    from geocnn.cli.text import say, stem
    from geocnn.io.waveforms.pieces import how_long
    from geocnn.prediction.detect import detect_earthquakes

    target = out or Path(f"{stem(paths[0])}-{Path(network).resolve().name}.csv")
    if target.is_dir() or not target.suffix:
        target /= "detections.csv"
    found = detect_earthquakes(
        network,
        list(paths),
        target,
        threshold=threshold,
        channels=channels or "*",
        overwrite=overwrite,
        device=device,
        show_progress=not quiet,
        announce=None if quiet else say,
    )
    for note in found.notes:
        say(f"note: {note}")
    number = len(found.detections)
    counts = Counter(d.cluster for d in found.detections)
    which = ", ".join(f"{found.card.classes[cluster]} ({count})" for cluster, count in sorted(counts.items()))
    say(
        f"{number or 'no'} detection{'s' * (number != 1)} in {found.windows} windows, {how_long(3600 * found.hours)}"
        f"{': ' * bool(which)}{which}"
    )
    say(f"result    {target}")
    say(f"catalogue {target.with_suffix('.xml')}")


def refuse_for_detections(
    run: RunOptions, faults: FaultOptions, survey: SurveyOptions, page: Path | None, picks: PickOptions
) -> None:
    """Refuse options that surveys or pickers have and detections have not.

    Raises:
        DataError: there is one.
    """
    from geocnn.errors import DataError

    surveys = [*given(run), *(o for o in given(faults) if o != "--threshold"), *given(survey), *["--page"] * bool(page)]
    asked = [(o, "surveys") for o in surveys] + [(o, "a picker") for o in given(picks) if o != "--channels"]
    if asked:
        option, whose = asked[0]
        raise DataError(
            f"{option} is for {whose}, and this network detects earthquakes in windows of seismograms; leave it out. "
            "It takes --out, --overwrite, --device, --quiet, --threshold and --channels."
        )
