"""What Zigbee devices call a press: the words of `action` in Zigbee2MQTT's converters, and the models that mean something else by one."""

from __future__ import annotations

import re
from collections.abc import Mapping

from device_gateway.dialects.hearing import Means

_ALARM = frozenset({"emergency", "panic", "sos"})

_NOTHING = re.compile(
    r"(.*[_-])?(release|released|long_release|short_release|press_release|stop|step|rotate\w*|rotation\w*)(_\w+)?"
    r"|(color|colour|hue|saturation|brightness_step|color_temperature)_\w+"
    r"|(disarm|already_disarmed|exit_delay|entry_delay|invalid_code|not_ready|arming_\w+|arm_\w+|in_alarm)"
)
"""Releases, the end of a movement, rotations, colours; and the codes of a burglar alarm's keypad."""

_PRESS = re.compile(
    r"([a-z0-9]+_){0,3}(single|double|triple|quadruple|quintuple|many|tap|click|clicked|press|pressed|on-press|initial_press|short|short_press|"
    r"long|long_press|hold|held|double_press|triple_press|toggle|toggle_hold|on|off|up|down|left|right|open|close|dim_up|dim_down|shake|"
    r"brightness_move_up|brightness_move_down|recall|button|push|pushed|hold_pressed|up-press|down-press|off-press|on-hold|off-hold)([_-][a-z0-9]+){0,3}"
)

MODELS: Mapping[str, Mapping[str, Means]] = {
    # "off" is the release on these; on the IKEA shortcut button (E1812) the same word is the double press
    "HS1EB": {"off": Means.NOTHING},
    "HS1EB-E": {"off": Means.NOTHING},
    "MIR-SO100": {"off": Means.NOTHING},
    "SE21": {"off": Means.NOTHING},
}


def meaning(word: str, model: str) -> Means:
    """What this word means from this model; an unknown word is told as such, since it may be a press."""
    word = word.casefold()
    own = MODELS.get(model, {}).get(word)
    if own is not None:
        return own
    if word in _ALARM or any(part in _ALARM for part in re.split(r"[_-]", word)):
        return Means.ALARM
    if not word or _NOTHING.fullmatch(word):
        return Means.NOTHING
    return Means.PRESS if _PRESS.fullmatch(word) else Means.UNKNOWN
