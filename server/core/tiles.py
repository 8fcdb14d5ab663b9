"""Map tiles (web mercator): which tile a place lies in, and how far around it a screen may look."""

from __future__ import annotations

import math

ZOOM_LEAST = 8
"""Further out no road is seen."""
AROUND = 12
"""Tiles to each side, at every zoom: more than two screens. Whoever helps needs no more, and the map is not there to be copied."""
POLE = 85.05


def tile_of(lat: float, lon: float, zoom: int) -> tuple[int, int]:
    """The tile (x, y) of a place, in degrees; beyond the ends of the map the outermost."""
    across = 1 << zoom
    up = math.radians(max(-POLE, min(POLE, lat)))
    x = (lon + 180) / 360 * across
    y = (1 - math.asinh(math.tan(up)) / math.pi) / 2 * across
    return min(max(int(x), 0), across - 1), min(max(int(y), 0), across - 1)


def is_near(zoom: int, x: int, y: int, lat: float, lon: float) -> bool:
    """Whether this tile is one that somebody who looks for this place is shown."""
    across = 1 << zoom
    if not (0 <= x < across and 0 <= y < across):
        return False
    own_x, own_y = tile_of(lat, lon, zoom)
    return abs(x - own_x) <= AROUND and abs(y - own_y) <= AROUND
