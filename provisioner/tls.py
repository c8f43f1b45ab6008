"""TLS on the phones' plane: a client certificate is asked for, never required, and judged later by the gate."""

from __future__ import annotations

import ctypes
import ssl
import sys
from typing import Any

import structlog

log = structlog.get_logger()

_VERIFY_PEER = 1
_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_void_p)


_take_any = _Callback(lambda _ok, _store: 1)


def ask_for_certificate(context: ssl.SSLContext) -> None:
    """Let clients show a certificate, of whatever CA and however old, without ending the handshake over it.

    ``ssl`` knows no such mode: a phone with a certificate of a manufacturer that nobody configured could not
    even connect. OpenSSL's own call is reached through the pointer that each context holds first. Where that
    is not possible (no CPython, no shared OpenSSL) unknown certificates end the handshake, which is said once.
    """
    context.verify_mode = ssl.CERT_OPTIONAL
    if sys.implementation.name != "cpython":
        log.warning("certificates.strict", reason="not CPython")
        return
    try:
        import _ssl  # noqa: PLC0415  # the module that has OpenSSL loaded

        set_verify = ctypes.CDLL(_ssl.__file__).SSL_CTX_set_verify
    except (ImportError, AttributeError, OSError) as error:
        log.warning("certificates.strict", reason=type(error).__name__)
        return
    set_verify.argtypes = (ctypes.c_void_p, ctypes.c_int, _Callback)
    set_verify.restype = None
    set_verify(ctypes.c_void_p.from_address(id(context) + object.__basicsize__), _VERIFY_PEER, _take_any)


def peer_certificates(connection: Any) -> list[bytes]:
    """What the peer showed, its own certificate first, in DER; empty for none and on plain sockets."""
    if not isinstance(connection, ssl.SSLSocket | ssl.SSLObject):
        return []
    own = connection.getpeercert(binary_form=True)
    if own is None:
        return []
    return [own, *(one for one in _chain(connection) if one != own)]


def _chain(connection: Any) -> list[bytes]:
    # Public from Python 3.13 on; before, the same call of the object underneath.
    source: Any = connection if hasattr(connection, "get_unverified_chain") else getattr(connection, "_sslobj", None)
    try:
        found = source.get_unverified_chain() or []
    except (AttributeError, ssl.SSLError):
        return []
    return [one if isinstance(one, bytes) else ssl.PEM_cert_to_DER_cert(one.public_bytes()) for one in found]
