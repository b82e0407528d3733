"""Mistakes with geocnn predict, and what it says without being an error."""

import contextlib
import errno
import json
import pickle
import shutil
import sys
from pathlib import Path
from typing import Any

import jaxtyping
import numpy as np
import pytest
import torch
from tests.messages.entries import Table, checks_of_commands, checks_of_mistakes
from tests.messages.materials import files_of_at_most, line, network, patched, predict, refusing, run, segy

import geocnn
from geocnn import prediction
from geocnn.checkpoints import Card, Trained, versions
from geocnn.cli import main
from geocnn.hardware import choose_device
from geocnn.io.tracesink import TraceSink
from geocnn.prediction import cluster
from geocnn.prediction import job as jobs

mistake, command = Table(), Table()


test_message = checks_of_mistakes(mistake)
test_command = checks_of_commands(command)


# Materials


def edit(folder: str, key: str, value: object) -> None:
    """Change one entry of a card."""
    path = Path(folder, "card.json")
    path.write_text(json.dumps(json.loads(path.read_text()) | {key: value}))


def choose_on_two_gpus(name: str, local_rank: int) -> torch.device:
    """Choose a device as a process of torchrun on a machine with two GPUs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.cuda, "is_available", lambda: True)
        patch.setattr(torch.cuda, "device_count", lambda: 2)
        patch.setenv("LOCAL_RANK", str(local_rank))
        return choose_device(name)


# The survey


@mistake
def amplitudes_beyond_float32():
    """the amplitudes leave the range of float32, which is 1e-45 to 3e38; rescale them, for example to a standard
    deviation of 1."""
    geocnn.predict(network(), np.full((9, 9), 1e50), device="cpu", show_progress=False)


@mistake
def amplitudes_below_float32():
    """the amplitudes of a.npy leave the range of float32, which is 1e-45 to 3e38; rescale them, for example to a
    standard deviation of 1."""
    np.save("a.npy", np.full((9, 9), 1e-50))
    geocnn.predict(network(), "a.npy", device="cpu", show_progress=False)


@mistake
def dead_array():
    """the array has no live trace: every sample is zero or missing; look at it with geocnn info."""
    geocnn.predict(network(), np.zeros((9, 9)), show_progress=False)


@command
def no_file():
    """there is no file no.sgy; check the name."""
    return predict("no.sgy")


@command
def a_folder_of_lines():
    """lines is a folder and no Zarr store (it has no zarr.json); name a file."""
    Path("lines").mkdir()
    Path("lines/here").mkdir()
    with contextlib.chdir("lines/here"):
        return run("predict", network("../../net"), "../../lines", "--quiet")


@command
def nothing_in_the_file():
    """e.sgy is empty (0 bytes); copy it again."""
    Path("e.sgy").touch()
    return predict("e.sgy")


@command
def a_cut_file():
    """c.sgy is cut, or its traces differ in length: with 10 samples a trace has 280 bytes, and 3350 bytes of traces are
    11.96 traces; copy or export it again."""
    Path("c.sgy").write_bytes(segy("whole.sgy").read_bytes()[:-10])
    return predict("c.sgy")


@command
def a_picture():
    """p.sgy is a PNG picture, not a survey; geocnn reads SEG-Y, Zarr and .npy."""
    Path("p.sgy").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(5000))
    return predict("p.sgy")


@command
def gain_ranged_samples():
    """f.sgy has sample format 4 (4-byte fixed point with gain), which geocnn does not read; convert it to format 5
    (4-byte IEEE float) first."""
    return predict(patched("f.sgy", 3224, ">h", 4))


@command
def three_byte_samples():
    """f.sgy has sample format 7 (3-byte integer), which geocnn does not read; convert it to format 5 (4-byte IEEE
    float) first."""
    return predict(patched("f.sgy", 3224, ">h", 7))


@command
def three_byte_unsigned_samples():
    """f.sgy has sample format 15 (3-byte unsigned integer), which geocnn does not read; convert it to format 5 (4-byte
    IEEE float) first."""
    return predict(patched("f.sgy", 3224, ">h", 15))


@command
def no_interval():
    """z.sgy has a sample interval of 0 (byte 3217), which must be positive; give the true one in ms, for example
    --sample-interval 4."""
    return predict(patched("z.sgy", 3216, ">h", 0))


@command
def a_negative_interval():
    """z.sgy has a sample interval of -4000 (byte 3217), which must be positive; give the true one in ms, for example
    --sample-interval 4."""
    return predict(patched("z.sgy", 3216, ">h", -4000))


@command
def no_line_numbers():
    """s.sgy: none of the byte pairs 189/193, 9/21, 5/21, 181/185, 17/13 fills a grid; give --inline-byte and
    --crossline-byte."""
    return predict(segy("s.sgy", [{21: 2**i} for i in range(12)]), "--ndim", "3")


@command
def gathers():
    """p.sgy is prestack: its 12 traces with offsets 0 to 3 share 3 positions; stack it first, name other bytes with
    --inline-byte and --crossline-byte, or read the traces as one line with --ndim 2."""
    return predict(segy("p.sgy", [{21: 1 + i // 4, 37: i % 4} for i in range(12)]))


@command
def nothing_alive():
    """dead.npy has no live trace: every sample is zero or missing; look at it with geocnn info."""
    np.save("dead.npy", np.zeros((9, 9)))
    return predict("dead.npy")


# The network


@command
def no_such_network():
    """there is no network 'faluts'; did you mean faults? Else give a folder written by geocnn train."""
    return run("predict", "faluts", line(), "--quiet")


@command
def no_network_near():
    """there is no network 'horizons'; geocnn ships denoise, detector, faults, quakes, superres, or give a
    folder written by geocnn train."""
    return run("predict", "horizons", line(), "--quiet")


@command
def places_of_earthquakes_by_a_network_for_surveys():
    """--detector is faults, which tells no places of earthquakes; leave --detector out for the one that ships, or give
    a folder written by geocnn train detector, or none."""
    return run("predict", "quakes", "a.mseed", "--detector", "faults", "--quiet")


@command
def places_of_earthquakes_by_a_picker():
    """--detector is quakes, which tells no places of earthquakes; leave --detector out for the one that ships, or give
    a folder written by geocnn train detector, or none."""
    return run("predict", "quakes", "a.mseed", "--detector", "quakes", "--quiet")


@command
def faults_of_a_network_that_gives_amplitudes():
    """--thin is for the faults of a survey, and denoise gives amplitudes; leave it out."""
    return run("predict", "denoise", line(), "--thin", "thin.npy", "--quiet")


@command
def a_threshold_of_a_network_that_gives_amplitudes():
    """--threshold is for the faults of a survey, and superres gives amplitudes; leave it out."""
    return run("predict", "superres", line(), line(), "--threshold", "0.3", "--quiet")


@command
def per_cent_of_amplitudes():
    """samples is int8, whole per cent of probabilities, and denoise-2d gives amplitudes; leave it out."""
    return run("predict", "denoise", line(), "--samples", "int8", "--quiet")


@command
def amplitudes_resampled():
    """stretch is 1, 0.5, and denoise-2d gives amplitudes, which resampling there and back would change; leave it
    out."""
    return run("predict", "denoise", line(), "--stretch", "1", "0.5", "--quiet")


@command
def an_estimate_of_noise_without_signal():
    """the labels zeros.npy are zero wherever the survey has data; needed is the survey without noise."""
    np.save("zeros.npy", np.zeros((20, 30), np.float32))
    return run("evaluate", "denoise", "--data", line(), "--labels", "zeros.npy", "--quiet")


@command
def a_folder_without_card():
    """run has no card.json; give a folder written by geocnn train, or a network that ships."""
    Path("run").mkdir()
    return run("predict", "run", line(), "--quiet")


@command
def a_card_that_is_no_card():
    """net/card.json is not a geocnn card (it has no 'classes'); give a folder written by geocnn train."""
    Path(network(), "card.json").write_text("{}")
    return predict(line(), make=False)


@command
def a_card_of_another_dimension():
    """net/card.json is not a geocnn card (ndim is 4; geocnn layers work in 1, 2 or 3 dimensions); give a folder written
    by geocnn train."""
    edit(network(), "arguments", {"ndim": 4})
    return predict(line(), make=False)


@command
def a_card_with_unknown_arguments():
    """net/card.json describes no network that can be built (got an unexpected keyword argument
    'depth'); copy it again."""
    edit(network(), "arguments", {"ndim": 2, "depth": 9})
    return predict(line(), make=False)


@command
def a_card_with_names_that_do_not_fit():
    """net/card.json is not a geocnn card (it names 2 channels and 2 axes; the network has 1 channel and 2 axes); give
    a folder written by geocnn train."""
    edit(network(), "channels", ["near", "far"])
    return predict(line(), make=False)


@command
def a_card_with_a_damaged_value():
    """net/card.json is not a geocnn card (size_multiple is 0; needed is a whole number from 1 on); give a folder
    written by geocnn train."""
    edit(network(), "size_multiple", 0)
    return predict(line(), make=False)


@command
def a_card_with_a_damaged_threshold():
    """net/card.json is not a geocnn card (threshold is 'high'; needed is a number from 0 to 1); give a folder written
    by geocnn train."""
    edit(network(), "threshold", "high")
    return predict(line(), make=False)


@command
def a_card_with_an_unknown_normalisation():
    """net/card.json is not a geocnn card (kind of normalisation is 'what'; needed is zscore, fixed, record or none);
    give a folder written by geocnn train."""
    edit(network(), "normalisation", {"kind": "what"})
    return predict(line(), make=False)


@command
def one_flipped_bit():
    """net/weights.safetensors is damaged (its SHA-256 is not the one in card.json); copy it again from its source, or
    continue the training that wrote it with --resume."""
    weights = Path(network(), "weights.safetensors")
    raw = bytearray(weights.read_bytes())
    raw[-9] ^= 1
    weights.write_bytes(raw)
    return predict(line(), make=False)


@command
def weights_cut_short():
    """net/weights.safetensors is no file of weights (Error while deserializing header: incomplete metadata, file not
    fully covered); copy it again from its source."""
    weights = Path(network(), "weights.safetensors")
    weights.write_bytes(weights.read_bytes()[:-8])
    edit("net", "sha256", "")
    return predict(line(), make=False)


@command
def weights_of_another_width():
    """net/weights.safetensors does not fit the network in card.json (encoder.0.0.weight has 4 x 1 x 3 x 3 numbers
    instead of 2 x 1 x 3 x 3); take both files from the same training run."""
    other = network("other", width=4)
    shutil.copy(Path(other, "weights.safetensors"), Path(network(), "weights.safetensors"))
    edit("net", "sha256", "")
    return predict(line(), make=False)


@command
def weights_for_three_channels():
    """the network tiny takes 3 channels (near, mid, far), but line.npy has 1; use a network for 1 channel."""
    network(channels=("near", "mid", "far"))
    return predict(line(), make=False)


@command
def weights_for_cubes():
    """line.npy has 2 dimensions, but the network tiny takes 3-D data; use a network for 2-D data, or read the file
    otherwise with --ndim."""
    network(ndim=3)
    return predict(line(), make=False)


def predict_own(model: torch.nn.Module, **changes: Any) -> None:
    """Predict with a module of one's own, whose card may say too little."""
    card = Card("mine", "segmentation", "mine", {"ndim": 2}, ("fault",), ("amplitude",), ("trace", "time"), (16, 16))
    trained = Trained(model.eval(), card.replace(**changes))
    geocnn.predict(trained, np.load(line()), device="cpu", show_progress=False)


