"""Pictures of surveys before and after: what each panel shows, and where a detail comes from."""

import numpy as np
import pytest

from geocnn.figures.restoration import _DETAIL, restored
from geocnn.grid import Axis, Grid
from geocnn.io.source import ArraySource


def source(values):
    names = ("inline", "crossline", "time")[3 - values.ndim :]
    axes = [Axis(name, n, 100.0) for name, n in zip(names[:-1], values.shape, strict=False)]
    return ArraySource(values, Grid((*axes, Axis("time", values.shape[-1], 0.0, 4.0, "ms"))))


def panels(made):
    """Titles and images, without the colour bar."""
    return [(a.get_title(), np.asarray(a.images[0].get_array()).T) for a in made.axes if a.images]


def per_cent(one, other):
    return f"{100 * np.sqrt(np.mean(one**2) / np.mean(other**2)):.2g}"  # of less than 10


def noisy(*shape):
    rng = np.random.default_rng(0)
    x = rng.standard_normal(shape).astype(np.float32)
    return x, (0.1 * rng.standard_normal(shape)).astype(np.float32)


def test_a_line_is_shown_before_and_after_with_what_was_removed():
    x, noise = noisy(40, 60)
    x[3] = noise[3] = 0
    (before, seen), (after, left), (removed, gone) = panels(restored(source(x + noise), source(x)))
    assert (before, after) == ("before", "after")
    live = np.arange(40) != 3
    assert removed == f"removed, {per_cent(noise[live], x[live])} % of what is left"
    np.testing.assert_allclose(gone, seen - left)
    assert np.ma.getmaskarray(np.ma.masked_invalid(seen))[3].all()  # dead
    limits = {tuple(a.images[0].get_clim()) for a in restored(source(x + noise), source(x)).axes if a.images}
    assert len(limits) == 1


def test_a_cube_is_shown_by_an_inline_and_a_map():
    x, noise = noisy(9, 20, 30)
    shown = panels(restored(source(x + noise), source(x)))
    assert [title for title, _ in shown[::3]] == ["before, inline 104", "before, time 60 ms"]
    np.testing.assert_allclose(shown[1][1], x[4])
    np.testing.assert_allclose(shown[4][1], x[:, :, 15].T)


@pytest.mark.parametrize("shape", [(700, 900), (3, 700, 900)])
def test_a_large_section_has_a_detail_from_where_signal_and_noise_are(shape):
    x, noise = noisy(*shape)
    where = np.zeros(shape[-2:], np.float32)
    where[320:480, 480:640] = 1
    x *= 0.2 + where
    noise *= where + 1e-3
    shown = panels(restored(source(x + noise), source(x)))
    title, image = shown[3]
    assert title == "before, detail"
    assert image.shape == (_DETAIL, _DETAIL)
    last = (x + noise)[1] if len(shape) == 3 else x + noise
    np.testing.assert_allclose(image, last[320:480, 480:640])


def test_what_was_interpolated_is_called_so():
    x, noise = noisy(40, 60)
    titles = [title for title, _ in panels(restored(source(x), source(x + noise), interpolated=True))]
    assert titles == ["interpolated", "after", f"changed by {per_cent(noise, x + noise)} %"]
    nothing = [title for title, _ in panels(restored(source(x), source(x)))]
    assert nothing[2] == "removed, 0 % of what is left"
    much = [title for title, _ in panels(restored(source(3.5 * x), source(x)))]
    assert much[2] == "removed, 250 % of what is left"
