"""Arguments of recipes that are given from Python: what does not fit is told in a sentence before any work."""

import inspect
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

import geocnn
from geocnn.errors import DataError
from geocnn.recipes import RECIPES, build
from geocnn.recipes.arguments import check_arguments


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"epoch": 3}, "the recipe traces has no argument epoch; did you mean epochs?"),
        (
            {"xyz": 3},
            "the recipe traces has no argument xyz; it has seed, head, epochs, learning_rate, count, centres, noise, "
            "true_convolution.",
        ),
        ({"epochs": "3"}, "epochs is '3'; the recipe traces takes a whole number, such as 60."),
        ({"epochs": 3.5}, "epochs is 3.5; the recipe traces takes a whole number, such as 60."),
        ({"epochs": None}, "epochs is None; the recipe traces takes a whole number, such as 60."),
        ({"epochs": True}, "epochs is True; the recipe traces takes a whole number, such as 60."),
        ({"noise": "low"}, "noise is 'low'; the recipe traces takes a number, such as 0.03."),
        ({"centres": (1, 2, 3)}, "centres is (1, 2, 3); the recipe traces takes 2 whole numbers, such as (12, 52)."),
        ({"centres": 12}, "centres is 12; the recipe traces takes 2 whole numbers, such as (12, 52)."),
        ({"head": 1}, "head is 1; the recipe traces takes one of flatten, pool, such as 'flatten'."),
        (
            {"true_convolution": "no"},
            "true_convolution is 'no'; the recipe traces takes True or False, such as True.",
        ),
    ],
)
def test_what_does_not_fit(arguments, told):
    with pytest.raises(DataError) as error:
        geocnn.fit("traces", show_progress=False, **arguments)
    assert str(error.value) == told


def test_what_fits():
    def recipe(
        *,
        rate: float = 1.0,
        data: Path | None = None,
        sizes: tuple[int, ...] | None = None,
        kind: Literal["a", "b"] = "a",
        other: "np.ndarray | None" = None,
    ) -> None:
        """A recipe."""

    for fitting in (
        {"rate": 2},
        {"data": "here"},
        {"data": Path("here")},
        {"data": None},
        {"data": np.zeros(3)},  # what is no path is looked at by the recipe
        {"sizes": [1, 2, 3]},
        {"sizes": ()},
        {"kind": "b"},
        {"other": np.zeros(3)},
    ):
        check_arguments("some", recipe, fitting)
    with pytest.raises(DataError, match=r"sizes is \(1\.5,\); the recipe some takes whole numbers or None\."):
        check_arguments("some", recipe, {"sizes": (1.5,)})


@pytest.mark.parametrize("name", RECIPES)
def test_the_defaults_of_every_recipe_fit(name):
    known = inspect.signature(RECIPES[name]).parameters.values()
    given = {p.name: p.default for p in known if p.default is not inspect.Parameter.empty}
    check_arguments(name, RECIPES[name], given)


@pytest.mark.parametrize("recipe", ["faults", "denoise", "superres"])
def test_a_path_is_as_good_as_its_text(recipe):
    """The card, which is JSON, has text."""
    where = (
        Path(geocnn.__file__).parent
        / "weights"
        / {"faults": "faults-2d", "denoise": "denoise-2d"}.get(recipe, "superres-2d")
    )
    more = {"ndim": 2} if recipe == "faults" else {}
    made = [build(recipe, start=start, samples=4, epochs=1, **more) for start in (where, str(where))]
    assert made[0].card == made[1].card
    assert made[0].card.training["arguments"]["start"] == str(where)
