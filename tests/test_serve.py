"""The server as an admin runs it: doors, restarts, stops, and what it says when it cannot start."""

from __future__ import annotations

import base64
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import missing
from tests.world import BACK, FRONT, World, make_world


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("installation"))


@pytest.fixture(scope="module")
def process(world: World) -> Iterator[subprocess.Popen[str]]:
    with world.serving() as process:
        yield process


@pytest.fixture(scope="module")
def served(world: World, process: subprocess.Popen[str]) -> World:
    assert process.poll() is None
    return world


def client(name: str) -> str:
    """A real client's path; missing, it fails in CI and is skipped elsewhere, loudly."""
    path = shutil.which(name)
    if path is None:
        missing(f"{name} is not installed")
    return path


def fetched(*command: str, into: Path) -> bytes:
    subprocess.run(command, check=True, timeout=30, capture_output=True)
    return into.read_bytes()


@pytest.mark.real_client
def test_every_client_gets_the_same_bytes_over_either_door(served: World, tmp_path: Path) -> None:
    name, into = f"{FRONT}.cfg", tmp_path / "got"
    expected = fetched(client("curl"), "-sf", "-o", str(into), served.url(f"/{name}"), into=into)
    port = str(served.tftp)
    assert expected.startswith(b"#!version:1.0.0.1\n")
    assert expected == fetched(client("curl"), "-sf", "-o", str(into), f"tftp://127.0.0.1:{port}/{name}", into=into)
    assert expected == fetched(
        client("tftp"), "-m", "binary", "127.0.0.1", port, "-c", "get", name, str(into), into=into
    )
    assert expected == fetched(client("atftp"), "--get", "-r", name, "-l", str(into), "127.0.0.1", port, into=into)


def token_of(world: World, mac: str) -> str:
    """The token as the phone learns it: from its first configuration, through its window."""
    status, body = world.get(f"/{mac}.cfg")
    assert status == 200
    match = re.search(rb"server\.url = \S+/d/([0-9a-f]+)/", body)
    assert match
    return match[1].decode()


def over_tftp(world: World, path: str, patience_s: int = 20) -> bytes:
    """What TFTP gives for a path; nothing, where it gives an error or no answer."""
    url = f"tftp://127.0.0.1:{world.tftp}/{path}"
    done = subprocess.run([client("curl"), "-s", "-m", str(patience_s), url], capture_output=True, check=False)
    return done.stdout if done.returncode == 0 else b""


def test_a_token_opens_its_own_devices_file_and_no_other(served: World) -> None:
    front, back = token_of(served, FRONT), token_of(served, BACK)
    served.run("unpair", BACK)
    assert served.get(f"/d/{front}/{BACK}.cfg")[0] == 404
    assert served.get(f"/d/{back}/{BACK}.cfg")[0] == 404
    assert served.get(f"/d/{front}/{FRONT}.cfg")[0] == 200
    assert over_tftp(served, f"{front}/{FRONT}.cfg").startswith(b"#!version")
    assert over_tftp(served, f"{front}/{BACK}.cfg") == over_tftp(served, f"{BACK}.cfg") == b""
    assert served.get(f"/{FRONT}.cfg", User_Agent="Yealink SIP-T46U 108.86.0.45 80:5e:c0:12:34:57")[0] == 404


def test_refusals_look_alike(served: World) -> None:
    served.run("unpair", BACK)
    answers = {
        served.get(path) for path in (f"/{BACK}.cfg", "/805ec0999999.cfg", "/nothing", f"/t/other/{FRONT}.cfg", "/")
    }
    assert {(404, b"Not found\n")} == answers


def test_a_file_that_did_not_change_is_not_sent_again(served: World) -> None:
    answer = subprocess.run(
        [client("curl"), "-si", served.url(f"/{FRONT}.cfg")], capture_output=True, timeout=30, check=True
    ).stdout
    tag = re.search(rb"ETag: (\S+)", answer)
    assert tag
    assert served.get(f"/{FRONT}.cfg", If_None_Match=tag[1].decode()) == (304, b"")


def test_why_and_devices_tell_what_happened(served: World) -> None:
    served.get(f"/{FRONT}.cfg", User_Agent="Yealink SIP-T46U 108.86.0.99 80:5e:c0:12:34:56")
    deadline = time.monotonic() + 30
    while "108.86.0.99" not in served.run("devices", "--json"):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert "no token" in served.run("why", "--path", f"/{FRONT}.cfg")


def children(pid: int) -> list[int]:
    """Every process below this one."""
    found = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False).stdout.split()
    return [int(one) for one in found] + [below for one in found for below in children(int(one))]


def direct(pid: int) -> list[int]:
    """The processes that the supervisor runs."""
    return [
        int(one) for one in subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, check=True).stdout.split()
    ]


