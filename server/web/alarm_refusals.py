"""Why an alarm's door said no to a tap, and what to do: the same sentences as the app's in English, for whoever reads an answer without the app."""

from __future__ import annotations

from collections.abc import Mapping

from server.web import visit_refusals

DETAILS: Mapping[str, str] = {
    "answered_since": "You have answered again since, and that answer stands. Tap again if you cannot come.",
    "busy": "Varde could not save it in time. Try again.",
    "ended": "The alarm has already ended.",
    "id_used": "Something went wrong with this tap. Tap once more.",
    "newer_signal": "There has been a new press. Look at the alarm again before you end it.",
    "newer_situation": "The situation has changed. Look at the alarm again before you end it.",
    "no_card": "This role has no card here. Choose another.",
    "no_such_mark": "This cannot be reported here. Write a note.",
    "no_such_step": "The card has changed. Look at the new one.",
    "nobody_more": "Everyone has been alerted. Call 112 or neighbours.",
    "not_a_drill": "This is no drill: it is real already.",
    "not_allowed": "You cannot do this now.",
    "not_assigned": "Answer the alarm first.",
    "not_offered": "The switch no longer applies. See the situation above.",
    "not_yours": "It is not your press. The person who pressed must call it off.",
    "own_alarm": "It is your own alarm. Somebody else must do this.",
    "role_taken": "The role is taken. Choose an empty one.",
    "still_asking": "The person is being asked first. Wait until others are alerted.",
    "too_many_notes": "This alarm has no room for more notes. Phone those who need to know.",
    "too_old": "Your answer arrived too late. Please answer the question again.",
    "unknown_alarm": "There is no such alarm, or it is not for you.",
    "wrong_pin": "Wrong PIN. Try again.",
}
"""By the word of the refusal. A test compares them with what the rules can answer, and with the app's texts."""


def detail(reason: str) -> str:
    """What to do. Ending an alarm about a visit may be refused by the visit's rules."""
    return DETAILS.get(reason) or visit_refusals.DETAILS.get(reason, "")
