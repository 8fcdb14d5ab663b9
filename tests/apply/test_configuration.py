"""What is applied holds on every server, is switched to while they run, and touches no alarm that is open."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from server.config.loading import ConfigError, Gathered, read_files
from server.config.files import digest, gather
from server.apply.configuration import FIRST_BY, TOPIC, Applied, Watch, apply, begin, differs, present
from server.core.values import replace
from server.flow.bell import Bell
from server.store.contract import Configuration, Conflict, Store
from server.store.memory import MemoryStore
from server.store.sql import SqlStore
from tests.apply.conftest import BIG, CONTENT, T0, Folder, Site

OTHER_STEP = ("- {tell: [{on_duty: true}], channels: [screen, push, sms], wait_s: 30}", "- {tell: [{contact: vekter}], channels: [sms], wait_s: 600}")
OTHER_NAME = ("name: Ola Brekke", "name: Ola Brekke Lie")


class Server:
    """One server's watch, with what it goes by."""

    def __init__(self, site: Site, store: Store | None = None) -> None:
        applied = present(store or site.store)
        assert applied is not None
        self.context = site.another()
        self.went_by: list[int] = []
        self.watch = Watch(store or site.store, self.context.bell, applied, self._switch)

    def _switch(self, applied: Applied) -> None:
        self.context.directory.switch(applied.loaded.directory)  # type: ignore[attr-defined]
        self.went_by.append(applied.kept.version)

    def name(self, person_id: str = "ola.brekke") -> str:
        return self.context.directory().people[person_id].name


def started(store: Store, folder: Folder) -> Applied:
    return begin(store, folder.path, CONTENT, lambda: T0)


def test_into_an_empty_database_the_folder_is_applied(store: Store, folder: Folder) -> None:
    applied = started(store, folder)
    assert (applied.kept.version, applied.kept.by, applied.kept.at) == (1, FIRST_BY, T0)
    assert store.configuration() == applied.kept
    assert applied.kept.files == gather(folder.path, CONTENT).files
    assert store.duty() == applied.loaded.directory.duty


def test_after_that_the_folder_counts_for_nothing(store: Store, folder: Folder) -> None:
    started(store, folder)
    folder.change(BIG, OTHER_NAME)
    again = started(store, folder)
    assert (again.kept.version, again.loaded.directory.people["ola.brekke"].name) == (1, "Ola Brekke")
    assert differs(again, folder.path, CONTENT)
    (folder.path / BIG).write_text("broken: [")
    assert started(store, folder).kept.version == 1
    assert store.configured() == 1


def test_a_folder_with_mistakes_is_not_where_a_database_begins(store: Store, folder: Folder) -> None:
    folder.change(BIG, ("owner: liv.solberg", "owner: nobody"))
    with pytest.raises(ConfigError):
        started(store, folder)
    assert store.configured() == 0 and store.duty() == {}


