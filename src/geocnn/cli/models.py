"""``geocnn models [NAME]``."""

from typing import TYPE_CHECKING, Literal

from geocnn.words import size_text

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from geocnn.overview import Overview

__all__ = ["models"]


def models(
    name: str | None = None,
    /,
    *,
    ndim: Literal[1, 2, 3] | None = None,
    input: tuple[int, ...] | None = None,  # noqa: A002  (the option is --input)
    in_channels: int | None = None,
    out_channels: int | None = None,
) -> None:
    """List the architectures with their sizes and receptive fields, or go through one network layer by layer.

    The receptive field is worked out from the operators that the network really runs, and measured besides by the
    gradient of an output sample. Multiply-adds are those of convolutions and matrix products for one window.

    Args:
        name: architecture, run folder or shipped network, such as resnet18 or faults; default a table of all.
        ndim: dimensions; default as published, or as many as --input has numbers.
        input: samples per axis of the window, for all or each, for example --input 128 128 128; default as published.
        in_channels: input channels; default as published.
        out_channels: classes or maps; default as published.
    """
    from rich.console import Console

    from geocnn.errors import DataError

    console = Console(highlight=False, soft_wrap=False)
    if not console.is_terminal:  # a file has room
        console = Console(highlight=False, soft_wrap=False, width=max(console.width, 160))
    if name is not None:
        _one(console, name, ndim, input, in_channels, out_channels)
        return
    if input is not None or in_channels is not None or out_channels is not None:
        raise DataError("--input, --in-channels and --out-channels are for one network; name it, for example resnet18.")
    _all(console, ndim)


def _all(console: "Console", ndim: int | None) -> None:
    """One row an architecture, each as soon as it is measured."""
    from geocnn.models import ARCHITECTURES
    from geocnn.overview import overview

    rows = []
    for name in ARCHITECTURES:
        rows.append(overview(name, ndim=ndim))
        table = _table(ndim, head=len(rows) == 1)
        table.add_row(*_cells(rows[-1]))
        console.print(table)
    console.print(
        "\nfield: input samples per axis that one sample of the result depends on, of a classifier one of the last map "
        "with positions; measured: by gradient."
    )
    lower = [row for row in rows if row.measured_in != row.ndim]
    for row in lower:
        console.print(
            f"* the {row.ndim}-D {row.name} was measured in {row.measured_in}-D, where it is the same per axis."
        )


def _table(ndim: int | None, *, head: bool) -> "Table":
    """An empty table whose columns are as wide as any row needs, so that rows can be printed one at a time."""
    from rich.table import Table

    from geocnn.models import ARCHITECTURES

    table = Table(box=None, pad_edge=False, header_style="dim", show_header=head)
    known = ARCHITECTURES.values()
    for column, right, width in (
        ("name", False, max(map(len, ARCHITECTURES))),
        ("parameters", True, len("100,000,000")),
        ("field", True, len("field")),
        ("measured", True, len("measured")),
        ("stride", True, len("stride")),
        ("takes", False, len("188, then every 16 samples")),
        ("multiply-adds", True, len("multiply-adds")),
        ("for", False, max(len(size_text((entry.window,) * (ndim or entry.ndim))) for entry in known)),
        ("published by", False, max(len(entry.paper) for entry in known)),
    ):
        table.add_column(column, justify="right" if right else "left", no_wrap=right or column == "name", width=width)
    return table


def _cells(row: "Overview") -> tuple[str, ...]:
    """One row of the table."""
    from geocnn.overview import counted

    stars = "*" * (row.measured_in != row.ndim)
    return (
        row.name,
        f"{row.parameters:,}",
        "all" if row.field is None else str(row.field.size),
        "all" if row.measured is None else f"{row.measured}{stars}",
        "" if row.field is None else f"{float(row.field.stride):g}",
        str(row.sizes),
        counted(row.multiply_adds),
        size_text(row.window),
        row.paper,
    )


def _one(
    console: "Console",
    name: str,
    ndim: int | None,
    window: tuple[int, ...] | None,
    in_channels: int | None,
    out_channels: int | None,
) -> None:
    """One row a layer."""
    from rich.table import Table

    from geocnn.overview import counted, named_network
    from geocnn.tracing import layers, trace_network

    found = named_network(name, ndim=ndim, window=window, in_channels=in_channels, out_channels=out_channels)
    trace = trace_network(found.model, found.window)
    rows = layers(found.model, trace)
    table = Table(box=None, pad_edge=False, header_style="dim", show_footer=True, footer_style="bold")
    total = sum(row.parameters for row in rows)
    for column, footer in (("layer", "total"), ("what it does", "")):
        table.add_column(column, footer, overflow="fold")
    for column, footer in (
        ("output", ""),
        ("parameters", f"{total:,}"),
        ("field", ""),
        ("stride", ""),
        ("multiply-adds", counted(trace.multiply_adds)),
    ):
        table.add_column(column, footer, justify="right", no_wrap=True)
    table.add_row("input", "", size_text(trace.shape[1:]), "", "1", "1", "")
    for row in rows:
        cost = counted(row.multiply_adds) if row.multiply_adds else ""
        count = f"{row.parameters:,}" if row.parameters else ""
        shape = size_text(row.shape)
        table.add_row(row.name, row.kind, shape, count, row.field, row.stride, cost)
    console.print(table)
    per_axis = " per axis" if found.model.sizes.step > 1 else ""
    console.print(f"\n{type(found.model).__name__} takes {found.model.sizes}{per_axis}.")
