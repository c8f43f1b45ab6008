"""Panasonic's words and numbers for our settings, and what the files of each dialect may state."""

from __future__ import annotations

from collections.abc import Mapping

from provisioner.vendors.panasonic.syntax import HEADERS

HEADER, PCC_HEADER = (f"{header} DO NOT CHANGE THIS LINE!" for header in HEADERS)

# Which settings the dialect's sources show (fact sheet, section 4; FusionPBX tgp500 for tgp5, emerpbxphones for uds).
FEATURES: Mapping[str, frozenset[str]] = {
    "ut": frozenset({"line_enable", "codecs", "outband", "dscp", "waiting", "pickup", "posix", "zone", "language"}),
    "ut670": frozenset({"line_enable", "codecs", "outband", "dscp", "waiting", "pickup", "language"}),
    "hdv": frozenset({"line_enable", "codecs", "method", "dscp", "waiting", "pickup", "posix", "zone", "language"}),
    "tgp5": frozenset({"outband", "zone"}),
    "tgp6": frozenset({"line_enable", "codecs", "outband", "dscp", "waiting", "zone"}),
    "uds": frozenset({"codecs", "zone", "pickup"}),
}

# What a password may be: guides KX-UT670 p. 84 and KX-TGP500 p. 52; KX-HDV230 p. 111 (its "@" is not the HDV430's).
# Of the TGP600 and the UDS124 no guide was seen: what fits both.
PASSWORDS: Mapping[str, str] = {
    **dict.fromkeys(("ut", "ut670", "tgp5"), r"[!#-%(-9;=?-~]{6,16}"),
    "hdv": r"[A-Za-z0-9._-]{6,64}",
    **dict.fromkeys(("tgp6", "uds"), r"[A-Za-z0-9._-]{6,16}"),
}

TRANSPORTS = {"udp": "0", "tcp": "1", "tls": "2", "srv": "0"}
PORTS = {"udp": "5060", "tcp": "5060", "tls": "5061", "srv": "5060"}
DTMF_METHODS = {"rfc4733": "0", "inband": "1", "info": "2"}
OUT_OF_BAND = {"rfc4733": "Y", "inband": "N", "info": "Y"}

# The index in CODEC_ENABLEi; the KX-UT know no G.726.
CODECS = {"g722": 0, "pcma": 1, "g726-32": 2, "g729": 3, "pcmu": 4}
CODECS_UT = {"g722": 0, "pcma": 1, "g729": 3, "pcmu": 4}

# DECT: how IPEI_PSn writes an IPEI is not published; the IPUI in hex is what we assume.
IPEI_FORM = "hex"
# What makes one system of several stations (emerpbxphones KXUDS124).
MULTICELL = "SUPERMASTER_IPADDRESS_CS and WL_AIRSYNCGROUP_CS (1 to 8)"
