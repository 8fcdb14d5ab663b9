"""Decides. Standard library only: no I/O, no clock, no randomness, no framework. `now` is always passed in."""
