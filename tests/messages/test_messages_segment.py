"""Mistakes with geocnn train segment and with labels of classes."""

from dataclasses import replace

import numpy as np
from tests.messages.entries import Table, checks_of_commands, checks_of_mistakes
from tests.messages.materials import fit, line, network, run, segy

import geocnn
from geocnn import checkpoints
from geocnn.recipes import build as recipe

mistake, command = Table(), Table()


test_message = checks_of_mistakes(mistake)
test_command = checks_of_commands(command)


# Materials


def halves(classes: int) -> np.ndarray:
    """Classes of a line of 60 x 24 samples, one above the other."""
    return np.arange(24) * classes // 24 * np.ones((60, 1), np.int64)


def segment(labels: np.ndarray, *options: str, shape: tuple[int, ...] | None = None) -> int:
    """Learn from these labels of a line or cube of random samples."""
    np.save("x.npy", np.random.default_rng(0).standard_normal(shape or labels.shape, dtype=np.float32))
    np.save("y.npy", labels)
    return run("train", "segment", "--data", "x.npy", "--labels", "y.npy", *options)


# geocnn train segment


@command
def nothing_to_learn_from():
    """the recipe segment needs --data SURVEY and --labels CLASSES, a class a sample, or --horizons."""
    return run("train", "segment", "--data", line())


@command
def labels_for_some_of_the_data():
    """--data names 2 files and --labels 1 file; give as many, in the same order."""
    return run("train", "segment", "--data", line(), line(), "--labels", line())


@mistake
def a_run_on_lines_in_memory():
    """mine was trained on arrays in memory, which are not kept; give a survey with --data and its classes with
    --labels."""
    data, small = (
        np.random.default_rng(0).standard_normal((60, 24)),
        {"epochs": 1, "samples": 2, "width": 2, "crop": 16},
    )
    geocnn.fit("segment", data=data, labels=halves(2), **small, out="mine", device="cpu", show_progress=False)
    geocnn.evaluate("mine")


@mistake
def labels_between_the_classes():
    """the label array holds 0.5 at trace 0, time 0; labels are whole numbers from 0 to 99, or -1, 255, NaN or --unknown
    for unknown."""
    geocnn.fit("segment", data=np.ones((60, 24)), labels=halves(2) + 0.5)


@command
def labels_of_another_grid():
    """y.npy has 60 x 20 samples and x.npy 60 x 24; labels must lie on the grid of their data."""
    return segment(np.zeros((60, 20)), shape=(60, 24))


