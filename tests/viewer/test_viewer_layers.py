"""Amplitudes, probabilities and classes are told apart."""

import numpy as np
import pytest
import segyio

import geocnn
from geocnn import io
from geocnn.viewer.layers import layer

NOISE = np.random.default_rng(0).standard_normal((40, 50)).astype(np.float32)


def kind(values):
    found = layer(io.ArraySource(np.asarray(values)), "it")
    return found.kind, found.low, found.high


def test_amplitudes_are_shown_up_to_the_99th_percentile():
    limit = float(np.percentile(np.abs(NOISE), 99))
    assert kind(NOISE) == ("amplitude", -limit, limit)


def test_values_of_one_sign_are_shown_between_their_percentiles():
    velocity = 2000 + 300 * np.abs(NOISE)
    assert kind(velocity) == ("amplitude", *np.percentile(velocity, (1, 99)).tolist())


def test_eight_bits_of_both_signs_are_amplitudes():
    assert kind((20 * NOISE).astype(np.int8))[0] == "amplitude"
    assert kind((20 * NOISE + 128).astype(np.uint8))[0] == "amplitude"


def test_shares_are_probabilities_whole_per_cent_too():
    chance = np.clip(np.abs(NOISE), 0, 1)
    assert kind(chance) == ("probability", 0, 1)
    percent = layer(io.ArraySource(np.rint(100 * chance).astype(np.int8)), "it")
    assert (percent.kind, percent.low, percent.high) == ("probability", 0, 1)
    np.testing.assert_allclose(percent.source.read(...), chance, atol=0.005)


def test_per_cent_may_be_unknown_and_so_may_classes_of_eight_bits():
    chance = np.rint(100 * np.clip(np.abs(NOISE), 0, 1)).astype(np.int8)
    chance[:9] = -1
    percent = layer(io.ArraySource(chance), "it")
    assert percent.kind == "probability"
    np.testing.assert_array_equal(np.isnan(percent.source.read(...)), chance == -1)
    np.testing.assert_allclose(percent.source.read(...)[9:], chance[9:] / 100, atol=1e-6)
    assert kind(np.where(chance == -1, -1, chance // 40).astype(np.int8)) == ("classes", 0, 2)


@pytest.mark.parametrize("marked", [True, False])
def test_few_per_cent_that_the_file_calls_so_are_no_classes(tmp_path, marked):
    """Numbers from -1 to 3 may be either, and a Zarr store tells."""
    values = np.random.default_rng(0).integers(-1, 4, (6, 7, 8)).astype(np.float32)
    given = np.where(values < 0, values, values / 100) if marked else values
    with io.create(tmp_path / "f.zarr", io.ArraySource(values), dtype=np.int8, scale=100.0 if marked else 1.0) as sink:
        sink.write((0, 0, 0), np.where(values < 0, np.float32(-0.01), given) if marked else given)
    shown = layer(io.open(tmp_path / "f.zarr"), "it")
    assert shown.kind == ("probability" if marked else "classes")
    known = np.where(values < 0, np.nan, given)
    np.testing.assert_allclose(shown.source.read(...), known, atol=1e-6)


def test_a_mask_is_a_probability():
    assert kind(NOISE > 1) == ("probability", 0, 1)


def test_few_whole_numbers_are_classes():
    facies = np.digitize(NOISE, [-1, 0, 1])
    assert kind(facies) == ("classes", 0, 3)
    assert not layer(io.ArraySource(facies), "it").background
    assert layer(io.ArraySource(np.where(NOISE > 1, facies, 0)), "it").background


def test_a_constant_has_a_range():
    found = layer(io.ArraySource(np.full((4, 5), 1500.0)), "it")
    assert found.high > found.low


def test_what_is_empty_is_shown_and_said():
    for empty in (np.zeros((5, 6)), np.full((5, 6), np.nan)):
        found = layer(io.ArraySource(empty), "it")
        assert found.kind == "probability"
        assert found.note == "it has no sample that is finite and not zero where it was looked at."


@pytest.mark.parametrize("shape", [(40, 50), (10, 20, 10)])
def test_a_probability_is_seen_from_the_threshold_of_tables_and_pictures_on(shape):
    chance = np.clip(np.abs(NOISE), 0, 1).reshape(shape)
    expected = geocnn.load("faults", ndim=len(shape)).card.threshold
    assert expected < 0.2
    for values in (chance, chance > 0.5):
        assert layer(io.ArraySource(values), "it").threshold == expected


@pytest.mark.parametrize("unknown", [-1, 255])
def test_labels_that_are_not_known_are_none(unknown):
    facies = np.digitize(NOISE, [-1, 0, 1]).astype(np.int16)
    facies[5:9] = unknown
    found = layer(io.ArraySource(facies), "it")
    assert (found.kind, found.high) == ("classes", 3)
    assert np.isnan(found.source.read(...)[5:9]).all()


def test_before_a_trace_begins_there_is_no_class(tmp_path):
    spec = segyio.spec()
    spec.samples, spec.tracecount, spec.format = np.arange(50) * 4.0, 40, 5
    with segyio.create(str(tmp_path / "facies.sgy"), spec) as file:
        file.bin[segyio.BinField.Interval] = 4000
        for k, row in enumerate(np.digitize(NOISE, [-1, 0, 1]).astype(np.float32)):
            file.trace[k] = row
            file.header[k].update({21: k + 1, 109: 40 if k % 2 else 0})
    found = layer(io.open(tmp_path / "facies.sgy"), "it")
    unknown = np.isnan(found.source.read(...))
    assert found.kind == "classes"
    assert unknown[1::2, :10].all()
    assert unknown[::2, -10:].all()
    assert np.count_nonzero(unknown) == 400


def test_seismic_in_eight_bits_is_grey_and_velocity_is_not():
    assert layer(io.ArraySource((20 * NOISE + 128).clip(0, 255).astype(np.uint8)), "it").colours == "grey"
    assert layer(io.ArraySource(2000 + 300 * np.abs(NOISE)), "it").colours == "batlow"
    assert layer(io.ArraySource(NOISE), "it").colours == "grey"
