"""Labelled samples from physics: sample ``i`` of seed ``s`` is the same for any number of workers."""
