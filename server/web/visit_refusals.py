"""Why a visit's door said no, and what to do: the same sentences as the app's in English, for whoever reads an answer without the app."""

from __future__ import annotations

from collections.abc import Mapping

DETAILS: Mapping[str, str] = {
    "alarm_running": "The alarm is raised. End the alarm, and say where they are.",
    "already_contact": "That person is the contact person already. Choose another one.",
    "already_out": "The visit has started. Extend it, or check out.",
    "busy": "Varde could not save it in time. Try again.",
    "cannot_be_contact": "That person cannot be the contact person.",
    "device_taken": "Somebody else has that alarm. Choose another one.",
    "ended": "The visit has already ended.",
    "ends_before_it_starts": "The end is before the start. Choose a later end.",
    "extended_enough": "The visit cannot be extended further. Check in, or agree with the contact person.",
    "give_a_deadline": "Say when you expect to hear from them: from one minute to four hours.",
    "give_a_reason": "Give a reason.",
    "id_used": "Something went wrong with this tap. Open the page again and try once more.",
    "in_the_past": "That time has passed. Choose a later one.",
    "interval": "The time between check-ins must be from five minutes to what the level allows.",
    "is_over": "The time for the visit has passed. Plan a new one.",
    "leader_said_no": "The manager has said no.",
    "needs_leader": "The manager must answer first.",
    "needs_pin": "Type your PIN to end.",
    "never_alone": "On this level nobody goes alone.",
    "no_place": "Write where the visit is.",
    "no_such_device": "There is no such portable alarm. Choose another one.",
    "not_allowed": "You cannot do this with this visit.",
    "not_asked": "You have not been asked to watch this visit.",
    "not_home": "Check out first.",
    "not_out": "The visit has not been started. Start it first.",
    "not_overdue": "Nobody is missed on this visit.",
    "not_yours": "It is not your visit. Whoever is out must do this.",
    "out_elsewhere": "You are out on another visit. End it first.",
    "overlaps": "You have another visit at the same time. End or cancel it first, or choose another time.",
    "own_visit": "You are out on this visit yourself. Somebody else must do this.",
    "people": "Choose from one to four people, each only once.",
    "say_where_they_are": "Say where the person is: home, or out with a new deadline.",
    "too_far_ahead": "That is too far ahead. Plan at most 60 days in advance.",
    "too_long": "That is too long for this kind of visit. Choose a shorter time, or plan two visits.",
    "too_long_text": "The text is too long. Use at most 300 letters.",
    "too_short": "That is too short. Choose at least one minute.",
    "unanswered": "Answer all the questions.",
    "unknown_office": "The office is no longer in Varde. Open the page again.",
    "unknown_person": "One of the people is not in Varde, or belongs to another office. Choose again.",
    "unknown_type": "That kind of visit no longer exists. Open the page again.",
    "unknown_visit": "There is no such visit, or it is not for you.",
    "wrong_pin": "Wrong PIN. Try again.",
}
"""By the word of the refusal. A test compares them with what the rules can answer, and with the app's texts."""

HEARD = "You have been heard. The alarm goes on: check out with your PIN, and a colleague must see that you are safe before it ends."
"""To somebody who taps while others are looking for him: the deadline has not moved."""
