"""Firmware images reach phones over either door, whole or in parts, and nothing else of the disk does."""

from __future__ import annotations

import os
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from provisioner.firmware import Shelf, part
from tests.clients.test_tftp_phone import Phone
from tests.world import FRONT, World, make_world

IMAGE = os.urandom(1000) * 3000


class Stocked(World):
    """An installation that has firmware."""

    @property
    def environment(self) -> dict[str, str]:
        return {**super().environment, "PROVISIONER_FIRMWARE_DIR": str(self.directory / "firmware")}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    stocked = Stocked(**vars(make_world(tmp_path_factory.mktemp("installation"))))
    folder = stocked.directory / "firmware" / "vvx"
    folder.mkdir(parents=True)
    (folder / "sip.ld").write_bytes(IMAGE)
    (folder / "secret.txt").symlink_to(stocked.directory / "key")
    with stocked.serving():
        yield stocked


def get(world: World, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(world.url(path), headers=named, method=method)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, dict(answer.headers), answer.read()
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers), error.read()


@pytest.mark.parametrize("path", ["/sip.ld", "/vvx/sip.ld", "/any/where/SIP.LD?x=1"])
def test_an_image_is_served_at_any_path_that_ends_in_its_name(world: World, path: str) -> None:
    status, headers, body = get(world, path)
    assert (status, headers["Content-Length"], body == IMAGE) == (200, str(len(IMAGE)), True)


@pytest.mark.parametrize(
    ("wanted", "start", "end"), [("0-99", 0, 100), ("2999000-", 2_999_000, None), ("-10", -10, None)]
)
def test_a_part_of_an_image_is_served(world: World, wanted: str, start: int, end: int | None) -> None:
    status, headers, body = get(world, "/sip.ld", Range=f"bytes={wanted}")
    assert (status, body) == (206, IMAGE[start:end])
    assert headers["Content-Range"].endswith(f"/{len(IMAGE)}")


def test_a_part_beyond_the_end_is_told_so(world: World) -> None:
    status, headers, _ = get(world, "/sip.ld", Range="bytes=3000000-")
    assert (status, headers["Content-Range"]) == (416, f"bytes */{len(IMAGE)}")


@pytest.mark.parametrize("told", ["{}", "W/{}", '"other", {}', '"other",W/{}', "*"])
def test_an_image_that_did_not_change_is_not_sent_again(world: World, told: str) -> None:
    etag = get(world, "/sip.ld", Range="bytes=0-0")[1]["ETag"]
    assert get(world, "/sip.ld", If_None_Match=told.format(etag))[0] == 304


def test_a_head_tells_of_the_whole_image_whatever_part_it_names(world: World) -> None:
    status, headers, _ = get(world, "/sip.ld", method="HEAD", Range="bytes=0-99")
    assert (status, headers["Content-Length"], "Content-Range" in headers) == (200, str(len(IMAGE)), False)


def test_an_image_stays_whole_whatever_follows_its_request(world: World) -> None:
    with socket.create_connection(("127.0.0.1", world.phones), 20) as client:
        client.sendall(b"GET /sip.ld HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nno chunk\r\n\r\n")
        got = b""
        while chunk := client.recv(65536):
            got += chunk
    assert got.partition(b"\r\n\r\n")[2][: len(IMAGE)] == IMAGE


def test_an_image_is_served_over_tftp_with_a_window(world: World) -> None:
    with Phone(("127.0.0.1", world.tftp), patience_s=10) as phone:
        assert phone.fetch("vvx/sip.ld", blksize=1428, windowsize=8) == IMAGE


@pytest.mark.parametrize("path", ["/secret.txt", "/../key", "/vvx/..%2f..%2fkey", "/key", "/vvx", "/firmware"])
def test_nothing_else_of_the_disk_is_served(world: World, path: str) -> None:
    with socket.create_connection(("127.0.0.1", world.phones), 10) as client:
        client.sendall(f"GET {path} HTTP/1.0\r\n\r\n".encode())
        assert client.recv(65536).split()[1] == b"404"


def test_no_image_takes_the_place_of_a_configuration(tmp_path: Path) -> None:
    (tmp_path / f"{FRONT}.cfg").write_bytes(b"forged")
    shelf = Shelf(tmp_path)
    with capture_logs() as told:
        assert shelf.find(f"/{FRONT}.cfg") is None
    assert [entry["event"] for entry in told] == ["firmware.skipped"]


def test_a_name_that_vendors_know_as_firmware_is_an_image(tmp_path: Path) -> None:
    (tmp_path / "grp2612fw.bin").write_bytes(b"image")
    assert Shelf(tmp_path).find("/fw/grp2612fw.bin") == tmp_path / "grp2612fw.bin"


@pytest.mark.parametrize(
    "wanted",
    [None, "", "bytes=", "bytes=-", "bytes=5-3", "bytes=0-1,4-5", "lines=1-2", "bytes=a-b", f"bytes=0-{'9' * 5000}"],
)
def test_several_ranges_or_nonsense_mean_the_whole(tmp_path: Path, wanted: str | None) -> None:
    (tmp_path / "a").write_bytes(b"0123456789")
    with (tmp_path / "a").open("rb") as image:
        found = part(image, wanted)
    assert (found.status, found.start, found.length) == (200, 0, 10)


def test_a_range_of_another_version_means_the_whole(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"0123456789")
    with (tmp_path / "a").open("rb") as image:
        etag = part(image, None).etag
        assert part(image, "bytes=5-", etag).status == 206
        assert part(image, "bytes=5-", '"other"').status == 200
