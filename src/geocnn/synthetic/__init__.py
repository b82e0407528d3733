"""Labelled samples from physics: sample ``i`` of seed ``s`` is always the same, on any number of workers."""
