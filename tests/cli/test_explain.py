"""``geocnn explain``: numbers and picture of one network."""

from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from matplotlib.image import imread

import geocnn
import geocnn.explanation as explanation_module
from geocnn import checkpoints
from geocnn.checkpoints import Card
from geocnn.cli import main
from geocnn.explanation import explanation
from geocnn.figures.explain import explain as draw
from geocnn.models import build
from geocnn.normalisation import Normalisation
from geocnn.overview import Named, named_network
from geocnn.properties import EffectiveField
from geocnn.recipes import again
from geocnn.specimens import from_survey
from geocnn.tracing import trace_network


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


SIZE = {1: 24, 2: 24, 3: 12}


def tiny(ndim, **options):
    torch.manual_seed(0)
    model = build("unet", ndim=ndim, width=2, depth=2, **options)
    return Named("tiny", model, (SIZE[ndim],) * ndim)


def explained(found, seed=0):
    shape = (1, found.model.in_channels, *found.window)
    return explanation(found, torch.randn(shape, generator=torch.Generator().manual_seed(seed)), "white noise")


@cache
def unet(ndim):
    """The explanation of a small U-Net, which takes seconds in 3-D."""
    return explained(tiny(ndim))


@pytest.mark.parametrize("ndim", [1, 2, 3])
def test_numbers_of_a_unet(ndim):
    made = unet(ndim)
    assert made.field.size == 44
    assert all(width <= 44 for width in made.effective.widths)
    assert made.effective.widths[0] < 44
    assert made.moves == (1, 2, 3, 4)
    errors = {(row.layer, row.stride): row.errors for row in made.shifts}
    assert errors["inc.double_conv.0", 1] == pytest.approx((0, 0, 0, 0), abs=1e-6)
    one, two, three, four = errors["down1.maxpool_conv.0", 2]
    assert min(one, three) > 0.1
    assert max(two, four) < 1e-6
    assert errors["outc.conv", 1][3] < 1e-5 < errors["outc.conv", 1][0]
    first, sharing = made.sharing[0]
    samples, taps = SIZE[ndim] ** ndim, 3**ndim
    assert first == "inc.double_conv.0"
    assert (sharing.convolution, sharing.unshared) == (2 * taps, 2 * samples * taps)
    assert sharing.dense == 2 * samples * samples


def test_connections_of_lenet_5_are_those_of_the_paper():
    """LeCun et al. 1998, section II-B: 122,304, 151,600 and 48,120, what layers without sharing would have to learn."""
    torch.manual_seed(0)
    found = Named("lenet5", build("lenet5", ndim=2), (32, 32))
    made = explained(found)
    assert [sharing.unshared for _, sharing in made.sharing] == [122_304, 151_600, 48_120]
    assert [sharing.convolution for _, sharing in made.sharing] == [156, 1_516, 48_120]
    assert "-: the window is too short for a sample that sees none of its edges" in made.lines()


def test_shift_errors_of_anti_aliased_networks_are_smaller():
    """Zhang 2019: that is what the filter is for."""
    plain, smooth = (explained(tiny(2, anti_alias=anti_alias)) for anti_alias in (False, True))
    assert all(b.errors[0] < a.errors[0] for a, b in zip(plain.shifts, smooth.shifts, strict=False) if a.stride == 2)
    assert smooth.shifts[-1].errors[0] < plain.shifts[-1].errors[0]