@mistake
def a_module_of_ones_own_that_does_not_pad():
    """the network mine makes 48 x 58 samples of 52 x 62; needed is one for each, less 0 at each side, the margin in its
    card: pad its convolutions, or write margin=2 into its card."""
    predict_own(torch.nn.Conv2d(1, 1, 5), reach=2)


@mistake
def a_module_of_ones_own_that_pads_though_its_card_has_a_margin():
    """the network mine makes 56 x 66 samples of 56 x 66; needed is one for each, less 2 at each side, the margin in its
    card: write margin=0 into its card."""
    predict_own(torch.nn.Conv2d(1, 1, 5, padding=2), reach=2, margin=2)


@mistake
def a_module_of_ones_own_with_a_coarser_result():
    """the network mine makes 26 x 31 samples of 52 x 62; needed is one for each, less 0 at each side, the margin in its
    card: sample its result up."""
    predict_own(torch.nn.Conv2d(1, 1, 3, stride=2, padding=1), reach=2)


@mistake
def a_module_of_ones_own_that_takes_some_sizes_alone():
    """the network mine fails on a window, although its card allows any size (Sizes of tensors must match except in
    dimension 1. Expected size 20 but got size 16 for tensor number 1 in the list); if it takes the size of its
    training alone, 16 x 16, give it such data; if only some sizes suit it, write size_multiple into its card, the
    product of its strides: 8 for three poolings by 2."""

    class Skipping(torch.nn.GroupNorm):
        def forward(self, x):
            below = torch.nn.functional.max_pool2d(super().forward(x), 8)
            return torch.cat([x, torch.nn.functional.interpolate(below, scale_factor=8)], 1)

    predict_own(torch.nn.Sequential(Skipping(1, 1), torch.nn.Conv2d(2, 1, 1)))


