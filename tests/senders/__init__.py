"""Tests of the channels, against real local servers."""
