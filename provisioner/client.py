"""A client of the REST API: what a script needs, on Python's own HTTP, with the API's errors as exceptions.

    client = Client("https://provisioner.example", token)
    phone = client.tenant("acme").devices.create({"mac": "80:5e:c0:12:34:56", "model": "T46U"})
    client.tenant("acme").devices.change(phone["id"], {"name": "Front desk"}, etag=phone.etag)

The token goes to this server and nowhere else: redirects are not followed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, Request, build_opener

from provisioner.errors import Invalid, Problem, ProvisionerError

PREFIX = "/api/v1"
JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"
YAML = "application/yaml"
LARGEST_ANSWER = 256 * 1024 * 1024
PER_PAGE = 500

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Query = Mapping[str, str | int | bool | None]
SheetKind = Literal["devices", "extensions", "locations", "location-assignments"]


class ApiError(ProvisionerError):
    """The server refused, or could not be asked (``status`` 0). ``problems`` name the fields to be mended."""

    def __init__(self, status: int, detail: str, problems: Iterable[Problem] = ()) -> None:
        self.status, self.detail, self.problems = status, detail, tuple(problems)
        super().__init__("\n".join(map(str, self.problems)) or detail)


class Item(dict[str, Any]):
    """One thing as the API tells it; ``etag`` names its state, for a change that must not overwrite another's."""

    etag: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the server answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def value(self) -> Any:
        """The JSON value. Raises ApiError where it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            raise ApiError(self.status, "the server answered something that is no JSON; is it a provisioner?") from None

    @property
    def item(self) -> Item:
        """The JSON object, with its ETag."""
        made = Item(self.value)
        made.etag = self.headers.get("etag")
        return made


class _Stay(HTTPRedirectHandler):
    def redirect_request(self, *_args: Any, **_named: Any) -> None:
        """Do not follow: the token is for this server."""


@dataclass(frozen=True, kw_only=True)
class _Connection:
    root: str
    token: str = field(repr=False)
    timeout_s: float
    opener: OpenerDirector = field(default_factory=lambda: build_opener(_Stay), repr=False)


class Client:
    """A server and a token for it. Raises Invalid where the address is none."""

    def __init__(self, server: str, token: str, *, timeout_s: float = 60.0) -> None:
        parts = urlsplit(server)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
            message = "write the portal's address, such as https://provisioner.example"
            raise Invalid([Problem(field="server", message=message)])
        if not token or not token.isascii() or not token.isprintable():
            raise Invalid([Problem(field="token", message="is missing; `provisioner token add` makes one")])
        root = server.rstrip("/").removesuffix(PREFIX)
        self._connection = _Connection(root=root, token=token, timeout_s=timeout_s)
        self.tenants = Nouns(self, "/tenants")

    def __repr__(self) -> str:
        return f"Client({self._connection.root!r})"

    def ask(
        self,
        method: Method,
        path: str,
        *,
        query: Query | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """One request below ``/api/v1``; a body that is no bytes is sent as JSON. Raises ApiError."""
        said = {name: _said(value) for name, value in (query or {}).items() if value is not None}
        url = f"{self._connection.root}{PREFIX}{path}" + (f"?{urlencode(said)}" if said else "")
        given = {"Accept": JSON, "Authorization": f"Bearer {self._connection.token}", **(headers or {})}
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        if data is not None:
            given.setdefault("Content-Type", JSON)
        return self._sent(Request(url, data, given, method=method))  # noqa: S310  # its scheme was looked at

    def _sent(self, request: Request) -> Reply:
        connection = self._connection
        try:
            with connection.opener.open(request, timeout=connection.timeout_s) as answer:
                body = answer.read(LARGEST_ANSWER + 1)
                status, headers = answer.status, {name.lower(): value for name, value in answer.headers.items()}
        except HTTPError as error:
            with error:
                raise _refused(error.code, error.read(1 << 20)) from None
        except (URLError, OSError) as error:
            why = getattr(error, "reason", error)
            raise ApiError(0, f"{connection.root} cannot be asked: {why}") from None
        if len(body) > LARGEST_ANSWER:
            raise ApiError(status, "the answer is too large")
        return Reply(status=status, headers=headers, body=body)

    def tenant(self, slug: str) -> TenantClient:
        """What a tenant has."""
        return TenantClient(self, slug)

    def vendors(self) -> list[dict[str, Any]]:
        """Every vendor with its models."""
        found: list[dict[str, Any]] = self.ask("GET", "/vendors").value["vendors"]
        return found

    def recognise(self, requests: Iterable[Mapping[str, str]]) -> list[dict[str, Any]]:
        """What requests (``path``, ``user_agent``, ``transport``) would be taken for."""
        found: list[dict[str, Any]] = self.ask("POST", "/recognise", body={"requests": list(requests)}).value["items"]
        return found

    def why(self, path: str, **request: str) -> list[dict[str, Any]]:
        """Each decision about a request (``user_agent``, ``transport``, ``address``)."""
        steps: list[dict[str, Any]] = self.ask("GET", "/why", query={"path": path, **request}).value["steps"]
        return steps

    def validate(self, macs: Iterable[str]) -> list[dict[str, Any]]:
        """A verdict on each MAC or IPEI."""
        found: list[dict[str, Any]] = self.ask("POST", "/devices/validate", body={"macs": list(macs)}).value["items"]
        return found

    def device(self, identity: str) -> DeviceClient:
        """The device of a MAC or IPEI in any spelling, whichever tenant's. Raises ApiError."""
        verdict = self.validate([identity])[0]
        if verdict["device"] is None or verdict["tenant"] is None:
            what = verdict["problem"] if not (verdict["mac"] or verdict["ipei"]) else f"no device {identity}"
            raise ApiError(404, what)
        return self.tenant(verdict["tenant"]).device(verdict["device"])