def test_a_killed_plane_is_back_and_no_phone_is_lost(tmp_path: Path) -> None:
    world, got = make_world(tmp_path), tmp_path / "got"
    tftp = f"tftp://127.0.0.1:{world.tftp}/{FRONT}.cfg"
    with world.serving() as process:
        planes = direct(process.pid)
        assert len(planes) == 4
        for plane in planes:
            os.kill(plane, signal.SIGKILL)
            assert world.get(f"/{FRONT}.cfg")[0] == 200
            assert fetched(client("curl"), "-sf", "-m", "30", "-o", str(got), tftp, into=got)
            world.wait()
            deadline = time.monotonic() + 60
            while len(direct(process.pid)) < len(planes):
                assert time.monotonic() < deadline
                time.sleep(0.1)


def sockets(pid: int) -> set[str]:
    """The inodes of a process's sockets."""
    links = [os.readlink(file) for file in Path(f"/proc/{pid}/fd").iterdir()]
    return {link.removeprefix("socket:[").removesuffix("]") for link in links if link.startswith("socket:")}


def bound(*ports: int) -> set[str]:
    """The inodes of the sockets that wait at these ports of loopback."""
    rows = [
        line.split()
        for table in ("tcp", "udp")
        for line in Path(f"/proc/net/{table}").read_text("ascii").splitlines()[1:]
    ]
    waiting = {f"0100007F:{port:04X}" for port in ports}
    return {row[9] for row in rows if row[1] in waiting and row[2] == "00000000:0000"}


def check_what_is_forked(world: World, supervisor: int) -> None:
    """Nothing that a fork must not inherit is in a process that forks."""
    assert sockets(supervisor) == bound(world.phones, world.portal, world.tftp)
    files = [os.readlink(file) for file in Path(f"/proc/{supervisor}/fd").iterdir()]
    assert [file for file in files if file.startswith(str(world.directory)) and not file.endswith(".log")] == []
    masters = [pid for pid in direct(supervisor) if children(pid)]
    assert len(masters) == 2
    for pid in (supervisor, *masters):
        assert len(os.listdir(f"/proc/{pid}/task")) == 1


def test_what_forks_has_no_thread_and_no_connection_to_the_database(
    served: World, process: subprocess.Popen[str]
) -> None:
    check_what_is_forked(served, process.pid)


def titles(pid: int) -> list[str]:
    """What a list of processes shows of those below this one."""
    return sorted(Path(f"/proc/{one}/cmdline").read_text("utf-8").rstrip("\0") for one in children(pid))


def test_a_list_of_processes_tells_the_planes_apart(process: subprocess.Popen[str]) -> None:
    expected = [
        "gunicorn: master [provisioner serve phones]",
        "gunicorn: master [provisioner serve portal]",
        "gunicorn: worker [provisioner serve phones]",
        "gunicorn: worker [provisioner serve portal]",
        "provisioner serve tftp",
        "provisioner serve worker",
    ]
    deadline = time.monotonic() + 30
    while (told := titles(process.pid)) != expected:  # the last one to start may not have its own yet
        assert time.monotonic() < deadline, told
        time.sleep(0.1)


def test_nobody_imports_what_only_another_plane_needs() -> None:
    script = "import sys, provisioner.serving; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert {"provisioner.planes", "sqlalchemy"} <= set(done.stdout.split())
    assert {"admin", "flask", "openpyxl", "alembic"}.isdisjoint(done.stdout.split())


def test_garbage_is_looked_for_in_what_is_made_after_the_start_alone() -> None:
    script = (
        "import gc; gc.disable(); from provisioner.planes import settle; settle();"
        " print(gc.isenabled(), gc.get_freeze_count() > 100_000, len(gc.get_objects()) < 1_000)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "True", "True"]


def test_it_stops_cleanly_and_leaves_nobody_behind(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    with world.serving() as process:
        family = children(process.pid)
        process.terminate()
        assert process.wait(60) == 0
    assert [pid for pid in family if os.path.exists(f"/proc/{pid}")] == []


def test_a_wrong_key_is_a_sentence_that_helps(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    (tmp_path / "key").write_bytes(base64.b64encode(os.urandom(32)))
    assert "put the right one back" in world.run("serve", expect=1)


def test_a_lost_key_is_not_replaced_by_a_new_one(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    (tmp_path / "key").unlink()
    assert "put the key file of this installation back" in world.run("serve", expect=1)
    assert not (tmp_path / "key").exists()


def test_the_demo_can_be_fetched_as_it_says(tmp_path: Path) -> None:
    world = make_world(tmp_path, site=None)
    with world.serving("--demo") as _:
        log = (tmp_path / "serve.log").read_text("utf-8")
        commands = re.findall(r"curl -i (\S+)", log)
        assert len(commands) >= 2
        for url in commands:
            assert world.get(url.removeprefix(world.url("")))[0] == 200
