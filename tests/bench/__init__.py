"""Benchmarks (`make bench`): ratios of two commands that take turns in one run, so that a slow machine slows both."""