class Nouns:
    """Things of one kind: all of them under one path."""

    def __init__(self, client: Client, path: str) -> None:
        self._client, self._path = client, path

    def list(self, **query: str | int | bool | None) -> Iterator[Item]:
        """Everything that the query finds (``q``, ``sort``, filters), page by page."""
        page, seen = 1, 0
        while True:
            told = self._client.ask("GET", self._path, query={"per_page": PER_PAGE, **query, "page": page}).value
            yield from map(Item, told["items"])
            seen += len(told["items"])
            if not told["items"] or seen >= told["total"]:
                return
            page += 1

    def get(self, key: str | int) -> Item:
        """One of them. Raises ApiError 404."""
        return self._client.ask("GET", self._of(key)).item

    def create(self, value: Mapping[str, Any], *, idempotency_key: str | None = None) -> Item:
        """A new one; with a key it is safe to try once more. Raises ApiError 409 and 422."""
        headers = {"Idempotency-Key": idempotency_key} if idempotency_key else {}
        return self._client.ask("POST", self._path, body=dict(value), headers=headers).item

    def replace(self, key: str | int, value: Mapping[str, Any], *, etag: str | None = None) -> Item:
        """The whole of it anew. Raises ApiError 412 where it is not as ``etag`` says."""
        return self._client.ask("PUT", self._of(key), body=dict(value), headers=_match(etag)).item

    def change(self, key: str | int, patch: Mapping[str, Any], *, etag: str | None = None) -> Item:
        """Some of it: a JSON merge patch."""
        headers = {**_match(etag), "Content-Type": MERGE_PATCH}
        return self._client.ask("PATCH", self._of(key), body=dict(patch), headers=headers).item

    def delete(self, key: str | int, *, etag: str | None = None) -> None:
        """Gone, also when it was not there."""
        self._client.ask("DELETE", self._of(key), headers=_match(etag))

    def _of(self, key: str | int) -> str:
        return f"{self._path}/{quote(str(key), safe='')}"


class TenantClient:
    """What one tenant has."""

    def __init__(self, client: Client, slug: str) -> None:
        self._client, self.slug = client, slug
        self._path = f"/tenants/{quote(slug, safe='')}"
        self.extensions = Nouns(client, f"{self._path}/extensions")
        self.locations = Nouns(client, f"{self._path}/locations")
        self.location_assignments = Nouns(client, f"{self._path}/location-assignments")
        self.button_templates = Nouns(client, f"{self._path}/button-templates")
        self.devices = Nouns(client, f"{self._path}/devices")
        self.webhooks = Nouns(client, f"{self._path}/webhooks")
        self.user_page_control = Nouns(client, f"{self._path}/user-page-control")
        self.integrations = Nouns(client, f"{self._path}/integrations")
        self.events = Nouns(client, f"{self._path}/events")
        self.jobs = Nouns(client, f"{self._path}/jobs")

    def device(self, key: str) -> DeviceClient:
        """One device."""
        return DeviceClient(self._client, f"{self._path}/devices/{quote(key, safe='')}")

    def apply(self, text: bytes, *, dry_run: bool = False, prune: bool = False) -> dict[str, Any]:
        """Make the tenant what a site file says; the plan. Raises ApiError with every problem."""
        query = {"dry_run": dry_run, "prune": prune}
        headers = {"Content-Type": YAML}
        plan: dict[str, Any] = self._client.ask(
            "PUT", f"{self._path}/site", query=query, body=text, headers=headers
        ).value
        return plan

    def export(self) -> str:
        """The site file, without secrets."""
        return self._client.ask("GET", f"{self._path}/site", headers={"Accept": YAML}).body.decode()

    def pairing_code(self, minutes: int | None = None) -> dict[str, Any]:
        """A one-time ``code`` for whichever device uses it first, told this once, and when it ``expires_at``."""
        return _code(self._client, f"{self._path}/pairing-codes", minutes)

    def bulk(self, action: str, devices: Iterable[str], **asked: str | int) -> Item:
        """Do something with many devices; the job."""
        body = {"action": action, "devices": list(devices), **asked}
        return self._client.ask("POST", f"{self._path}/devices/bulk", body=body).item

    def import_sheet(
        self, kind: SheetKind, data: bytes, media_type: str = "text/csv", *, dry_run: bool = False
    ) -> dict[str, Any]:
        """Import a spreadsheet; the verdict on each row. Raises ApiError with every problem."""
        path = f"{self._path}/import/{kind}"
        headers = {"Content-Type": media_type}
        told: dict[str, Any] = self._client.ask(
            "POST", path, query={"dry_run": dry_run}, body=data, headers=headers
        ).value
        return told


