"""Maps of operators that move, choose or join samples but compute nothing."""

from geocnn.tracing.call import Call
from geocnn.tracing.maps import Map, Part, Untraceable
from geocnn.tracing.windows import taps

__all__ = [
    "concatenated",
    "index_selected",
    "indexed",
    "permuted",
    "selected",
    "sliced",
    "split",
    "squeezed",
    "stacked",
    "transposed",
    "unbound",
    "unsqueezed",
    "viewed",
]


def sliced(call: Call) -> Map:
    """Map of every n-th sample of a range."""
    source = call.source
    dim = call.get(1, 0) % len(source.dims)
    size, step = source.shape[dim], call.get(4, 1)
    start = call.get(2) or 0
    start = min(size, start if start >= 0 else max(0, size + start))
    if call.shapes[0] == source.shape:
        return source
    return source.windowed(dim, call.shapes[0][dim], taps(1, step, -start, 1), inputs=step)


def _channels_only(source: Map, dim: int) -> None:
    """Refuse to choose samples along an axis of space: those that are left are not evenly spaced.

    Raises:
        Untraceable: the dimension is an axis of space.
    """
    if any(source.fields[axis] is not None for axis in source.axes(dim)):
        raise Untraceable("chooses single samples along an axis of space")


def selected(call: Call) -> Map:
    """Map of one index of a dimension without positions; the dimension is dropped."""
    source = call.source
    dim = call.args[1] % len(source.dims)
    _channels_only(source, dim)
    return source.with_dims([parts for d, parts in enumerate(source.dims) if d != dim])


def indexed(call: Call) -> Map:
    """Map of some indices of a dimension without positions, as chosen by brackets."""
    source, given = call.source, call.args[1]
    chosen = [dim for dim, index in enumerate(given) if index is not None]
    if len(chosen) != 1 or given[chosen[0]].ndim != 1:
        raise Untraceable("chooses samples by several indices")
    _channels_only(source, chosen[0])
    return source.resized(chosen[0], call.shapes[0][chosen[0]])


def index_selected(call: Call) -> Map:
    """Map of some indices of a dimension without positions, as chosen by ``index_select``."""
    dim = call.args[1] % len(call.source.dims)
    _channels_only(call.source, dim)
    return call.source.resized(dim, call.shapes[0][dim])


def split(call: Call) -> list[Map]:
    """Maps of the pieces of a dimension without positions."""
    dim = call.get(2, 0) % len(call.source.dims)
    _channels_only(call.source, dim)
    return [call.source.resized(dim, shape[dim]) for shape in call.shapes]


def unbound(call: Call) -> list[Map]:
    """Maps of all single indices of a dimension without positions; the dimension is dropped."""
    dim = call.get(1, 0) % len(call.source.dims)
    _channels_only(call.source, dim)
    return [call.source.with_dims([p for d, p in enumerate(call.source.dims) if d != dim])] * len(call.shapes)


def concatenated(call: Call) -> Map:
    """Map of maps concatenated along a dimension without positions."""
    dim = call.get(1, 0) % len(call.shapes[0])
    for source in call.maps:
        _channels_only(source, dim)
    return Map.joined([m.resized(dim, call.shapes[0][dim]) for m in call.maps], call.shapes[0]).told_apart(call.uneven)


def stacked(call: Call) -> Map:
    """Map of maps stacked along a new dimension."""
    dim = call.get(1, 0) % len(call.shapes[0])
    count = call.shapes[0][dim]
    maps = [m.with_dims([*m.dims[:dim], (Part(count),), *m.dims[dim:]]) for m in call.maps]
    behind = dim - len(call.shapes[0])  # dimensions before it are one further from the last than they were
    return Map.joined(maps, call.shapes[0]).told_apart([d if d > behind else d - 1 for d in call.uneven])


def viewed(call: Call) -> Map:
    """Map of the same samples in another shape."""
    return call.source.viewed(call.shapes[0])


def unsqueezed(call: Call) -> Map:
    """Map with a new dimension of one sample."""
    dims = list(call.source.dims)
    dims.insert(call.args[1] % (len(dims) + 1), (Part(1),))
    return call.source.with_dims(dims)


def squeezed(call: Call) -> Map:
    """Map without the dimensions of one sample."""
    dims, shape = call.source.dims, call.source.shape
    given = call.get(1, list(range(len(dims))))
    gone = {d % len(dims) for d in ([given] if isinstance(given, int) else given) if shape[d] == 1}
    return call.source.with_dims([parts for d, parts in enumerate(dims) if d not in gone])


def permuted(call: Call) -> Map:
    """Map with its dimensions in another order."""
    return call.source.with_dims([call.source.dims[d] for d in call.args[1]])


def transposed(call: Call) -> Map:
    """Map with two dimensions exchanged."""
    dims = list(call.source.dims)
    a, b = (call.args[1], call.args[2]) if len(call.args) > 2 else (0, len(dims) - 1)
    dims[a], dims[b] = dims[b], dims[a]
    return call.source.with_dims(dims)
