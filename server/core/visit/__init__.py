"""Visits: somebody goes out alone and is missed when they do not come back. Same shape as alarms: decide first, then act."""