@mistake
def a_module_of_ones_own_with_a_number_for_each_place():
    """the network mine fails on a window, although its card allows any size (The size of tensor a (30) must match the
    size of tensor b (16) at non-singleton dimension 3); if it takes the size of its training alone, 16 x 16, give it
    such data; if only some sizes suit it, write size_multiple into its card, the product of its strides: 8 for three
    poolings by 2."""

    class Placed(torch.nn.Conv2d):
        def forward(self, x):
            return super().forward(x) + torch.zeros(16, 16)

    predict_own(Placed(1, 1, 1))


class Wrapped(torch.nn.Conv2d):
    """Returns what networks of torchvision return, or a pair."""

    kind: type = dict

    def forward(self, x):
        made = super().forward(x)
        return {"out": made} if self.kind is dict else (made, x)


@mistake
def a_module_of_ones_own_that_returns_a_dict():
    """the network mine returns a dict of out; needed is one tensor (batch, maps, samples ...): put it into a module
    whose forward returns that part of its result alone."""
    predict_own(Wrapped(1, 1, 1))


@mistake
def a_module_of_ones_own_that_returns_several_tensors():
    """the network mine returns a tuple of 2; needed is one tensor (batch, maps, samples ...): put it into a module
    whose forward returns that part of its result alone."""
    model = Wrapped(1, 1, 1)
    model.kind = tuple
    predict_own(model, reach=0)


