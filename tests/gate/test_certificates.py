"""A client certificate is proof when its manufacturer's CA issued it for this very MAC."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest

from provisioner.app import open_provisioner
from provisioner.certificates import Manufacturers, Presented, read_authorities
from provisioner.errors import Invalid
from provisioner.forwarded import forwarded_certificate
from provisioner.settings import Installation
from provisioner.values import Mac
from tests.gate.authorities import Issued, issue
from tests.world import FRONT

NOW = datetime.now(UTC)
ROOT = issue(ca=True, CN="Yealink Root")
CA = ROOT.issue(ca=True, CN="Yealink Equipment Issuing CA")
OTHER = issue(ca=True, CN="Some CA")
PHONE = CA.issue(CN=FRONT.upper())


@pytest.fixture(scope="module")
def makers(tmp_path_factory: pytest.TempPathFactory) -> Manufacturers:
    folder = tmp_path_factory.mktemp("cas")
    (folder / "yealink.pem").write_text(ROOT.pem)
    (folder / "cisco_mpp").mkdir()
    (folder / "cisco_mpp" / "root.der").write_bytes(ROOT.der)
    return Manufacturers.read(folder)


def mac_of(makers: Manufacturers, phone: Issued, at: datetime = NOW) -> Mac | None:
    chain = (phone.issuer.der,) if phone.issuer else ()
    seen = makers.examine(Presented(certificate=phone.der, chain=chain), at)
    return next((one.mac for one in seen if one.vendor == "yealink"), None)


@pytest.mark.parametrize("spelling", [FRONT, FRONT.upper(), "80:5e:c0:12:34:56", "80-5E-C0-12-34-56"])
def test_the_mac_is_read_in_every_spelling(makers: Manufacturers, spelling: str) -> None:
    assert mac_of(makers, CA.issue(CN=spelling)) == Mac(FRONT)


@pytest.mark.parametrize(
    "name",
    ["Yealink IP Phone", f"phone {FRONT}", f"{FRONT}.example", FRONT[:-1], f"{FRONT}0", "000000000000", f"{FRONT}\n"],
)
def test_what_is_not_exactly_a_mac_is_no_proof(makers: Manufacturers, name: str) -> None:
    assert mac_of(makers, CA.issue(CN=name)) is None


def test_a_mac_in_another_field_is_no_proof(makers: Manufacturers) -> None:
    assert mac_of(makers, CA.issue(CN="Yealink IP Phone", OU=FRONT)) is None


def test_each_vendor_has_its_own_field(makers: Manufacturers) -> None:
    phone = CA.issue(OU="CP-8841-3PCC", ST=FRONT)
    seen = makers.examine(Presented(certificate=phone.der, chain=(CA.der,)), NOW)
    assert {one.vendor: one.mac for one in seen} == {"cisco_mpp": Mac(FRONT), "yealink": None}


def test_a_certificate_of_another_ca_says_so(makers: Manufacturers) -> None:
    seen = makers.examine(Presented(certificate=OTHER.issue(CN=FRONT).der, chain=(OTHER.der,)), NOW)
    assert ("the client certificate chains to no manufacturer's CA in CLIENT_CA_DIR",) == tuple(one.why for one in seen)


def test_a_self_made_certificate_of_the_ca_s_name_is_no_proof(makers: Manufacturers) -> None:
    fake = issue(ca=True, CN="Yealink Root")
    assert mac_of(makers, fake.issue(CN=FRONT)) is None


def test_a_phone_cannot_issue_for_another(makers: Manufacturers) -> None:
    thief = PHONE.issue(CN="805ec0999999")
    seen = makers.examine(Presented(certificate=thief.der, chain=(PHONE.der, CA.der)), NOW)
    assert all(one.mac is None for one in seen)


def test_an_expired_certificate_says_so(makers: Manufacturers) -> None:
    old = CA.issue(CN=FRONT, days=(-30, -1))
    assert "expired on" in makers.examine(Presented(certificate=old.der, chain=(CA.der,)), NOW)[0].why


def test_a_certificate_ends_while_the_server_runs(makers: Manufacturers) -> None:
    phone = CA.issue(CN=FRONT, days=(-30, 1))
    assert mac_of(makers, phone) == Mac(FRONT)
    assert mac_of(makers, phone, NOW + timedelta(days=2)) is None


def test_garbage_is_no_certificate(makers: Manufacturers) -> None:
    assert "cannot be read" in makers.examine(Presented(certificate=b"0\x82garbage"), NOW)[0].why


def test_a_folder_names_every_file_that_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "acme.pem").write_text(ROOT.pem)
    (tmp_path / "yealink-2020.pem").write_text("-----BEGIN CERTIFICATE-----\nno\n-----END CERTIFICATE-----\n")
    found, problems = read_authorities(tmp_path)
    assert (["acme.pem", "yealink-2020.pem"], {}) == (
        [Path(str(problem.message).partition(": ")[0]).name for problem in problems],
        {name: one for name, one in found.items() if one},
    )


def test_a_server_does_not_start_with_a_wrong_folder(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="is no folder"):
        open_provisioner(Installation(data_dir=tmp_path, client_ca_dir=tmp_path / "none"), create=True)


def forms(phone: Issued) -> dict[str, dict[str, str]]:
    pem, der = quote(phone.pem), base64.b64encode(phone.der).decode()
    issuer = phone.issuer.pem if phone.issuer else ""
    return {
        "nginx": {"HTTP_X_SSL_CLIENT_CERT": pem + quote(issuer), "HTTP_X_SSL_CLIENT_VERIFY": "SUCCESS"},
        "haproxy": {"HTTP_X_SSL_CLIENT_CERT": der},
        "rfc9440": {"HTTP_CLIENT_CERT": f":{der}:"},
        "envoy": {
            "HTTP_X_FORWARDED_CLIENT_CERT": f'By=x;Cert="{quote(OTHER.pem)}",Hash=1;Cert="{pem}";Subject="CN=a,b"'
        },
        "envoy chain": {"HTTP_X_FORWARDED_CLIENT_CERT": f'Hash=1;Chain="{pem}{quote(issuer)}"'},
    }


@pytest.mark.parametrize("form", list(forms(PHONE)))
def test_a_proxy_s_header_holds_the_certificate(form: str) -> None:
    found = forwarded_certificate(forms(PHONE)[form])
    assert found
    assert found.certificate == PHONE.der


@pytest.mark.parametrize(
    "wrote",
    [
        f'Cert="{quote(OTHER.pem)}";By="',
        f'Cert="{quote(OTHER.pem)}";By=\\"',
        f'By="\\",Cert="{quote(OTHER.pem)}',
    ],
)
def test_quotes_that_a_client_left_open_do_not_swallow_what_the_proxy_says(wrote: str) -> None:
    found = forwarded_certificate({"HTTP_X_FORWARDED_CLIENT_CERT": f'{wrote},Hash=1;Cert="{quote(PHONE.pem)}"'})
    assert found
    assert found.certificate == PHONE.der


@pytest.mark.parametrize("wrote", ['a\\",Cert=\\"{}', 'a\\\\\\",Cert={}\\"', 'a\\";Cert={};\\",Cert={}'])
def test_a_subject_cannot_end_its_own_quotes(wrote: str) -> None:
    subject = wrote.replace("{}", quote(OTHER.pem))
    header = f'Hash=1;Cert="{quote(PHONE.pem)}";Subject="{subject}"'
    found = forwarded_certificate({"HTTP_X_FORWARDED_CLIENT_CERT": header})
    assert found
    assert found.certificate == PHONE.der


@pytest.mark.parametrize(
    "subject", [f"CN={FRONT.upper()},O=Yealink", f"/C=CN/O=Yealink/CN={FRONT}", f"O=A\\,CN\\=B,CN={FRONT}"]
)
def test_a_subject_counts_where_the_proxy_vouches_for_it(makers: Manufacturers, subject: str) -> None:
    for verify in ("SUCCESS", "0"):
        given = {"HTTP_X_SSL_CLIENT_VERIFY": verify, "HTTP_X_SSL_CLIENT_S_DN": subject}
        seen = makers.examine(forwarded_certificate(given), NOW)
        assert Mac(FRONT) in [one.mac for one in seen]


@pytest.mark.parametrize("verify", ["", "NONE", "FAILED:expired", "1", "10"])
def test_a_subject_without_the_proxy_s_word_is_nothing(verify: str) -> None:
    given = {"HTTP_X_SSL_CLIENT_VERIFY": verify, "HTTP_X_SSL_CLIENT_S_DN": f"CN={FRONT}"}
    assert forwarded_certificate(given) is None


@pytest.mark.parametrize(
    "subject", [f"O=CN={FRONT}", f"O=x/CN={FRONT}", f"O=x\\,CN={FRONT}", f"CN=x,CN={FRONT}", f"CN=a{FRONT}"]
)
def test_a_subject_that_only_contains_the_mac_is_nothing(makers: Manufacturers, subject: str) -> None:
    given = {"HTTP_X_SSL_CLIENT_VERIFY": "SUCCESS", "HTTP_X_SSL_CLIENT_S_DN": subject}
    assert all(one.mac is None for one in makers.examine(forwarded_certificate(given), NOW))


@pytest.mark.parametrize("text", ["", "%%%", ":", "::", "x" * 50_000, "-----BEGIN CERTIFICATE-----"])
def test_hostile_headers_hold_nothing(text: str) -> None:
    names = ("HTTP_CLIENT_CERT", "HTTP_X_SSL_CLIENT_CERT", "HTTP_X_FORWARDED_CLIENT_CERT", "HTTP_X_SSL_CLIENT_S_DN")
    for name in names:
        found = forwarded_certificate({name: text})
        assert found is None or found.certificate
