"""How fast contactpoint is: ``python -m benchmarks`` prints every figure from one run."""
