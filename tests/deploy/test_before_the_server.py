"""The shipped proxies before the real phones' plane: a certificate is proof, a claim is none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.test_proxies import FORGED, Proxy, Upstream, started
from tests.gate.authorities import Issued, issue
from tests.world import BACK, FRONT, World, make_world

ROOT = issue(ca=True, CN="Yealink Root")
CA = ROOT.issue(ca=True, CN="Yealink Equipment Issuing CA")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Two devices whose windows are closed, behind trusted proxies."""
    folder = tmp_path_factory.mktemp("behind")
    (folder / "cas").mkdir()
    # A proxy passes on the phone's own certificate alone: what issued it has to be known here.
    (folder / "cas" / "yealink.pem").write_text(CA.pem + ROOT.pem)
    made = make_world(folder)
    made.environment_extra = {
        "PROVISIONER_CLIENT_CA_DIR": str(folder / "cas"),
        "PROVISIONER_TRUSTED_PROXIES": "127.0.0.1/32",
    }
    made.run("unpair", FRONT)
    made.run("unpair", BACK)
    with made.serving("phones"):
        yield made


@pytest.fixture(scope="module", params=["nginx", "haproxy"])
def proxy(request: pytest.FixtureRequest, world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    directory = tmp_path_factory.mktemp(request.param)
    with started(request.param, directory, Upstream(world.phones), Upstream(world.portal)) as made:
        yield made


def status(proxy: Proxy, phone: Issued | None, directory: Path, mac: str = FRONT) -> int:
    client = phone.write(directory, "phone") if phone else None
    return proxy.ask(proxy.tls, f"/{mac}.cfg", client=client)


def test_a_phones_own_certificate_is_proof_through_the_proxy(proxy: Proxy, tmp_path: Path) -> None:
    assert 200 == status(proxy, CA.issue(CN=FRONT.upper()), tmp_path)


@pytest.mark.parametrize(
    "phone",
    [None, CA.issue(CN=BACK), CA.issue(CN=FRONT, days=(-30, -1)), issue(ca=True, CN="Other").issue(CN=FRONT)],
    ids=["none", "another phone's", "expired", "another CA"],
)
def test_any_other_gets_the_404(proxy: Proxy, phone: Issued | None, tmp_path: Path) -> None:
    assert 404 == status(proxy, phone, tmp_path)


def test_what_a_client_claims_in_headers_is_no_proof(proxy: Proxy) -> None:
    claims = {**FORGED, "X-SSL-Client-S-DN": f"CN={FRONT}", "X-Forwarded-Client-Cert": f'Subject="CN={FRONT}"'}
    for port in (proxy.plain, proxy.tls):
        assert 404 == proxy.ask(port, f"/{FRONT}.cfg", **claims)
