"""The Python client and the command line against a server on loopback, as a script and an operator use them."""

from __future__ import annotations

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner
from werkzeug.serving import make_server

from admin.api.catalogue import catalogue
from provisioner.cli import COMMANDS, cli
from provisioner.client import ApiError, Client
from provisioner.commands import remote
from provisioner.errors import Invalid

PHONE = "80:5e:c0:00:00:01"


@pytest.fixture
def address(app):
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def client(address, tokens):
    return Client(address, tokens["ann"], timeout_s=30)


@pytest.fixture
def run(address, tokens):
    """The command line with a token of the whole server."""

    def call(*words, token="root", **options):
        arguments = ["--server", address, "--token", tokens[token], *words]
        return CliRunner().invoke(cli, arguments, **options)

    return call


# --- the client


def test_a_thing_lives_from_its_making_to_its_end(client):
    phones = client.tenant("acme").devices
    made = phones.create({"mac": "80:5e:c0:77:00:01", "model": "T46U"}, idempotency_key="one")
    assert made == phones.create({"mac": "80:5e:c0:77:00:01", "model": "T46U"}, idempotency_key="one")
    changed = phones.change(made["id"], {"name": "Lab"}, etag=made.etag)
    with pytest.raises(ApiError) as refused:
        phones.change(made["id"], {"name": "Other"}, etag=made.etag)
    assert (412, "Lab") == (refused.value.status, phones.get(made["id"])["name"])
    phones.replace(made["id"], dict(changed), etag=changed.etag)
    phones.delete(made["id"])
    phones.delete(made["id"])
    with pytest.raises(ApiError) as gone:
        phones.get(made["id"])
    assert 404 == gone.value.status


def test_a_list_is_read_over_all_its_pages(client):
    for number in range(7):
        client.tenant("acme").locations.create({"name": f"L{number}"})
    names = [one["name"] for one in client.tenant("acme").locations.list(per_page=2, sort="name", q="L")]
    assert ["L0", "L1", "L2", "L3", "L4", "L5", "L6"] == [name for name in names if name != "HQ"]


def test_an_error_names_its_fields(client):
    with pytest.raises(ApiError, match=r"mac: .*hex digits") as refused:
        client.tenant("acme").devices.create({"mac": "80:5e", "model": "T46U"})
    assert (422, "mac") == (refused.value.status, refused.value.problems[0].field)


@pytest.mark.parametrize("server", ["provisioner.example", "ftp://x", "http://", "http://user:word@x"])
def test_an_address_that_is_none_is_refused_before_anything_is_sent(server):
    with pytest.raises(Invalid, match="server"):
        Client(server, "token")


def test_a_token_is_in_no_text_that_the_client_shows(client, tokens):
    assert tokens["ann"] not in f"{client!r} {client._connection!r}"


def test_a_server_that_is_not_there_is_said_so():
    with pytest.raises(ApiError, match="cannot be asked"):
        Client("http://127.0.0.1:9", "token", timeout_s=2).vendors()


@pytest.fixture
def elsewhere():
    """A server that sends everybody on, and notes who comes with which token."""
    seen = []

    class Sends(BaseHTTPRequestHandler):
        def do_GET(self):
            seen.append((self.path, self.headers.get("Authorization")))
            self.send_response(302)
            self.send_header("Location", f"http://localhost:{self.server.server_port}/stolen")
            self.end_headers()

        def log_message(self, *_words):
            """Nobody reads it."""

    server = HTTPServer(("127.0.0.1", 0), Sends)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", seen
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_token_is_not_carried_along_to_another_address(elsewhere):
    address, seen = elsewhere
    with pytest.raises(ApiError, match="302"):
        Client(address, "token", timeout_s=5).vendors()
    assert ["/api/v1/vendors"] == [path for path, _token in seen]


# --- the command line


def test_a_site_file_goes_out_and_in(run, tmp_path):
    exported = run("export", "acme")
    file = tmp_path / "acme.yaml"
    file.write_text(exported.stdout)
    again = run("apply", str(file))
    assert (0, "0 added, 0 changed, 0 removed") == (again.exit_code, again.stdout.splitlines()[-1])
    file.write_text(exported.stdout + "locations:\n", "utf-8")
    assert 1 == run("apply", str(file)).exit_code


def test_errors_of_a_site_file_name_its_lines(run, tmp_path):
    file = tmp_path / "wrong.yaml"
    file.write_text("tenant: acme\nextensions:\n  - {number: a b}\n")
    refused = run("apply", "--dry-run", str(file))
    assert 1 == refused.exit_code
    assert f"{file}: line 3: extensions.0.number: " in refused.stderr


