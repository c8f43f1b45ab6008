"""HTTP Basic and Digest: right answers are proof where the tenant says so, and nothing can be given twice."""

from __future__ import annotations

import base64
import re
import subprocess
from collections.abc import Callable, Iterator
from shutil import which
from typing import Any

import pytest
from requests.auth import HTTPDigestAuth

from provisioner import answer as answering
from provisioner import codes
from provisioner.answer import Provisioner
from provisioner.gate import Claim
from provisioner.http import PhonesDoor
from provisioner.recognise import Ask
from provisioner.services import pairing
from provisioner.site.apply import apply
from provisioner.store.tables import PairingCode
from tests.conftest import missing
from tests.gate.conftest import House
from tests.world import BACK, FRONT, SITE, World, make_world

FILE = f"/{FRONT}.cfg"
STRANGER = "/805ec1000001.cfg"
WITH_BASIC = SITE + "http_auth: basic\nhttp_user: acme-phones\nhttp_password: tenant-secret\n"
WITH_DIGEST = WITH_BASIC.replace("http_auth: basic", "http_auth: digest")


def closed(house: House, site: str) -> House:
    apply(house.provisioner, site)
    for mac in (FRONT, BACK):
        house.set(mac, state="closed", open_until=None)
    return house


@pytest.fixture
def basic(house: House) -> House:
    return closed(house, WITH_BASIC)


@pytest.fixture
def digest(house: House) -> House:
    return closed(house, WITH_DIGEST)


def password(house: House, mac: str) -> str:
    device = house.device(mac)
    return house.provisioner.vault.http_password(device.public_id, device.generation)


