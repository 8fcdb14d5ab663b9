"""Pretend colleagues answer exercises and nothing else."""

from __future__ import annotations

from firmware_sim.colleagues import wants_answer


def alarm(drill: bool, told: bool = True, can: tuple[str, ...] = ("acknowledge",), stage: str | None = None) -> dict[str, object]:
    return {"id": "a-1", "drill": {"id": "d-1"} if drill else None, "me": {"told": told, "can": list(can), "stage": stage}}


def test_a_real_alarm_is_never_answered_by_somebody_pretended() -> None:
    assert wants_answer(alarm(drill=True))
    for other in (alarm(drill=False), alarm(True, told=False), alarm(True, can=("note",)), alarm(True, stage="coming")):
        assert not wants_answer(other)