def test_the_maps_are_those_of_the_network():
    found = tiny(2)
    made, x = explained(found), torch.randn((1, 1, 24, 24), generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        y = found.model.eval()(x)[0].numpy()
    last = made.maps[-1]
    assert last.layer == "outc.conv: convolution 1 x 1"
    np.testing.assert_allclose(last.values, y[list(last.channels)], rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(made.kernels, found.model.inc.double_conv[0].weight.detach())
    np.testing.assert_array_equal(made.input, x[0])


def test_kernels_are_shown_as_they_are_applied():
    model = build("trace_classifier", ndim=1, true_convolution=True)
    shown = explained(Named("t", model, (64,))).kernels
    np.testing.assert_array_equal(shown, model.conv.weight.detach().flip(2))


def test_slices_of_volumes():
    made = unet(3)
    assert made.input.shape == (1, 12, 12)
    assert made.kernels.shape == (2, 1, 3, 3)
    assert [maps.values.shape[1:] for maps in made.maps] == [(12, 12), (6, 6), (12, 12)]


def test_networks_without_bounded_field():
    made = explained(tiny(2, norm="instance"))
    assert (made.field, made.effective) == (None, None)
    assert "Receptive field: all of the window" in made.lines()
    titles = [axes.get_title() for axes in draw(made).axes]
    assert "Receptive field" in titles


def test_random_weights_are_the_same_each_time():
    state = torch.get_rng_state()
    one, two = (explained(named_network("lenet1989", weights=True)) for _ in range(2))
    assert one.lines() == two.lines()
    np.testing.assert_array_equal(one.kernels, two.kernels)
    assert torch.equal(state, torch.get_rng_state())


@pytest.mark.parametrize(
    ("name", "ndim", "window"),
    [
        ("unet", 3, 48),
        ("unet", 2, 256),
        ("unet", 1, 256),
        ("denoiser", 3, 40),
        ("picker", 2, 256),
        ("convnetquake", 3, 32),
        ("convnetquake", 1, 1001),
        ("lenet5", 3, 32),
        ("faultseg", 3, 128),
    ],
)
def test_windows_in_more_dimensions_than_published_fit_into_memory(name, ndim, window):
    assert named_network(name, ndim=ndim, weights=name != "faultseg").window == (window,) * ndim


def test_windows_of_one_size():
    made = explained(named_network("lenet5", weights=True))
    errors = {row.layer: row.errors for row in made.shifts}
    assert errors["C1"] == pytest.approx((0, 0, 0, 0), abs=1e-5)
    assert np.isnan(errors["C5"]).all()  # one sample, which sees all of the window
    assert made.field.size == 32


@pytest.mark.parametrize("ndim", [1, 2, 3])
def test_the_picture_is_labelled(ndim):
    made = unet(ndim)
    figure = draw(made)
    assert figure.get_suptitle() == f"tiny, {ndim}-D, {made.parameters:,} parameters, untrained, random weights"
    titles = [axes.get_title() for axes in figure.axes]
    kernels = figure.subfigs[0].subfigs[1]
    told = [kernels.get_supylabel(), kernels.get_supxlabel()] if ndim == 1 else [kernels.axes[-1].get_ylabel()]
    assert told == (["weight", "sample of the kernel"] if ndim == 1 else ["weight"])
    middle = ", middle inline" * (ndim == 3)
    assert f"Input: white noise{middle}" in titles
    assert any(
        title.startswith(f"Receptive field {' x '.join(['44'] * ndim)}\n95% of the gradient") for title in titles
    )
    assert "Parameters to the same outputs" in titles
    heat = next(axes for axes in figure.axes if axes.get_title().startswith("Change of the result"))
    shown = np.array([[float(t.get_text()) for t in heat.texts]]).reshape(len(made.shifts), 4)
    np.testing.assert_allclose(shown, [row.errors for row in made.shifts], atol=0.006)
    assert heat.get_xlabel() == "input moved by ... samples"


def test_channels_have_their_names_and_none_is_a_flat_line():
    made = explained(named_network("detector", weights=True))
    assert made.channels == ("Z", "N", "E", "P", "S")
    place = next(axes for axes in draw(made).axes if axes.get_title().startswith("Input"))
    assert [label.get_text() for label in place.get_yticklabels()] == list(made.channels)
    assert all(0.3 < np.ptp(line.get_ydata()) <= 1 for line in place.get_lines())


def test_layers_that_see_edges_alone_are_dashes_that_the_picture_explains():
    made = unet(1)
    blind = replace(made, shifts=(replace(made.shifts[0], errors=(np.nan,) * 4), *made.shifts[1:]))
    figure = draw(blind)
    heat = next(axes for axes in figure.axes if axes.get_title().startswith("Change of the result"))
    assert [text.get_text() for text in heat.texts[:4]] == ["\N{EN DASH}"] * 4
    assert heat.get_xlabel().endswith("\n\N{EN DASH}: the window is too short for a sample that sees none of its edges")


def in_a_window_of(made, size, width):
    """The explanation with the effective receptive field measured in a smaller window, where it is so wide and even."""
    gradient, first = np.zeros((size,) * made.ndim), (size - width) // 2
    gradient[(slice(first, first + width),) * made.ndim] = 1 / width**made.ndim
    bounds = ((first, first + width - 1),) * made.ndim
    return replace(made, effective=EffectiveField(gradient, bounds, 0.95))


@pytest.mark.parametrize("ndim", [2, 3])
def test_an_effective_field_that_the_window_cuts_off_is_a_least_size(ndim):
    """And what the picture does not show is not in its legend."""
    made, sizes = unet(ndim), [" x ".join([str(n)] * ndim) for n in (44, 30, 20)]
    whole, small, cut = made, in_a_window_of(made, 30, 20), in_a_window_of(made, 20, 20)
    expected = {
        "small": f"inside {sizes[1]} samples within {sizes[2]}",
        "cut": f"inside {sizes[2]} samples within {sizes[2]} or more",
    }
    for name, shown in (("small", small), ("cut", cut)):
        assert f"Effective: 95% of the gradient {expected[name]}, for white noise" in shown.lines()
        place = next(axes for axes in draw(shown).axes if axes.get_title().startswith("Receptive field"))
        assert (
            place.get_title()
            == f"Receptive field {sizes[0]}\n95% of the gradient "
            + expected[name].replace(" samples ", "\n")
            + ", for white noise"
        )
        assert [text.get_text() for text in place.get_legend().get_texts()] == ["95% of the gradient"]
    place = next(axes for axes in draw(whole).axes if axes.get_title().startswith("Receptive field"))
    assert [text.get_text() for text in place.get_legend().get_texts()] == ["receptive field", "95% of the gradient"]
    assert "inside" not in place.get_title()


def test_shifts_are_seen_in_every_layer_of_a_fault_network(monkeypatch):
    """As docs/learning.md has it: by 8 samples each layer just moves along, those of the decoder too."""
    monkeypatch.setattr("geocnn.explanation._BUDGET", 1e8)  # the effective receptive field is not looked at
    torch.manual_seed(0)
    model = build("faultseg", ndim=3, in_channels=1, width=1, bottleneck=1, residual=1)
    made = explained(Named("tiny", model, (32, 32, 32)))
    assert made.field.size == named_network("faults", ndim=3, weights=True).card.reach * 2 - 2
    assert not made.has_gaps
    assert made.shifts[-1].layer == "head"
    assert max(row.errors[-1] for row in made.shifts) < 1e-5


def test_layers_of_one_name_are_told_apart():
    made = explained(Named("tiny", build("faultseg", ndim=2, in_channels=1, width=2, bottleneck=2), (24, 24)))
    assert [row.layer for row in made.shifts if "pool" in row.layer] == ["pool", "pool (2nd)", "pool (3rd)"]
    assert len({name for name, _ in made.fields}) == len(made.fields)


@pytest.mark.parametrize("samples", [1, 2, 5])
def test_ticks_lie_at_samples(samples):
    made = unet(1)
    short = replace(made, maps=(replace(made.maps[0], values=made.maps[0].values[:, :samples]),))
    axes = next(axes for axes in draw(short).axes if axes.get_xlabel() == "sample of the map")
    low, high = axes.get_xlim()
    assert [tick for tick in axes.get_xticks() if low <= tick <= high] == list(range(samples))


def test_an_architecture(capsys):
    assert main(["explain", "lenet", "--out", "a.png", "--quiet"]) == 0
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert err == ""
    assert lines[:2] == ["lenet, 2-D, 61,706 parameters, untrained, random weights", "input: synthetic structure"]
    assert "Receptive field: 16 samples per axis, 4 apart" in lines
    assert lines[-1] == "picture a.png"
    assert imread("a.png").shape == (1500, 1800, 4)


def test_a_run_looks_at_its_validation_sample(capsys):
    words = ["train", "traces", "--epochs", "2", "--out", "run", "--quiet", "--device", "cpu"]
    assert main(words) == 0
    capsys.readouterr()
    assert main(["explain", "run", "--quiet"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == [
        "run, 1-D, 4,211 parameters, trained",
        "input: first validation sample of the recipe traces",
    ]
    assert ["conv", "48", "3.07", "k", "33.3", "k"] in [line.split() for line in lines]
    assert Path("explain.png").exists()


def test_data_of_a_user(capsys):
    arguments = {"ndim": 2, "in_channels": 1, "width": 2, "bottleneck": 2}
    card = Card("tiny", "segmentation", "faultseg", arguments, ("fault",), ("amplitude",), ("trace", "time"), (32, 48))
    checkpoints.save(Path("run"), build("faultseg", **arguments), card)
    values = np.random.default_rng(0).standard_normal((50, 60)).astype(np.float32) * 7 + 100
    np.save("line.npy", values)
    assert main(["explain", "run", "--data", "line.npy", "--quiet"]) == 0
    assert "input: the middle of line.npy" in capsys.readouterr().out.splitlines()


@pytest.mark.parametrize(("axes", "said"), [(("crossline", "time"), "inline 10"), (("inline", "time"), "crossline 15")])
def test_the_middle_section_of_a_cube_for_a_network_for_sections(capsys, axes, said):
    """Along the axis along which predictions go; normalised as there, by the whole cube."""
    arguments = {"ndim": 2, "in_channels": 1, "width": 2, "bottleneck": 2}
    card = Card("tiny", "segmentation", "faultseg", arguments, ("fault",), ("amplitude",), axes, (32, 48))
    checkpoints.save(Path("run"), build("faultseg", **arguments), card)
    values = np.random.default_rng(0).standard_normal((21, 31, 60)).astype(np.float32)
    values[10] += 1
    np.save("cube.npy", values)
    assert main(["explain", "run", "--data", "cube.npy", "--quiet"]) == 0
    assert (
        f"input: the middle of {said}, mirrored to 32 x 48 samples, of cube.npy" in capsys.readouterr().out.splitlines()
    )
    x, _ = from_survey(named_network("run", weights=True), geocnn.open("cube.npy"))
    section = values[10] if axes[0] == "crossline" else values[:, 15]
    expected = Normalisation.fit(values, clip=4.0).apply(section[:, 6:54])
    np.testing.assert_allclose(x[0, 0, : len(section)], expected, atol=0.02)
    along = said.split()[0]
    notes = geocnn.predict("run", values, show_progress=False).notes
    assert f"tiny is a network for sections; it went through the cube {along} by {along}." in notes


def test_synthetic_structure_for_a_network_without_recipe(capsys):
    arguments = {"ndim": 2, "in_channels": 2, "width": 2, "bottleneck": 2}
    card = Card("tiny", "segmentation", "faultseg", arguments, ("fault",), ("a", "b"), ("trace", "time"), (32, 48))
    checkpoints.save(Path("run"), build("faultseg", **arguments), card)
    assert main(["explain", "run", "--quiet"]) == 0
    assert "input: white noise" in capsys.readouterr().out.splitlines()


def test_a_network_that_ships_goes_before_the_architecture_of_its_name():
    assert named_network("detector", weights=True).card is not None
    assert named_network("detector").card is None  # geocnn models lists architectures


def test_data_smaller_than_the_window_are_mirrored_and_it_is_said(capsys):
    arguments = {"ndim": 2, "in_channels": 1, "width": 2, "bottleneck": 2}
    card = Card("tiny", "segmentation", "faultseg", arguments, ("fault",), ("amplitude",), ("trace", "time"), (32, 48))
    checkpoints.save(Path("run"), build("faultseg", **arguments), card)
    np.save("line.npy", np.random.default_rng(0).standard_normal((20, 30)).astype(np.float32))
    assert main(["explain", "run", "--data", "line.npy", "--quiet"]) == 0
    assert "input: the middle, mirrored to 32 x 48 samples, of line.npy" in capsys.readouterr().out.splitlines()
    x, _ = from_survey(named_network("run", weights=True), geocnn.open("line.npy"))
    np.testing.assert_array_equal(x[0, 0, 20:, :30].numpy(), x[0, 0, 8:20, :30].flip(0).numpy())


def test_digits_smaller_than_the_window_lie_on_paper():
    """As the recipe shows them to the network: the same digit, from its validation set."""
    run = geocnn.fit("digits", model="lenet5", train=20, test=5, epochs=1, device="cpu", show_progress=False)
    x, _ = run.recipe.validation[[0]]
    known = run.card.normalisation
    grey = (x[0, 0] * known["std"] + known["mean"]).numpy().round()
    small = grey[2:30, 2:30]  # 28 x 28 as in MNIST
    shown, where = from_survey(Named("run", run.model, (32, 32), run.card), geocnn.open(small))
    assert where == "the middle, with paper around it to 32 x 32,"
    np.testing.assert_allclose(shown[0, 0], x[0, 0], atol=0.01)


@pytest.mark.parametrize(("name", "number"), [("quakes", 2), ("detector", 2)])
def test_records_have_all_components_and_the_window_all_of_the_field(capsys, name, number):
    assert main(["explain", name, "--quiet"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == f"input: validation sample {number} of the recipe {name}, the first with all channels"
    samples = again(checkpoints.read_card(name), name).validation
    assert not (samples[[0]][0].std(-1) > 0).all()
    assert (samples[[number - 1]][0].std(-1) > 0).all()
    if name == "quakes":
        start = next(k for k, line in enumerate(lines) if line.startswith("Change of the result"))
        rows = [line.split()[-9:] for line in lines[start + 2 : lines.index("", start)]]
        assert all("-" not in row for row in rows)  # the field of 6,256 samples and a shift of 256 fit
        assert rows[-1][-1] == "0.000"


def test_the_test_of_shifts_has_a_budget(monkeypatch):
    """A window is cut across first: with a stride of 16 the middle of the U-Net still sees some samples."""
    found = named_network("unet", ndim=3, weights=True)
    found = replace(found, model=build("unet", ndim=3, width=2))
    x = torch.randn((1, 1, *found.window))
    spaces, passes = [], explanation_module._results

    def watched(model, window, steps):
        spaces.append(tuple(window.shape[2:]))
        return passes(model, window, steps)

    monkeypatch.setattr(explanation_module, "_results", watched)
    monkeypatch.setattr(explanation_module, "_BUDGET", 1e8)
    monkeypatch.setattr(explanation_module, "_SHIFTS", 5e9)
    explanation(found, x, "white noise")
    moved = spaces[1:]
    assert len(moved) == 6  # not moved, and by 1, 2, 4, 8 and 16
    work = [trace_network(found.model, space).multiply_adds for space in moved]
    assert sum(work) <= 5e9
    assert all(space[0] == space[1] < space[2] for space in moved)


def test_every_pass_is_a_step_of_the_progress(monkeypatch):
    told = []

    @contextmanager
    def watched(what, total, *, show):
        told.append((what, total, show))
        yield lambda steps, text="": told.append(steps)  # noqa: ARG005

    monkeypatch.setattr(explanation_module, "progress", watched)
    explanation(tiny(1), torch.randn(1, 1, 24), "white noise", show_progress=True)
    assert told[0] == ("explain tiny", 1 + 5 + 8, True)  # maps, shifts by 0 to 4, and 8 gradients
    assert sum(told[1:]) == told[0][1]
