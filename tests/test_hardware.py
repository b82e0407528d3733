"""What processors are asked to do."""

import pytest
import torch

from geocnn.errors import DataError
from geocnn.hardware import flushed, seeded
from geocnn.prediction.picker import Part, picked


def test_tiny_numbers_are_zero_for_a_while():
    if not torch.set_flush_denormal(False):
        pytest.skip("this processor cannot take them for zero")
    tiny = torch.full((64,), 1e-39)
    with flushed():
        assert not (tiny * 0.5).any()
    assert (tiny * 0.5).all()


class _Echo:
    """A worker without a network, which may fail."""

    halo, identity = 0, ""

    def __init__(self, device):
        self.place = torch.device(device)

    def __call__(self, part, record):
        if record is None:
            raise DataError("no record")
        return part


@pytest.mark.parametrize("device", ["cpu", "cuda"])  # no GPU is needed to have its name
@pytest.mark.parametrize("how", ["to the end", "closed", "failed"])
def test_torch_has_its_threads_again_after_picking(device, how):
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        records = [(Part(k, k + 1), None if how == "failed" and k == 5 else k) for k in range(8)]
        made = picked(_Echo(device), records)
        if how == "to the end":
            assert list(made) == [part for part, _ in records]
        elif how == "closed":
            assert next(made) == Part(0, 1)
            made.close()
        else:
            with pytest.raises(DataError):
                list(made)
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)


def test_seeded_numbers_are_those_of_manual_seed_and_the_stream_goes_on():
    torch.manual_seed(7)
    expected = torch.rand(5)
    torch.manual_seed(3)
    mine = torch.rand(2)
    torch.manual_seed(3)
    one = torch.rand(1)
    with seeded(7):
        assert torch.equal(torch.rand(5), expected)
    assert torch.equal(torch.cat((one, torch.rand(1))), mine)
