"""A server with known secrets is driven through all its doors, at its most talkative, and everything is searched.

What may hold a secret is left out of the search: the file that a phone gets for its proof, and what an
admin reveals on purpose.
"""

from __future__ import annotations

import base64
import json
import re
import socket
import urllib.parse
from collections import deque

import pytest
import requests

from tests.world import BACK, FRONT, World, make_world

SECRETS = {
    "a SIP password": "Sip-Secret-4711",
    "another SIP password": "Sip-Secret-4712",
    "the phones' admin password": "Phone-Secret-4713",
    "the phones' user password": "User-Secret-4714",
    "the tenant's HTTP password": "Http-Secret-4715",
    "a webhook's password": "Hook-Secret-4716",
    "a vendor's own key": "Native-Secret-4717",
    "the key of encrypted files": "FileKeySecret471",
    "the admin's password": "Admin-Secret-4719",
    "a viewer's password": "Viewer-Secret-4720",
    "a password that is wrong": "Wrong-Secret-4721",
}
SITE = """
tenant: acme
name: Acme Dental
http_password: Http-Secret-4715
sip: {server: pbx.acme.example}
phone: {admin_password: Phone-Secret-4713, user_password: User-Secret-4714, encrypt_files: true,
        file_key: FileKeySecret471}
settings: {yealink: {"ldap.password": "Native-Secret-4717"}}
extensions:
  - {number: "100", name: Front office, password: Sip-Secret-4711}
  - {number: "101", name: Back office, password: Sip-Secret-4712}
locations:
  - {name: HQ, city: Chicago}
button_templates:
  - {name: Front, buttons: [{slot: "line:2", mode: blf, value: "101"}]}
devices:
  - {mac: "80:5e:c0:12:34:56", name: Front desk, vendor: yealink, model: T46U, extensions: ["100"]}
  - {mac: "80:5e:c0:12:34:57", name: Back desk, vendor: yealink, model: T48S, extensions: ["101"]}
  - {mac: "00:04:13:12:34:58", name: Broken desk, vendor: snom, model: D785, extensions: ["100"]}
webhooks:
  - {event: device.paired, url: "https://crm.example/hook", user: crm, password: Hook-Secret-4716}
"""
BROKEN_TEMPLATE = "{{ {}[profile.accounts[0].password] }} {{ profile.url / 0 }}"
VALUES = {
    "tenant": "acme", "device": FRONT, "key": FRONT, "extension": "100", "name": f"{FRONT}.cfg", "file": f"{FRONT}.cfg",
    "location": "HQ", "button_template": "Front", "vendor": "yealink", "webhook": "1", "mac": FRONT,
}  # fmt: skip


class Everything:
    """Whatever came out, by where it came from."""

    def __init__(self) -> None:
        self.texts: dict[str, list[bytes]] = {}

    def add(self, where: str, *texts: bytes | str) -> None:
        self.texts.setdefault(where, []).extend(text.encode() if isinstance(text, str) else text for text in texts)

    def found(self, secrets: dict[str, str]) -> list[str]:
        """Each secret that is in something: as it is, and as URLs, HTTP Basic and JSON would hide it."""
        return [
            f"{name} in {where}"
            for name, secret in secrets.items()
            for where, texts in self.texts.items()
            if any(form in text for form in forms(secret) for text in texts)
        ]


def forms(secret: str) -> set[bytes]:
    plain = secret.encode()
    return {plain, urllib.parse.quote(secret).encode(), base64.b64encode(plain)[:-4], plain.hex().encode()}


