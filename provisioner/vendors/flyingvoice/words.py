"""Flyingvoice's numbers for our settings (FusionPBX flyingvoice)."""

from __future__ import annotations

TRANSPORTS = {"udp": "0", "tcp": "1", "tls": "2", "srv": "3"}
PORTS = {"udp": "5060", "tcp": "5060", "tls": "5061", "srv": "0"}
CODECS = {
    "pcmu": ("pcmu",), "pcma": ("pcma",), "g722": ("g722",), "g729": ("g729",), "g726-32": ("g726_32",),
    "opus": ("opus",), "ilbc": ("ilbc_13_33kbps", "ilbc_15_2kbps"),
}  # fmt: skip
# 3 keeps the way through a NAT open by NOTIFY.
KEEPALIVE = "3"
