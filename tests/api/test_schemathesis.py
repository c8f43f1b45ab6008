"""The whole document, asked with generated requests: what it says is what is answered, and nothing breaks."""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import CHECKS
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation import GenerationMode

from admin.api.catalogue import catalogue
from admin.app import create_app
from tests.portal import world

EXAMPLES = 5
"""Requests of each mode for each operation; there are some seventy operations."""
CHECKED = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
    "negative_data_rejection",
    "unsupported_method",
)
OWN = {
    "tenant": "acme",
    "device": "805ec0000001",
    "extension": "100",
    "file": "805ec0000001.cfg",
    "location": "HQ",
    "button_template": "Desk",
    "vendor": "yealink",
    "feature": "appexts",
    "integration": "zendesk",
}
"""Requests are about what is there, but for those that remove it, and those whose address is what is wrong."""


@pytest.fixture(scope="module")
def asked(seeded, tmp_path_factory):
    """The document of an application with a world of its own, and its token."""
    directory = tmp_path_factory.mktemp("generated")
    for file in seeded[0].iterdir():
        (directory / file.name).write_bytes(file.read_bytes())
    provisioner = world.open_provisioner(world.installation(directory))
    yield schemathesis.openapi.from_wsgi("/api/v1/openapi.json", create_app(provisioner))
    provisioner.close()


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=lambda mode: mode.value)
@pytest.mark.parametrize("name", [one.name for one in catalogue() if one.name != "streamEvents"])
def test_the_document_is_kept(asked, tokens, name, mode):
    operation = asked.find_operation_by_id(name)

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )
    def check(case):
        path = case.meta.components.get(ParameterLocation.PATH)
        if case.method != "DELETE" and (path is None or path.mode is GenerationMode.POSITIVE):
            case.path_parameters = {one: OWN.get(one, value) for one, value in (case.path_parameters or {}).items()}
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {tokens['root']}"}
        case.call_and_validate(checks=CHECKS.get_by_names(list(CHECKED)))

    check()