@command
def labels_of_another_place():
    """y.sgy has inline 11..14 step 1 (4), and x.sgy inline 1..4 step 1 (4); labels must lie on the grid of their data:
    give those of this survey, or where only headers are wrong the samples as .npy, which has none."""
    files = segy("x.sgy"), segy("y.sgy", [{189: 11 + i // 3, 193: 1 + i % 3} for i in range(12)])
    return run("train", "segment", "--data", files[0], "--labels", files[1])


@command
def labels_of_another_place_with_the_same_numbers():
    """y.sgy has inline 1, crossline 1 at x 3000, y 95000, and x.sgy inline 1, crossline 1 at x 3000, y 5000; labels
    must lie on the grid of their data: give those of this survey, or where only headers are wrong the samples as .npy,
    which has none."""
    numbers = [{189: 1 + i // 3, 193: 1 + i % 3, 181: 3000 + 25 * (i % 3), 71: 1} for i in range(12)]
    files = (
        segy(name, [one | {185: y + 50 * (i // 3)} for i, one in enumerate(numbers)])
        for name, y in (("x.sgy", 5000), ("y.sgy", 95000))
    )
    return run("train", "segment", "--data", next(files), "--labels", next(files))


@command
def labels_of_a_trace():
    """x.npy has 1 dimension; needed are lines (trace, time) or cubes (inline, crossline, time), all of one kind."""
    return segment(np.zeros(60), shape=(60,))


@command
def codes_outside_the_classes():
    """y.npy holds 3 at trace 7, time 5; labels are whole numbers from 0 to 2, one for each of --classes, or -1, 255,
    NaN or --unknown for unknown."""
    labels = halves(2)
    labels[7, 5:] = 3
    return segment(labels, "--classes", "a", "b", "c")


@command
def amplitudes_as_classes():
    """y.npy holds 0.5 at inline 1, crossline 0, time 2; labels are whole numbers from 0 to 99, or -1, 255, NaN or
    --unknown for unknown."""
    labels = np.zeros((8, 6, 4))
    labels[1, 0, 2] = 0.5
    return segment(labels)


@command
def labels_that_know_nothing():
    """the labels know no sample: all of them are -1, 255, NaN or --unknown, dead, or outside --inlines and
    --crosslines."""
    return segment(np.full((60, 24), np.nan))


@command
def labels_of_one_class():
    """the labels hold the class 0 alone; a network needs two classes or more to tell apart."""
    return segment(np.zeros((60, 24)))


@command
def a_class_missing_in_training():
    """class 2 occurs nowhere in what is learnt from (x.npy, trace 0..31), and every class must; label some, keep less
    with --validation, or number the classes without gaps."""
    labels = halves(4)
    labels[:44][labels[:44] == 2] = 3
    return segment(labels)


@command
def a_code_far_above_the_others():
    """class 2 occurs nowhere in what is learnt from (x.npy, trace 0..31), and every class must; label some, keep less
    with --validation, or number the classes without gaps (if 99 means unknown, give --unknown 99)."""
    labels = halves(3)
    return segment(np.where(labels == 2, 99, labels))


@command
def two_classes_that_share_a_name():
    """two classes are called a; give --classes names that differ."""
    return segment(halves(3), "--classes", "a", "b", "a")


@command
def two_classes_whose_scores_share_a_name():
    """the classes b c and b_c would have scores of one name, in which a blank is an underscore; give --classes names
    that differ in more."""
    return segment(halves(4), "--classes", "a", "b c", "b_c", "d")


@mistake
def labels_in_memory_of_another_grid():
    """the label array has 60 x 20 samples and the data 60 x 24; labels must lie on the grid of their data."""
    geocnn.fit("segment", data=np.ones((60, 24)), labels=halves(2)[:, :20])


@mistake
def half_an_epoch():
    """epochs is 1.5; needed is a whole number (int)."""
    geocnn.fit("segment", data=halves(2) + 0.5, labels=halves(2), epochs=1.5)


@command
def a_class_missing_in_validation():
    """there are no labels of fault in what is kept to judge by (x.npy, trace 48..59); label some, or keep more with
    --validation."""
    labels = halves(2)
    labels[48:] = 0
    return segment(labels, "--classes", "fault")


@command
def one_trace_to_learn_from():
    """x.npy has 9 samples along its longest axis; 2 to be judged by and a gap of 8 (half a window) leave nothing to
    learn from: give more data, a smaller --crop or a smaller --validation."""
    return segment(halves(2)[:9])


@command
def data_without_a_live_trace():
    """x.npy has no live trace: every sample is zero or missing; look at it with geocnn info."""
    np.save("x.npy", np.full((60, 24), np.nan))
    np.save("y.npy", halves(2))
    return run("train", "segment", "--data", "x.npy", "--labels", "y.npy")


@command
def inlines_that_are_not_there():
    """--inlines names 12, and x.npy has inline 0..11 step 1 (12); name some of these."""
    return segment(np.zeros((12, 10, 8)), "--inlines", "3", "12")


@command
def crossing_lines_of_a_tiny_cube():
    """the labelled sections of x.npy are too few to learn from some and judge by others; label more along --inlines and
    --crosslines, or give a survey of its own to judge by, the last of --data."""
    return segment(np.arange(8) // 4 * np.ones((2, 2, 1)), "--inlines", "0", "--crosslines", "1")


@command
def inlines_of_a_line():
    """x.npy is a line and has no sections to name with --inlines; leave it out."""
    return segment(halves(2), "--inlines", "3")


@command
def volumes_of_a_line():
    """--ndim is 3 and x.npy is a line; leave --ndim out."""
    return segment(halves(2), "--ndim", "3")


@command
def to_go_on_from_a_network_of_other_dimensions():
    """--from net is a network for segmentation of 3-D data with 1 channel; needed is one for segmentation of 2-D data
    with 1 (--ndim chooses the dimensions)."""
    return segment(halves(2), "--from", network(ndim=3))


@command
def two_architectures():
    """--from faults brings its architecture; leave --model and --width out."""
    return segment(halves(2), "--from", "faults", "--model", "unet")


@command
def a_classifier_that_is_to_segment():
    """--model resnet18 judges whole windows; networks that segment are unet2015, unet, faultseg, picker."""
    return segment(halves(2), "--model", "resnet18")


@command
def an_architecture_that_is_not_there():
    """there is no architecture 'unett'; did you mean unet?"""
    return segment(halves(2), "--model", "unett")


@command
def a_network_without_channels():
    """--width is 0; needed are 1 or more channels."""
    return segment(halves(2), "--width", "0")


@command
def a_crop_that_breaks_the_size_rule():
    """--crop is 30 16; unet takes multiples of 16, for 2 axes here: give --crop 32 16."""
    return segment(halves(2), "--crop", "30", "16")


@command
def a_crop_of_other_dimensions():
    """--crop is 16 16 16; unet takes multiples of 16, for 2 axes here: give --crop 16 16."""
    return segment(halves(2), "--crop", "16", "16", "16")


@command
def nothing_kept_to_judge_by():
    """--validation is 0; give a share between 0 and 1, such as 0.2."""
    return segment(halves(2), "--validation", "0")


@command
def no_windows():
    """--samples is 0 and --seed 0; needed are 1 or more and 0 or more."""
    return segment(halves(2), "--samples", "0")


@command
def a_batch_of_one_small_window():
    """--batch-size is 1; batch normalisation of windows of 16 x 16 samples needs 2 or more of them; give more, or a
    larger --crop."""
    return segment(halves(2), "--crop", "16", "--batch-size", "1")


@command
def one_small_window():
    """--samples is 1; batch normalisation of windows of 16 x 16 samples needs 2 or more of them; give more, or a larger
    --crop."""
    return segment(halves(2), "--crop", "16", "--samples", "1")


@command
def noise_for_windows_below_nothing():
    """--noise is -1; needed is 0 or more."""
    return segment(halves(2), "--noise", "-1")


@command
def no_patience():
    """patience is 0; needed are 1 or more epochs."""
    return segment(halves(2), "--patience", "0")


@mistake
def a_score_that_is_not_there():
    """the recipe monitors 'validation_dice'; its scores are epoch, learning_rate, loss, validation_loss,
    validation_accuracy, validation_accuracy_quiet, validation_accuracy_positive_arrival,
    validation_accuracy_negative_arrival, seconds."""
    fit(replace(recipe("traces", epochs=1), monitor="validation_dice"))


@mistake
def labels_of_no_class_to_evaluate_by():
    """the labels hold no class; the network knows 0 to 2."""
    trained = checkpoints.load(network())
    several = replace(trained, card=trained.card.replace(classes=("a", "b", "c")))
    geocnn.evaluate(several, halves(2), np.full((60, 24), 255))


@mistake
def labels_of_other_classes_to_evaluate_by():
    """the labels hold 7 at trace 0, time 0; the network knows the classes 0 to 2, and -1, 255 and NaN are unknown: \
    give labels of these."""
    trained = checkpoints.load(network())
    several = replace(trained, card=trained.card.replace(classes=("a", "b", "c")))
    geocnn.evaluate(several, halves(2), np.full((60, 24), 7))
