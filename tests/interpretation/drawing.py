"""Faults drawn from the equation of a plane."""

import numpy as np


def centre(size):
    """Index of the middle."""
    return (size - 1) / 2


def sheet(shape, normal, *, width=1.5, offset=0.0):
    """Probability of a plane through the centre, ``offset`` voxels along its normal: a Gaussian across it."""
    unit = np.array(normal, float) / np.linalg.norm(normal)
    away = sum(k * (x - centre(n)) for k, x, n in zip(unit, np.indices(shape), shape, strict=True)) - offset
    return np.exp(-(away**2) / (2 * width**2)).astype(np.float32)


def normal_of(strike, dip, scale):
    """Normal in voxels of a plane of known strike and dip (degrees); ``scale`` in metres a voxel, down last.

    Two vectors in the plane, one along strike and one down the dip, 90 degrees to the right of it, and their cross
    product.
    """
    s, d = np.radians([strike, dip])
    along = np.array([np.cos(s), np.sin(s), 0.0])
    right = np.array([np.cos(s + np.pi / 2), np.sin(s + np.pi / 2), 0.0])
    down = np.cos(d) * right + np.array([0.0, 0.0, np.sin(d)])
    return np.cross(along / scale, down / scale)  # the same directions in voxels