def test_two_servers_that_begin_at_once_begin_with_the_same(postgres_url: str, before: Folder, folder: Folder) -> None:
    folder.change(BIG, OTHER_NAME)
    stores = [SqlStore(postgres_url), SqlStore(postgres_url)]
    found: list[Applied] = []
    threads = [threading.Thread(target=lambda s=s, f=f: found.append(started(s, f))) for s, f in zip(stores, (before, folder))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert stores[0].configured() == 1 and found[0].kept == found[1].kept
    for store in stores:
        store.close()


def test_applying_the_same_again_changes_nothing(store: Store, before: Folder, folder: Folder) -> None:
    site = Site(store, before)
    first = store.configuration()
    assert site.apply(before, by="somebody else") == first
    assert (store.configured(), store.configuration()) == (1, first)


def test_whoever_has_looked_at_an_older_version_applies_nothing(store: Store, before: Folder, folder: Folder) -> None:
    Site(store, before).apply(folder.change(BIG, OTHER_NAME))
    gathered, loaded = folder.change(BIG, OTHER_STEP).taken()
    with pytest.raises(Conflict):
        apply(store, gathered, loaded, "tor", T0, 1)
    assert store.configured() == 2


def test_duty_that_people_have_set_is_left_alone(store: Store, before: Folder, folder: Folder) -> None:
    site = Site(store, before)
    store.set_duty("ola.brekke", "nav-fjordvik", next(iter(store.duty().values())).OFF, T0)
    duty = store.duty()
    site.apply(folder.change(BIG, OTHER_NAME))
    assert store.duty() == duty


def test_servers_go_by_what_was_applied_elsewhere(store: Store, before: Folder, folder: Folder) -> None:
    site = Site(store, before)
    servers = [Server(site), Server(site)]
    site.apply(folder.change(BIG, OTHER_NAME))
    assert [one.name() for one in servers] == ["Ola Brekke", "Ola Brekke"]
    assert [one.watch.look() for one in servers] == [True, True]
    assert [one.name() for one in servers] == ["Ola Brekke Lie", "Ola Brekke Lie"]
    assert [one.watch.look() for one in servers] == [False, False]


def test_a_running_watch_hears_the_bell(before: Folder, folder: Folder) -> None:
    site = Site(MemoryStore(), before)
    server = Server(site)
    switched = threading.Event()
    server.watch._switch, go_by = (lambda applied: (go_by(applied), switched.set())[0]), server.watch._switch
    server.watch.start()
    try:
        site.apply(folder.change(BIG, OTHER_NAME))
        server.context.bell.ring(TOPIC)
        assert switched.wait(30)
    finally:
        server.watch.stop()
    assert server.name() == "Ola Brekke Lie"


def test_a_server_misses_none_when_two_follow_each_other(before: Folder, folder: Folder) -> None:
    site = Site(MemoryStore(), before)
    server = Server(site)
    site.apply(folder.change(BIG, OTHER_NAME))
    site.apply(folder.change(BIG, OTHER_STEP))
    assert server.watch.look() and not server.watch.look()
    assert server.went_by == [3]


def test_one_that_cannot_be_read_here_changes_nothing_and_is_said(store: Store, before: Folder, folder: Folder) -> None:
    """As when a newer version of Varde has applied what this one does not know."""
    site = Site(store, before)
    server = Server(site)
    known = store.configuration()
    assert known is not None and server.watch.current
    files = {**known.files, BIG: known.files[BIG].replace(b"joins_presses", b"joins_everything")}
    store.configure(Configuration(2, T0, "tor", "other", files), {})
    assert not server.watch.look() and not server.watch.current
    assert server.name() == "Ola Brekke"
    found = present(store)
    assert found is not None and (found.kept.version, found.newest) == (1, 2)
    gathered, loaded = folder.change(BIG, OTHER_NAME).taken()
    apply(store, gathered, loaded, "tor", T0, 2)
    assert server.watch.look() and server.watch.current and server.name() == "Ola Brekke Lie"


def test_where_none_can_be_read_it_is_said_why(before: Folder) -> None:
    store = MemoryStore()
    store.configure(Configuration(1, T0, "tor", "d", {"nav-x.yaml": b"schema: varde.office/1"}), {})
    with pytest.raises(ConfigError, match=r"nav-x.yaml:1: 'office' is missing"):
        started(store, before)


def test_what_was_applied_is_run_also_when_more_is_asked_for_since(before: Folder) -> None:
    """A check that a newer Varde makes must not keep a server down."""
    store = MemoryStore()
    files = {**gather(before.path, CONTENT).files}
    files[BIG] = files[BIG].replace(b"owner: liv.solberg", b"owner: somebody.who.left")
    store.configure(Configuration(1, T0, "tor", "d", files), {})
    assert present(store) is not None


def test_what_was_applied_before_there_was_a_text_is_run_and_what_is_applied_now_must_have_it(before: Folder) -> None:
    files = {**gather(before.path, CONTENT).files}
    name = next(one for one in files if one.endswith("messages.yaml"))
    head, _, rest = files[name].partition(b"  - id: real\n")
    files[name] = head + rest[rest.index(b"  - id: ") :]
    store = MemoryStore()
    store.configure(Configuration(1, T0, "tor", "d", files), {})
    applied = present(store)
    assert applied is not None and "real" not in applied.loaded.directory.content.messages
    with pytest.raises(ConfigError, match="the message 'real' is missing"):
        read_files(Gathered(files))


def test_a_running_alarm_is_not_touched_and_goes_on_by_the_plan_it_was_opened_with(store: Store, before: Folder, folder: Folder) -> None:
    site = Site(store, before)
    server = Server(site)
    site.context = server.context
    alarm = site.press()
    orders = store.orders(alarm.id)
    site.apply(folder.change(BIG, OTHER_STEP))
    assert server.watch.look()
    assert site.alarm(alarm.id) == alarm and store.orders(alarm.id) == orders
    site.tick(31)
    after = site.alarm(alarm.id)
    assert after.plan.number == 1 and after.plan.steps == alarm.plan.steps
    told = {order.recipient for order in store.orders(alarm.id) if order.made_at == site.now and not order.recipient.startswith("device:")}
    assert "sondre.vik" in told and "@nav-fjordvik/vekter" not in told, "step 2 tells everybody, as it did when the alarm opened"
    following = site.press("fjordvik-samtalerom-1")
    assert following.plan.steps[1].wait_s == 600, "the next alarm has the new plan"


def test_people_in_a_running_alarm_are_those_there_are_now(before: Folder, folder: Folder) -> None:
    """Steps are frozen, people are not: who is new is told, who has left is not."""
    site = Site(MemoryStore(), before)
    server = Server(site)
    site.context = server.context
    alarm = site.press()
    new = '  - {id: nils.vik, name: Nils Vik, language: nn, phone: "+47 55 55 02 44", access: [worker], roles: [], duty: on_duty, surface: phone}\n'
    site.apply(folder.change(BIG, ("\ncontacts:\n", f"\n{new}\ncontacts:\n")).without(BIG, "arne.tveit").change("deployment.yaml", ("arne.tveit, ", "")))
    server.watch.look()
    site.tick(31)
    told = set(site.alarm(alarm.id).told)
    assert "nils.vik" in told and "arne.tveit" not in told


@pytest.mark.parametrize("gone", ["ola.brekke", "mottak"])
def test_an_alarm_goes_on_when_a_person_or_a_zone_of_it_is_gone(before: Folder, folder: Folder, gone: str) -> None:
    site = Site(MemoryStore(), before)
    server = Server(site)
    site.context = server.context
    alarm = site.press()
    if gone == "ola.brekke":
        site.act("ola.brekke", alarm, "acknowledge")
        folder.without(BIG, gone)
    else:
        text = (folder.path / BIG).read_text().replace("{id: mottak, name: Mottak,", "{id: resepsjon, name: Resepsjon,")
        (folder.path / BIG).write_text(text.replace("zone: mottak", "zone: resepsjon"))
        folder.change("nav-fjordvik.1-etasje.svg", ("zone-mottak", "zone-resepsjon"))
    site.apply(folder)
    assert server.watch.look()
    for _ in range(12):
        site.tick(60)
        after = site.alarm(alarm.id)
        assert after.open and min(at for at, one in site.store.deadlines() if one == alarm.id) > site.now
    assert after.place == alarm.place and after.plan.rounds > 3
    assert site.act("liv.solberg", after, "resolve", outcome="handled", seen_signal=1) is None
    assert not site.alarm(alarm.id).open and site.store.deadlines() == []


def test_a_removed_button_that_is_pressed_raises_as_an_unknown_device(before: Folder, folder: Folder) -> None:
    site = Site(MemoryStore(), before)
    server = Server(site)
    site.context = server.context
    site.apply(folder.without(BIG, "fjordvik-skranke-2"))
    server.watch.look()
    alarm = site.press("fjordvik-skranke-2")
    assert alarm.signals[0].doubt == "unknown_device" and {"liv.solberg", "arne.tveit"} <= set(alarm.told)


def test_a_watch_that_fails_once_looks_again(before: Folder, folder: Folder) -> None:
    site = Site(MemoryStore(), before)
    server = Server(site)
    site.apply(folder.change(BIG, OTHER_NAME))
    calls: list[int] = []

    def once(applied: Applied) -> None:
        calls.append(1)
        if len(calls) == 1:
            raise OSError("the disk was full")
        server._switch(applied)

    server.watch._switch = once
    with pytest.raises(OSError):
        server.watch.look()
    assert not server.watch.current
    assert server.watch.look() and server.name() == "Ola Brekke Lie"


def test_the_bell_needs_nobody(folder: Folder, before: Folder) -> None:
    """Rung where nothing is new, nothing happens."""
    site = Site(MemoryStore(), before)
    applied = present(site.store)
    assert applied is not None
    bell = Bell()
    watch = Watch(site.store, bell, applied, lambda _: pytest.fail("nothing was new"))
    watch.start()
    bell.ring(TOPIC)
    watch.stop()


def test_digests_tell_files_apart(tmp_path: Path) -> None:
    different = [{"a": b"bc"}, {"ab": b"c"}, {"a": b"b", "c": b""}, {"a": b"", "c": b"b"}, {}]
    assert len({digest(files) for files in different}) == len(different)
    assert replace(Configuration(1, T0, "x", "d", {"a": b"1"}), files={}) == Configuration(1, T0, "x", "d")
