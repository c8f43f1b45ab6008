"""Webhooks: where events are told."""

from __future__ import annotations

from provisioner.services import sealed
from provisioner.services.change import Change, Clash, Outcome, refuse
from provisioner.services.differences import compare
from provisioner.services.schemas import WebhookIn
from provisioner.store.tables import Tenant, Webhook
from provisioner.vault import Vault


def put(change: Change, tenant: Tenant, given: WebhookIn, row: Webhook | None = None) -> Outcome:
    """Make a webhook so; ``row`` is the one to change, where its event or URL changes too."""
    shelf = change.rows(tenant).webhooks
    key = (given.event, given.url)
    row = row or shelf.get(key)
    taken = shelf.get(key) not in (None, row)
    refuse([Clash(field="url", message=f"{given.event} is already told there")] if taken else [])
    old = dump(change.vault, row) if row else None
    given = sealed.kept(given, old, ("password",))
    differences = compare(old, given)
    if row is None:
        row = Webhook(tenant_id=tenant.id)
        change.add(row)
    if differences:
        _write(change.vault, row, given, old)
        change.breathe()
    shelf.put(row, [key])
    return change.note(tenant.id, f"webhook {given.event} {given.url}", row, differences, None if old else "added")


def _write(vault: Vault, row: Webhook, given: WebhookIn, old: WebhookIn | None) -> None:
    row.event, row.url, row.method = given.event, given.url, given.method
    row.user, row.enabled = given.user, given.enabled
    if old is None or old.password != given.password:
        place = f"webhook/{row.uid}/password"
        row.sealed_password = vault.seal(place, given.password) if given.password else None


def remove(change: Change, tenant: Tenant, row: Webhook) -> Outcome:
    """Remove a webhook."""
    subject = f"webhook {row.event} {row.url}"
    gone = change.note(tenant.id, subject, None, compare(dump(change.vault, row), None), "removed")
    change.rows(tenant).webhooks.drop(row)
    change.delete(row)
    return gone


def dump(vault: Vault, row: Webhook) -> WebhookIn:
    """A stored webhook as it was given, secrets and all."""
    return WebhookIn.model_construct(
        event=row.event,
        url=row.url,
        method=row.method,
        user=row.user,
        password=vault.open_sealed(f"webhook/{row.uid}/password", row.sealed_password) or None,
        enabled=row.enabled,
    )
