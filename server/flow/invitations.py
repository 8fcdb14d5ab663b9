"""Invitations: a code that is used once, within a day, and the link that carries it to a phone."""

from __future__ import annotations

import logging
import secrets
from datetime import datetime, timedelta

from server.core.access import Viewer, may_invite
from server.core.values import frozen
from server.flow.context import Context
from server.flow.keys import hashed

log = logging.getLogger("varde.invitations")

ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
INVITATION_MINUTES = 60 * 24
AGAIN_S = 600.0
"""So long a phone may send a code again that it has used: the answer that let it in may have been lost."""
PAGE = "/kom-i-gang"


@frozen
class Invitation:
    """`code`: eight characters. Only its hash is kept."""

    code: str
    expires_at: datetime

    def link(self, app_url: str) -> str:
        """The code stands behind the #: browsers send that part to nobody, so that it is in no server's log."""
        return f"{app_url}{PAGE}#{self.code}"


def invite(context: Context, person_id: str) -> Invitation:
    """Made by whoever runs the server; colleagues go through `invite_colleague`."""
    invitation = Invitation("".join(secrets.choice(ALPHABET) for _ in range(8)), context.now() + timedelta(minutes=INVITATION_MINUTES))
    context.store.add_invitation(hashed(invitation.code), person_id, invitation.expires_at)
    return invitation


def use_invitation(context: Context, code: str, attempt: str) -> str | None:
    """Who is let in by this code. A phone whose answer was lost on the way asks again as the same attempt; one that names none cannot."""
    attempt = hashed(attempt) if attempt else secrets.token_hex(16)
    return context.store.use_invitation(hashed(code.upper()), context.now(), attempt, AGAIN_S)


def invite_colleague(context: Context, viewer: Viewer, person_id: str) -> Invitation | str:
    """By who leads the office. `unknown_person` where that is not for this viewer; `has_phone` where somebody else could come in beside its owner."""
    if not may_invite(viewer, person_id, context.directory()):
        return "unknown_person"
    if _has_phone(context, person_id):
        return "has_phone"
    log.info("invited", extra={"person_id": person_id, "by": viewer.person_id})
    return invite(context, person_id)


def colleagues(context: Context, viewer: Viewer, office_id: str) -> list[dict[str, object]]:
    """Whom this viewer may invite there, by name; `has_phone`: has one already, which is to be taken away before another is let in."""
    directory = context.directory()
    people = [directory.people[one] for one in directory.staff.get(office_id, ()) if may_invite(viewer, one, directory)]
    return [{"id": one.id, "name": one.name, "has_phone": _has_phone(context, one.id)} for one in sorted(people, key=lambda one: one.name)]


def _has_phone(context: Context, person_id: str) -> bool:
    return bool(context.store.keys_of([person_id]).get(person_id))