@mistake
def a_module_of_ones_own_with_two_maps_for_one_class():
    """the network mine makes 2 maps and its card has 1 class (fault); needed are as many: name the class of each map in
    the card, or let the last layer make 1."""
    predict_own(torch.nn.Conv2d(1, 2, 1), reach=0)


@mistake
def a_module_of_ones_own_with_one_map_for_two_classes():
    """the network mine makes 1 map and its card has 2 classes (other, fault); needed are as many: name the class of
    each map in the card, or let the last layer make 2."""
    predict_own(torch.nn.Sequential(torch.nn.GroupNorm(1, 1), torch.nn.Conv2d(1, 1, 1)), classes=("other", "fault"))


@command
def a_shipped_network_for_other_data():
    """the data have 1 dimension, but the network faults ships for 2-D and 3-D only; give it such data, or train
    another."""
    np.save("trace.npy", np.ones(9))
    return run("predict", "faults", "trace.npy", "--quiet")


# How and where to


@mistake
def unknown_precision_of_a_prediction():
    """precision is 'fp16'; it is one of auto, float32, bf16."""
    geocnn.predict(network(), np.ones((9, 9)), precision="fp16", device="cpu", show_progress=False)  # type: ignore[arg-type]


@command
def two_numbers_for_three_axes():
    """--tile is 64 64; the data need 3 positive whole numbers."""
    network(ndim=3)
    return predict(segy("s.sgy"), "--tile", "64", "64", make=False)


