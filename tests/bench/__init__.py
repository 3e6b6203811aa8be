"""Benchmarks: `make bench`. Each is a ratio of two commands that take turns in one run, so that a slow machine slows both."""
