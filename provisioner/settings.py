"""The installation's settings: environment variables ``PROVISIONER_*``, or a TOML file named by ``PROVISIONER_CONFIG``.

Read once, frozen, and passed in. The TOML file may also hold the sections of the neutral settings
(``[sip]``, ``[locale]``, …): the server's layer of the merge.
"""

from __future__ import annotations

import os
import re
import socket
import tomllib
from functools import cached_property
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from provisioner import neutral
from provisioner.errors import Invalid, Problem
from provisioner.hosts import split

PREFIX = "PROVISIONER_"
_DATABASE = re.compile(r"(sqlite(\+pysqlite)?://(/|$)|postgresql(\+psycopg)?://.)")


class Installation(BaseSettings):
    """Every setting of the installation, with its default."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, extra="forbid", hide_input_in_errors=True, env_ignore_empty=True
    )

    data_dir: Path = Field(Path("provisioner-data"), description="where the database, keys and uploads are kept")
    database_url: SecretStr | None = Field(None, description="SQLAlchemy URL; default SQLite in DATA_DIR")
    key_file: Path | None = Field(None, description="encrypts secrets at rest; default DATA_DIR/key")
    public_url: str | None = Field(None, description="what phones are told, such as https://prov.example.com")
    phones_bind: str = Field("0.0.0.0:8080", description="where phones ask over HTTP")  # the phones' plane is public
    portal_bind: str = Field("127.0.0.1:8081", description="where admins and the API are served")
    tftp_bind: str = Field("0.0.0.0:6969", description="where phones ask over TFTP")
    workers: int = Field(2, ge=1, le=64, description="processes of each plane")
    admin_password: SecretStr | None = Field(None, description="of the first admin, instead of a random one")
    trusted_proxies: str = Field("", description="networks whose X-Forwarded-For is believed, comma separated")
    tls_cert: Path | None = Field(None, description="certificate of the phones' plane")
    tls_key: Path | None = Field(None, description="its key")
    client_ca_dir: Path | None = Field(None, description="manufacturers' CA files")
    template_dir: Path | None = Field(None, description="site overrides of vendor templates")
    firmware_dir: Path | None = Field(None, description="firmware images and resources")
    http_challenge: Literal["basic", "digest"] | None = Field(
        None, description="ask everybody who is refused over HTTP for credentials; default only under /t/TENANT/"
    )
    gate_walk: int = Field(50, ge=1, le=100_000, description="identities that may get nothing, per address and 10 min")
    cache_mb: int = Field(128, ge=1, le=65536, description="memory of each process for rendered files, in MiB")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="least level that is logged")
    log_format: Literal["text", "json"] = Field("text", description="how log lines look")
    defaults: dict[str, Any] = Field(default_factory=dict, description="the server's neutral settings, TOML only")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment wins over the file's values, which come as keyword arguments."""
        return env_settings, init_settings

    @field_validator("phones_bind", "portal_bind", "tftp_bind")
    @classmethod
    def _bind(cls, value: str) -> str:
        _, port = split(value)
        if not port or int(port) > 65535:
            raise ValueError("write ADDRESS:PORT, such as 0.0.0.0:8080")
        return value

    @field_validator("database_url")
    @classmethod
    def _database(cls, value: SecretStr | None) -> SecretStr | None:
        if value and not _DATABASE.match(value.get_secret_value()):
            raise ValueError("write sqlite:///PATH or postgresql+psycopg://USER:PASSWORD@HOST/NAME")
        return value

    @field_validator("public_url")
    @classmethod
    def _url(cls, value: str | None) -> str | None:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("write a URL that begins with http:// or https://")
        return value.rstrip("/") if value else None

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: str) -> str:
        for network in filter(None, (part.strip() for part in value.split(","))):
            ip_network(network, strict=False)
        return value

    @property
    def database(self) -> str:
        """The SQLAlchemy URL in force."""
        return (
            self.database_url.get_secret_value()
            if self.database_url
            else f"sqlite:///{self.data_dir / 'provisioner.db'}"
        )

    @property
    def key(self) -> Path:
        """The key file in force."""
        return self.key_file or self.data_dir / "key"

    @cached_property
    def base_url(self) -> str:
        """What phones are told: PUBLIC_URL, else this machine's address on the phones' port."""
        if self.public_url:
            return self.public_url
        host, port = split(self.phones_bind)
        scheme = "https" if self.tls_cert else "http"
        return f"{scheme}://{_own_address() if host in ('0.0.0.0', '[::]') else host}:{port}"  # noqa: S104

    @cached_property
    def server_layer(self) -> dict[str, Any]:
        """The server's neutral settings by dotted name. Raises Invalid."""
        sections = {name: neutral.SECTIONS[name](**values) for name, values in self.defaults.items()}
        return neutral.flat(sections)


def read_installation() -> Installation:
    """Read file and environment. Raises Invalid with every problem at once."""
    try:
        installation = Installation(**_file())
        _ = installation.server_layer
    except ValidationError as error:
        raise Invalid([_problem(detail) for detail in error.errors(include_input=False)]) from None
    return installation


def _file() -> dict[str, Any]:
    path = os.environ.get(f"{PREFIX}CONFIG")
    if not path:
        return {}
    try:
        table = tomllib.loads(Path(path).read_text("utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise Invalid([Problem(field=f"{PREFIX}CONFIG", message=f"{path}: {error}")]) from None
    plain = {key.lower(): value for key, value in table.items() if key not in neutral.SECTIONS}
    return {**plain, "defaults": {key: table[key] for key in neutral.SECTIONS if key in table}}


def _problem(detail: Any) -> Problem:
    field = ".".join(str(part) for part in detail["loc"]) or "settings"
    message = _PLAIN.get(detail["type"], str(detail["msg"]).removeprefix("Value error, ").removeprefix("Input "))
    return Problem(field=f"{PREFIX}{field.upper()}", message=message)


_PLAIN = {
    "extra_forbidden": "is no setting; `provisioner doctor` lists those that there are",
    "int_parsing": "write a whole number",
    "int_type": "write a whole number",
    "string_type": "write a text, in quotes",
}


def _own_address() -> str:
    """The address this machine would use to reach others; no packet is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])