@command
def too_large_a_tile():
    """a tile of 56 x 64 with its halo of 56 needs 0.7 GB, but 0.5 GB are allowed; give --memory 0.7GB or a smaller
    --tile."""
    return predict(line(), "--memory", "500MB", "--tile", "64", "64")


@mistake
def one_number_for_two_axes():
    """--tile is 64; the data need 2 positive whole numbers."""
    prediction.predict(network(), np.ones((9, 9)), tile=64, device="cpu", show_progress=False)  # type: ignore[arg-type]


@mistake
def a_module_for_a_network():
    """a network is a name, a folder, or what geocnn.load or geocnn.fit returned, not Conv2d; of a module of your own
    make a geocnn.checkpoints.Trained(module, card)."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jaxtyping.config, "jaxtyping_disable", True)  # which would refuse it first
        geocnn.predict(torch.nn.Conv2d(1, 1, 3), np.ones((9, 9)), device="cpu")  # type: ignore[arg-type]


@mistake
def an_architecture_of_ones_own():
    """net/card.json names the architecture 'mine', which geocnn has not; if it is a module of your own, load
    weights.safetensors into it and give geocnn.checkpoints.Trained(module, read_card('net'))."""
    edit(network(), "architecture", "mine")
    geocnn.load("net")


@mistake
def too_little_memory_beside_a_result():
    """a tile of 1032 x 8 with its halo of 56 needs 0.9 GB, but 0.65 GB are allowed; give --memory 0.9GB."""
    data = np.broadcast_to(np.float32(1), (1000, 50_000))
    prediction.predict(network(), data, memory="650MB", device="cpu", show_progress=False)


@command
def an_empty_tile():
    """--tile is 0 64; the data need 2 positive whole numbers."""
    return predict(line(), "--tile", "0", "64")


@command
def memory_in_words():
    """--memory is 'much'; write it like 4GB or 800MB."""
    return predict(line(), "--memory", "much")


@command
def memory_with_two_points():
    """--memory is '1.2.3GB'; write it like 4GB or 800MB."""
    return predict(line(), "--memory", "1.2.3GB")


@command
def too_little_memory():
    """a tile of 56 x 64 with its halo of 56 needs 0.7 GB, but 0.5 GB are allowed; give --memory 0.7GB."""
    return predict(line(), "--memory", "500MB")


@command
def no_gpu():
    """device 'cuda' is asked for, but torch finds no GPU here; use --device cpu."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.cuda, "is_available", lambda: False)
        return predict(line(), "--device", "cuda")


@command
def no_such_device():
    """device 'abacus' is not known; use auto, cpu, cuda or cuda:1."""
    return predict(line(), "--device", "abacus")


@pytest.mark.parametrize("name", ["meta", "mps", "xyz", "cuda:x", "CPU", "cuda:-1"])
@pytest.mark.usefixtures("here")
def test_devices_that_torch_knows_and_geocnn_does_not(capsys, name):
    assert predict(line(), "--device", name) == 2
    assert capsys.readouterr().err == f"geocnn: device {name!r} is not known; use auto, cpu, cuda or cuda:1.\n"


@mistake
def more_processes_than_gpus():
    """process 2 of this machine has no GPU of its own, for there are 2; start as many with torchrun
    --nproc-per-node 2."""
    choose_on_two_gpus("cuda", local_rank=2)


