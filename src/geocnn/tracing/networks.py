"""Traces of our networks, and the receptive field of their last map that has positions."""

from collections.abc import Sequence

from torch import Tensor, nn

from geocnn.errors import DataError
from geocnn.models.base import Classifier, Network, Segmenter
from geocnn.tracing.field import Field
from geocnn.tracing.recording import Trace, trace

__all__ = ["reach_of", "receptive_field", "trace_network", "wide_window"]

_WIDE = 1024
"""Samples per axis of a wide window: more than any network needs. On the meta device a large window costs nothing."""


def wide_window(model: Network) -> tuple[int, ...]:
    """Samples per axis of a window that leaves several samples in the deepest map, or the only size allowed."""
    return model.sizes.above((_WIDE,) * model.ndim)


def trace_network(model: Network, space: Sequence[int] | None = None) -> Trace:
    """Record everything that a network does with one window.

    The results are those of the network; for a classifier the last map with positions (``forward_features``) follows,
    so that :attr:`Trace.fields` is the receptive field of the network.

    Args:
        model: the network.
        space: samples per axis; default :func:`wide_window`.

    Raises:
        DataError: the network does not accept such windows, or has an operator that is not known.
    """
    space = wide_window(model) if space is None else space
    model.sizes.check(type(model).__name__, space)
    return trace(model, (model.in_channels, *space), _results)


def receptive_field(model: nn.Module, window: Sequence[int] | None = None) -> tuple[Field, ...] | None:
    """Input samples per axis that a sample of the last map with positions depends on; None if these are all.

    For chains of layers the size is ``1 + sum_i dilation_i (kernel_i - 1) prod_(j < i) stride_j``. Behind up-sampling
    it depends on the position; :attr:`Field.size` is the largest.

    Args:
        model: a network of geocnn, or any module.
        window: channels and samples per axis for a module that is no network of geocnn, such as ``(1, 256, 256)``: more
                samples than it can see. Only shapes are computed, so that a large window costs nothing.

    Raises:
        DataError: an operator is not known, or a module that is no network of geocnn has no window.
    """
    return _fields(_trace(model, window))


def reach_of(model: nn.Module, window: Sequence[int] | None = None) -> int | None:
    """Distance in samples at which input can still change an output sample, for the card; None for the whole window.

    It is None for classifiers, for networks with instance or group normalisation, and for those that tell places apart,
    such as by coordinates among their channels: in a part of a window the places would be others.

    Args:
        model: a network of geocnn, or any module that keeps the size of its input.
        window: for a module that is no network of geocnn, as for :func:`receptive_field`.

    Raises:
        DataError: an operator is not known, or a module that is no network of geocnn has no window.
    """
    if isinstance(model, Classifier):
        return None
    found = _trace(model, window)
    fields = None if found.placed else _fields(found)
    margin = model.margin if isinstance(model, Segmenter) else 0
    return None if fields is None else max(field.reach(margin) for field in fields)


def _trace(model: nn.Module, window: Sequence[int] | None) -> Trace:
    """Trace of any module; the arguments are those of :func:`receptive_field`.

    Raises:
        DataError: an operator is not known, or a module that is no network of geocnn has no window.
    """
    return trace_network(model) if isinstance(model, Network) else _own(model, _given(model, window))


def _fields(found: Trace) -> tuple[Field, ...] | None:
    """Receptive field per axis of a trace; None if it is all of an axis."""
    fields = [field for field in found.fields if field is not None]
    return tuple(fields) if len(fields) == len(found.fields) else None


def _own(model: nn.Module, window: tuple[int, ...]) -> Trace:
    """Trace of a module that is no network of geocnn.

    Raises:
        DataError: an operator is not known, or the module fails with this window, or with its shape alone.
    """
    try:
        return trace(model, window)
    except (RuntimeError, TypeError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
        raise DataError(
            f"{type(model).__name__} fails with the window {window}, of which there is the shape but no samples "
            f"({reason}); give channels and samples per axis that it takes, or write the reach into the card yourself."
        ) from error


def _given(model: nn.Module, window: Sequence[int] | None) -> tuple[int, ...]:
    """Window for a module that is no network of geocnn; it must be given.

    Raises:
        DataError: it is not.
    """
    if window is None:
        raise DataError(
            f"{type(model).__name__} is no network of geocnn, which know the windows that they take; give channels and "
            "samples per axis, such as (1, 256, 256)."
        )
    return tuple(window)


def _results(model: nn.Module, x: Tensor) -> list[Tensor]:
    """Result of the network and, for a classifier, its features; ``model`` is changed, so it must be a copy."""
    if not isinstance(model, Classifier):
        return [model(x)]
    features, seen = model.forward_features, []

    def observed(x: Tensor) -> Tensor:
        seen.append(features(x))
        return seen[-1]

    model.forward_features = observed  # type: ignore[method-assign]
    return [model(x), *seen]
