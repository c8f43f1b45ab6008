"""The thread that works off the path of the requests."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event, Thread, active_count, current_thread
from time import monotonic, sleep
from typing import NoReturn

import pytest

from provisioner import ticker
from provisioner.ticker import Ticker


class Work:
    """Remembers who did it, and tells when it was done so often."""

    def __init__(self, until: int = 1) -> None:
        self.threads: list[str] = []
        self.done = Event()
        self._until = until

    def __call__(self) -> None:
        self.threads.append(current_thread().name)
        if len(self.threads) >= self._until:
            self.done.set()


@pytest.fixture
def work() -> Work:
    return Work(until=3)


@pytest.fixture
def ticking(work: Work) -> Iterator[Ticker]:
    made = Ticker("some-work", work, 0.001)
    yield made
    made.close()


def test_it_works_again_and_again_on_a_thread_of_its_name(ticking: Ticker, work: Work) -> None:
    ticking.start()
    assert work.done.wait(10)
    assert set(work.threads) == {"some-work"}


def test_it_has_no_thread_before_it_starts_and_one_however_often_it_does() -> None:
    before = active_count()
    made = Ticker("some-work", Work(), 3600)
    assert active_count() == before
    made.start()
    made.start()
    assert active_count() == before + 1
    made.close()


def test_it_works_once_more_at_the_end_and_leaves_no_thread() -> None:
    before, work = active_count(), Work()
    made = Ticker("some-work", work, 3600)
    made.start()
    made.close()
    assert work.threads == [current_thread().name]
    assert active_count() == before


def test_one_that_never_started_works_at_its_end(work: Work) -> None:
    Ticker("some-work", work, 3600).close()
    assert len(work.threads) == 1


def test_one_that_ended_does_not_start_again(work: Work) -> None:
    before = active_count()
    made = Ticker("some-work", work, 3600)
    made.close()
    made.start()
    assert active_count() == before


def test_where_there_is_no_room_for_a_thread_it_starts_the_next_time(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Ticker("some-work", work, 0.001)
    with monkeypatch.context() as patched:
        patched.setattr(ticker, "Thread", NoThread)
        made.start()
    made.start()
    assert work.done.wait(10)
    made.close()


class NoThread(Thread):
    """One that the machine has no room for."""

    def start(self) -> NoReturn:
        raise RuntimeError("can't start new thread")


def test_it_goes_on_after_work_that_failed() -> None:
    done: list[int] = []

    def work() -> None:
        done.append(1)
        if len(done) == 1:
            raise OSError("no space left on device")

    made = Ticker("some-work", work, 0.001)
    made.start()
    deadline = monotonic() + 30
    while len(done) < 3:
        assert monotonic() < deadline
        sleep(0.001)
    made.close()
