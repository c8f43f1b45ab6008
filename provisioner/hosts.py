"""Hosts with ports, as settings and files hold them: ``192.0.2.7``, ``pbx.example.net:5062``, ``[2001:db8::7]:5062``.

An IPv6 address has brackets wherever a port may follow it (RFC 3986 §3.2.2).
"""

from __future__ import annotations

from provisioner.profile import Setting, Settings, Text, joined


def split(text: str) -> tuple[str, str]:
    """The host, an IPv6 address as it is written, and the port, empty where none is given."""
    host, _, port = text.rpartition(":")
    # Behind an address without brackets no port can stand.
    is_host = bool(host) and (":" not in host or host.endswith("]"))
    return (host, port) if is_host and port.isdecimal() else (text, "")


def bare(host: str) -> str:
    """The host without the brackets of an IPv6 address, as sockets and some phones take it."""
    return host.strip("[]")


def bracketed(host: str) -> str:
    """A host as it stands before a port: an IPv6 address in brackets."""
    return f"[{bare(host)}]" if ":" in host else host


def socket_address(bind: str) -> tuple[str, int]:
    """Address and port of ``ADDRESS:PORT`` as a socket binds them. Raises ValueError where the port is missing."""
    host, port = split(bind)
    return bare(host), int(port)


def host_port(setting: Setting) -> tuple[Text | None, Text | None]:
    """Host, an IPv6 address in its brackets, and port of a setting ``host:port``.

    What is not given is `Setting.cleared`.
    """
    if not setting:
        return setting.cleared, setting.cleared
    host, port = split(str(setting.value))
    return setting.says(host), setting.says(port) if port else setting.cleared


def bare_host_port(setting: Setting) -> tuple[Text | None, Text | None]:
    """The same with an IPv6 address without brackets, for phones that have a key of its own for the port."""
    host, port = host_port(setting)
    return host and host.says(bare(host)), port


def registrar_port(settings: Settings) -> Text | None:
    """``sip.port`` as it stands behind a host; None without a value, whoever owns it."""
    port = settings["sip.port"]
    return port.says(port.value) if port else None


def sip_target(settings: Settings, name: str) -> Text | None:
    """``sip.server`` or ``sip.backup_server`` as ``host:port``, with ``sip.port`` where it names no port itself.

    Where DNS tells the port (RFC 3263 §4.2) it is the host alone.
    """
    server, port = settings[name], registrar_port(settings)
    host, own = host_port(server)
    if settings["sip.transport"].value == "srv":
        return host
    return joined(host, ":", port) if host and port and not own else server.text
