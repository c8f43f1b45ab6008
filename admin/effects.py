"""What saving a button template would do: how many devices' files can change, and what changes in those of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from admin.changes import change_of
from admin.lists.devices import identity_of, key_of
from admin.scope import Scope
from provisioner.difference import NOTHING, KeyChange, Stated, compare, private_files, stated
from provisioner.errors import ProvisionerError
from provisioner.merge import merge
from provisioner.registry import vendors
from provisioner.services import templates
from provisioner.services.schemas import TemplateIn
from provisioner.store.revisions import using_template
from provisioner.store.tables import ButtonTemplate, Device, Tenant
from provisioner.vendor_api import Model, Vendor

PAGE = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """A device whose files can change."""

    key: str
    identity: str
    name: str
    model: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What a save would do; ``devices`` are those of one page, ``picked`` is the one whose difference is told."""

    total: int = 0
    page: int = 1
    devices: Sequence[Changed] = ()
    picked: str = ""
    difference: Mapping[str, Sequence[KeyChange]] | None = None
    error: str = ""

    @property
    def pages(self) -> int:
        """How many pages the list has."""
        return max(1, -(-self.total // PAGE))


def effect_of(scope: Scope, template: ButtonTemplate, given: TemplateIn, picked: str, page: int) -> Effect:
    """Save, look, and take it back. Raises Invalid with what is to be mended first."""
    with scope.provisioner.database.trying() as session:
        tenant = session.get_one(Tenant, scope.tenant.id)
        with change_of(scope.provisioner, session, scope.viewer.name) as change:
            outcome = templates.put(change, tenant, given, session.get_one(ButtonTemplate, template.id))
        session.flush()
        return Effect() if outcome.kind == "unchanged" else _told(scope, session, template, picked, page)


def _told(scope: Scope, session: Session, template: ButtonTemplate, picked: str, page: int) -> Effect:
    where = using_template(session, template.id, scope.tenant.id)
    total = session.scalar(select(func.count()).select_from(Device).where(where)) or 0
    page = min(max(page, 1), max(1, -(-total // PAGE)))
    query = select(Device).where(where).order_by(Device.mac, Device.id).limit(PAGE).offset((page - 1) * PAGE)
    devices = session.scalars(query).all()
    if not devices:
        return Effect()
    one = next((device for device in devices if key_of(device) == picked), devices[0])
    listed = [
        Changed(key=key_of(device), identity=identity_of(device), name=device.name, model=device.model)
        for device in devices
    ]
    try:
        difference, error = _difference(scope, session, one.id), ""
    except (ProvisionerError, ValueError) as problem:
        difference, error = None, str(problem)
    return Effect(total=total, page=page, devices=listed, picked=key_of(one), difference=difference, error=error)


def _difference(scope: Scope, session: Session, device_id: int) -> dict[str, Sequence[KeyChange]]:
    """What differs in each file of the device: as it is stored, and as it would be."""
    old, new = _files(scope, scope.session, device_id), _files(scope, session, device_id)
    compared = {name: compare(old.get(name, NOTHING), new.get(name, NOTHING)) for name in {**old, **new}}
    return {name: changes for name, changes in compared.items() if changes}


def _files(scope: Scope, session: Session, device_id: int) -> dict[str, Stated]:
    profile = merge(scope.provisioner.loader.load(session, device_id))
    overrides = scope.provisioner.installation.template_dir
    return {name: stated(profile, file, overrides) for name, file in private_files(profile).items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class InUse:
    """A model that has a template, and on how many devices."""

    vendor: Vendor
    model: Model
    devices: int

    @property
    def name(self) -> str:
        """As patterns write it."""
        return f"{self.vendor.name}/{self.model.name}"


def models_in_use(scope: Scope, template: ButtonTemplate) -> list[InUse]:
    """The models of the devices that have the template, in whatever way; most first."""
    where = using_template(scope.session, template.id, scope.tenant.id)
    count = func.count()
    query = select(Device.vendor, Device.model, count).where(where).group_by(Device.vendor, Device.model)
    found = []
    for vendor, model, devices in scope.session.execute(query.order_by(count.desc(), Device.vendor, Device.model)):
        owner = vendors().get(vendor)
        known = owner.models.find(model) if owner else None
        if owner and known:
            found.append(InUse(vendor=owner, model=known, devices=devices))
    return found
