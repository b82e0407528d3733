"""Every odd SEG-Y file: read rightly, or a plain reason why not.

What is right comes from the notes that accompany the files: those made from ``small.sgy`` or ``tiny.sgy`` hold
inline + crossline / 100 + sample / 100000 in every sample; the F3 excerpts are compared with segyio.
"""

import numpy as np
import pytest
import segyio

from geocnn import io
from geocnn.errors import FormatError, GeocnnError, GeometryError

SMALL, TINY = ((5, 5, 50), (1, 20)), ((3, 2, 4), (1, 20))

FORMULA = {  # name -> (shape, (first inline, first crossline))
    "segyio/acute-small.sgy": SMALL,
    "segyio/normal-small.sgy": SMALL,
    "segyio/right-small.sgy": SMALL,
    "segyio/straight-small.sgy": SMALL,
    "segyio/rotated-small-rev2.sgy": SMALL,
    "segyio/small-lsb.sgy": SMALL,
    "segyio/小文件.sgy": SMALL,
    "segyio/tiny.sgy": TINY,
    "segyio/mapping-default.sgy": TINY,
    "segyio/mapping-empty.sgy": TINY,
    "segyio/mapping-invalid-attribute.sgy": TINY,
    "segyio/mapping-invalid-root.sgy": TINY,
    "segyio/mapping-invalid-value.sgy": TINY,
    "segyio/mapping-multiple-stanzas.sgy": TINY,
    "segyio/mapping-unparsable.sgy": TINY,
    "segyio/stanzas-known-count.sgy": TINY,
    "segyio/stanzas-unknown-count.sgy": TINY,
}
STATED = {  # files that need a word from the user
    "segyio/small.su": (SMALL, {"sample_interval": 4}),
    "segyio/small-lsb.su": (SMALL, {"sample_interval": 4}),
    "segyio/mapping-shifted.sgy": (TINY, {"inline_byte": 190, "crossline_byte": 194}),
    "segyio/mapping-unsupported-type.sgy": (TINY, {"inline_byte": 1, "crossline_byte": 5}),
}
LINES = {
    "segyio/decrement.sgy": (5, 4),
    "segyio/decrement-lsb.sgy": (5, 4),
    "segyio/delay-scalar.sgy": (1, 251),
    "segyio/long.sgy": (3, 60_000),
    "segyio/mapping-all-types.sgy": (2, 4),
    "segyio/mapping-shifted.sgy": (6, 4),
    "segyio/trace-header-extensions.sgy": (2, 4),
    **{f"segysak/f3-iline-{n}.sgy": (18, 75) for n in (111, 112, 114, 115, 116, 119, 121, 122, 125)},
    **{f"segysak/f3-iline-{n}.sgy": (18, 75) for n in (127, 128, 129, 130, 131, 132, 133)},
}
CUBES = {
    "segyio/f3.sgy": (23, 18, 75),
    "segysak/f3-ebcidctest.sgy": (2, 100, 463),
    "segysak/f3-withdead.sgy": (23, 18, 75),
    "segysak/test-geometry.sgy": (61, 202, 4),
    **{
        f"segyio/multiformats/Format{f}.sgy": (23, 18, 75) for f in ("10lsb", "10msb", "11msb", "16msb", "1msb", "2lsb")
    },
    **{f"segyio/multiformats/Format{f}.sgy": (23, 18, 75) for f in ("3lsb", "3msb", "5lsb", "5msb", "6msb")},
    **{f"segyio/multiformats/Format{f}.sgy": (23, 18, 75) for f in ("8lsb", "8msb", "9lsb")},
}
REFUSED = {
    "segyio/1x1.sgy": (GeometryError, "prestack"),
    "segyio/Mx1.sgy": (GeometryError, "prestack"),
    "segyio/small-ps-dec-il-inc-xl-off.sgy": (GeometryError, "prestack"),
    "segyio/small-ps-dec-il-off-inc-xl.sgy": (GeometryError, "prestack"),
    "segyio/small-ps-dec-il-xl-off.sgy": (GeometryError, "prestack"),
    "segyio/small-ps-dec-xl-off-inc-il.sgy": (GeometryError, "prestack"),
    "segyio/mapping-encoding-ext1.sgy": (GeometryError, "prestack"),
    "segyio/mapping-mixed-order.sgy": (GeometryError, "prestack"),
    "segyio/mapping-no-extension1.sgy": (GeometryError, "prestack"),
    "segyio/mapping-unsupported-type.sgy": (GeometryError, "prestack"),
    "segymat/f11_02673_45Hz.segy": (GeometryError, "prestack"),
    "segyio/broken.sgy": (FormatError, "is cut"),
    "segyio/increment.sgy": (FormatError, "sample interval of -32763"),
    "segyio/increment-lsb.sgy": (FormatError, "sample interval of -32763"),
    "segyio/interval-neg-bin-neg-trace.sgy": (FormatError, "sample interval of -2000"),
    "segyio/small.su": (FormatError, "sample interval of 0"),
    "segyio/small-lsb.su": (FormatError, "sample interval of 0"),
    "segyio/text.sgy": (FormatError, "no traces"),
    "segyio/multiformats/Format7lsb.sgy": (FormatError, "sample format 7"),
    "segyio/multiformats/Format15lsb.sgy": (FormatError, "sample format 15"),
    "segyio/multiformats/Format15msb.sgy": (FormatError, "sample format 15"),
}


