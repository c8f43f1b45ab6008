"""Reads an Algo file back into its paging extension."""

from __future__ import annotations

from provisioner.vendor_api import Document, Model, ReadAccount, Reading

_KEYS = ("sip.u1.user", "sip.u1.dname", "sip.u1.auth", "sip.u1.pwd", "sip.proxy")


def read(document: Document, _model: Model) -> Reading:
    """The extension that pages, if there is one; these devices have no buttons."""
    values = dict(document.items())
    taken = frozenset(key for key in _KEYS if key in values)
    if not values.get("sip.u1.user"):
        return Reading(taken=taken)
    number, name, auth_user, password, server = (values.get(key, "") for key in _KEYS)
    account = ReadAccount(
        index=1,
        number=number,
        name=name,
        auth_user=auth_user,
        password=password,
        server=server,
    )
    return Reading(accounts=(account,), taken=taken)
