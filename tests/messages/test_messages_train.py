"""Mistakes in training, whatever is learnt."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.messages.entries import Table, checks_of_commands, checks_of_mistakes
from tests.messages.materials import files_of_at_most, fit, job, run

import geocnn
from geocnn.datasets import TensorSamples
from geocnn.training import Recipe, Schedule

mistake, command = Table(), Table()


test_message = checks_of_mistakes(mistake)
test_command = checks_of_commands(command)


# Training from Python


@mistake
def nan_in_training():
    """training samples 3, 7: 3 values are NaN or infinite, the first at index 5 of sample 3, and one of them ruins a
    whole run; replace them or leave the samples out."""
    made = job()
    inputs, targets = (t.clone() for t in made.train[range(10)])
    inputs[3, 0, 5], inputs[7, 0, 1:3] = np.nan, np.inf
    fit(replace(made, train=TensorSamples(inputs, targets)))


@mistake
def loss_that_explodes():
    """the loss became nan in epoch 1, batch 2 (samples 4, 5, 6, 7); use a smaller --learning-rate, and look at these
    samples."""
    made = job()
    fit(replace(made, schedule=replace(made.schedule, learning_rate=1e30, batch_size=4)))


@mistake
def nan_in_validation():
    """the loss of the validation samples 0 to 1 is nan after epoch 1; look at these samples for NaN, or use a smaller
    --learning-rate."""
    made = job()
    inputs, targets = made.validation[range(2)]
    inputs = inputs.clone()
    inputs[1, 0, 5] = np.nan
    fit(replace(made, validation=TensorSamples(inputs, targets)))


@mistake
def nothing_to_train():
    """there are 0 train samples; at least one is needed."""
    made = job()
    inputs, targets = made.train[range(10)]
    fit(replace(made, train=TensorSamples(inputs[:0], targets[:0])))


@mistake
def resume_without_folder():
    """--resume is given without a run folder; name it with --out."""
    fit(job(), resume=True)


@mistake
def resume_of_another_job():
    """the run in run was started with learning_rate 0.005, and this one has learning_rate 0.5; give the same arguments,
    or start again with --overwrite."""
    fit(job(), out="run")
    fit(job(learning_rate=0.5), out="run", resume=True)


@command
def resume_of_another_recipe():
    """the run in mine is one of the recipe traces, and digits cannot go on with it; give traces, another --out, or
    start again with --overwrite."""
    fit(job(), out="mine")
    return run("train", "digits", "--resume", "--out", "mine", "--epochs", "1")


@mistake
def resume_with_another_network():
    """the run in run has another network (0.weight has 4 x 1 x 3 numbers instead of 6 x 1 x 3); give the one that it
    was started with, or start again with --overwrite."""

    def own(width: int) -> Recipe:
        layers = torch.nn.Conv1d(1, width, 3), torch.nn.AdaptiveAvgPool1d(1), torch.nn.Flatten()
        return replace(job(), model=torch.nn.Sequential(*layers, torch.nn.Linear(width, 3)))

    fit(own(4), out="run")
    fit(own(6), out="run", resume=True)


@mistake
def resume_with_other_samples():
    """the data that the run in run learns from have changed since it began; bring back what they were, or start again
    with --overwrite."""
    own = replace(job(), card=job().card.replace(training={}))
    fit(own, out="run")
    inputs, targets = own.train[range(len(own.train))]
    fit(replace(own, train=TensorSamples(inputs, 1 - targets)), out="run", resume=True)


@mistake
def a_run_that_cannot_be_removed():
    """run/weights.safetensors cannot be removed (permission denied); choose another folder with --out."""
    fit(job(), out="run")
    plain = Path.unlink

    def refuse(path: Path, *, missing_ok: bool = False) -> None:
        if path.name == "weights.safetensors":
            raise PermissionError(13, "Permission denied")
        plain(path, missing_ok=missing_ok)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "unlink", refuse)
        fit(job(), out="run", overwrite=True)


@mistake
def damaged_state():
    """run/state.safetensors is damaged (Error while deserializing header: header too large); start again with
    --overwrite."""
    fit(job(), out="run")
    Path("run/state.safetensors").write_bytes(b"8 bytes.")
    fit(job(), out="run", resume=True)


@mistake
def unknown_decay():
    """decay is 'linear'; it is constant or cosine."""
    Schedule(epochs=1, batch_size=1, learning_rate=1, decay="linear")  # type: ignore[arg-type]


@mistake
def average_that_never_forgets():
    """ema is 1; the decay of an average lies between 0 and 1, for example 0.995."""
    Schedule(epochs=1, batch_size=1, learning_rate=1, ema=1.0)


@mistake
def unknown_precision():
    """precision is 'fp16'; it is one of auto, float32, bf16."""
    Schedule(epochs=1, batch_size=1, learning_rate=1, precision="fp16")  # type: ignore[arg-type]


@mistake
def unknown_recipe_in_python():
    """there is no recipe 'fault'; did you mean faults?"""
    geocnn.fit("fault")


# geocnn train


@command
def a_crop_of_odd_size():
    """--crop is 95 96 96; needed are 3 multiples of 8, 16 or more, such as --crop 96 96 96."""
    return run("train", "faults", "--crop", "95", "96", "96")


@command
def a_crop_with_too_few_numbers():
    """--crop is 96 96; needed are 3 multiples of 8, 16 or more, such as --crop 96 96 96."""
    return run("train", "faults", "--crop", "96", "96")


@command
def no_samples():
    """--samples is 0, --bottleneck 128, --residual 0 and --seed 0; needed are 1 or more samples and channels, and
    blocks and a seed of 0 or more."""
    return run("train", "faults", "--samples", "0")


@command
def no_epochs():
    """epochs is 0, batch_size 1 and learning_rate 0.002; needed are 1 or more epochs, 1 or more samples a batch and a
    learning rate above 0."""
    return run("train", "faults", "--epochs", "0")


@command
def fewer_workers_than_none():
    """workers is -1; needed are 0 (no process besides this one) or more."""
    return run("train", "faults", "--workers", "-1")


@command
def an_endless_learning_rate():
    """epochs is 25, batch_size 1 and learning_rate inf; needed are 1 or more epochs, 1 or more samples a batch and a
    learning rate above 0."""
    return run("train", "faults", "--learning-rate", "inf")


@command
def a_negative_seed():
    """seed is -1; it must be a whole number from 0 to 2^63 - 1, for example 42."""
    return run("train", "traces", "--seed", "-1")


@mistake
def seed_in_words():
    """seed is lucky; it must be a whole number from 0 to 2^63 - 1, for example 42."""
    geocnn.fit("traces", seed="lucky")


@mistake
def a_number_for_a_recipe():
    """a recipe is a name, such as traces, or a geocnn.training.Recipe, not int; give one of these."""
    geocnn.fit(7)  # type: ignore[arg-type]


@command
def seed_beyond_64_bits():
    """seed is 99999999999999999999; it must be a whole number from 0 to 2^63 - 1, for example 42."""
    return run("train", "traces", "--seed", "99999999999999999999")


@command
def arrivals_outside_the_trace():
    """count is 180 and arrivals peak at samples 12..70 of 64; needed are 3 traces or more and arrivals within 1..64,
    first number not above the second."""
    return run("train", "traces", "--centres", "12", "70")


@command
def noise_below_nothing():
    """noise is -0.1 and 144 of 180 traces are for training; noise must be 0 or larger and training must leave some
    traces for the holdout, for example noise 0.03 and train 0.8."""
    return run("train", "traces", "--noise", "-0.1")


@command
def a_gpu_to_train_on():
    """device 'cuda' is asked for, but torch finds no GPU here; use --device cpu."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.cuda, "is_available", lambda: False)
        return run("train", "faults", "--device", "cuda", "--out", "runs/mine")


