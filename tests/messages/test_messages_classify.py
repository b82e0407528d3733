"""Mistakes with geocnn train classify and with networks that judge windows."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from tests.messages.entries import Table, checks_of_commands, checks_of_mistakes
from tests.messages.materials import fit, job, run, segy

import geocnn
from geocnn import checkpoints, io
from geocnn.models import build
from geocnn.recipes import build as recipe
from geocnn.weights_files import read_weights

mistake, command = Table(), Table()


test_message = checks_of_mistakes(mistake)
test_command = checks_of_commands(command)


# Materials


def windows(**arrays: Any) -> str:
    """A file of 6 windows of 16 samples in two classes, unless told otherwise; None leaves an array out."""
    made = {"x": np.arange(96.0).reshape(6, 16), "y": np.arange(6) % 2} | arrays
    np.savez("w.npz", **{k: np.asarray(v) for k, v in made.items() if v is not None})
    return "w.npz"


def classify(*words: str, data: str = "") -> int:
    """Train a small network on windows."""
    return run("train", "classify", "--data", data or windows(), "--width", "2", "--out", "mine", *words)


# geocnn predict and evaluate with a classifier


@command
def a_classifier_for_a_trace():
    """the windows of trace.npy form an array of 64 numbers; needed is (windows, samples ...), with the channels, if
    there are several, in second place."""
    np.save("trace.npy", np.ones(64))
    fit(job(), out="run")
    return run("predict", "run", "trace.npy", "--quiet")


@mistake
def a_classifier_for_a_survey():
    """the network traces does classification: it judges whole windows; give it windows, as in geocnn predict RUN
    windows.npz --out classes.csv, or a survey to a segmentation network, such as faults."""
    geocnn.predict(fit(job()), io.open(np.ones((5, 64))), show_progress=False)


@command
def a_classifier_for_a_file_of_a_survey():
    """survey.sgy holds no windows to be classified; give an .npz file or a Zarr group with the arrays x and y, or a
    folder for each class with pictures or .npy files."""
    fit(job(), out="run")
    return run("predict", "run", str(segy("survey.sgy")), "--quiet")


@command
def a_table_that_is_no_table():
    """r.npy is no name of a table; a classifier writes .csv, for example r.csv."""
    fit(job(), out="run")
    return run("predict", "run", "w.npz", "--out", "r.npy")


@command
def a_table_that_is_there():
    """r.csv exists already; give --overwrite (in Python overwrite=True) or another name."""
    Path("r.csv").touch()
    fit(job(), out="run")
    return run("predict", "run", "w.npz", "--out", "r.csv")


@command
def a_table_in_no_folder():
    """the folder no for r.csv does not exist; make it first."""
    fit(job(), out="run")
    return run("predict", "run", "w.npz", "--out", "no/r.csv")


@command
def windows_of_other_dimensions():
    """the windows of w.npz form an array of 6 x 16 x 16 x 16 numbers, which cannot be 1-D windows; needed are 2 axes,
    or 3 with channels."""
    fit(job(), out="run")
    return run("predict", "run", windows(x=np.ones((6, 16, 16, 16))), "--quiet")


@command
def windows_of_another_size_than_the_network_takes():
    """TraceClassifier got windows of 16 samples; it takes 64 samples per axis only: cut or pad to 64, or make the
    network for such windows."""
    fit(job(), out="run")
    return run("predict", "run", windows(y=np.arange(6) % 3), "--quiet", "--device", "cpu")


@command
def windows_with_other_channels():
    """the windows of w.npz are 1-D with 2 channels, but the network traces takes 1-D windows with 1 (amplitude)."""
    fit(job(), out="run")
    return run("predict", "run", windows(x=np.ones((6, 2, 64)), y=np.arange(6) % 3), "--quiet")


@command
def classes_that_the_network_has_not():
    """w.npz has the class 'blast', which is none of quiet, positive arrival, negative arrival."""
    fit(job(), out="run")
    return run("evaluate", "run", "--data", windows(x=np.ones((6, 64)), y=np.array(["blast"] * 6)), "--quiet")


@command
def numbers_of_classes_that_the_network_knows_by_name():
    """the labels of w.npz are numbers and the classes of the network have names (quiet, positive arrival, negative
    arrival); put the names in the order of the numbers into the file, as the array classes."""
    fit(job(), out="run")
    return run("evaluate", "run", "--data", windows(x=np.ones((6, 64))), "--quiet")


@command
def labels_beside_windows():
    """a classifier is judged by the classes that lie with the windows, as the array y in --data; leave --labels out."""
    fit(job(), out="run")
    return run("evaluate", "run", "--labels", windows(), "--quiet")


@mistake
def tiles_of_windows():
    """tile is for surveys, and a classifier judges windows; leave it out."""
    geocnn.predict(fit(job()), np.ones((6, 64)), tile=(3, 3))


@mistake
def tiles_and_memory_of_windows():
    """tile, memory and precision are for surveys, and a classifier judges windows; leave them out."""
    geocnn.predict(fit(job()), np.ones((6, 64)), tile=(3, 3), memory="1GB", precision="bf16")


@command
def options_of_surveys_for_windows():
    """--tile, --memory and --sample-interval are for surveys, and a classifier judges windows; leave them out."""
    fit(job(), out="run")
    return run("predict", "run", windows(), "--sample-interval", "4", "--tile", "64", "--memory", "1GB", "--quiet")


@command
def another_precision_for_windows():
    """--precision is for surveys, and a classifier judges windows; leave it out."""
    fit(job(), out="run")
    return run("predict", "run", windows(), "--precision", "bf16", "--quiet")


@command
def resampled_windows_to_be_judged():
    """--stretch is for surveys, and a classifier judges windows; leave it out."""
    fit(job(), out="run")
    return run("evaluate", "run", "--data", windows(), "--stretch", "1", "--quiet")


@command
def a_log_and_workers_for_windows():
    """--log and --workers are for surveys, and a classifier judges windows; leave them out."""
    fit(job(), out="run")
    return run("predict", "run", windows(), "--log", "log", "--workers", "2", "--quiet")


@mistake
def a_list_of_windows():
    """data is a list; needed is a path, an array, (x, y), or {"x": ..., "y": ...} and, if there are any, classes and
    group."""
    geocnn.predict(fit(job()), [np.ones(64)], show_progress=False)  # type: ignore[arg-type]


@mistake
def a_run_on_arrays_that_are_gone():
    """mine was trained on arrays in memory, which are not kept; give windows with --data."""
    data = (np.random.default_rng(0).normal(size=(6, 16)), np.arange(6) % 2)
    geocnn.fit("classify", data=data, width=2, epochs=1, out="mine", device="cpu", show_progress=False)
    geocnn.evaluate("mine")


@command
def windows_without_classes_to_judge_by():
    """bare.npy has windows without classes to judge by; add the array y, the class of each window."""
    fit(job(), out="run")
    np.save("bare.npy", np.ones((3, 64)))
    return run("evaluate", "run", "--data", "bare.npy", "--quiet", "--device", "cpu")


@mistake
def a_segmentation_network_for_windows():
    """the network faults-2d does segmentation; needed is one that classifies windows."""
    from geocnn.classification import classify

    classify(checkpoints.load("faults", ndim=2), "w.npz")


# geocnn train classify: windows with a class each


@command
def no_file_of_windows():
    """there is no file or folder w.npz; check the name."""
    return classify(data="w.npz")


@command
def windows_in_a_text_file():
    """notes.txt holds no windows to be classified; give an .npz file or a Zarr group with the arrays x and y, or a
    folder for each class with pictures or .npy files."""
    Path("notes.txt").write_text("line 7, bad weather")
    return classify(data="notes.txt")


@command
def windows_in_a_damaged_file():
    """w.npz is damaged or no .npz file; write it again with NumPy."""
    Path(windows()).write_bytes(Path("w.npz").read_bytes()[:-40])
    return classify(data="w.npz")


@command
def windows_in_a_pickle():
    """w.npz holds Python objects in y, which can run anything when they are read; save text, such as that of pandas, as
    y.astype(str), and numbers as y.astype(float)."""
    return classify(data=windows(y=np.array(["a", "b"] * 3, object)))


@command
def no_windows_to_learn_from():
    """the recipe classify needs --data WINDOWS: an .npz file or a Zarr group with the arrays x and y, or a folder for
    each class with pictures or .npy files."""
    return run("train", "classify")


@command
def two_classes_of_one_name():
    """w.npz names the class 'P' more than once in classes; name each once, in the order of their numbers."""
    return classify(data=windows(classes=["P", "P", "noise"]))


@command
def two_classes_whose_scores_share_a_name():
    """the classes P up and P_up of w.npz would have scores of one name, in which a blank is an underscore; give them
    names that differ in more."""
    return classify(data=windows(y=["P up", "P_up", "noise"] * 2))


@command
def windows_beyond_float32():
    """window 1 of w.npz holds -1e+300, which leaves the range of float32, 1e-45 to 3e38; rescale the windows, for
    example to a standard deviation of 1."""
    x = np.ones((6, 16))
    x[1, 3] = -1e300
    return classify(data=windows(x=x))


@command
def windows_below_float32():
    """window 0 of w.npz holds 1e-60, which leaves the range of float32, 1e-45 to 3e38; rescale the windows, for example
    to a standard deviation of 1."""
    return classify(data=windows(x=np.full((6, 16), 1e-60)))


@command
def windows_that_nobody_labelled():
    """no window of w.npz has a class, all labels are below 0, 255 or NaN; label some of each class."""
    return classify(data=windows(y=[np.nan, -1, 255] * 2))


@command
def polarities_as_classes():
    """w.npz has windows of one class (1); needed are two classes or more (a label below 0, 255 or NaN, of 3 windows,
    means no class)."""
    return classify(data=windows(y=[-1, 1] * 3))


@command
def a_mask_of_bytes_as_classes():
    """w.npz has windows of one class (0); needed are two classes or more (a label below 0, 255 or NaN, of 3 windows,
    means no class)."""
    return classify(data=windows(y=np.array([0, 255] * 3, np.uint8)))


@command
def windows_by_other_names():
    """w.npz has the arrays y, a; needed are x (windows, samples ...) and y (windows), the class of each."""
    return classify(data=windows(x=None, a=np.ones((6, 16))))


@command
def one_zarr_array_of_windows():
    """w.zarr is one Zarr array; needed is a group with the arrays x and y."""
    import zarr

    zarr.save_array("w.zarr", np.ones((6, 16)))
    return classify(data="w.zarr")


@command
def a_result_for_windows():
    """w.zarr is a survey or a result of one; needed is a group with the arrays x and y."""
    with io.create("w.zarr", np.ones((6, 16))) as sink:
        sink.write((0, 0), np.ones((6, 16), np.float32))
    return classify(data="w.zarr")


@command
def windows_of_words():
    """the windows of w.npz are <U1; needed are real numbers."""
    return classify(data=windows(x=np.full((6, 16), "a")))


@command
def windows_whose_axes_do_not_tell():
    """the windows of w.npz form an array of 6 x 3 x 16 numbers: give --ndim 2 if they are 2-D, or --ndim 1 if they are
    1-D with 3 channels."""
    return classify(data=windows(x=np.ones((6, 3, 16))))


@command
def windows_with_nan():
    """2 of 6 windows of w.npz hold NaN or infinite numbers, the first is window 4 at index 3; replace the numbers, or
    leave these windows out."""
    x = np.ones((6, 16))
    x[4, 3], x[5] = np.nan, np.inf
    return classify(data=windows(x=x))


@command
def windows_without_classes():
    """w.npz has windows without classes; add the array y with the class of each window, or give a folder for each
    class."""
    return classify(data=windows(y=None))


@command
def fewer_labels_than_windows():
    """w.npz has 6 windows and 5 labels; needed is one class for each window."""
    return classify(data=windows(y=np.arange(5) % 2))


@command
def labels_of_every_sample():
    """w.npz has 6 windows and 6 x 16 labels; needed is one class for each window."""
    return classify(data=windows(y=np.ones((6, 16))))


@command
def labels_between_classes():
    """the labels of w.npz are float64 and no whole numbers; needed is the class of each window."""
    return classify(data=windows(y=np.linspace(0, 1, 6)))


@command
def a_class_beyond_the_names():
    """window 2 of w.npz has the class 2, but there are 2 classes, 0 to 1 (noise, quake)."""
    return classify(data=windows(y=np.arange(6) % 3, classes=["noise", "quake"]))


@command
def a_class_by_another_name():
    """w.npz has the class 'blast', which is none of noise, quake."""
    return classify(data=windows(y=["noise", "quake", "blast"] * 2, classes=["noise", "quake"]))


@command
def a_class_without_windows():
    """w.npz has too few windows of blast (0); needed are 2 or more of each class, to learn from and to judge by."""
    return classify(data=windows(classes=["noise", "quake", "blast"]))


@command
def one_window_of_a_class():
    """w.npz has too few windows of 1 (1); needed are 2 or more of each class, to learn from and to judge by."""
    return classify(data=windows(y=[0, 0, 0, 0, 0, 1]))


@command
def one_class():
    """w.npz has windows of one class (7); needed are two classes or more."""
    return classify(data=windows(y=[7] * 6))


@command
def one_window():
    """w.npz has windows of one class (0); needed are two classes or more."""
    return classify(data=windows(x=np.ones((1, 16)), y=[0]))


@command
def fewer_groups_than_windows():
    """w.npz has 6 windows and 2 groups; needed is one group for each window."""
    return classify(data=windows(group=["a", "b"]))


@command
def one_group():
    """all windows are of one group; needed are two groups or more, one to judge by."""
    return classify(data=windows(group=["a"] * 6))


@command
def a_class_in_one_group_only():
    """the groups of w.npz cannot be split so that every class is learnt; a class must occur in two groups or more, or
    leave group out."""
    return classify(data=windows(group=np.arange(6) % 2))


@command
def an_empty_folder_of_windows():
    """empty holds no windows; give an .npz file or a Zarr group with the arrays x and y, or a folder for each class
    with pictures or .npy files."""
    Path("empty").mkdir()
    return classify(data="empty")


@command
def a_class_folder_without_windows():
    """the folder all/quake holds no window; put .png, .jpg, .jpeg, .tif, .tiff or .npy files into it, or remove it."""
    for name in ("noise", "quake"):
        Path("all", name).mkdir(parents=True)
    np.save("all/noise/1.npy", np.ones(16))
    return classify(data="all")


@command
def windows_of_two_sizes():
    """all/b/1.npy has 17 samples and all/a/1.npy 16; all windows must be of one size."""
    for name, size in (("a", 16), ("b", 17)):
        Path("all", name).mkdir(parents=True)
        np.save(f"all/{name}/1.npy", np.ones(size))
    return classify(data="all")


@command
def pictures_and_arrays():
    """all holds both pictures and .npy files; give one kind of them."""
    Path("all/a").mkdir(parents=True)
    np.save("all/a/1.npy", np.ones(16))
    Path("all/a/2.png").touch()
    return classify(data="all")


@command
def a_damaged_picture_among_windows():
    """all/a/1.png is damaged or no picture; copy it again, or remove it."""
    Path("all/a").mkdir(parents=True)
    Path("all/a/1.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(50))
    return classify(data="all")


@command
def no_share_for_validation():
    """--validation is 1; it is a share of the windows, such as 0.2."""
    return classify("--validation", "1")


@command
def a_segmenter_that_is_to_classify():
    """--model unet does not judge whole windows; networks that do are trace_classifier, lenet1989, lenet5, lenet,
    alexnet2012, alexnet, resnet18, resnet34, resnet50, resnet101, resnet152, resnet20, resnet32, resnet44, resnet56,
    resnet110, resnet1202, convnetquake."""
    return classify("--model", "unet")


@command
def a_window_too_small_for_the_network():
    """--model alexnet does not take windows of 16 samples but 63 or more samples; pad them to 63, or choose another
    --model, such as resnet20."""
    return classify("--model", "alexnet")


@command
def a_window_that_the_network_cannot_be_made_for():
    """--model lenet cannot be made for windows of 18 samples: window is (18,); needed are multiples of 4, for two
    poolings halve them."""
    return classify("--model", "lenet", data=windows(x=np.ones((6, 18))))


@command
def a_width_where_there_is_none():
    """--model lenet5 has one width; leave --width out."""
    return classify("--model", "lenet5")


@mistake
def a_width_in_words():
    """--width is 'four'; resnet20 takes a whole number of channels, 1 or more."""
    recipe("classify", data=(np.ones((6, 16)), np.arange(6) % 2), width="four")


@command
def a_network_without_width():
    """--width is 0; resnet20 takes a whole number of channels, 1 or more."""
    return run("train", "classify", "--data", windows(), "--width", "0")


@command
def half_a_channel():
    """--width is 2.5; resnet20 takes a whole number of channels, 1 or more."""
    return run("train", "classify", "--data", windows(), "--width", "2.5")


@command
def a_factor_below_nothing():
    """--width is -2; lenet takes a factor above 0, such as 0.5."""
    return run("train", "classify", "--data", windows(), "--model", "lenet", "--width", "-2")


@command
def other_labels_for_a_run_that_goes_on():
    """the data that the run in mine learns from have changed since it began; bring back what they were, or start again
    with --overwrite."""
    geocnn.fit("classify", data=windows(), width=2, epochs=1, out="mine", show_progress=False)
    return classify("--epochs", "2", "--resume", data=windows(y=[0, 1, 0, 1, 1, 0]))


@command
def a_batch_of_one_window():
    """--batch-size is 1; batch normalisation needs 2 or more."""
    return classify("--batch-size", "1")


@command
def a_start_of_another_architecture():
    """--start run is trace_classifier and --model is resnet20; leave --model out."""
    fit(job(), out="run")
    return classify("--start", "run", "--model", "resnet20")


@command
def a_start_that_judges_no_windows():
    """--start quakes is a network for segmentation; needed is one that judges whole windows, as geocnn train classify
    makes them."""
    return classify("--start", "quakes")


@command
def a_start_for_other_channels():
    """--start run does not fit the network (conv1.weight has 2 x 3 x 3 numbers instead of 2 x 1 x 3); choose the
    architecture and channels that its weights were made for."""
    x, y = np.random.default_rng(0).normal(size=(6, 3, 16)), np.arange(6) % 2
    geocnn.fit("classify", data=(x, y), ndim=1, width=2, epochs=1, out="run", device="cpu", show_progress=False)
    return run("train", "classify", "--data", windows(), "--start", "run")


@command
def weights_that_are_not_there():
    """there is no file of weights w.pth; check the name."""
    return classify("--start", "w.pth")


@command
def weights_of_another_network():
    """w.pth does not fit the network (conv1.weight has 2 x 3 x 3 numbers instead of 2 x 1 x 3); choose the
    architecture, channels and classes that these weights were made for."""
    torch.save(build("resnet20", ndim=1, in_channels=3, out_channels=2, width=2).state_dict(), "w.pth")
    return classify("--start", "w.pth")


@command
def weights_with_code():
    """w.pth holds code besides numbers and was not opened, for opening it could run anything; have its source save the
    state_dict() of the network as .safetensors."""
    torch.save(build("resnet20", ndim=1, in_channels=1, out_channels=2, width=2), "w.pth")
    return classify("--start", "w.pth")


@command
def weights_that_are_none():
    """w.pth is no file of weights, or a damaged one; copy it again from its source, or save the weights as
    .safetensors."""
    Path("w.pth").write_text("<!DOCTYPE html>")
    return classify("--start", "w.pth")


@command
def weights_without_names():
    """w.pth holds no tensors with names; save the state_dict() of the network instead."""
    torch.save(torch.ones(3), "w.pth")
    return classify("--start", "w.pth")


@mistake
def weights_by_another_name():
    """w.h5 is no file of weights by its name; needed is one of .safetensors, .pth, .pt, .bin."""
    Path("w.h5").touch()
    read_weights(Path("w.h5"))
