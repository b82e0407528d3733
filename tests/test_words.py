"""Numbers as parts of sentences."""

import pytest

from geocnn.words import number_of, size_text


@pytest.mark.parametrize(
    ("said", "text"),
    [
        (number_of(0, "horizon"), "0 horizons"),
        (number_of(1, "horizon"), "1 horizon"),
        (number_of(2, "horizon"), "2 horizons"),
        (number_of(1, "axis", "axes"), "1 axis"),
        (number_of(3, "axis", "axes"), "3 axes"),
        (size_text((96, 96, 128)), "96 x 96 x 128"),
        (size_text([7]), "7"),
        (size_text(["samples"] * 2), "samples x samples"),
    ],
)
def test_what_is_said(said, text):
    assert said == text
