"""A plan is tried on the same folders as an apply."""

from tests.apply.conftest import before, folder

__all__ = ["before", "folder"]
