"""Digium's words for our settings (XML configuration pages of its wiki, FusionPBX and wazo_digium)."""

from __future__ import annotations

# SRV is asked wherever no port is given; the phone has no transport of that name.
TRANSPORTS = {"udp": "udp", "tcp": "tcp", "tls": "tls", "srv": "udp"}
PORTS = {"udp": "5060", "tcp": "5060", "tls": "5061", "srv": "5060"}

# Only en_US is named by a source; the form is language and country.
LOCALES = {
    "en": "en_US", "en-GB": "en_GB", "fr": "fr_FR", "fr-CA": "fr_CA", "de": "de_DE", "es": "es_ES", "it": "it_IT",
    "nl": "nl_NL", "pt": "pt_PT", "pt-BR": "pt_BR",
}  # fmt: skip

# Digits wait three seconds for more of them; a code may begin with one or two stars.
DIAL_PLAN = "x.T3|*x.T3|**x.T3"
GROUP = "Keys"
