"""The daily proof: a silent test of the whole chain. What it has shown, when it has failed, and of what; and what all of them come to.

The gateway presses a button that there is not: its message goes to the real broker and comes back from it, is posted, stored, and drawn by every
screen that is on line. Nobody hears or sees it. It is no signal of a person: it opens, joins and tests nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from server.core.values import frozen, replace

STORED_WITHIN_S = 30
"""A gateway that waits for the bell is asked at once; without a bell between servers it asks again within twenty seconds."""
DRAWN_WITHIN_S = 13
"""A screen says something every ten seconds: by then it has answered, or said something else although it was asked, or it is not there any more."""
AGAIN_S = 60
"""What is broken is tried again until it is whole, so that the desk's words do not stay longer than the fault."""
AGAIN_MOST_S = 900
"""What has been broken for ten minutes is tried more and more seldom, up to this: nobody reads a thousand runs. A gateway that comes back is tried at once."""
AGAIN_OFTEN = 10
GIVEN_AGAIN_S = 5
"""A gateway whose answer was lost is asked once more."""
KEPT = timedelta(days=400)
"""A year and a little: this month against the same one last year."""
HOUR = 7
"""Local time from which a day's proof is due: before people come, and with time to mend."""
BROKEN = ("gateway", "broker", "screens")
"""What may be broken, by the first link that did not hold."""


@frozen
class Proof:
    """One run in one office. `asked_by`: a person id, or nothing where it was the clock. `screens` is how many were asked and there, `drawn_ms` how long
    each of those that answered took, from the moment at which it was stored. `broken`: a word of BROKEN; empty while it runs and where all held."""

    id: str
    office_id: str
    made_at: datetime
    asked_by: str = ""
    gateway_id: str = ""
    fetched_at: datetime | None = None
    heard_at: datetime | None = None
    stored_at: datetime | None = None
    screens: int = 0
    drawn_ms: tuple[int, ...] = ()
    ended_at: datetime | None = None
    broken: str = ""
    failures: int = 0
    """How many runs before it had found something broken, one after the other."""

    @property
    def chain_ms(self) -> int | None:
        """From asking for the press to its being stored."""
        return None if self.stored_at is None else max(0, round((self.stored_at - self.made_at).total_seconds() * 1000))

    @property
    def deaf(self) -> int:
        """How many screens were there and did not answer."""
        return max(0, self.screens - len(self.drawn_ms))

    @property
    def whole(self) -> bool:
        """Whether it held all the way to a screen. Where nobody was on line, only the way to the server has been tried."""
        return self.ended_at is not None and not self.broken and bool(self.drawn_ms)


# ---------------------------------------------------------------- one run


def fetched(proof: Proof, gateway_id: str, now: datetime) -> Proof:
    """Its gateway has been given it, for the first time or again."""
    return proof if proof.ended_at else replace(proof, gateway_id=gateway_id, fetched_at=now)


def to_fetch(proof: Proof, now: datetime) -> bool:
    """Whether the gateway is to be given it: not yet, or again where nothing came of it."""
    waits = proof.ended_at is None and proof.stored_at is None
    return waits and (proof.fetched_at is None or now - proof.fetched_at >= timedelta(seconds=GIVEN_AGAIN_S))


def came_back(proof: Proof, heard_at: datetime, now: datetime) -> Proof:
    """Its message has come back from the broker and is stored. The first time counts; after its end it is no news."""
    return proof if proof.ended_at or proof.stored_at else replace(proof, heard_at=heard_at, stored_at=now)


def drawn(proof: Proof, screens: int, drawn_ms: Sequence[int]) -> Proof:
    """What one server's screens have said."""
    return proof if proof.ended_at else replace(proof, screens=proof.screens + screens, drawn_ms=(*proof.drawn_ms, *drawn_ms))


def judged(proof: Proof, gateway: str, now: datetime) -> Proof:
    """Ended, where it is time. `gateway` is how the office's gateway is: ok, silent, broker_down or none. One that was written on at a moment that has
    not come begins anew: the clock has been put back, and it would end when that moment has come."""
    if proof.ended_at is not None:
        return proof
    if _ahead(proof, now):
        return replace(proof, made_at=now, fetched_at=None, heard_at=None, stored_at=None, screens=0, drawn_ms=())
    if proof.stored_at is None:
        if now - proof.made_at < timedelta(seconds=STORED_WITHIN_S):
            return proof
        return replace(proof, ended_at=now, broken=_first_broken(proof, gateway))
    if now - proof.stored_at < timedelta(seconds=DRAWN_WITHIN_S + 1):
        return proof
    return replace(proof, ended_at=now, broken="screens" if proof.deaf else "")


