"""Mistakes with the data of geocnn train digits and membranes, which are not ours."""

import sys
from pathlib import Path

import numpy as np
import pytest

from geocnn.cli import main

_MNIST = (
    "MNIST (LeCun, Cortes, Burges) is a folder with train-images-idx3-ubyte, train-labels-idx1-ubyte, "
    "t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, packed with gzip or not, or with two .npz files, one with "
    "train and one with test in its name, each with the arrays images (number, rows, columns) and labels."
)
_ISBI = (
    "the data are those of the ISBI 2012 challenge (Cardona et al. 2010, PLoS Biology 8(10), e1000502): save the "
    "sections as image (sections, rows, columns) and what is no membrane as interior (same shape, True inside cells) "
    "with numpy.savez."
)


def test_where_the_data_come_from_is_said():
    """The two sentences behind the next messages, word for word."""
    from geocnn.recipes.digits import WHERE as MNIST
    from geocnn.recipes.membranes import WHERE as ISBI

    assert (f"{MNIST}.", f"{ISBI}.") == (_MNIST, _ISBI)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["digits", "--data", "nowhere"], f"there is no train-images-idx3-ubyte in nowhere; {_MNIST}"),
        (
            ["digits", "--data", "damaged"],
            "damaged/train-images-idx3-ubyte is damaged or no IDX file of bytes; copy it again.",
        ),
        (
            ["digits", "--data", "floats"],
            f"floats has images (3, 4, 4) of float64 and labels (3,) for train; {_MNIST}",
        ),
        (["digits", "--data", "small", "--train", "9"], "--train is 9 and there are 3 digits; give 1 to 3."),
        (["digits", "--shift", "-1"], "--shift is -1; needed is 0 or more samples."),
        (
            ["digits", "--shift", "32"],
            "--shift is 32 and the windows have 32 samples along their shortest axis; needed are fewer.",
        ),
        (["digits", "--width", "8"], "--model lenet5 has one width; leave --width out."),
        (
            ["digits", "--no-residual"],
            "--model lenet5 has no shortcuts; give no --no-residual, or choose a residual network, such as --model "
            "resnet20.",
        ),
        (
            ["digits", "--model", "resnet20", "--width", "0"],
            "--width is 0; resnet20 takes a whole number of channels, 1 or more.",
        ),
        (["membranes"], f"the recipe membranes needs --data FILE.npz; {_ISBI}"),
        (["membranes", "--data", "no.npz"], f"there is no file no.npz; {_ISBI}"),
        (["membranes", "--data", "text.npz"], f"text.npz is no .npz file of plain arrays; {_ISBI}"),
        (["membranes", "--data", "code.npz"], f"code.npz is no .npz file of plain arrays; {_ISBI}"),
        (["membranes", "--data", "a.npy"], f"a.npy is no .npz file of plain arrays; {_ISBI}"),
        (["membranes", "--dropout", "1.5"], "--dropout is 1.5; it is a share from 0 up and below 1, such as 0.5."),
        (
            ["membranes", "--data", "cells.npz", "--test", "1", "--border-weight", "-1"],
            "--border-weight is -1 and --offset 0.5 0.25; needed are a weight of 0 or more and fewer pixels than the "
            "sections have.",
        ),
        (
            ["membranes", "--data", "cells.npz", "--test", "1", "--offset", "0", "-64"],
            "--border-weight is 0 and --offset 0 -64; needed are a weight of 0 or more and fewer pixels than the "
            "sections have.",
        ),
        (["membranes", "--data", "a.npz"], f"a.npz has the arrays a and not image, interior; {_ISBI}"),
        (
            ["membranes", "--data", "shapes.npz"],
            "shapes.npz has image (3, 64, 64) and interior (3, 64, 60); both must be (sections, rows, columns).",
        ),
        (["membranes", "--data", "cells.npz", "--test", "3"], "--test is 3 and cells.npz has 3 sections; give 1 to 2."),
        (
            ["membranes", "--data", "cells.npz", "--test", "1"],
            "--crop is 256 and the sections have 64 x 64 pixels; less fits.",
        ),
        (
            ["membranes", "--data", "cells.npz", "--test", "1", "--crop", "50"],
            "--model unet got windows of 50 x 50 samples; it takes multiples of 16: pad to 64 x 64.",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
@pytest.mark.usefixtures("here")
def test_data_of_the_recipes(capsys, words, said):
    for folder in ("nowhere", "damaged", "floats", "small"):
        Path(folder).mkdir()
    Path("damaged", "train-images-idx3-ubyte").write_bytes(b"\0\0\x08\x03" + bytes(9))
    Path("damaged", "train-labels-idx1-ubyte").write_bytes(b"")
    for part in ("train", "test"):
        np.savez(Path("floats", f"{part}.npz"), images=np.zeros((3, 4, 4)), labels=np.zeros(3, np.int64))
        np.savez(Path("small", f"{part}.npz"), images=np.zeros((3, 4, 4), np.uint8), labels=np.zeros(3, np.int64))
    Path("text.npz").write_text("not an archive")
    np.savez("code.npz", image=np.array([{}], dtype=object), interior=np.zeros(1))
    np.savez("a.npz", a=np.zeros(3))
    np.save("a.npy", np.zeros(3))
    np.savez("shapes.npz", image=np.zeros((3, 64, 64)), interior=np.zeros((3, 64, 60)))
    np.savez("cells.npz", image=np.zeros((3, 64, 64)), interior=np.ones((3, 64, 64), np.bool_))
    assert main(["train", *words, "--quiet"]) == 2
    out, err = capsys.readouterr()
    assert (out, err) == ("", f"geocnn: {said}\n")


@pytest.mark.usefixtures("here")
def test_digits_without_scikit_learn(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    assert main(["train", "digits", "--quiet"]) == 2
    said = "without --data the digits are those of scikit-learn: pip install 'geocnn[digits]'. Else give a folder; "
    assert capsys.readouterr().err == f"geocnn: {said}{_MNIST}\n"
