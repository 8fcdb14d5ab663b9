"""The page without JavaScript in a drill: whoever has nothing else can say there too that it is real, and no page of it is taken for a real alarm."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest

from server.core.device_keys import DeviceKey
from server.core.model import Alarm, Outcome, State
from server.flow import actions, drills, keys
from tests.web.test_press_door import Site, site as site  # noqa: F401  (a fixture)

WORDS = {"nb": "ØVELSE", "nn": "ØVING", "en": "EXERCISE"}


class Bare:
    """A phone on which no script runs."""

    def __init__(self, site: Site, person_id: str) -> None:  # noqa: F811
        key = DeviceKey(f"key-{person_id}", person_id, "", "", "iPhone", site.house.clock.now, site.house.clock.now)
        site.house.store.keep_key(key)
        self._http, self._cookies = site.http, {"varde_nod": keys.page_token(site.house.context, key)}

    def get(self, path: str = "", **query: str) -> httpx.Response:
        return self._http.get(f"/nod{path}", params=query, cookies=self._cookies)

    def tap(self, page: httpx.Response, action: str) -> httpx.Response:
        """The form in which this button stands."""
        [form] = [one for one in re.findall(r"<form.*?</form>", page.text) if f'value="{action}"' in one]
        fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
        return self._http.post("/nod/svar", data=fields, cookies=self._cookies, headers={"Origin": str(self._http.base_url).rstrip("/")})


@pytest.fixture
def drill(site: Site) -> Alarm:  # noqa: F811
    actions.arm(site.house.context, "karis", "drill", "liv")
    return site.house.press("karis")


@pytest.fixture
def ola(site: Site) -> Iterator[Bare]:  # noqa: F811
    yield Bare(site, "ola")


def real_of(site: Site, drill: Alarm) -> Alarm:  # noqa: F811
    over = site.house.again(drill)
    assert over.ending is not None and over.ending.outcome is Outcome.BECAME_REAL and over.ending.became is not None
    return site.house.alarm(over.ending.became)


def link(page: httpx.Response, said: str) -> dict[str, str]:
    """The query of the link with these words."""
    [href] = re.findall(rf'href="[^"?]*\?([^"]*)"[^>]*>{said}', page.text)
    return dict(part.split("=") for part in href.split("&"))


@pytest.mark.parametrize("who", ["ola", "kari", "liv"])
def test_everyone_who_sees_a_drill_can_say_in_two_steps_that_it_is_real(site: Site, drill: Alarm, who: str) -> None:  # noqa: F811
    bare = Bare(site, who)
    path = f"/a/{drill.id}"
    seen = bare.get(path)
    assert "Dette er ekte" in seen.text and 'value="this_is_real"' not in seen.text, "one tap alone alarms nobody"
    asked = bare.get(path, **link(seen, "Dette er ekte"))
    assert "Alle som er med på øvelsen, får EKTE ALARM nå." in asked.text and 'http-equiv="refresh"' not in asked.text
    assert site.house.again(drill).open
    said = bare.tap(asked, "this_is_real")
    real = real_of(site, drill)
    assert (said.status_code, said.headers["location"]) == (303, f"/nod/a/{real.id}")
    assert real.open and real.drill is None and bare.get(f"/a/{real.id}").status_code == 200


def test_the_start_page_leads_to_it_too(drill: Alarm, ola: Bare) -> None:
    assert link(ola.get(), "Dette er ekte") == {"ekte": "1"}


def test_no_real_alarm_can_be_said_to_be_real(site: Site, ola: Bare) -> None:  # noqa: F811
    alarm = site.house.press("karis")
    page = ola.get(f"/a/{alarm.id}", ekte="1")
    assert "Dette er ekte" not in page.text and "Jeg kommer" in page.text


def test_a_second_one_who_says_it_comes_to_the_same_real_alarm(site: Site, drill: Alarm, ola: Bare) -> None:  # noqa: F811
    nina = Bare(site, "nina")
    pages = [one.get(f"/a/{drill.id}", ekte="1") for one in (ola, nina)]
    first, second = (one.tap(page, "this_is_real") for one, page in zip((ola, nina), pages))
    assert first.status_code == second.status_code == 303 and first.headers["location"] == second.headers["location"]


def test_the_page_of_a_drill_that_has_become_real_goes_on_as_the_real_alarms(site: Site, drill: Alarm, ola: Bare) -> None:  # noqa: F811
    """It fetches itself again and again: it must not stand there saying that an exercise has ended."""
    coming = ola.get(f"/a/{drill.id}")
    site.house.act("nina", drill, "this_is_real")
    real = real_of(site, drill)
    for page in (ola.get(f"/a/{drill.id}"), ola.tap(coming, "acknowledge")):
        assert "Ekte alarm – ikke øvelse" in page.text and "ØVELSE" not in page.text and "Jeg kommer" in page.text
        assert f"url=/nod/a/{real.id}" in page.text and "avsluttet" not in page.text


def test_one_that_a_real_alarm_beside_it_has_ended_does_too(site: Site, drill: Alarm, ola: Bare) -> None:  # noqa: F811
    real = site.house.press("eriks")
    drills.end_beside_real(site.house.context)
    assert site.house.again(drill).state is State.RESOLVED
    assert f"url=/nod/a/{real.id}" in ola.get(f"/a/{drill.id}").text


@pytest.mark.parametrize(("language", "word"), WORDS.items())
def test_a_drill_is_striped_and_named_in_the_title_of_every_page_that_shows_it(drill: Alarm, ola: Bare, language: str, word: str) -> None:
    for path, query in (("", {}), (f"/a/{drill.id}", {}), (f"/a/{drill.id}", {"ekte": "1"})):
        text = ola.get(path, sprak=language, **query).text
        assert '<body class="drill">' in text and f"<title>{word} – " in text and f'<p class="word">{word}</p>' in text


def test_a_start_page_with_a_real_alarm_on_it_is_not_striped(site: Site, drill: Alarm, ola: Bare) -> None:  # noqa: F811
    site.house.press("eriks")
    text = ola.get().text
    assert "<body>" in text and "<title>Varde" in text and '<p class="word">ØVELSE</p>' in text
