"""What the API alone is given: actions and questions, beside the services' own schemas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from provisioner.services.fields import Number, Schema
from provisioner.services.integrations import IntegrationIn
from provisioner.services.user_page import State
from provisioner.values import MOST_MINUTES

Minutes = Annotated[int, Field(ge=1, le=MOST_MINUTES)]
Doing = Literal["open", "close", "block", "resync", "template", "location", "rps", "delete"]
"""The actions of the portal's menu, but for the export, which is a list as CSV."""

Path = Annotated[str, Field(max_length=2000)]
Agent = Annotated[str, Field(max_length=500)]


class PairingIn(Schema):
    """What becomes of the pairing: the window opens for so many minutes, it is closed, or the device is blocked."""

    minutes: Minutes | None = None
    state: Literal["open", "closed", "blocked"] = "open"


class PairingCodeIn(Schema):
    """How long a one-time pairing code is good."""

    minutes: Minutes | None = None


class CertificateIn(Schema):
    """Whether a device's client certificate is a proof."""

    trusted: bool


class BulkIn(Schema):
    """An action, the devices by their MAC, IPEI or id, and what the action asks for."""

    action: Doing
    devices: Annotated[tuple[str, ...], Field(min_length=1, max_length=10_000)]
    minutes: Minutes | None = None
    template: str | None = None
    location: str | None = None


class AssignmentIn(Schema):
    """Which location an extension has; with its own address the extension may be left out."""

    extension: Number | None = None
    location: Annotated[str, Field(min_length=1, max_length=120)]


class ValidateIn(Schema):
    """MACs or IPEIs as people write them."""

    macs: Annotated[tuple[str, ...], Field(min_length=1, max_length=10_000)]


class RequestIn(Schema):
    """A request as a phone sends it."""

    path: Path = ""
    user_agent: Agent = ""
    transport: Literal["http", "tftp"] = "http"


class RequestsIn(Schema):
    """Many of them, such as the lines of an old server's log."""

    requests: Annotated[tuple[RequestIn, ...], Field(min_length=1, max_length=1000)]


class FeatureIn(Schema):
    """Whether users have a feature of their page."""

    state: State


NAMES: Mapping[type[Schema], str] = {
    PairingIn: "Pairing",
    PairingCodeIn: "PairingCode",
    CertificateIn: "Certificate",
    BulkIn: "Bulk",
    AssignmentIn: "LocationAssignment",
    ValidateIn: "Validate",
    RequestsIn: "Requests",
    FeatureIn: "Feature",
    IntegrationIn: "Integration",
}
"""What each is called in the document, with ``Input`` behind it."""
