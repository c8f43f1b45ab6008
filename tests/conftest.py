"""Options and profiles for the whole suite."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from typing import Any, NoReturn

import pytest
import structlog
from hypothesis import settings

from provisioner.metrics_folder import remove_folder
from tests.world import SERVED

settings.register_profile("default", deadline=None)
settings.load_profile("default")

IN_CI = os.environ.get("CI") == "true"


def missing(why: str) -> NoReturn:
    """End a test for which this machine lacks a real part: in CI, which has them all, that is a failure."""
    if IN_CI:
        pytest.fail(why)
    pytest.skip(why)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-goldens", action="store_true", help="write the golden files anew; then read the diff like code"
    )


@pytest.fixture(scope="session", autouse=True)
def no_thread_is_left() -> Iterator[None]:
    """What a test leaves behind disturbs the next ones: it takes descriptors, and asks ports that others have now."""
    before = set(threading.enumerate())
    yield
    left = [thread for thread in threading.enumerate() if thread not in before]
    for thread in left:
        thread.join(20)
    assert [] == [thread.name for thread in left if thread.is_alive()]


@pytest.fixture(scope="session", autouse=True)
def no_counters_are_left() -> Iterator[None]:
    """A server's counters lie in memory, half a megabyte of them: no container has room for those of many runs."""
    yield
    for directory in SERVED:
        remove_folder(directory)


@pytest.fixture(scope="session", autouse=True)
def loggers_are_bound_anew() -> Any:
    """A test that runs a command configures logging; loggers kept from before would not hear of ``capture_logs``."""
    configure = structlog.configure
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            structlog, "configure", lambda **given: configure(**{**given, "cache_logger_on_first_use": False})
        )
        yield
