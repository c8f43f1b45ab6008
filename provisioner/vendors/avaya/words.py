"""Avaya's words for our settings (J100 guide and the comments of FusionPBX's templates)."""

from __future__ import annotations

# The phone has no transport named SRV.
TRANSPORTS = {"udp": "udp", "tcp": "tcp", "tls": "tls", "srv": "udp"}
PORTS = {"udp": "5060", "tcp": "5060", "tls": "5061", "srv": "5060"}
CODECS = {"pcmu": "G711U", "pcma": "G711A", "g722": "G722", "g729": "G729", "g726-32": "G726", "opus": "OPUS"}
TIME_FORMATS = {"12": "0", "24": "1"}
WEEKDAYS = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# Keys 1 to 3 show the calls.
FIRST_KEY = 4
# Stands for the semicolon within a field of a PHONEKEY, which would end there.
SEMICOLON = "\uff1b"
