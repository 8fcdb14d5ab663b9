"""Planned drills: exercised and measured on the real chain, and never taken for real. Same shape as alarms and visits: decide first, then act."""