def _first_broken(proof: Proof, gateway: str) -> str:
    if gateway == "broker_down":
        return "broker"
    if gateway == "silent" or proof.fetched_at is None:
        return "gateway"
    return "broker"  # the gateway has it, and it never came back


def wanted(newest: Proof | None, day_began_at: datetime, now: datetime, on_line: bool = False) -> bool:
    """Whether an office wants a run now: none today yet, or the last one found something broken a minute ago, or was written on while the
    clock stood ahead, or held when nobody was on line and now somebody is. `day_began_at`: the last HOUR o'clock."""
    if newest is not None and newest.ended_at is not None and _ahead(newest, now):
        return True
    if newest is None or newest.made_at < day_began_at:
        return newest is None or newest.ended_at is not None
    if newest.ended_at is None:
        return False
    if newest.broken:
        return now - newest.ended_at >= timedelta(seconds=again_s(newest))
    return on_line and not newest.screens


def _ahead(proof: Proof, now: datetime) -> bool:
    """A clock that has been put back since wrote on it: it tells of a moment that has not come, and what counts from there would wait for it."""
    written_at = (proof.made_at, proof.fetched_at, proof.stored_at, proof.ended_at)
    return any(at is not None and at > now + CLOCKS_APART for at in written_at)


def again_s(broken: Proof) -> int:
    return min(AGAIN_S * 2 ** min(10, max(0, broken.failures - AGAIN_OFTEN)), AGAIN_MOST_S)


def after(newest: Proof | None, run: Proof) -> Proof:
    """The run that follows this one."""
    return replace(run, failures=newest.failures + 1) if newest is not None and newest.broken else run


# ---------------------------------------------------------------- how it is now, and over time


@frozen
class Standing:
    """How the chain is, in one word: `fine` (proven as far as a screen, and nothing known against it), `broken`, `unknown`; `none` where there is no
    button, and so no chain. `at` is when it was last whole. `unproven`: of what is unknown, `chain` or only its last link, `screens`. `screens`
    and `deaf` are of the newest run."""

    state: str
    broken: str = ""
    at: datetime | None = None
    tried_at: datetime | None = None
    unproven: str = ""
    screens: int = 0
    deaf: int = 0


CLOCKS_APART = timedelta(seconds=10)

FINE_FOR = timedelta(hours=30)
"""A day and a night's lateness; after that the last proof says nothing of today."""


def standing(proofs: Sequence[Proof], gateway: str, now: datetime) -> Standing:
    """Newest first. What is known of the gateway at this moment comes before what a run has found earlier."""
    ended = [one for one in proofs if one.ended_at is not None and not _ahead(one, now)]
    at = next((one.ended_at for one in ended if one.whole), None)
    stored_at = next((one.stored_at for one in ended if one.stored_at is not None), None)
    found = Standing("unknown", at=at, tried_at=ended[0].ended_at, screens=ended[0].screens, deaf=ended[0].deaf) if ended else Standing("unknown")
    known = {"silent": "gateway", "broker_down": "broker"}.get(gateway, "")
    if broken := known or (ended[0].broken if ended else ""):
        return replace(found, state="broken", broken=broken)
    if at is not None and now - at <= FINE_FOR:
        return replace(found, state="fine")
    return replace(found, unproven="screens" if stored_at is not None and now - stored_at <= FINE_FOR else "chain")


@frozen
class Summary:
    """What runs come to: how many, how many held, how many of those as far as a screen (the rest had nobody on line), and milliseconds below which half
    and 95 of 100 stayed; of screens those that answered."""

    runs: int
    held: int
    to_screen: int
    share: float | None
    chain_p50_ms: int | None
    chain_p95_ms: int | None
    screens: int
    screens_answered: int
    screen_p50_ms: int | None
    screen_p95_ms: int | None


def summary(proofs: Iterable[Proof]) -> Summary:
    """Of those that have ended."""
    ended = [one for one in proofs if one.ended_at is not None]
    held = [one for one in ended if not one.broken]
    chain = [one.chain_ms for one in ended if one.chain_ms is not None]
    screen = [ms for one in ended for ms in one.drawn_ms]
    share = round(len(held) / len(ended), 4) if ended else None
    return Summary(
        len(ended), len(held), sum(one.whole for one in held), share, percentile(chain, 50), percentile(chain, 95),
        sum(one.screens for one in ended), len(screen), percentile(screen, 50), percentile(screen, 95),
    )  # fmt: skip


def percentile(values: Iterable[int], of_100: int) -> int | None:
    """The smallest value that so many of a hundred do not exceed (nearest rank); None of nothing."""
    ranked = sorted(values)
    return ranked[max(0, -(-len(ranked) * of_100 // 100) - 1)] if ranked else None
