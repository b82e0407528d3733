"""The sheet of synthetic structures: its axes are those of the files."""

import numpy as np
import pytest

from geocnn import io
from geocnn.figures.structures import sheet
from geocnn.surveys import survey_grid, write_survey
from geocnn.synthetic.structure import structure


@pytest.mark.parametrize("shape", [(24, 20, 32), (40, 32)])
def test_places_have_the_numbers_that_they_have_in_the_file(tmp_path, shape):
    file = write_survey(tmp_path, 3, seed=1, shape=shape)["seismic"]
    grid = io.open(file).grid
    sample = structure(3, seed=1, shape=shape)
    left, right = sheet([sample], survey_grid(shape)).axes
    across, down = grid.axes[0], grid.axes[-1]
    assert left.get_xlabel() == across.name
    assert left.get_ylabel() == "time, ms"
    for place in (left, right):
        west, east, base, top = place.images[0].get_extent()
        assert (west, east) == (across.start - 0.5, across.stop + 0.5)
        assert (top, base) == (down.start - 2, down.stop + 2)
        assert place.get_ylim() == (base, top)
    if len(shape) == 3:
        number = int(left.get_title(loc="left").removeprefix("000, crossline "))
        faults = io.open(tmp_path / "003-fault.sgy").read(...).sum((0, 2))
        assert number == grid.axes[1].values[faults.argmax()]
        assert number >= 2000
        seen = left.images[0].get_array().T
        np.testing.assert_array_equal(seen, sample.seismic[:, faults.argmax()].numpy())
    else:
        assert left.get_title(loc="left") == "000"