def test_devices_are_listed_rendered_explained_and_compared(run):
    listed = json.loads(run("devices", "--json").stdout)
    assert {"acme", "beta"} == {one["tenant"] for one in listed["items"]}
    assert "805ec0000001.cfg" in run("render", PHONE).stdout
    assert "account.1.user_name = 100" in run("render", PHONE, "805ec0000001.cfg").stdout
    assert "account.1.user_name\t100" in run("explain", PHONE, "805ec0000001.cfg", "account.1.user_name").stdout
    assert "not served yet" in run("diff", PHONE).stdout


def test_a_device_is_paired_unpaired_and_blocked(run):
    assert "open until" in run("pair", "805EC0-000001", "--minutes", "5").stdout
    assert f"{PHONE}: closed\n" == run("unpair", PHONE).stdout
    assert f"{PHONE}: blocked\n" == run("block", PHONE, token="ann").stdout


def test_a_pairing_code_is_told_alone_in_its_line(run):
    for whose in ((PHONE,), ("--tenant", "acme")):
        code, says = run("pair", "--code", *whose).stdout.splitlines()
        assert (8, True) == (len(code), code.isdecimal())
        assert says.startswith(f"{whose[-1]}: password for any user name, once, until ")


@pytest.mark.parametrize("words", [(), ("--code",), ("--tenant", "acme"), (PHONE, "--code", "--tenant", "acme")])
def test_a_pairing_code_is_a_devices_or_a_tenants(run, words):
    assert 2 == run("pair", *words).exit_code


def test_a_certificate_is_distrusted_and_trusted_again(run):
    assert f"{PHONE}: its certificate is distrusted\n" == run("block", PHONE, "--certificate").stdout
    assert f"{PHONE}: its certificate is trusted\n" == run("block", PHONE, "--certificate", "--undo").stdout
    assert 2 == run("block", PHONE, "--undo").exit_code


def test_a_device_that_there_is_not_is_refused(run):
    for identity in ("80:5e:c0:99:99:99", "nonsense", "80:5e:c0:00:00:01"):
        token = "bob" if identity == PHONE else "root"
        assert 1 == run("pair", identity, token=token).exit_code


def test_requests_are_recognised_and_replayed(run):
    agent = "Yealink SIP-T46U 108.86.0.90"
    one = json.loads(run("recognise", "--path", "/805ec0000001.cfg", "--user-agent", agent, "--json").stdout)
    lines = f'{{"path": "/805ec0000001.cfg", "user_agent": "{agent}"}}\n' * 3
    many = [json.loads(line) for line in run("recognise", "--batch", input=lines).stdout.splitlines()]
    assert ([one] * 3, "T46U") == (many, one["model"])
    assert "recognise" in run("why", "--path", "/805ec0000001.cfg").stdout
    assert "Yealink" in run("vendors").stdout


def test_a_spreadsheet_is_imported(run, tmp_path):
    file = tmp_path / "more.csv"
    file.write_text("number,name\n170,New\n")
    done = run("import", "extensions", str(file), "--tenant", "acme")
    told = ["+ extension 170", "1 added, 0 changed, 0 unchanged, 0 refused"]
    assert (0, told) == (done.exit_code, done.stdout.splitlines())


def test_what_is_the_installations_own_says_where_it_works(run):
    refused = run("doctor")
    assert (2, True) == (refused.exit_code, "run it there" in refused.stderr)
    assert 2 == run("export", "acme", "--secrets").exit_code


def test_a_token_may_come_from_the_environment_and_must_come_from_somewhere(address, tokens):
    words = ["--server", address, "vendors"]
    assert 0 == CliRunner().invoke(cli, words, env={"PROVISIONER_TOKEN": tokens["vic"]}).exit_code
    assert 2 == CliRunner().invoke(cli, words, env={"PROVISIONER_TOKEN": None}).exit_code


def test_every_remote_command_is_one_that_there_is_without_a_server_too():
    assert set(remote.COMMANDS) <= set(COMMANDS)


# --- the document


def test_the_example_of_the_document_works(address, tokens):
    text = (Path(__file__).parents[2] / "docs" / "api.md").read_text("utf-8")
    code = re.search(r"```python\n(.*?)```", text, re.DOTALL)[1].replace("https://provisioner.example", address)
    exec(compile(code, "api.md", "exec"), {"token": tokens["ann"]})
    assert "Front desk" == Client(address, tokens["ann"]).device("80:5e:c0:12:34:56").get()["name"]


def test_every_resource_and_remote_command_is_in_the_document():
    text = (Path(__file__).parents[2] / "docs" / "api.md").read_text("utf-8")
    nouns = {[part for part in one.path.split("/") if not part.startswith("{")][-1] for one in catalogue()}
    assert set() == {noun for noun in nouns if f"/{noun}" not in text}
    assert set() == {name for name in remote.COMMANDS if f"`{name}`" not in text}