@mistake
def a_gpu_beyond_the_last():
    """device 'cuda:2' is asked for, but the last GPU here is cuda:1; use one up to that."""
    choose_on_two_gpus("cuda:2", local_rank=0)


def test_processes_of_torchrun_have_gpus_of_their_own():
    assert [str(choose_on_two_gpus(name, local_rank=1)) for name in ("cuda", "auto", "cuda:0", "cpu")] == [
        "cuda:1",
        "cuda:1",
        "cuda:0",
        "cpu",
    ]


@command
def the_input_as_result():
    """s.sgy is the input itself; choose another name for the result."""
    return predict(segy("s.sgy", [{21: i} for i in range(12)]), "--out", "s.sgy", "--overwrite")


@command
def a_result_around_the_input():
    """g.zarr is the input itself; choose another name for the result."""
    import zarr

    zarr.open_group("g.zarr", mode="w").create_array("a", data=np.ones((9, 9)))
    return predict("g.zarr/a", "--out", "g.zarr", "--overwrite")


@command
def a_result_that_exists():
    """mine.sgy exists already; give --overwrite (in Python overwrite=True) or another name."""
    Path("mine.sgy").write_text("mine")
    return predict(line(), "--out", "mine.sgy")


@command
def a_result_of_no_form():
    """mine.tif: a result needs the suffix .sgy, .segy, .zarr or .npy, or .su where the data have it."""
    return predict(line(), "--out", "mine.tif")


@command
def a_result_in_no_folder():
    """the folder results for mine.sgy does not exist; make it first."""
    return predict(line(), "--out", "results/mine.sgy")


@command
def a_read_only_folder():
    """cannot write mine.sgy in {here}: read-only file system; choose another folder."""
    file = segy("s.sgy", [{21: i} for i in range(12)])
    network()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TraceSink, "_put", refusing(errno.EROFS))
        return predict(file, "--out", "mine.sgy", make=False)


@command
def a_disk_for_one_of_two_surveys():
    """no room for mine.sgy, thin.sgy together: 0.01392 MB are needed, 0.01 MB are free; nothing was left there. Make
    room or choose another folder for some."""
    file = segy("s.sgy", [{21: i} for i in range(12)])
    network()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**6, 10**6, 10_000))
        return predict(file, "--out", "mine.sgy", "--thin", "thin.sgy", make=False)


def with_little_room(*options):
    """Predict a line where there is room for its result alone."""
    np.save("line.npy", np.random.default_rng(0).standard_normal((90, 90)))
    network()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**6, 10**6, 50_000))
        return predict("line.npy", "--out", "mine.npy", *options, make=False)


@command
def a_disk_for_a_survey_and_not_for_mirror_images():
    """no room for mine.npy with 2 steps on the way: 0.0972 MB are needed, 0.05 MB are free; nothing was left there.
    Make room or choose another folder."""
    return with_little_room("--tta")


@command
def a_disk_for_a_survey_and_not_for_a_finer_one():
    """no room for mine.npy with 1 step on the way: 0.09684 MB are needed, 0.05 MB are free; nothing was left there.
    Make room or choose another folder."""
    return with_little_room("--stretch", "1", "2")


@command
def a_limit_for_files():
    """no room for mine.npy in {here}: 0.03253 MB are needed, but files here have a size limit; nothing was left there.
    Lift it with ulimit -f unlimited, or choose another folder or a .zarr, which is many small files."""
    np.save("line.npy", np.random.default_rng(0).standard_normal((90, 90)))
    network()
    with files_of_at_most(20_000):
        return predict("line.npy", "--out", "mine.npy", make=False)


# The log


@command
def a_log_in_no_folder():
    """the log logs/a.jsonl cannot be written (no such file or directory); choose another --log."""
    return predict(line(), "--log", "logs/a.jsonl")


@command
def the_data_as_log():
    """line.npy is the data or the result itself; choose another --log."""
    return predict(line(), "--log", "line.npy")


