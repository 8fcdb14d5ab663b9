"""What tests of several rooms begin with: a PostgreSQL that they start themselves, and a database of it for each test."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator

import pytest

from server.store.migrate import migrate
from tests.services import Missing, Postgres

POSTGRES = pytest.param("postgres", marks=pytest.mark.e2e)
"""A store among others to test on: left out of make test-quick, as all real servers are."""
NUMBER = itertools.count()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """A failure, also one of two tries, is named at once: a run that is stopped in the middle has then said what went wrong so far."""
    if (report.failed or report.outcome == "rerun") and "PYTEST_XDIST_WORKER" not in os.environ:
        print(f"\n{report.nodeid} failed in its {report.when} after {report.duration:.0f} s: {_where_and_why(report)}", flush=True)


def _where_and_why(report: pytest.TestReport) -> str:
    """The line of the test that failed, and the first words of what was wrong: nothing else of a first try is kept."""
    lines = report.longreprtext.splitlines()
    marked = [line[1:].strip() for line in lines if line.startswith(">")]
    wrong = [line[1:].strip() for line in lines if line.startswith("E ")]
    return " | ".join(marked[:1] + wrong[:6])


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL with an empty database, `migrated`; the tests take copies."""
    try:
        made = Postgres(safe=False)
    except Missing as missing:
        pytest.fail(str(missing))
    made.start()
    made.execute("CREATE DATABASE migrated")
    migrate(made.url("migrated"))
    yield made
    made.stop()


def _database(postgres: Postgres, template: str) -> Iterator[str]:
    name = f"test_{next(NUMBER)}"
    postgres.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    yield postgres.url(name)  # all of them go with their server


@pytest.fixture
def postgres_url(postgres: Postgres) -> Iterator[str]:
    yield from _database(postgres, "migrated")


@pytest.fixture
def empty_postgres_url(postgres: Postgres) -> Iterator[str]:
    yield from _database(postgres, "template1")
