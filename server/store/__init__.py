"""Remembers. One contract, kept by SQL databases and by a memory twin."""
