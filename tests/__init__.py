"""Tests of aifactory; `unit/` mirrors the package, `engine/` runs the real engine on a real API server."""
