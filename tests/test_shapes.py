"""The checks of :mod:`tests.conftest` are at work."""

import jaxtyping
import numpy as np
import pytest

from geocnn.geodesy import offsets
from geocnn.picking import peaks


def test_a_wrong_shape_or_type_is_seen_in_any_module():
    with pytest.raises(jaxtyping.TypeCheckError, match="values"):
        peaks(np.zeros((3, 3)), height=1.0)
    with pytest.raises(jaxtyping.TypeCheckError, match="places"):
        offsets(0, 0, (np.zeros(3), np.zeros(4)))
