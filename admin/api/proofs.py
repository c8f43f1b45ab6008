"""What a device may prove itself with, beside its token: one-time pairing codes, and its client certificate."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from admin.access import Permission
from admin.api.bodies import reads
from admin.api.call import Call
from admin.api.device_files import device_at
from admin.api.given import CertificateIn, PairingCodeIn
from admin.api.operations import Body, Operation, Reply, ref, table
from admin.api.problems import Refusal
from admin.api.schemas import TIME
from provisioner.services import pairing
from provisioner.services.pairing import CODE_DIGITS, CODE_MINUTES, gate_of
from provisioner.store.tables import Device, Tenant

CODE = table(code={"type": "string", "pattern": f"^[0-9]{{{CODE_DIGITS}}}$"}, expires_at=TIME)
CERTIFICATE = table(trusted={"type": "boolean"})


def _code_of_device(call: Call) -> Reply:
    return _code(call, Device, device_at(call).id)


def _code_of_tenant(call: Call) -> Reply:
    return _code(call, Tenant, call.scope.tenant.id)


def _code(call: Call, kind: type[Device] | type[Tenant], row_id: int) -> Reply:
    server = call.provisioner
    with server.database.writing() as session:
        owner: Any = session.get(kind, row_id)
        if owner is None:
            raise Refusal(404)
        minutes = call.body.minutes or CODE_MINUTES
        made = pairing.make_code(session, server.vault, call.actor.name, owner, at=server.clock(), minutes=minutes)
    return Reply(value={"code": made.code, "expires_at": made.until})


def _certificate(call: Call) -> Reply:
    device = device_at(call)
    with call.provisioner.database.writing() as session:
        row = session.get(Device, device.id)
        if row is None:
            raise Refusal(404)
        pairing.distrust_certificate(session, call.actor.name, row, distrusted=not call.body.trusted)
    call.session.rollback()
    return Reply(value={"trusted": not gate_of(device_at(call)).certificate_distrusted})


def operations() -> Iterator[Operation]:
    """The operations about proofs."""
    change = partial(Operation, method="POST", tag="Devices", permission=Permission.TENANT_CHANGE)
    code = Body(schema=ref("PairingCodeInput"), read=reads(PairingCodeIn), example={"minutes": 60})
    worth = "It is typed on the phone as password with any user name, is good once, and for an hour unless told."
    told_once = "It is told this once: an Idempotency-Key does not bring it back."
    yield change(
        name="makePairingCode",
        path="/tenants/{tenant}/devices/{device}/pairing-code",
        title="Make a device's pairing code",
        says=f"{worth} It replaces an older one of this device; of a handset it is its base's. {told_once}",
        run=_code_of_device,
        body=code,
        answers={200: CODE},
        tells_secrets=True,
    )
    yield change(
        name="makeTenantPairingCode",
        path="/tenants/{tenant}/pairing-codes",
        title="Make a pairing code for whichever device of the tenant uses it first",
        says=f"{worth} A tenant has at most {pairing.MOST_CODES} of them at once. {told_once}",
        run=_code_of_tenant,
        body=code,
        answers={200: CODE},
        tells_secrets=True,
    )
    yield change(
        name="setCertificate",
        path="/tenants/{tenant}/devices/{device}/certificate",
        title="Distrust a device's client certificate, or trust it again",
        says="One that is distrusted is no proof; the device may prove itself in another way.",
        run=_certificate,
        body=Body(schema=ref("CertificateInput"), read=reads(CertificateIn), example={"trusted": False}),
        answers={200: CERTIFICATE},
    )
