"""A map of a coast that is not there, drawn here for the demo: nothing is fetched, and nobody's house is on it."""

from __future__ import annotations

import math
import struct
import zlib

from server.maps.tiles import Tile

SIDE = 256
ROUND_M = 40_075_017.0
"""Round the earth at the equator, which is what the map's own metres are."""
LAND, SEA, ROAD, EDGE, HOUSE, WOOD, SQUARE = range(7)
COLOURS = bytes.fromhex("eef1ea" "bcd6e6" "ffffff" "c4c9c2" "d9c9b0" "d3e2c8" "f6ead0")
BLOCK_M, STREET_M, MAIN_M, MAIN_EVERY = 120.0, 9.0, 18.0, 5


def invented(zoom: int, x: int, y: int) -> Tile:
    """The tile, the same each time. Some tenths of a second: only the demo has it."""
    metres = ROUND_M / (1 << zoom) / SIDE
    left, top = x * SIDE * metres, y * SIDE * metres
    eastings = [left + (column + 0.5) * metres for column in range(SIDE)]
    rows = []
    for row in range(SIDE):
        northing = top + (row + 0.5) * metres
        rows.append(b"\0" + bytes([_ground(east, northing, metres) for east in eastings]))
    return Tile("image/png", _png(b"".join(rows)))


def _ground(east: float, north: float, metres: float) -> int:
    coast = 900 * math.sin(north / 2100) + 260 * math.sin(north / 530) + 60 * math.sin(north / 97)
    from_shore = (east % 9000) - 2600 - coast
    if from_shore < 0:
        return SEA
    column, across = divmod(east, BLOCK_M)
    line, along = divmod(north, BLOCK_M)
    main = column % MAIN_EVERY == 0, line % MAIN_EVERY == 0
    for offset, is_main in ((across, main[0]), (along, main[1])):
        wide = MAIN_M if is_main else STREET_M
        if metres > 12 and not is_main:
            continue  # from far away only the larger roads are drawn
        if offset < max(wide, metres * 1.2):
            return ROAD
        if metres < 6 and offset < wide + 2 * metres:
            return EDGE
    if from_shore > 3200 or (metres > 12 and from_shore > 1500):
        return WOOD
    chance = ((int(column) * 73_856_093) ^ (int(line) * 19_349_663)) // 8 % 11
    if chance == 0:
        return WOOD
    if chance == 1:
        return SQUARE
    inner_x, inner_y = (across - STREET_M - 8) % 34, (along - STREET_M - 8) % 46
    return HOUSE if metres < 6 and inner_x < 22 and inner_y < 28 and from_shore < 2400 else LAND


def _png(rows: bytes) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 3, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"PLTE", COLOURS) + chunk(b"IDAT", zlib.compress(rows, 6)) + chunk(b"IEND", b"")
