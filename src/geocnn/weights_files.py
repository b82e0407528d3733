"""Load weights from elsewhere, such as torchvision and timm: strictly, or not at all.

A .pth file is a pickle, which may contain any program. It is read by the reader of torch that knows tensors only
(``weights_only``), so that nothing in it is ever run. A .safetensors file cannot contain programs.
"""

import re
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from pickle import UnpicklingError
from pickletools import genops
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from geocnn.errors import FormatError, MissingError
from geocnn.io import system
from geocnn.words import size_text

__all__ = ["SUFFIXES", "carry_over", "is_numbered", "load_weights", "misfit", "read_weights"]

SUFFIXES = (".safetensors", ".pth", ".pt", ".bin")
"""Suffixes of files of weights."""

_NESTS = ("state_dict", "model_state_dict", "model_state", "model")
"""Keys under which training programs store the weights beside the rest of their state."""
_PREFIXES = ("module.", "_orig_mod.", "model.", "net.")
"""Prefixes that training on several GPUs, compilation, and modules of Lightning put in front of every name.
"""


def load_weights(model: nn.Module, path: str | Path, *, other_classes: bool = False) -> list[str]:
    """Put the weights of a file into a network; names and shapes of all tensors must agree.

    Counters of batches (``num_batches_tracked``), which old files lack, may be missing.

    Args:
        model: the network, changed in place.
        path: .safetensors, or .pth, .pt or .bin with a state dictionary, at the top or under "state_dict",
            "model_state_dict", "model_state" or "model".
        other_classes: let the last layer keep its weights where the file has them for another number of classes.

    Returns:
        Names of the tensors that kept their weights for this reason.

    Raises:
        MissingError: there is no such file.
        FormatError: the file is of another kind, damaged, contains code, or holds weights of another network.
    """
    path = Path(path)
    wanted, found = model.state_dict(), read_weights(path)
    counters = {k: v for k, v in wanted.items() if k.endswith("num_batches_tracked") and k not in found}
    kept = _last_layer(wanted, found) if other_classes else []
    found = found | counters | {k: wanted[k] for k in kept}
    if (difference := misfit(wanted, found)) is not None:
        raise FormatError(
            f"{path} does not fit the network ({difference}); choose the architecture, channels and classes that these "
            "weights were made for."
        )
    model.load_state_dict(found)
    return kept


def carry_over(
    model: nn.Module,
    other: nn.Module,
    found: Mapping[str, Tensor],
    classes: tuple[Sequence[str], Sequence[str]],
    name: str,
) -> list[str]:
    """Put the weights of a trained network into one for other classes; the last layer goes by their names.

    Where all names of one of the two are mere numbers and there are as many, nothing says that they mean something
    else, and the numbers count. A network with one map tells its only class from everything else, which a map among
    several does not; so it has the last layer of no network with several, and the other way round.

    Args:
        model: the network, changed in place; what is not known stays as it is.
        other: the same with another number of maps, which tells by its shapes what belongs to a class.
        found: weights of the trained network.
        classes: names of its classes, and of those of the network.
        name: of the trained network, for the message.

    Returns:
        Names of the classes whose weights start anew.

    Raises:
        FormatError: the networks differ in more than their classes.
    """
    own, state, learnt = model.state_dict(), dict(found), {name for name, _ in model.named_parameters()}
    layer = {k: _class_axis(own[k], v) for k, v in other.state_dict().items() if own[k].shape != v.shape}
    old, new = classes
    if len(old) == len(new) and (is_numbered(old) or is_numbered(new)):
        rows = {k: k for k in range(len(new))}
    elif is_numbered(old) or is_numbered(new) or (len(old) == 1) != (len(new) == 1):
        rows = {}
    else:
        rows = {k: list(old).index(one) for k, one in enumerate(new) if one in old}
    for key, axis in layer.items():
        if key not in found or found[key].shape != (*own[key].shape[:axis], len(old), *own[key].shape[axis + 1 :]):
            continue  # which is told below
        carried = {row: found[key].select(axis, was) for row, was in rows.items()}
        others = list(own[key].unbind(axis))
        if key not in learnt:  # codes of LeNet-5, of which no two classes may have the same
            others = [one for one in others if not any(torch.equal(one, code) for code in carried.values())]
        free = iter(others)
        state[key] = torch.stack([carried[k] if k in carried else next(free) for k in range(len(new))], axis)
    if (difference := misfit(own, state)) is not None:
        raise FormatError(
            f"{name} does not fit the network ({difference}); choose the architecture and channels that its weights "
            "were made for."
        )
    model.load_state_dict(state)
    return [one for k, one in enumerate(new) if k not in rows]


