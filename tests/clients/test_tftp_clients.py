"""Programs that we did not write fetch files from the TFTP door, byte for byte."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
import tftpy

from tests.clients.test_tftp_phone import CONFIG, Shelf, serving, where
from tests.conftest import missing

IMAGE = os.urandom(1_000_000)


def tftp_hpa(host, port, name, target):
    return ["tftp", "-m", "binary", host, str(port), "-c", "get", name, target]


def atftp(host, port, name, target):
    return ["atftp", "--get", "--remote-file", name, "--local-file", target, host, str(port)]


def atftp_with_options(host, port, name, target):
    options = ["blksize 1428", "tsize", "timeout 2", "windowsize 8"]
    return [*atftp(host, port, name, target), *(word for option in options for word in ("--option", option))]


def curl(host, port, name, target):
    return ["curl", "--silent", "--show-error", "--output", target, f"tftp://{host}:{port}/{name}"]


def curl_with_blksize(host, port, name, target):
    return [*curl(host, port, name, target), "--tftp-blksize", "1428"]


def curl_without_options(host, port, name, target):
    return [*curl(host, port, name, target), "--tftp-no-options"]


CLIENTS = [tftp_hpa, atftp, atftp_with_options, curl, curl_with_blksize, curl_without_options]


def get(client, server, name, target):
    """Run a client and give its exit code. Where it is missing the test is skipped, but never in CI."""
    command = client(*where(server), name, str(target))
    if not shutil.which(command[0]):
        missing(f"{command[0]} is not installed")
    return subprocess.run(command, check=False, timeout=30, capture_output=True).returncode


@pytest.mark.real_client
@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_gets_a_configuration_file(client, tmp_path):
    with serving() as server:
        assert get(client, server, "phone.cfg", tmp_path / "got") == 0
    assert (tmp_path / "got").read_bytes() == CONFIG


@pytest.mark.real_client
@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_gets_a_firmware_file(client, tmp_path):
    image = tmp_path / "image.bin"
    image.write_bytes(IMAGE)
    with serving(Shelf({"image.bin": image})) as server:
        assert get(client, server, "image.bin", tmp_path / "got") == 0
    assert (tmp_path / "got").read_bytes() == IMAGE


@pytest.mark.real_client
def test_curl_is_told_that_a_file_is_not_there(tmp_path):
    with serving() as server:
        assert get(curl, server, "missing", tmp_path / "got") == 68  # CURLE_TFTP_NOTFOUND


@pytest.mark.parametrize("options", [{}, {"blksize": 1024}, {"tsize": 0}])
def test_the_client_of_tftpy_gets_a_file(options, tmp_path):
    target = tmp_path / "got"
    with serving() as server:
        tftpy.TftpClient(*where(server), options).download("phone.cfg", str(target))
    assert Path(target).read_bytes() == CONFIG
