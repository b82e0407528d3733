"""``geocnn train RECIPE``: the recipes' own arguments are the options."""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cyclopts import App

from geocnn.recipes import RECIPES

if TYPE_CHECKING:
    from geocnn.training import Recipe, Run

__all__ = ["train"]

train = App(name="train", help="Train a network by a recipe; geocnn train RECIPE --help shows its options.")


def _options(
    *,
    out: Path | None = None,
    resume: bool = False,
    overwrite: bool = False,
    device: str = "auto",
    quiet: bool = False,
) -> None:
    """Options that every recipe has.

    Args:
        out: folder for the run; default runs/RECIPE, or the next free number behind it.
        resume: continue the interrupted run in --out.
        overwrite: replace the run in --out.
        device: auto, cpu, cuda or cuda:1.
        quiet: no progress line.
    """


def _command(name: str, recipe: Callable[..., "Recipe"]) -> Callable[..., None]:
    """A command whose options are those of the recipe and the common ones."""
    common = inspect.signature(_options).parameters

    def command(**arguments: Any) -> None:  # noqa: ANN401  (the signature is set below)
        given = {k: v for k, v in arguments.items() if k in common}
        _train(name, {k: v for k, v in arguments.items() if k not in common}, **given)

    parameters = inspect.signature(recipe).parameters
    command.__signature__ = inspect.Signature([*parameters.values(), *common.values()])  # type: ignore[attr-defined]
    command.__annotations__ = {k: p.annotation for k, p in (parameters | common).items()}
    arguments = inspect.getdoc(_options) or ""
    command.__doc__ = (inspect.getdoc(recipe) or "") + arguments[arguments.index("Args:") + len("Args:") :]
    command.__name__ = name
    return command


for _name, _recipe in RECIPES.items():
    train.command(_command(_name, _recipe), name=_name)


def _train(
    name: str,
    arguments: dict[str, Any],
    *,
    out: Path | None = None,
    resume: bool = False,
    overwrite: bool = False,
    device: str = "auto",
    quiet: bool = False,
) -> None:
    """Train, draw the learning curve or the recipe's own picture, and say what to type next."""
    from geocnn.recipes import fit

    folder = out or _free(Path("runs") / name)
    try:
        run = fit(
            name, out=folder, resume=resume, overwrite=overwrite, device=device, show_progress=not quiet, **arguments
        )
    except KeyboardInterrupt:
        if folder.is_dir():
            from geocnn.cli.text import say

            say(f"stopped; the run so far is kept: continue with the same command and --out {folder} --resume")
        raise
    if run.folder:  # of several processes under torchrun the first one talks
        _report(run, folder)


def _report(run: "Run", folder: Path) -> None:
    """Pictures and numbers of a finished run."""
    from geocnn.cli.text import say
    from geocnn.figures import save

    if run.recipe.name == "traces":
        from geocnn.figures.traces import picture
        from geocnn.recipes.traces_report import report

        result = report(run)
        for line in result.lines():
            say(line)
        say(f"picture {save(picture(result), folder / 'traces.png')}")
    else:
        from geocnn.figures.learning import learning_curve

        last = run.history[-1]
        say(
            ", ".join(
                f"{k.removeprefix('validation_')} {v:.3f}" for k, v in last.items() if k.startswith("validation_")
            )
        )
        say(f"picture {save(learning_curve(run.history, title=run.card.name), folder / 'learning.png')}")
        say(f"next: geocnn predict {folder} survey.sgy --out faults.sgy")
    say(f"run in {folder}: weights.safetensors, card.json, metrics.csv")


def _free(folder: Path) -> Path:
    """The folder itself, or with the next free number behind it."""
    if not folder.exists():
        return folder
    return next(f for i in range(2, 10_000) if not (f := folder.with_name(f"{folder.name}-{i}")).exists())
