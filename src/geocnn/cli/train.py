"""``geocnn train RECIPE``: the recipes' own arguments are the options."""

import contextlib
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter

from geocnn.errors import DataError
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
        quiet: no plan before training and no progress line.
    """


def _command(name: str, recipe: Callable[..., "Recipe"]) -> Callable[..., None]:
    """A command whose options are those of the recipe and the common ones."""
    common = inspect.signature(_options).parameters

    def command(**arguments: Any) -> None:  # noqa: ANN401  (the signature is set below)
        given = {k: v for k, v in arguments.items() if k in common}
        _train(name, {k: v for k, v in arguments.items() if k not in common}, **given)

    parameters = {k: _switchable(p) for k, p in inspect.signature(recipe).parameters.items()}
    command.__signature__ = inspect.Signature([*parameters.values(), *common.values()])  # type: ignore[attr-defined]
    command.__annotations__ = {k: p.annotation for k, p in (parameters | common).items()}
    own, shared = (inspect.getdoc(f) or "" for f in (recipe, _options))
    command.__doc__ = own.split("\n\nRaises:")[0] + shared[shared.index("Args:") + len("Args:") :]
    command.__name__ = name
    return command


def _switchable(option: inspect.Parameter) -> inspect.Parameter:
    """What is on unless one says so can be switched off."""
    if option.default is not True:
        return option
    off = Parameter(negative=f"--no-{option.name.replace('_', '-')}")
    return option.replace(annotation=Annotated[option.annotation, off])


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
    """Train, and report as the recipe says."""
    from geocnn.cli.text import say
    from geocnn.recipes import fit

    if resume and out is None:
        raise DataError(f"--resume is given without the run to continue; name it, for example --out runs/{name}.")
    wanted = out or Path("runs") / name
    new = [place for place in (wanted, *wanted.parents) if not place.exists()]
    folder = out or _new_folder(wanted)
    try:
        run = fit(
            name,
            out=folder,
            resume=resume,
            overwrite=overwrite,
            device=device,
            show_progress=not quiet,
            announce=None if quiet else say,
            **arguments,
        )
    except BaseException as error:
        # a run that came to nothing leaves no empty folders
        for place in new if out else dict.fromkeys((folder, *new)):
            with contextlib.suppress(OSError):
                place.rmdir()
        if isinstance(error, KeyboardInterrupt) and folder.is_dir():
            said = f"stopped; the run so far is kept: continue with the same options and --out {folder} --resume."
            raise KeyboardInterrupt(said) from None
        raise
    if run.folder:  # of several processes under torchrun the first one talks
        _report(run, folder)


def _new_folder(path: Path) -> Path:
    """A folder that was not there, of that name or with a number behind it: two trainings may begin at the same time.

    Raises:
        TargetError: it cannot be made.
    """
    from geocnn.cli.text import free
    from geocnn.distributed import Team
    from geocnn.io.system import make_folder

    make_folder(path.parent)
    while True:
        folder = free(path)
        if not Team.of_torchrun().is_first:  # the first process makes it
            return folder
        try:
            folder.mkdir()
        except FileExistsError:  # since it was looked for
            continue
        except OSError:
            make_folder(folder)  # says why not
        return folder


def _report(run: "Run", folder: Path) -> None:
    """Pictures and numbers of a finished run."""
    from geocnn.cli.reports import REPORTS
    from geocnn.cli.text import say

    for line in list(REPORTS[run.recipe.report](run, folder)):  # pictures first: who reads may be gone, as head is
        say(line)
    if run.ending:
        say(run.ending)
    say(f"run in {folder}: weights.safetensors, card.json, metrics.csv")
