"""Every number that decides, with its unit in the name and its reason beside it. Offices may set some of them."""

from __future__ import annotations

from server.core.values import frozen



@frozen
class Limits:
    """Frozen defaults of the alarm path (DESIGN 3.2, 3.3). Wiring passes one of these in; nothing else holds numbers."""

    ladder_s: tuple[int, ...] = (0, 10, 20)
    """When each rung of a person's ladder is tried: a phone without a receipt after 10 s gets SMS, after 20 s a voice call."""

    repeat_min_s: int = 30
    """The last step repeats for ever, but never sooner: a person called more often than this cannot act in between."""

    lapse_in_house_s: int = 180
    """Nobody in the house needs longer to arrive; a promise that is older is not help."""

    lapse_off_site_s: int = 15 * 60
    """Off site without a stated time of arrival."""

    lapse_off_site_max_s: int = 45 * 60
    """The longest arrival that still counts as coming."""

    on_scene_ask_s: int = 10 * 60
    """How long somebody who is there is left alone before being asked."""

    on_scene_answer_s: int = 60
    """How long that question waits; no answer means that nobody is known to be there."""

    pending_grace_s: int = 60
    """A fall or stillness is a machine's guess: the person is asked first, this long."""

    confirm_s: int = 60
    """A called-off alarm that nobody has confirmed by then goes to the next step."""

    stale_action_s: int = 60
    """An acknowledgement older than this when it arrives is a question, not a promise; so a promise is at most so much older than when it came."""

    late_press_s: int = 60
    """A press that was heard this long after it was made says so on the screen."""

    alone_s: int = 2
    """A gateway whose press no server has committed by then warns its house itself: a server that restarts is not yet back by then."""

    armed_s: int = 120
    """A device armed by name for a test or a drill is armed for one press within this."""

    armed_drill_s: int = 20 * 60
    """A drill that one armed button began ends itself after this: no end is planned for it, it rings all who are told until somebody takes it, and
    in a house people arrive within minutes."""

    armed_drill_reminders: tuple[float, ...] = (1 / 2, 3 / 4)
    """Parts of `armed_drill_s` after which whoever armed that button is told that the drill is still on: ten and fifteen minutes. Parts and not minutes,
    so that they come before the end however long it is."""

    signals_kept: int = 20
    """How many joined signals an alarm carries itself; all of them are in the signal table and the log."""

    notes_shown: int = 20
    """How many notes a screen gets with the alarm; all are in the log."""

    note_max_chars: int = 500
    """A note typed in a hurry is shorter; a pasted document is a mistake."""

    notes_max: int = 500
    """Notes on one alarm: an alarm with more is not being written by people."""

    told_named_max: int = 60
    """Above this many people told, screens get counts instead of names: the frame must stay small."""


DEFAULT = Limits()
