"""The supervisor: what a plane's process has of it, and what becomes of both when one of them ends."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from provisioner.supervisor import Child, Supervisor
from tests.test_serve import children

SCRIPT = """
import json, os, random, signal, socket, sys, threading
from provisioner import logs, supervisor
from provisioner.supervisor import Child, Supervisor

def listening():
    one = socket.socket()
    one.bind(("127.0.0.1", 0))
    one.listen()
    return one

def sockets():
    links = (f"/proc/self/fd/{name}" for name in os.listdir("/proc/self/fd"))
    return [os.readlink(link) for link in links if os.path.lexists(link) and "socket:" in os.readlink(link)]

def tell(what):
    os.write(1, json.dumps(what).encode() + b"\\n")  # at once, for both planes write here

logs.configure("info", "text")
exec(sys.argv[1])
supervising = Supervisor([Child(name, [listening()]) for name in ("one", "two")])
supervising.children += [Child("once", [], once=True) for _ in sys.argv[3:]]
child = supervising.run()
if child is None:
    tell({"plane": None, "gave_up": supervising.gave_up})
    sys.exit(0)
exec(sys.argv[2])
tell({
    "plane": child.plane,
    "pid": os.getpid(),
    "sockets": len(sockets()),
    "has_its_own": f"socket:[{os.fstat(child.sockets[0].fileno()).st_ino}]" in sockets(),
    "random": random.random(),
    "blocked": list(signal.pthread_sigmask(signal.SIG_BLOCK, [])),
    "handles": [repr(signal.getsignal(number)) for number in (signal.SIGTERM, signal.SIGINT)],
})
while True:
    signal.pause()
"""

Told = Callable[[], dict[str, Any]]


@contextmanager
def supervising(
    *words: str, before: str = "", first: str = "", log: Any = None
) -> Iterator[tuple[subprocess.Popen[str], Told]]:
    """A supervisor of two planes, and with a word of what runs once, that tell what they have, line by line."""
    command = [sys.executable, "-c", SCRIPT, before, first, *words]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
    assert process.stdout
    lines = process.stdout
    try:
        yield process, lambda: json.loads(lines.readline())
    finally:
        process.kill()
        lines.close()
        process.wait(20)


@pytest.fixture(scope="module")
def planes() -> list[dict[str, Any]]:
    with supervising() as (_, told):
        return [told(), told()]


def test_each_plane_has_a_process_of_its_own(planes: list[dict[str, Any]]) -> None:
    assert {plane["plane"] for plane in planes} == {"one", "two"}
    assert len({plane["pid"] for plane in planes}) == 2


def test_a_plane_has_its_own_socket_and_no_other(planes: list[dict[str, Any]]) -> None:
    assert [(plane["sockets"], plane["has_its_own"]) for plane in planes] == [(1, True)] * 2


def test_planes_do_not_share_their_random_numbers(planes: list[dict[str, Any]]) -> None:
    assert planes[0]["random"] != planes[1]["random"]


def test_a_plane_takes_signals_like_any_new_process(planes: list[dict[str, Any]]) -> None:
    for plane in planes:
        assert plane["blocked"] == []
        assert plane["handles"][0] == "<Handlers.SIG_DFL: 0>"
        assert "default_int_handler" in plane["handles"][1]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_plane_that_ends_is_started_again_and_the_other_stays(number: signal.Signals) -> None:
    with supervising() as (_, told):
        first = {plane["plane"]: plane["pid"] for plane in (told(), told())}
        os.kill(first["one"], number)
        again = told()
        assert again["plane"] == "one"
        assert again["pid"] != first["one"]
        assert again["has_its_own"]
        os.kill(first["two"], 0)


def test_what_dies_again_and_again_is_started_with_growing_pauses() -> None:
    with supervising(first="sys.exit(3)", log=subprocess.PIPE) as (process, _):
        assert process.stderr
        pauses = []
        while len(pauses) < 4:
            line = process.stderr.readline()
            assert "plane.ended" in line
            if "plane=one" in line:
                assert "status=3" in line
                pauses.append(float(re.findall(r"restart_in_s=([\d.]+)", line)[0]))
        process.stderr.close()
    assert pauses == [0.1, 0.2, 0.4, 0.8]


def test_a_machine_without_room_for_a_process_is_tried_again() -> None:
    full = """