@command
def a_log_in_the_data():
    """the log g.zarr/log would lie in g.zarr; choose another --log."""
    import zarr

    zarr.create_array("g.zarr", data=np.ones((9, 9)))
    return predict("g.zarr", "--log", "g.zarr/log")


@command
def a_file_of_something_else_as_log():
    """notes.txt exists and is no log of geocnn; choose another --log."""
    Path("notes.txt").write_text("mine")
    return predict(line(), "--log", "notes.txt")


# Workers


@command
def no_workers_at_all():
    """--workers is 0; give the number of processes to start, 1 or more."""
    return predict(line(), "--workers", "0")


@command
def workers_here_and_in_a_cluster():
    """--workers starts processes on this machine and --scheduler takes those of a cluster; give one of the two."""
    return predict(line(), "--workers", "2", "--scheduler", "tcp://127.0.0.1:8786")


@command
def no_dask():
    """--workers and --scheduler need distributed, which is not installed; type pip install 'geocnn[dask]'."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "distributed", None)
        return predict(line(), "--workers", "2")


@command
def no_scheduler():
    """no Dask scheduler answers at tcp://127.0.0.1:9; start one with dask scheduler, or give --workers in place of
    --scheduler."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cluster, "_WAIT", 0.5)
        return predict(line(), "--scheduler", "tcp://127.0.0.1:9")


@command
def a_scheduler_that_is_no_address():
    """no Dask scheduler answers at here://; start one with dask scheduler, or give --workers in place of
    --scheduler."""
    return predict(line(), "--scheduler", "here://")


@mistake
def a_scheduler_without_workers():
    """the Dask scheduler at tcp://127.0.0.1:28786 has no workers; start them with dask worker tcp://127.0.0.1:28786."""
    from distributed import LocalCluster

    options = {"scheduler_port": 28786, "dashboard_address": ":0", "scheduler_kwargs": {"dashboard": False}}
    with pytest.MonkeyPatch.context() as patch, LocalCluster(n_workers=0, **options):
        patch.setattr(cluster, "_WAIT", 0.5)
        prediction.predict(
            network(), line(), "r.npy", scheduler="tcp://127.0.0.1:28786", device="cpu", show_progress=False
        )


@mistake
def workers_for_an_array():
    """workers read the data from a file, and these are in memory; write them into one first, for example with
    numpy.save, and give its path."""
    prediction.predict(network(), np.ones((9, 9)), "r.npy", workers=2, device="cpu", show_progress=False)


@mistake
def workers_for_a_result_in_memory():
    """workers write into a file; name one with --out (in Python out=)."""
    prediction.predict(network(), line(), workers=2, device="cpu", show_progress=False)