def is_numbered(classes: Sequence[str]) -> bool:
    """Whether the names of classes are mere numbers, such as "2" and "class 2", which say nothing."""
    return all(re.fullmatch(r"(class )?-?\d+", name) for name in classes)


def _class_axis(tensor: Tensor, other: Tensor) -> int:
    """Axis along which a tensor of the last layer has the classes: where it differs for another number of them."""
    return next(axis for axis, (n, m) in enumerate(zip(tensor.shape, other.shape, strict=True)) if n != m)


def read_weights(path: Path) -> dict[str, Tensor]:
    """The state dictionary in a file: tensors by name, on the processor.

    Raises:
        MissingError: there is no such file.
        FormatError: the file is of another kind, damaged, or contains code.
    """
    content = _content(path)
    while isinstance(content, Mapping):
        inner = next((content[k] for k in _NESTS if isinstance(content.get(k), Mapping)), None)
        if inner is None:
            break
        content = inner
    # Some programs store other objects, such as a list of grey values, among the tensors.
    tensors = {k: v for k, v in content.items() if isinstance(v, Tensor)} if isinstance(content, Mapping) else {}
    if not tensors:
        raise FormatError(f"{path} holds no tensors with names; save the state_dict() of the network instead.")
    for prefix in _PREFIXES:
        if all(k.startswith(prefix) for k in tensors):
            tensors = {k.removeprefix(prefix): v for k, v in tensors.items()}
    return tensors


def misfit(wanted: Mapping[str, Tensor], found: Mapping[str, Tensor]) -> str | None:
    """First difference between the tensors of a network and those of a file; None if they fit."""
    for name in dict.fromkeys([*wanted, *found]):
        if name not in found or name not in wanted:
            return f"{name} is {'missing' if name in wanted else 'too much'}"
        have, need = (size_text(t.shape) for t in (found[name], wanted[name]))
        if have != need:
            return f"{name} has {have} numbers instead of {need}"
    return None


def _content(path: Path) -> Any:  # noqa: ANN401  (whatever lies in the file)
    """Content of a file, read according to its suffix; errors as for :func:`read_weights`."""
    if not path.is_file():
        raise MissingError(f"there is no file of weights {path}; check the name.")
    if path.suffix.lower() not in SUFFIXES:
        raise FormatError(f"{path} is no file of weights by its name; needed is one of {', '.join(SUFFIXES)}.")
    try:
        return load_file(path) if path.suffix.lower() == ".safetensors" else _unpickled(path)
    except PermissionError as error:
        raise FormatError(f"{path} cannot be read ({system.reason(error)}); check its permissions.") from None
    except FormatError:
        raise
    except (SafetensorError, UnpicklingError, RuntimeError, ValueError, OSError, EOFError, LookupError, AttributeError):
        raise FormatError(
            f"{path} is no file of weights, or a damaged one; copy it again from its source, or save the weights as "
            ".safetensors."
        ) from None


def _unpickled(path: Path) -> Any:  # noqa: ANN401  (whatever lies in the file)
    """Content of a pickle that consists of tensors, numbers and words.

    Raises:
        FormatError: there is anything else in it.
        UnpicklingError: it is damaged or no pickle; other errors are possible then, too.
    """
    try:
        with warnings.catch_warnings():
            # Warnings about files that torch did not write as weights; what matters is whether they can be read.
            warnings.filterwarnings("ignore", "Detected pickle protocol|'torch.load' received a zip file", UserWarning)
            return torch.load(path, map_location="cpu", weights_only=True)
    except UnpicklingError as error:
        if "GLOBAL" not in str(error) and not _calls(path):
            raise
        raise FormatError(
            f"{path} holds code besides numbers and was not opened, for opening it could run anything; have its source "
            "save the state_dict() of the network as .safetensors."
        ) from None


def _calls(path: Path) -> bool:
    """Whether a file is a pickle that names functions or classes; it is read, not run."""
    try:
        return any("GLOBAL" in code.name or code.name == "INST" for code, _, _ in genops(path.read_bytes()))
    except (ValueError, UnicodeDecodeError):
        return False


def _last_layer(wanted: Mapping[str, Tensor], found: Mapping[str, Tensor]) -> list[str]:
    """Tensors of the last layer that differ only in the number of classes."""
    layer = list(wanted)[-1].rpartition(".")[0]
    names = [k for k in wanted if k.rpartition(".")[0] == layer and k in found and found[k].shape != wanted[k].shape]
    changes = {
        (have, need)
        for k in names
        for have, need in zip(found[k].shape, wanted[k].shape, strict=len(found[k].shape) == len(wanted[k].shape))
        if have != need
    }
    return names if len(changes) == 1 and all(found[k].ndim == wanted[k].ndim for k in names) else []
