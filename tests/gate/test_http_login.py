"""Where a vendor has keys for it, the device's HTTP password is in its file, masked in previews, and nowhere else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from provisioner.merge import merge
from provisioner.registry import find_model, vendors
from provisioner.render import View, document_of, render
from provisioner.vendor_api import File
from tests.factories import empty_record, rich_record

PASSWORD = "Gen3ratedHttpPassw0rd"
KEYS = {
    ("yealink", "T46U"): ("static.auto_provision.server.username", "static.auto_provision.server.password"),
    ("grandstream", "GXP2170"): ("provisioning.config.username", "provisioning.config.password"),
    ("grandstream", "HT801"): ("P1360", "P1361"),
    ("snom", "D785"): ("http_client_user", "http_client_pass"),
    ("snom", "M700"): ("http_client_user", "http_client_password"),
    ("fanvil", "X1S"): ("DefaultUsername", "DefaultPassword"),
    ("htek", "UC926"): ("P1360", "P1361"),
    ("ale", "M3"): ("DeviceProvisionServerUsername", "DeviceProvisionServerPassword"),
    ("poly", "VVX450"): ("device.prov.user", "device.prov.password"),
}


def first_file(vendor: str, model: str) -> File:
    known, found = find_model(vendor, model)
    return next(file for file in known.files if file.template and file.private and file.fits(found))


@pytest.mark.parametrize(("vendor", "model"), list(KEYS))
def test_the_file_tells_the_phone_its_credentials(vendor: str, model: str) -> None:
    record = replace(rich_record(vendor, model), http_password=PASSWORD)
    document = dict(document_of(merge(record), first_file(vendor, model)).items())
    user, password = KEYS[vendor, model]
    told = {key.rpartition("/")[2]: value for key, value in document.items()}
    assert (told[user], told[password]) == ("805ec0123456", PASSWORD)


@pytest.mark.parametrize(("vendor", "model"), list(KEYS))
def test_a_preview_does_not_show_them(vendor: str, model: str) -> None:
    record = replace(empty_record(vendor, model), http_password=PASSWORD)
    assert PASSWORD.encode() in render(merge(record), first_file(vendor, model)).body
    assert PASSWORD.encode() not in render(merge(record), first_file(vendor, model), View.MASKED).body


@pytest.mark.parametrize("vendor", list(vendors()))
def test_without_credentials_the_file_is_as_it_was(vendor: str) -> None:
    model = next(iter(vendors()[vendor].models))
    plain = render(merge(empty_record(vendor, model)), first_file(vendor, model)).body
    assert PASSWORD.encode() not in plain
    assert (
        render(merge(replace(empty_record(vendor, model), http_password=None)), first_file(vendor, model)).body == plain
    )
