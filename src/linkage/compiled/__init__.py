"""The compiled comparison: what numba compiles. Its typed face is ``linkage.kernel``."""
