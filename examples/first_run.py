"""The first minutes with geocnn, on data that it makes itself: ``make run``.

Part one is the classifier: the textbook's 1-D network, its printed numbers beside ours. Part two is the
encoder-decoder: faults found in a synthetic survey that the shipped network never saw, SEG-Y in, SEG-Y out.
"""

import sys
import time
from pathlib import Path

import geocnn
from geocnn.errors import GeocnnError

SURVEY_SEED, SURVEY_INDEX, SURVEY_SHAPE = 2026, 2, (128, 160, 144)
"""A series far from those that training takes (which are small numbers)."""


def textbook_example(folder: Path) -> list[Path]:
    """Train the trace classifier and compare it with the printed numbers."""
    from geocnn.figures import save
    from geocnn.figures.traces import picture
    from geocnn.recipes.traces_report import report

    print("1. The textbook example: is a trace quiet, or does it hold a positive or a negative arrival?\n")
    run = geocnn.fit("traces", seed=42, out=folder / "traces", overwrite=True)
    result = report(run)
    print("\n".join(result.lines()))
    return [save(picture(result), folder / "traces.png")]


def faults_in_a_survey(folder: Path) -> list[Path]:
    """Write a synthetic survey, predict its faults, score them, draw a section."""
    from geocnn.checkpoints import read_card
    from geocnn.evaluation import scores
    from geocnn.figures import save
    from geocnn.figures.section import section
    from geocnn.surveys import write_survey

    print("\n2. Where are the faults in a survey the network never saw?\n")
    files = write_survey(folder, SURVEY_INDEX, seed=SURVEY_SEED, shape=SURVEY_SHAPE, overwrite=True)
    survey = geocnn.open(files["seismic"])
    print(f"survey  {survey.grid}")
    out = folder / "faults.sgy"
    result = geocnn.predict("faults", survey, out, overwrite=True)
    print(f"plan    {result.plan}; {result.seconds:.1f} s")
    everything = tuple(slice(0, n) for n in survey.grid.shape)
    probability, truth = geocnn.open(out), geocnn.open(files["fault"])
    threshold = read_card("faults", ndim=3).threshold
    found = scores(probability.read(everything), truth.read(everything) > 0.5, threshold=threshold)
    print(f"\nscores against the known faults at a probability of {threshold:g} (tolerant: within 2 samples)")
    for name, value in found.items():
        print(f"  {name.replace('_', ' '):<20} {value:.3f}")
    picture = section(survey, probability, truth=truth)
    return [files["seismic"], files["fault"], out, save(picture, folder / "faults.png")]


def main() -> int:
    """Run both parts and say what was made."""
    folder = Path("results")
    folder.mkdir(exist_ok=True)
    started = time.perf_counter()
    try:
        made = textbook_example(folder) + faults_in_a_survey(folder)
    except GeocnnError as error:
        print(f"geocnn: {error}", file=sys.stderr)
        return 2
    print(f"\nDone in {time.perf_counter() - started:.0f} s. Files made:")
    for path in made:
        print(f"  {path}")
    print(
        "\nWhat to type next:\n"
        "  .venv/bin/geocnn view results/002-seismic.sgy results/faults.sgy\n"
        "  .venv/bin/geocnn info results/002-seismic.sgy\n"
        "  .venv/bin/geocnn predict faults YOUR.sgy --out faults.sgy\n"
        "  .venv/bin/geocnn train traces --head pool\n"
        "  .venv/bin/geocnn --help"
    )
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("stopped; no unfinished file was left behind", file=sys.stderr)
        sys.exit(130)
