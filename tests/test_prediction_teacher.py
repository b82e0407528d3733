"""What a picker says of records that nobody has picked: the same from all sides, and decided."""

import numpy as np
import pytest

from geocnn.errors import DataError
from geocnn.io.waveforms import ArrayPiece, Channel
from geocnn.io.waveforms.miniseed import write_miniseed
from geocnn.io.waveforms.pieces import SECOND
from geocnn.prediction.teacher import decided, taught_records
from geocnn.recipes import build

START = 1_700_000_000 * SECOND


def pieces(waveform):
    return [
        ArrayPiece.of(Channel("XX", "AAA", "", f"HH{c}"), START, 100.0, w.copy())
        for c, w in zip("ZNE", waveform, strict=True)
    ]


def test_known_arrivals_are_taught(quakes, five_minutes):
    waveform, known = five_minutes
    (record,) = taught_records(quakes, pieces(waveform), show_progress=False)
    first = int(record.live[0].argmax())
    np.testing.assert_array_equal(record.waveform[:, first : first + 30_000], waveform - waveform[:, :1])
    hits = [
        record.probability["PS".index(phase), first + round(100 * time) + np.arange(-15, 16)].max() > 0.9
        for phase, time in known
    ]
    assert np.mean(hits) > 0.6
    assert record.probability.max() <= 1
    assert (record.probability.sum(0) <= 1 + 1e-6).all()
    assert np.mean(record.probability.max(0) > 0.05) < 0.1


def test_upside_down_it_is_the_same(quakes, five_minutes):
    waveform, _ = five_minutes
    plain, turned = (taught_records(quakes, pieces(w), show_progress=False)[0] for w in (waveform, -waveform))
    np.testing.assert_allclose(turned.probability, plain.probability, atol=2e-3)


def test_doubtful_arrivals_are_next_to_nothing_and_others_certain():
    def bump(at, height):
        return height * np.exp(-0.5 * ((np.arange(1000) - at) / 9) ** 2)

    said = np.stack([bump(200, 0.6) + bump(600, 0.08), bump(200, 0.3) + bump(800, 0.3)])
    made = decided(said.astype(np.float32))
    fair = 0.03 + 0.97 * 2 / 3  # 0.3 is two thirds of the way from 0.1 to 0.4
    np.testing.assert_allclose(made[:, 200], [1 / (1 + fair), fair / (1 + fair)], rtol=0.01)  # both: they share it
    assert made[0, 600] == pytest.approx(0.3 * 0.08, rel=0.01)
    np.testing.assert_allclose(made[1, 780:821], bump(800, fair)[780:821], rtol=0.01)


def test_the_recipe_learns_from_them(quakes, five_minutes, tmp_path):
    path = tmp_path / "real" / "a.mseed"
    path.parent.mkdir()
    write_miniseed(path, pieces(five_minutes[0]))
    small = {"samples": 16, "epochs": 1, "batch_size": 8, "channels": (4, 8, 8)}
    made = build("quakes", **small, records=str(path.parent), records_share=1.0)
    assert "100% are windows of 0.1 h of real records instead, with" in made.card.data
    x, y = made.train[range(16)]
    assert float(y[:, 0].max()) > 0.99
    synthetic = build("quakes", **small)
    assert not np.array_equal(x.numpy(), synthetic.train[range(16)][0].numpy())
    np.testing.assert_array_equal(made.validation[[3]][0].numpy(), synthetic.validation[[3]][0].numpy())
    with pytest.raises(DataError, match="there is no record of 60 s in"):
        taught_records(quakes, pieces(five_minutes[0][:, :5000]), show_progress=False)