@mistake
def workers_of_another_version():
    """a worker has torch 1.0, and 2.0 is needed; install the same versions everywhere."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jobs, "versions", lambda: versions() | {"torch": "1.0"})
        jobs.Job.unpacked(pickle.dumps((versions() | {"torch": "2.0"}, None, b"")))


# What is said without being an error


@pytest.mark.usefixtures("here")
def test_nan_samples_are_counted_located_and_blank(capsys):
    values = np.random.default_rng(0).standard_normal((20, 30))
    values[3, 4:7], values[5] = np.nan, 0
    np.save("line.npy", values)
    assert main(["predict", network(), "line.npy", "--out", "r.npy", "--quiet"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[:2] == [
        "note: 1 of 20 traces is dead or missing; it is zero in the result.",
        "note: 3 samples are NaN or infinite, the first at trace 3, time 4; they are zero in the result.",
    ]
    result = np.load("r.npy")
    assert not result[3, 4:7].any()
    assert not result[5].any()
    assert result[4].all()


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("--threshold 2", "the threshold is 2; a probability between 0 and 1 is needed, such as 0.5."),
        ("--min-size 0", "min_size is 0; a fault has at least 1 voxel: give a positive number, such as 50."),
        ("--every 0", "every is 0; sticks are on every 1st, 2nd, ... line: give a positive number."),
        ("--spacing 0", "spacing is 0; 1 positive number of metres is needed, for trace, such as 25."),
        ("--spacing 10 20", "spacing is 10 20; 1 positive number of metres is needed, for trace, such as 25."),
        ("--velocity -3", "velocity is -3; a positive number of m/s is needed, such as 2000."),
    ],
)
def test_numbers_for_faults_are_refused_before_any_work(here, capsys, option, said):
    np.save("line.npy", np.random.default_rng(0).standard_normal((20, 30)))
    words = ["predict", "faults", "line.npy", "--out", "r.npy", "--table", "t.csv", "--sticks", "s.dat", "--quiet"]
    assert main([*words, *option.split()]) == 2
    assert capsys.readouterr().err == f"geocnn: {said}\n"
    assert [path.name for path in here.iterdir()] == ["line.npy"]


@pytest.mark.usefixtures("here")
def test_samples_of_one_sign_are_no_reflection_amplitudes(capsys):
    values = 1500 + 20 * np.arange(40.0)[None] + np.random.default_rng(0).standard_normal((24, 40))
    np.save("velocity.npy", values)
    assert main(["predict", "faults", "velocity.npy", "--out", "r.npy", "--quiet", "--stretch", "1", "0.5"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == (
        f"note: all samples lie from {values.min():.4g} to {values.max():.4g}, on one side of zero; faults-2d has "
        "learnt from reflection amplitudes, and its answer means little for velocities or attributes."
    )
    np.save("eight-bit.npy", values.astype(np.uint8))
    assert main(["predict", "faults", "eight-bit.npy", "--out", "s.npy", "--quiet", "--stretch", "1"]) == 0
    assert "one side" not in capsys.readouterr().out


@pytest.mark.usefixtures("here")
def test_what_a_card_has_too_much_and_too_little_is_said(capsys):
    edit(network(), "colour", "red")
    edit("net", "reach", 8)
    assert main(["predict", "net", line(), "--out", "r.npy", "--quiet"]) == 0
    assert capsys.readouterr().out.splitlines()[:2] == [
        "note: the card of tiny has colour, which this geocnn does not know.",
        "note: the card of tiny has reach=8, but its layers need reach=51; that is used. Write it into the card.",
    ]


@pytest.mark.usefixtures("here")
def test_a_survey_below_the_size_rule_is_padded(capsys):
    np.save("line.npy", np.random.default_rng(0).standard_normal((5, 30)))
    assert main(["predict", network(), "line.npy", "--out", "r.npy", "--quiet"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "note: trace has only 5 samples, fewer than the network's 8; padded by reflection."
    assert np.load("r.npy").shape == (5, 30)


@pytest.mark.usefixtures("here")
def test_a_picture_that_cannot_be_written_is_a_note(capsys):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("matplotlib.figure.Figure.savefig", lambda *_, **__: refusing(errno.ENOSPC)())
        assert main(["predict", network(), line(), "--out", "r.npy", "--quiet"]) == 0
        assert main(["predict", "net", line(), segy("l.sgy", [{21: i} for i in range(12)]).name, "--quiet"]) == 0
    out, err = capsys.readouterr()
    said = out.splitlines()
    told = [row for row in said if "picture" in row]
    assert said[-1] == told[-1]
    assert told[0].startswith("note: there is no picture, ")
    assert "r.png" in told[0]
    assert len(told) == 3
    assert err == ""
    assert Path("r.npy").exists()


@pytest.mark.usefixtures("here")
def test_pictures_of_others_are_kept(capsys):
    Path("r.png").write_text("mine")
    assert main(["predict", network(), line(), "--out", "r.npy", "--quiet"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "picture r-2.png"
    assert Path("r.png").read_text() == "mine"


@pytest.mark.usefixtures("here")
def test_a_folder_takes_the_result():
    Path("results").mkdir()
    assert main(["predict", network(), line(), "--out", "results", "--quiet"]) == 0
    assert sorted(p.name for p in Path("results").iterdir()) == ["line-net.npy", "line-net.png"]