class DeviceClient:
    """One device: its files and its pairing."""

    def __init__(self, client: Client, path: str) -> None:
        self._client, self._path = client, path

    def get(self) -> Item:
        """The device itself."""
        return self._client.ask("GET", self._path).item

    def files(self) -> dict[str, Any]:
        """Its files, and ``warnings`` of what its model cannot do."""
        told: dict[str, Any] = self._client.ask("GET", f"{self._path}/files").value
        return told

    def file(self, name: str, *, reveal: bool = False) -> bytes:
        """A file as it would be served, its secrets masked unless revealed."""
        path = f"{self._path}/files/{quote(name, safe='')}"
        return self._client.ask("GET", path, query={"reveal": reveal}, headers={"Accept": "*/*"}).body

    def explain(self, name: str, key: str | None = None) -> list[dict[str, str]]:
        """Where the value of each key comes from."""
        path = f"{self._path}/files/{quote(name, safe='')}/explain"
        rows: list[dict[str, str]] = self._client.ask("GET", path, query={"key": key}).value["items"]
        return rows

    def diff(self, name: str | None = None) -> list[dict[str, Any]]:
        """What was last served against what would be served now, of one file or of each."""
        if name is not None:
            return [self._client.ask("GET", f"{self._path}/files/{quote(name, safe='')}/diff").value]
        found: list[dict[str, Any]] = self._client.ask("GET", f"{self._path}/diff").value["items"]
        return found

    def pair(self, minutes: int | None = None) -> dict[str, Any]:
        """Open the pairing window."""
        return self._set({"minutes": minutes} if minutes else {})

    def unpair(self) -> dict[str, Any]:
        """Close the window, and make what the device holds as proof worthless."""
        return self._set({"state": "closed"})

    def block(self) -> dict[str, Any]:
        """Refuse the device whatever it proves."""
        return self._set({"state": "blocked"})

    def pairing_code(self, minutes: int | None = None) -> dict[str, Any]:
        """A one-time ``code``, told this once, and when it ``expires_at``."""
        return _code(self._client, f"{self._path}/pairing-code", minutes)

    def trust_certificate(self, *, trusted: bool) -> bool:
        """Whether its client certificate is a proof from now on."""
        body = {"trusted": trusted}
        return bool(self._client.ask("POST", f"{self._path}/certificate", body=body).value["trusted"])

    def _set(self, body: Mapping[str, Any]) -> dict[str, Any]:
        told: dict[str, Any] = self._client.ask("POST", f"{self._path}/pairing", body=dict(body)).value
        return told

    def resync(self) -> Item:
        """Ask the device to fetch its configuration; the job."""
        return self._client.ask("POST", f"{self._path}/resync").item


def _code(client: Client, path: str, minutes: int | None) -> dict[str, Any]:
    told: dict[str, Any] = client.ask("POST", path, body={"minutes": minutes} if minutes else {}).value
    return told


def _said(value: str | int | bool | None) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)


def _match(etag: str | None) -> dict[str, str]:
    return {"If-Match": etag} if etag else {}


def _refused(status: int, body: bytes) -> ApiError:
    """The exception of a problem document, or of whatever else came instead."""
    try:
        told = json.loads(body)
        problems = [Problem(**{name: one.get(name) for name in _PROBLEM}) for one in told.get("errors", ())]
        return ApiError(status, str(told["detail"]), problems)
    except (ValueError, KeyError, TypeError, AttributeError):
        return ApiError(status, f"the server answered {status}")


_PROBLEM = ("field", "message", "line")
