"""Analyse what a network computes: layers, exact receptive fields and multiply-adds.

The network runs once on torch's meta device and every operator is recorded, whatever the modules are called: branches,
crops, up-sampling and functions outside modules count as they are. An operator that is not known is an error.
"""

from geocnn.tracing.field import Field, join
from geocnn.tracing.layers import Layer, layers
from geocnn.tracing.networks import reach_of, receptive_field, trace_network, wide_window
from geocnn.tracing.recording import Step, Trace, trace

__all__ = [
    "Field",
    "Layer",
    "Step",
    "Trace",
    "join",
    "layers",
    "reach_of",
    "receptive_field",
    "trace",
    "trace_network",
    "wide_window",
]