class Driver:
    """Drives the server, and keeps everything that comes out."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.out = Everything()
        self.secrets = dict(SECRETS)

    def command(self, *words: str, expect: int = 0) -> str:
        said = self.world.run(*words, expect=expect)
        self.out.add(f"provisioner {' '.join(words[:2])}", said)
        return said

    def page(self, session: requests.Session, method: str, path: str, **more: object) -> requests.Response:
        answer = session.request(method, f"http://127.0.0.1:{self.world.portal}{path}", timeout=30, **more)
        self.out.add(f"{method} {path}", answer.content, str(answer.headers))
        return answer

    def log_in(self, name: str, password: str) -> requests.Session:
        session = requests.Session()
        token = re.search(r'name="csrf_token" value="([^"]+)"', self.page(session, "GET", "/portal/login").text)
        assert token
        data = {"name": name, "password": password, "csrf_token": token[1]}
        self.page(session, "POST", "/portal/login", data=data)
        return session

    def crawl(self, session: requests.Session, most: int = 60) -> int:
        """Every page that links lead to, each shape of address some times."""
        waiting, seen, shapes = deque(["/portal/home"]), set(), {}
        while waiting and len(seen) < most:
            path = waiting.popleft()
            shape = re.sub(r"\d+|[0-9a-f]{12}", "#", path.partition("?")[0])
            if path in seen or shapes.get(shape, 0) > 2 or "logout" in path:
                continue
            seen.add(path)
            shapes[shape] = shapes.get(shape, 0) + 1
            answer = self.page(session, "GET", path)
            assert answer.status_code < 500, path
            links = re.findall(r'href="(/portal[^"#]*)', answer.text)
            waiting.extend(link.replace("&amp;", "&") for link in links)
        return len(shapes)


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Driver:
    directory = tmp_path_factory.mktemp("secrets")
    (directory / "templates" / "snom").mkdir(parents=True)
    for template in ("settings.xml.j2", "device.xml.j2"):
        (directory / "templates" / "snom" / template).write_text(BROKEN_TEMPLATE)
    world = make_world(directory, site=None)
    world.environment_extra = {
        "PROVISIONER_LOG_LEVEL": "debug", "PROVISIONER_TEMPLATE_DIR": str(directory / "templates"),
        "PROVISIONER_ADMIN_PASSWORD": SECRETS["the admin's password"],
    }  # fmt: skip
    world.run("apply", "-", stdin=SITE)
    made = Driver(world)
    with world.serving():
        _drive(made)
    made.out.add("the server's log", (directory / "serve.log").read_bytes())
    return made


def _drive(driver: Driver) -> None:
    _phones(driver)
    tokens = _accounts(driver)
    _pages(driver)
    _api(driver, tokens)
    _commands(driver)


def _phones(driver: Driver) -> None:
    """A phone pairs and comes back; what it is given is its own, and not searched."""
    world = driver.world
    status, body = world.get(f"/{FRONT}.cfg", User_Agent="Yealink SIP-T46U 108.86.0.20 80:5e:c0:12:34:56")
    assert status == 200
    assert SECRETS["a SIP password"].encode() in body
    url = re.search(rb"/d/([0-9a-f]{40,})", body)
    assert url
    token = driver.secrets["a device's token"] = url[1].decode()
    assert 200 == world.get(f"/d/{token}/{FRONT}.cfg")[0]
    basic = base64.b64encode(f"acme:{SECRETS['a password that is wrong']}".encode()).decode()
    for path, headers in (
        (f"/d/{token}/{BACK}.cfg", {}),
        (f"/d/{token}x/{FRONT}.cfg", {}),
        (f"/{token}/none.cfg", {}),
        ("/000413123458.xml", {"User_Agent": "Mozilla/4.0 (compatible; snomD785-SIP 10.1.54.13)"}),
        ("/snomD785-000413123458.htm", {"User_Agent": "Mozilla/4.0 (compatible; snomD785-SIP 10.1.54.13)"}),
        (f"/000000000000.cfg?password={SECRETS['a password that is wrong']}", {}),
        (f"/{FRONT}.cfg", {"Authorization": f"Basic {basic}", "X_Forwarded_For": "10.0.0.1"}),
        (f"/{FRONT}-local.cfg", {"Authorization": f"Bearer {SECRETS['a password that is wrong']}"}),
    ):
        status, body = world.get(path, **headers)
        if status != 200:
            driver.out.add(f"GET {path[:20]} {status}", body)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        for name in (f"{token}/{BACK}.cfg", f"d/{token}/nothing.cfg", f"{FRONT}.cfg"):
            client.sendto(b"\0\1" + name.encode() + b"\0octet\0", ("127.0.0.1", world.tftp))


def _accounts(driver: Driver) -> dict[str, str]:
    viewer = SECRETS["a viewer's password"]
    driver.command("user", "add", "vic", "--role", "viewer", "--tenant", "acme", "--password", viewer)
    made = {}
    for role, words in (("viewer", ("--tenant", "acme")), ("server", ())):
        said = driver.world.run("token", "add", f"script {role}", "--role", role, *words, "--json")
        made[role] = driver.secrets[f"the API token of a {role}"] = json.loads(said)["token"]
    return made


def _pages(driver: Driver) -> None:
    driver.log_in("admin", SECRETS["a password that is wrong"])
    for name, password in (("vic", "a viewer's password"), ("admin", "the admin's password")):
        session = driver.log_in(name, SECRETS[password])
        assert driver.crawl(session) > 12, f"{name} saw few pages"
        for path in ("/portal/none", "/portal/advanced/device-management/none", "/none"):
            driver.page(session, "GET", path)
        driver.page(
            session, "POST", "/portal/advanced/extensions/new", data={"password": SECRETS["a SIP password"][:-1]}
        )
    driver.page(requests.Session(), "GET", "/metrics")
    driver.page(requests.Session(), "GET", "/portal/home")


def _api(driver: Driver, tokens: dict[str, str]) -> None:
    paths = requests.get(f"http://127.0.0.1:{driver.world.portal}/api/v1/openapi.json", timeout=30).json()["paths"]
    for role, token in tokens.items():
        session = requests.Session()
        session.headers["Authorization"] = f"Bearer {token}"
        for path, operations in paths.items():
            if "get" not in operations or "stream" in path:
                continue
            filled = re.sub(r"{(\w+)}", lambda match: VALUES.get(match[1], "1"), path)
            answer = driver.page(session, "GET", f"/api/v1{filled}" if not filled.startswith("/api") else filled)
            assert answer.status_code < 500 or "000413" in filled, f"{filled}: {answer.text[:300]}"
            if role == "viewer":
                driver.page(session, "GET", f"{answer.request.path_url}?reveal=1")
                driver.page(session, "GET", f"{answer.request.path_url}?secrets=1")
        body = {"number": "900", "password": SECRETS["a password that is wrong"], "colour": "red"}
        driver.page(session, "POST", "/api/v1/tenants/acme/extensions", json=body)
        driver.page(session, "PUT", "/api/v1/tenants/acme/site", data=SITE + "\nx: [")
    nobody = requests.Session()
    nobody.headers["Authorization"] = f"Bearer {SECRETS['a password that is wrong']}"
    driver.page(nobody, "GET", "/api/v1/tenants")


def _commands(driver: Driver) -> None:
    for words in (
        ("render", FRONT, f"{FRONT}.cfg"), ("explain", FRONT, f"{FRONT}.cfg"), ("diff", FRONT),
        ("export", "acme"), ("doctor", "--json"), ("keys", "rotate", "--json"),
        ("backup", str(driver.world.directory / "backup.tar.gz"), "--json"),
    ):  # fmt: skip
        driver.command(*words)
    driver.command("render", "000413123458", "snomD785-000413123458.htm", expect=1)


def test_no_secret_comes_out(driver: Driver) -> None:
    assert not driver.out.found(driver.secrets)


def test_the_search_would_find_them(driver: Driver) -> None:
    driver.out.add("an answer of this test", f"password: {SECRETS['a SIP password']}")
    try:
        assert ["a SIP password in an answer of this test"] == driver.out.found(driver.secrets)
    finally:
        del driver.out.texts["an answer of this test"]


def test_the_server_was_driven_and_its_log_is_there(driver: Driver) -> None:
    assert len(driver.out.texts) > 80
    log = b"".join(driver.out.texts["the server's log"])
    assert b"config.served" in log
    assert b"config.broken" in log
    assert b"yealink" in log


def test_no_secret_lies_in_plain_in_the_data_directory(driver: Driver) -> None:
    files = [path for path in driver.world.directory.rglob("*") if path.is_file()]
    assert any(path.name == "provisioner.db" for path in files)
    at_rest = Everything()
    for path in files:
        if path.name not in ("key", "serve.log"):
            at_rest.add(path.name, path.read_bytes())
    assert not at_rest.found(driver.secrets)


def test_the_key_comes_out_nowhere(driver: Driver) -> None:
    words = (driver.world.directory / "key").read_text().split()
    keys = {f"key {number}": word for number, word in enumerate(words) if len(word) > 40}
    assert keys
    assert not driver.out.found(keys)
