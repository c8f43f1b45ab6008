"""ALE's words and numbers for our settings (wazo_alcatel)."""

from __future__ import annotations

# The word for SRV is not known.
TRANSPORTS = {"udp": "udp", "tcp": "tcp", "tls": "tls", "srv": "udp"}
PORTS = {"udp": "5060", "tcp": "5060", "tls": "5061", "srv": "5060"}
DTMF = {"inband": "1", "rfc4733": "2", "info": "4"}

# RTP payload numbers (RFC 3551 §6); which of 98 and 125 is which codec no source says.
CODECS = {"pcmu": "0", "pcma": "8", "g729": "18", "g722": "9"}

LANGUAGES = {
    name: str(number)
    for number, name in enumerate(
        ("en", "fr", "de", "it", "es", "nl", "pt", "hu", "cs", "sk", "sl", "et", "pl", "lt", "lv", "tr", "el", "sv",
         "no", "da", "fi", "is", "zh")
    )
}  # fmt: skip
# Norwegian by the names of its two forms.
LANGUAGES |= dict.fromkeys(("nb", "nn"), LANGUAGES["no"])
