"""Which tiles a screen is shown: those around its alarm, and no others."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from server.core.tiles import AROUND, ZOOM_LEAST, is_near, tile_of

LAT, LON = st.floats(-90, 90), st.floats(-180, 180)
ZOOM = st.integers(ZOOM_LEAST, 20)


def test_a_known_place_lies_in_its_known_tile() -> None:
    assert tile_of(59.9139, 10.7522, 16) == (34_725, 19_062)  # Oslo
    assert tile_of(0, 0, 10) == (512, 512)
    assert tile_of(90, 180, 8) == (255, 0) and tile_of(-90, -180, 8) == (0, 255)


@given(LAT, LON, ZOOM)
def test_the_place_itself_is_near_and_what_is_further_is_not(lat: float, lon: float, zoom: int) -> None:
    x, y = tile_of(lat, lon, zoom)
    assert is_near(zoom, x, y, lat, lon)
    for dx, dy in ((AROUND + 1, 0), (0, AROUND + 1), (-AROUND - 1, 0), (0, -AROUND - 1)):
        assert not is_near(zoom, x + dx, y + dy, lat, lon)