def basic_header(user: str, given: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{given}".encode()).decode()


def challenge(house: House, path: str = FILE, address: str = "192.0.2.7", node: Provisioner | None = None) -> list[str]:
    server = node or house.provisioner
    return server.gatehouse.digests.challenges("basic", Ask(path=path, address=address), house.at)


def answer(told: str, user: str, given: str, path: str = FILE) -> str:
    """What the client of the requests library answers to a challenge."""
    client = HTTPDigestAuth(user, given)
    client.init_per_thread_state()
    parts = dict(part.strip().split("=", 1) for part in told.removeprefix("Digest ").split(","))
    client._thread_local.chal = {name: value.strip('"') for name, value in parts.items()}
    return str(client.build_digest_header("GET", f"http://prov.example{path}"))


@pytest.mark.parametrize("user", [FRONT, FRONT.upper(), "80-5E-C0-12-34-56"])
def test_the_device_s_own_password_is_proof(basic: House, user: str) -> None:
    assert basic.ask(FILE, authorization=basic_header(user, password(basic, FRONT))) == "credentials"


def test_the_tenant_s_password_is_proof_for_each_of_its_devices(basic: House) -> None:
    for mac in (FRONT, BACK):
        assert basic.ask(f"/{mac}.cfg", authorization=basic_header("acme-phones", "tenant-secret")) == "credentials"


def wrong_logins(house: House) -> list[tuple[str, str]]:
    own = password(house, FRONT)
    return [
        (BACK, own),
        (FRONT, password(house, BACK)),
        (FRONT, ""),
        ("", own),
        ("acme-phones", own),
        (FRONT, own[:-1]),
    ]


def test_a_wrong_user_or_password_is_none(basic: House) -> None:
    for user, given in wrong_logins(basic):
        assert basic.ask(FILE, authorization=basic_header(user, given)).startswith("Refused"), (user, given)
        told = answer(challenge(basic)[0], user, given)
        assert basic.ask(FILE, authorization=told).startswith("Refused"), (user, given)


def test_credentials_are_nothing_to_a_tenant_that_takes_none(house: House) -> None:
    closed(house, SITE)
    assert "takes no HTTP" in house.ask(FILE, authorization=basic_header(FRONT, password(house, FRONT)))


def test_a_digest_tenant_takes_no_basic(digest: House) -> None:
    assert "Digest alone" in digest.ask(FILE, authorization=basic_header(FRONT, password(digest, FRONT)))


@pytest.mark.parametrize("algorithm", [0, 1], ids=["SHA-256", "MD5"])
def test_a_digest_is_proof(digest: House, algorithm: int) -> None:
    told = challenge(digest)[algorithm]
    assert digest.ask(FILE, authorization=answer(told, FRONT, password(digest, FRONT))) == "credentials"


def test_closing_the_window_makes_the_device_s_password_worthless(basic: House) -> None:
    old = password(basic, FRONT)
    with basic.provisioner.database.writing() as session:
        pairing.close_window(session, "a test", session.merge(basic.device(FRONT)))
    assert basic.ask(FILE, authorization=basic_header(FRONT, old)).startswith("Refused")


def test_an_answer_cannot_be_given_twice(digest: House) -> None:
    told = answer(challenge(digest)[0], FRONT, password(digest, FRONT))
    assert [digest.ask(FILE, authorization=told)[:11] for _ in range(2)] == ["credentials", "Refused: no"]
    assert digest.provisioner.gatehouse.digests.is_stale(
        Ask(path=FILE, address="192.0.2.7", authorization=told), digest.at
    )


def test_an_answer_is_for_one_path_and_one_address(digest: House) -> None:
    told = answer(challenge(digest)[0], "acme-phones", "tenant-secret")
    assert digest.ask(f"/{BACK}.cfg", authorization=told).startswith("Refused")
    assert digest.ask(FILE, "192.0.2.8", authorization=told).startswith("Refused")
    assert digest.ask(FILE, authorization=told) == "credentials"


def test_a_nonce_is_good_in_every_process_and_grows_old(digest: House) -> None:
    told = challenge(digest)[0]
    given = answer(told, FRONT, password(digest, FRONT))
    assert digest.ask(FILE, node=digest.node(), authorization=given) == "credentials"
    digest.after(minutes=5, seconds=1)
    ask = Ask(path=FILE, address="192.0.2.7", authorization=answer(told, FRONT, password(digest, FRONT)))
    assert digest.ask(FILE, authorization=ask.authorization).startswith("Refused")
    assert all("stale=true" in one for one in digest.provisioner.gatehouse.digests.challenges("digest", ask, digest.at))


def test_a_nonce_of_before_the_clock_was_set_back_is_stale(digest: House) -> None:
    told = answer(challenge(digest)[0], FRONT, password(digest, FRONT))
    digest.after(days=-1)
    ask = Ask(path=FILE, address="192.0.2.7", authorization=told)
    assert digest.ask(FILE, authorization=told).startswith("Refused")
    assert all("stale=true" in one for one in digest.provisioner.gatehouse.digests.challenges("digest", ask, digest.at))


def test_a_nonce_of_somebody_else_is_none(digest: House) -> None:
    told = challenge(digest)[0].replace('nonce="', 'nonce="0')
    assert digest.ask(FILE, authorization=answer(told, FRONT, password(digest, FRONT))).startswith("Refused")


def test_counts_of_a_nonce_may_come_out_of_order_but_not_twice(house: House) -> None:
    digests = house.provisioner.gatehouse.digests
    assert [digests._use("n", count) for count in (1, 3, 2, 2, 3, 1, 300, 301, 100, 0, -1)] == [
        True, True, True, False, False, False, True, True, False, False, False,
    ]  # fmt: skip


@pytest.mark.parametrize(
    "header",
    ["Basic", "Basic %%%", "Basic " + "A" * 5000, "Digest", 'Digest nonce=""', 'Digest nonce="é", nc=zz', "Bearer x",
     'Digest username="a", nonce="' + "0" * 56 + '", uri="/", qop=auth-int, nc=-1', "Basic /w=="],
)  # fmt: skip
def test_hostile_headers_are_refused_like_any_other(basic: House, header: str) -> None:
    assert basic.ask(FILE, authorization=header).startswith("Refused")
    assert basic.ask(STRANGER, authorization=header).startswith("Unknown")


def test_a_response_in_letters_that_no_digest_has_is_a_wrong_one(digest: House) -> None:
    told = re.sub('response="[^"]*"', 'response="\xe9"', answer(challenge(digest)[0], "acme-phones", "tenant-secret"))
    assert "password are wrong" in digest.ask(FILE, authorization=told)


# --- who is challenged


def reply(house: House, path: str, **headers: str) -> tuple[str, list[tuple[str, str]], bytes]:
    told: list[Any] = []
    environ = {"PATH_INFO": path, "RAW_URI": path, "REQUEST_METHOD": "GET", "REMOTE_ADDR": "192.0.2.7", **headers}
    body = b"".join(PhonesDoor(house.provisioner)(environ, lambda *given: told.extend(given)))
    return told[0], [(name, value.partition("nonce=")[0]) for name, value in told[1]], body


def test_whoever_names_the_tenant_is_challenged_alike_whether_known_or_not(basic: House) -> None:
    basic.set(BACK, state="blocked")
    paths = [f"/t/acme/{mac}.cfg" for mac in (FRONT, BACK, "805ec1000001", "nonsense")] + ["/t/acme/x/y.boot"]
    replies = [reply(basic, path) for path in paths]
    assert replies[0][0] == "401 Unauthorized"
    assert [name for name, _ in replies[0][1]].count("WWW-Authenticate") == 3
    assert all(one == replies[0] for one in replies)


def test_nobody_else_is_challenged(basic: House) -> None:
    replies = [reply(basic, path) for path in (FILE, STRANGER, f"/t/globex/{FRONT}.cfg", "/t/acme", "/")]
    assert all(one == replies[0] for one in replies)
    assert replies[0][0] == "404 Not Found"


def test_a_phone_with_credentials_is_not_asked_again_for_a_file_that_is_never_served(basic: House) -> None:
    given = basic_header(FRONT, password(basic, FRONT))
    assert reply(basic, f"/t/acme/{FRONT}.boot", HTTP_AUTHORIZATION=given)[0] == "404 Not Found"


def test_an_installation_may_challenge_everybody(house: House) -> None:
    closed(house, SITE)
    challenging = house.provisioner.installation.model_copy(update={"http_challenge": "digest"})
    house.provisioner.gatehouse._installation = challenging
    replies = [reply(house, path) for path in (FILE, STRANGER, f"/t/globex/{FRONT}.cfg", "/what.cfg")]
    assert all(one == replies[0] for one in replies)
    assert (replies[0][0], len(replies[0][1])) == ("401 Unauthorized", 4)


# --- pairing codes


@pytest.fixture
def made(basic: House) -> Callable[..., str]:
    def make(mac: str | None = FRONT, **more: int) -> str:
        with basic.provisioner.database.writing() as session:
            device = session.merge(basic.device(mac or FRONT))
            vault, owner = basic.provisioner.vault, device if mac else device.tenant
            return pairing.make_code(session, vault, "a test", owner, at=basic.at, **more).code

    return make


def test_a_code_pairs_its_device_once(basic: House, made: Callable[..., str]) -> None:
    given = basic_header("anybody", made())
    assert basic.ask(FILE, authorization=given) == "code"
    assert (basic.device(FRONT).state, basic.device(FRONT).paired_address) == ("paired", "192.0.2.7")
    basic.after(minutes=11)
    assert basic.ask(FILE, authorization=given).startswith("Refused")


def test_a_code_of_one_device_is_none_for_another(basic: House, made: Callable[..., str]) -> None:
    assert basic.ask(f"/{BACK}.cfg", authorization=basic_header("x", made())).startswith("Refused")


def test_a_tenant_s_code_pairs_whichever_device_comes_first(basic: House, made: Callable[..., str]) -> None:
    given = basic_header("x", made(None))
    assert basic.ask(f"/{BACK}.cfg", authorization=given) == "code"
    assert basic.ask(FILE, authorization=given).startswith("Refused")


def test_a_code_expires(basic: House, made: Callable[..., str]) -> None:
    given = basic_header("x", made(minutes=5))
    basic.after(minutes=6)
    assert basic.ask(FILE, authorization=given).startswith("Refused")


def test_a_code_pairs_a_device_anew_and_makes_its_older_token_worthless(basic: House, made: Callable[..., str]) -> None:
    basic.set(FRONT, state="paired", paired_at=basic.at, open_until=basic.at)
    old = basic.token_path(FRONT)
    assert basic.ask(FILE, authorization=basic_header("x", made())) == "code"
    basic.after(minutes=11)
    assert basic.ask(old).startswith("Refused")


def test_a_blocked_device_has_no_use_for_a_code(basic: House, made: Callable[..., str]) -> None:
    given = basic_header("x", made())
    basic.set(FRONT, state="blocked")
    assert "blocked" in basic.ask(FILE, authorization=given)


def test_a_device_that_is_blocked_while_its_code_is_looked_at_stays_so_and_keeps_the_code(
    basic: House, made: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    given, real = basic_header("x", made()), answering.admit

    def admitted(claim: Claim) -> str:
        proof = real(claim)
        basic.set(FRONT, state="blocked")
        return proof

    with monkeypatch.context() as patch:
        patch.setattr(answering, "admit", admitted)
        assert basic.ask(FILE, authorization=given).startswith("Refused")
    assert basic.device(FRONT).state == "blocked"
    basic.set(FRONT, state="closed")
    assert basic.ask(FILE, authorization=given) == "code"


def test_ten_wrong_guesses_make_a_code_worthless_in_every_process(basic: House, made: Callable[..., str]) -> None:
    code = made()
    other = basic.node()
    for number in range(codes.MOST_FAILURES):
        wrong = f"{(int(code) + number + 1) % 10**8:08d}"
        basic.ask(FILE, authorization=basic_header("x", wrong), node=other if number % 2 else None)
    for node in (basic.provisioner, other):
        node.gatehouse.codes.exchange()
    for node in (basic.provisioner, other):
        assert basic.ask(FILE, authorization=basic_header("x", code), node=node).startswith("Refused")


def test_a_new_code_of_a_device_replaces_its_older_one(basic: House, made: Callable[..., str]) -> None:
    old = made()
    made()
    assert basic.ask(FILE, authorization=basic_header("x", old)).startswith("Refused")


def test_codes_are_stored_sealed(basic: House, made: Callable[..., str]) -> None:
    code = made()
    with basic.provisioner.database.reading() as session:
        assert code.encode() not in session.query(PairingCode).one().sealed_code


# --- real clients


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    if which("curl") is None:
        missing("curl is not installed")
    world = make_world(tmp_path_factory.mktemp("auth"), WITH_BASIC + "pairing_minutes: 0\n")
    with world.serving("phones"):
        yield world


def curl(world: World, *words: str, path: str = f"/t/acme/{FRONT}.cfg") -> str:
    command = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", *words, world.url(path)]
    return subprocess.run(command, capture_output=True, text=True, timeout=20, check=True).stdout


@pytest.mark.parametrize("how", ["--digest", "--basic", "--anyauth"])
def test_curl_gets_the_file_with_the_tenant_s_credentials(world: World, how: str) -> None:
    assert curl(world, how, "-u", "acme-phones:tenant-secret") == "200"


@pytest.mark.parametrize("how", ["--digest", "--basic"])
def test_curl_gets_nothing_with_wrong_ones(world: World, how: str) -> None:
    assert curl(world, how, "-u", "acme-phones:wrong") == "401"


def test_old_phones_that_send_basic_unasked_are_served_on_any_path(world: World) -> None:
    assert curl(world, "--basic", "-u", "acme-phones:tenant-secret", path=FILE) == "200"