fork, left = os.fork, [1, 1, 1]
def full():
    if left:
        left.pop()
        raise BlockingIOError(11, "Resource temporarily unavailable")
    return fork()
os.fork = full
"""
    with supervising(before=full, log=subprocess.DEVNULL) as (_, told):
        assert {told()["plane"], told()["plane"]} == {"one", "two"}


def test_a_new_process_that_fails_at_once_does_not_become_a_supervisor() -> None:
    broken = """
def broken(_parent):
    raise OSError("no prctl here")
supervisor._die_with = broken
"""
    with supervising(before=broken, log=subprocess.PIPE) as (process, _):
        assert process.stderr
        told = ""
        while told.count("plane.ended") < 4:
            told += process.stderr.readline()
        process.stderr.close()
    assert "plane.not_started" not in told
    assert "status=1" in told


def test_what_runs_once_is_not_started_again_when_it_ended_well() -> None:
    first = "if child.once: tell({'plane': 'once'}); sys.exit(0)"
    with supervising("once", first=first, log=subprocess.DEVNULL) as (process, told):
        assert {"one", "two", "once"} == {told()["plane"] for _ in range(3)}
        wait_until(lambda: len(children(process.pid)) == 2)
        process.terminate()
        assert {"plane": None, "gave_up": False} == told()


def test_what_runs_once_and_gives_up_ends_the_server() -> None:
    first = "if child.once: sys.exit(1)\nelse: time.sleep(60)"
    with supervising("once", before="import time", first=first, log=subprocess.DEVNULL) as (process, told):
        assert {"plane": None, "gave_up": True} == told()
        process.wait(20)


def test_a_server_that_is_told_to_stop_has_not_given_up() -> None:
    done = Child("preparation", (), once=True, status=0)
    supervisor = Supervisor([done], stopping=True)
    assert supervisor._is_over(done)
    assert not supervisor.gave_up


def test_what_runs_once_and_is_killed_is_started_again() -> None:
    first = "if child.once: tell({'plane': 'once', 'pid': os.getpid()}); signal.pause()\nelse: time.sleep(60)"
    with supervising("once", before="import time", first=first, log=subprocess.DEVNULL) as (_, told):
        before = told()
        os.kill(before["pid"], signal.SIGKILL)
        after = told()
        assert ("once", True) == (after["plane"], after["pid"] != before["pid"])


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_its_planes_and_then_itself(number: signal.Signals) -> None:
    with supervising() as (process, told):
        pids = [told()["pid"], told()["pid"]]
        process.send_signal(number)
        assert told()["plane"] is None
        assert process.wait(20) == 0
        assert all(gone(pid) for pid in pids)


def test_a_plane_that_does_not_want_to_end_is_killed() -> None:
    stubborn = "signal.signal(signal.SIGTERM, signal.SIG_IGN)"
    with supervising(before="supervisor._STOP_S = 0.1", first=stubborn) as (process, told):
        pids = [told()["pid"], told()["pid"]]
        process.terminate()
        assert process.wait(20) == 0
        assert all(gone(pid) for pid in pids)


def test_planes_end_with_a_supervisor_that_was_killed() -> None:
    with supervising() as (process, told):
        pids = [told()["pid"], told()["pid"]]
        process.kill()
        process.wait(20)
        wait_until(lambda: all(gone(pid) for pid in pids))


def test_it_sees_ends_although_whoever_started_it_ignores_them() -> None:
    with supervising(before="signal.signal(signal.SIGCHLD, signal.SIG_IGN)") as (_, told):
        first = {plane["plane"]: plane["pid"] for plane in (told(), told())}
        os.kill(first["two"], signal.SIGKILL)
        assert told()["plane"] == "two"
