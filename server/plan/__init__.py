"""Tries things before they happen: who would get what, by which channel, when. The real doors over a store in memory."""