@pytest.fixture
def odd(data):
    return data / "odd_files"


def everything(source):
    return source.read(tuple(slice(0, n) for n in source.grid.shape))


def formula(shape, first):
    inline, crossline, sample = np.indices(shape)
    return (first[0] + inline) + (first[1] + crossline) / 100 + sample / 100_000


def test_no_odd_file_is_forgotten(odd):
    present = {str(p.relative_to(odd)) for p in odd.rglob("*") if p.suffix in (".sgy", ".segy", ".su")}
    assert present == {*FORMULA, *STATED, *LINES, *CUBES, *REFUSED}


@pytest.mark.parametrize("name", [*FORMULA, *STATED])
def test_synthetic_files_hold_their_formula(odd, name):
    (shape, first), options = STATED.get(name, (FORMULA.get(name), {}))
    source = io.open(odd / name, **options)
    np.testing.assert_allclose(everything(source), formula(shape, first), rtol=2e-6)
    assert (source.grid.axes[0].start, source.grid.axes[1].start) == first


@pytest.mark.parametrize("name", LINES)
def test_lines(odd, name):
    source = io.open(odd / name)
    assert source.grid.shape == LINES[name]
    # What segyio can open too must be the same.
    endian = "little" if source.order == "<" else "big"
    try:
        with segyio.open(odd / name, ignore_geometry=True, endian=endian) as file:
            np.testing.assert_array_equal(everything(source), file.trace.raw[:])
    except RuntimeError:
        assert name.split("/")[1].startswith(("mapping", "trace", "decrement"))


@pytest.mark.parametrize("name", CUBES)
def test_cubes_equal_segyio(odd, name):
    source = io.open(odd / name)
    assert source.grid.shape == CUBES[name]
    with segyio.open(odd / name, ignore_geometry=True, endian="little" if source.order == "<" else "big") as file:
        numbers, samples = (file.attributes(189)[:], file.attributes(193)[:]), file.trace.raw[:].astype(np.float32)
    place = tuple(np.searchsorted(a.values, n) for a, n in zip(source.grid.axes, numbers, strict=False))
    values = everything(source)
    np.testing.assert_array_equal(values[place], samples)
    assert np.count_nonzero(source.present) == len(samples)
    assert not values[~source.present].any()


@pytest.mark.parametrize("name", REFUSED)
def test_refusals_say_why(odd, name):
    kind, words = REFUSED[name]
    with pytest.raises(kind, match=words) as caught:
        io.open(odd / name)
    message = str(caught.value)
    assert message.startswith(name.split("/")[-1])
    assert "\n" not in message


def test_the_seven_signed_formats_of_one_survey_agree(odd):
    reference = everything(io.open(odd / "segyio/f3.sgy"))
    for name in ("1msb", "2lsb", "3lsb", "3msb", "5lsb", "5msb", "6msb", "9lsb"):
        np.testing.assert_array_equal(everything(io.open(odd / f"segyio/multiformats/Format{name}.sgy")), reference)


def test_delay_of_ten_thousand_by_a_tenth_is_one_second(odd):
    assert io.open(odd / "segyio/delay-scalar.sgy").grid.axes[-1].start == 1000.0


def test_f3_knows_its_bins(odd):
    # The survey's bins measure 25 m by 25 m in this excerpt, which lies near 620 km E, 6074 km N (UTM 31).
    known = io.open(odd / "segyio/f3.sgy").grid.attributes["coordinates"]
    np.testing.assert_allclose(np.hypot(*np.transpose(known["vectors"])), [25, 25], rtol=1e-3)
    np.testing.assert_allclose(known["origin"], [620_197, 6_074_233], atol=1)


def test_dead_traces_of_the_padded_inlines(odd):
    for name, dead in (("111", 0), ("115", 1), ("125", 10), ("133", 17)):
        assert np.count_nonzero(~io.open(odd / f"segysak/f3-iline-{name}.sgy").live) == dead


def test_a_gather_with_nan_padding(odd):
    found = io.open(odd / "segymat/f11_02673_45Hz.segy", ndim=2).scan()
    assert (found.nan, found.first_nan) == (41 * 51, (0, 0))


def test_miniseed_is_not_taken_for_segy(odd):
    for path in (odd / "libmseed").iterdir():
        with pytest.raises(GeocnnError):
            io.open(path)
