"""The database becomes what a site file says: all of it, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from provisioner.errors import Invalid, Problem, ProvisionerError
from provisioner.load import Loader
from provisioner.services import devices, extensions, integrations, locations, templates, tenants, user_page, webhooks
from provisioner.services.change import Change, Outcome
from provisioner.services.integrations import NamedIntegration
from provisioner.services.rows import Rows, Seat, device_keys, sliced
from provisioner.services.schemas import DeviceIn, ExtensionIn, TenantIn
from provisioner.settings import Installation
from provisioner.site import references
from provisioner.site.bulk import collector_at_rest
from provisioner.site.document import NOUNS, Entry, Site, document
from provisioner.site.plan import Plan
from provisioner.site.read import read
from provisioner.site.warnings import warnings_of
from provisioner.store.database import Database
from provisioner.store.tables import Device, Integration, Tenant
from provisioner.values import Mac
from provisioner.vault import Vault

Progress = Callable[[int, int], None]
_SERIALIZATION_FAILURE = "40001"


class Overtaken(ProvisionerError):
    """Somebody else changed what was looked at before it could be changed; nothing has changed."""


class Host(Protocol):
    """What an apply needs of the server."""

    @property
    def database(self) -> Database:
        """Where everything is."""

    @property
    def vault(self) -> Vault:
        """What seals secrets."""

    @property
    def installation(self) -> Installation:
        """The settings of the installation."""


def apply(
    server: Host,
    text: str | bytes,
    *,
    actor: str = "site file",
    prune: bool = False,
    dry_run: bool = False,
    only: str | None = None,
    names_tenants: bool = False,
    progress: Progress | None = None,
    first: Callable[[Session], None] | None = None,
) -> Plan:
    """Make the database what the text says. Raises Invalid with all problems, and then nothing has changed.

    With ``prune`` what the tenant has beyond the file is removed. A ``dry_run`` does everything and takes it
    back. ``only`` is the one tenant that the actor may change. ``first`` looks at what is there, in the same
    transaction, and raises where that is not what the actor means; Overtaken where somebody changes it meanwhile.
    """
    with collector_at_rest():
        site = document(read(text))
        slug = _slug(site, only)
        with _overtaking() if first else nullcontext(), server.database.writing() as session:
            if first is not None:
                _see_one_state(session)
                tenants.find(session, slug, lock=True)
                first(session)
            with Change(session, server.vault, actor, names_tenants) as change:
                plan = _Application(server, change, site, prune, progress or _silent).run(slug, dry_run)
            if dry_run:
                session.rollback()
    return plan


def _see_one_state(session: Session) -> None:
    """What was looked at is what is changed: a row that another transaction changes meanwhile ends this one.

    SQLite has one writer at a time, so that nobody can be faster.
    """
    if session.get_bind().dialect.name != "sqlite":
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})


@contextmanager
def _overtaking() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) == _SERIALIZATION_FAILURE:
            raise Overtaken("somebody else changed the tenant at the same time") from None
        raise


def _silent(_done: int, _total: int) -> None:
    """Nobody watches."""


def _slug(site: Site, only: str | None) -> str:
    """Whose file it is. Raises Invalid where it is nobody's, or not the actor's."""
    if site.tenant is None and not site.slug:
        raise _invalid(site.problems)
    if only is not None and site.slug != only:
        message = f"this is a file of {site.slug}, and only {only} can be changed here"
        raise Invalid([Problem(field="tenant", message=message, line=site.line)])
    return site.slug


def _invalid(problems: Iterable[Problem]) -> Invalid:
    return Invalid(sorted(problems, key=lambda problem: problem.line or 0))


@dataclass
class _Application:
    """One file on its way into one tenant."""

    server: Host
    change: Change
    site: Site
    prune: bool
    progress: Progress
    problems: list[Problem] = field(default_factory=list)
    outcomes: list[tuple[tuple[Any, ...], Outcome]] = field(default_factory=list)
    warned: list[str] = field(default_factory=list)

    def run(self, slug: str, dry_run: bool) -> Plan:
        """Check, write, prune, and tell. Raises Invalid with everything that is wrong."""
        tenant, fresh = self._tenant(slug)
        rows = self.change.rows(tenant)
        rows.load()
        before = {row.id: row.revision for row in rows.devices.all() if row.mac}
        self._stop(self.site.problems + references.check(self.site, rows, prune=self.prune))
        surplus = self._surplus(tenant, rows) if self.prune else {}
        self._unseat(rows, surplus.get("devices", ()))
        self._write(tenant, fresh)
        self.change.flush()
        warned = self._warnings(tenant)
        removed = list(self._remove(tenant, surplus))
        self.change.flush()
        return Plan(
            tenant=slug,
            outcomes=(*(outcome for _, outcome in sorted(self.outcomes, key=lambda one: one[0])), *removed),
            files=tuple(self._files(tenant.id, before)),
            warnings=(*self.warned, *warned),
            dry_run=dry_run,
        )

    def _stop(self, problems: Sequence[Problem]) -> None:
        if problems:
            raise _invalid(problems)

    def _tenant(self, slug: str) -> tuple[Tenant, Outcome | None]:
        """The tenant, and what came of it where it is new: its default templates are still to come."""
        row = tenants.find(self.change.session, slug, lock=True)
        if row is not None:
            return row, None
        given = self.site.tenant.given if self.site.tenant else TenantIn(tenant=slug)
        outcome = tenants.put(self.change, given.model_copy(update={"default_templates": {}}))
        assert isinstance(outcome.row, Tenant)
        return outcome.row, outcome

    def _unseat(self, rows: Rows, leaving: Sequence[Device]) -> None:
        """Free the slots of handsets that move or go, so that two may change places."""
        moving = []
        for entry in self.site.devices:
            row = rows.devices.get(entry.given.ipei) if entry.given.ipei else None
            if row is not None and row.slot and (row.slot, row.base and row.base.mac) != _seat(entry.given):
                moving.append(row)
        free = [row for row in (*moving, *leaving) if row.slot]
        for part in sliced([row.id for row in free]):
            unseated = update(Device).where(Device.id.in_(part)).values(slot=None)
            self.change.session.execute(unseated, execution_options={"synchronize_session": False})
        for row in free:
            rows.devices.put(row, [key for key in device_keys(row) if not isinstance(key, Seat)])

    def _write(self, tenant: Tenant, fresh: Outcome | None) -> None:
        site, change = self.site, self.change
        # The default comes last: what is no longer the default says so before another takes its place.
        self._put(sorted(site.locations, key=lambda entry: entry.given.default), tenant, locations.put)
        self._put(site.button_templates, tenant, templates.put)
        if site.tenant:
            outcome = tenants.put(change, self._filled(tenant, site.tenant.given, fresh))
            self.outcomes.append(((-1,), fresh or outcome))
        self._put(site.extensions, tenant, self._put_extension)
        self._put(sorted(site.devices, key=lambda entry: _generation(entry.given)), tenant, devices.put)
        self._put(site.webhooks, tenant, webhooks.put)
        self._put(site.integrations, tenant, self._put_integration)
        self._set_page(tenant)
        self._stop(self.problems)

    def _put_extension(self, change: Change, tenant: Tenant, given: ExtensionIn) -> Outcome:
        """The buttons that a user made stay when the file does not mention any, unless they are pruned."""
        whole = given.model_copy(update={"buttons": given.buttons}) if self.prune else given
        return extensions.put(change, tenant, whole)

    def _put_integration(self, change: Change, tenant: Tenant, given: NamedIntegration) -> Outcome:
        """A file without secrets can be applied where none are stored yet; the plan says what is still to be given."""
        system = integrations.systems()[given.identifier]
        outcome = integrations.put(change, tenant, system, given, secrets_may_follow=True)
        assert isinstance(outcome.row, Integration)
        missing = integrations.lacking(system, integrations.configuration(change.vault, outcome.row))
        if missing and given.enabled:
            self.warned.append(f"integration {given.identifier}: no connection until {', '.join(missing)} is given")
        return outcome

    def _set_page(self, tenant: Tenant) -> None:
        """What the file does not say of a feature stays, unless it is pruned."""
        said = self.site.user_page.given.user_page_control if self.site.user_page else {}
        unsaid: dict[str, user_page.State] = dict.fromkeys(user_page.features(), "default") if self.prune else {}
        for number, outcome in enumerate(user_page.put(self.change, tenant, {**unsaid, **said})):
            self.outcomes.append(((len(NOUNS), number), outcome))

    def _filled(self, tenant: Tenant, given: TenantIn, fresh: Outcome | None) -> TenantIn:
        """What the file does not mention at its top level stays, unless it is pruned."""
        if fresh or self.prune:
            return given
        old = tenants.dump(self.change.vault, tenant)
        unsaid = set(TenantIn.model_fields) - given.model_fields_set
        return given.model_copy(update={name: getattr(old, name) for name in unsaid})

    def _put(
        self, entries: Iterable[Entry[Any]], tenant: Tenant, put: Callable[[Change, Tenant, Any], Outcome]
    ) -> None:
        for entry in entries:
            try:
                self.outcomes.append((_order(entry), put(self.change, tenant, entry.given)))
            except Invalid as error:
                self.problems += [entry.placed(problem) for problem in error.problems]
            self.progress(len(self.outcomes), len(self.site))

    def _surplus(self, tenant: Tenant, rows: Rows) -> dict[str, Sequence[Any]]:
        """What the tenant has and the file has not."""
        names = self.site.names
        told = {(entry.given.event, entry.given.url) for entry in self.site.webhooks}
        connected = {entry.given.identifier for entry in self.site.integrations}
        stored = integrations.rows(self.change.session, tenant)
        found = {id(devices.find(rows, entry.given)) for entry in self.site.devices}
        return {
            "integrations": [row for name, row in sorted(stored.items()) if name not in connected],
            "webhooks": [row for row in rows.webhooks.all() if (row.event, row.url) not in told],
            "devices": [row for row in rows.devices.all() if id(row) not in found],
            "extensions": [row for row in rows.extensions.all() if row.number not in names["extensions"]],
            "button_templates": [
                row for row in rows.button_templates.all() if row.name not in names["button_templates"]
            ],
            "locations": [row for row in rows.locations.all() if row.name not in names["locations"]],
        }

    def _remove(self, tenant: Tenant, surplus: dict[str, Sequence[Any]]) -> Iterator[Outcome]:
        """Last, when nothing refers to it any more."""
        if not surplus:
            return
        yield from (integrations.remove(self.change, tenant, row) for row in surplus["integrations"])
        yield from (webhooks.remove(self.change, tenant, row) for row in surplus["webhooks"])
        yield from devices.remove(self.change, tenant, surplus["devices"])
        yield from (extensions.remove(self.change, tenant, row) for row in surplus["extensions"])
        yield from (templates.remove(self.change, tenant, row) for row in surplus["button_templates"])
        yield from (locations.remove(self.change, tenant, row) for row in surplus["locations"])

    def _warnings(self, tenant: Tenant) -> list[str]:
        loader = Loader(self.server.vault, self.server.installation)
        named = [outcome.row for _, outcome in self.outcomes if isinstance(outcome.row, Device)]
        return warnings_of(self.change, tenant, self.site, named, loader)

    def _files(self, tenant_id: int, before: dict[int, int]) -> Iterator[str]:
        """Stored devices whose revision rose."""
        now = select(Device.id, Device.mac, Device.revision).where(
            Device.tenant_id == tenant_id, Device.mac.is_not(None)
        )
        for row in self.change.session.execute(now.order_by(Device.mac)):
            if before.get(row.id, row.revision) != row.revision:
                yield f"device {Mac(row.mac)}"


def _order(entry: Entry[Any]) -> tuple[int, int]:
    """Where an object stands in the file's own order."""
    noun, number = entry.path
    return list(NOUNS).index(str(noun)), int(number)


def _generation(given: DeviceIn) -> tuple[bool, bool, bool]:
    """Bases come before what belongs to them, and handsets that are known before those on their slots."""
    return given.base is not None, given.mac is None, given.ipei is None


def _seat(given: DeviceIn) -> tuple[int | None, str | None]:
    return given.slot, given.base.hex if given.base else None
