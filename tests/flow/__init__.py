"""Tests of the doors: real doors, a memory store, senders that record, and a clock that is pushed."""