@command
def a_run_that_exists():
    """mine already holds a run; continue it with --resume, or replace it with --overwrite."""
    Path("mine").mkdir()
    Path("mine/card.json").write_text("mine")
    return run("train", "traces", "--out", "mine")


@command
def a_run_in_a_file():
    """mine cannot be made (file exists); choose another folder with --out."""
    Path("mine").write_text("mine")
    return run("train", "traces", "--out", "mine")


@command
def resume_of_no_run():
    """--resume is given without the run to continue; name it, for example --out runs/traces."""
    return run("train", "traces", "--resume")


@command
def resume_of_an_empty_folder():
    """mine has no state.safetensors to resume from; start without --resume."""
    return run("train", "traces", "--resume", "--out", "mine")


@command
def a_disk_that_fills_up_in_training():
    """mine/state.safetensors cannot be written (file too large); make room there, or choose another folder."""
    with files_of_at_most(20_000):
        return run("train", "traces", "--out", "mine", "--quiet")


@command
def options_of_another_model():
    """--bottleneck is 3 and --residual 0, which --model unet does not have; leave them out, or give --model
    faultseg."""
    return run("train", "faults", "--ndim", "2", "--bottleneck", "3")


@command
def a_share_of_no_records():
    """--records-share is 0.4 of no seismograms; name their file or folder with --records, or leave --records-share
    out."""
    return run("train", "quakes", "--records-share", "0.4")


@command
def a_share_of_no_noise():
    """--noise-share is 0.1 of no seismograms; name their file or folder with --noise, or leave --noise-share out."""
    return run("train", "quakes", "--noise-share", "0.1")


@command
def a_share_of_no_noise_for_a_detector():
    """--noise-share is 0.9 of no seismograms; name their file or folder with --noise, or leave --noise-share out."""
    return run("train", "detector", "--noise-share", "0.9")


@command
def velocities_beside_those_of_layers():
    """--velocity-model crust.csv gives the velocities, in place of --vp and --ratio; leave out --vp 5 6, or
    --velocity-model."""
    Path("crust.csv").write_text("depth_km,vp_km_s,vs_km_s\n0,5.8,3.4\n")
    return run("train", "detector", "--velocity-model", "crust.csv", "--vp", "5", "6", "--quiet")


@command
def two_velocities_beside_those_of_layers():
    """--velocity-model crust.csv gives the velocities, in place of --vp and --ratio; leave out --vp 5 6 --ratio 1.7
    1.75, or --velocity-model."""
    velocities = ("--vp", "5", "6", "--ratio", "1.7", "1.75")
    return run("train", "detector", "--velocity-model", "crust.csv", *velocities, "--quiet")


@command
def no_epochs_of_traces():
    """--epochs is 0 and --learning-rate 0.005; needed are 1 or more epochs and a learning rate above 0."""
    return run("train", "traces", "--epochs", "0")
