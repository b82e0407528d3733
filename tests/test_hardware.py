"""What processors are asked to do."""

import pytest
import torch

from geocnn.hardware import flushed


def test_tiny_numbers_are_zero_for_a_while():
    if not torch.set_flush_denormal(False):
        pytest.skip("this processor cannot take them for zero")
    tiny = torch.full((64,), 1e-39)
    with flushed():
        assert not (tiny * 0.5).any()
    assert (tiny * 0.5).all()
