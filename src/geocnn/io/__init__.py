"""Data in, files out. NumPy only, never torch."""
