"""What a device did, and what is done to it: sightings, pairing, resync, and bulk actions as jobs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from sqlalchemy import select

from admin import jobs
from admin.access import Permission
from admin.actions import ACTIONS, Action
from admin.api.bodies import reads
from admin.api.call import Call
from admin.api.device_files import device_at
from admin.api.given import BulkIn, PairingIn
from admin.api.lists import PAGES, SHEETS, arguments, items_of, look
from admin.api.nouns import PAIRING, devices_named
from admin.api.operations import Body, Operation, Reply, ref, table
from admin.api.problems import PREFIX, Refusal
from admin.api.schemas import TEXT, TEXT_OR_NULL, TIME, WHOLE
from admin.lists.devices import identity_of, key_of, pairing_of
from admin.views.device import REQUESTS
from admin.views.jobs import TABLE as JOBS
from provisioner.errors import Invalid, Problem
from provisioner.services import pairing
from provisioner.services.pairing import gate_of
from provisioner.store.tables import ButtonTemplate, Device, Handover, Job, JobItem, Location, Sighting

# --- sightings and pairing

_SIGHTING = (
    "id", "at", "transport", "address", "user_agent", "version", "file", "outcome", "proof", "size", "revision",
)  # fmt: skip
_SIGHTING_SCHEMA = table(
    id=WHOLE,
    at=TIME,
    transport=TEXT,
    address=TEXT,
    user_agent=TEXT,
    version=TEXT_OR_NULL,
    file=TEXT,
    outcome=TEXT,
    proof=TEXT_OR_NULL,
    size={"type": ["integer", "null"]},
    revision={"type": ["integer", "null"]},
)
_FILTERS = {
    "file": lambda text: Sighting.file == text,
    "address": lambda text: Sighting.address == text,
    "outcome": lambda text: Sighting.outcome == text,
}


def _sightings(call: Call) -> Any:
    mine = call.scope.all(Sighting).where(Sighting.device_id == gate_of(device_at(call)).id)

    def show(keys: Sequence[int]) -> list[dict[str, Any]]:
        found = {row.id: row for row in call.session.scalars(mine.where(Sighting.id.in_(keys)))}
        return [{name: getattr(found[key], name) for name in _SIGHTING} for key in keys if key in found]

    return look(call, REQUESTS, mine, filters=_FILTERS, show=show, names=_SIGHTING)


_HANDOVER = ("at", "transport", "address", "user_agent", "proof", "generation", "files")


def _pairing(call: Call) -> Reply:
    device = device_at(call)
    gate = gate_of(device)
    query = select(Handover).where(Handover.device_id == gate.id).order_by(Handover.at.desc(), Handover.id.desc())
    page, length = call.query["page"], call.query["per_page"]
    rows = call.session.scalars(query.limit(length).offset((page - 1) * length))
    handovers = [{name: getattr(row, name) for name in _HANDOVER} for row in rows]
    trusted = not gate.certificate_distrusted
    return Reply(value={**_state(call, device), "certificate_trusted": trusted, "handovers": handovers})


def _state(call: Call, device: Device) -> dict[str, Any]:
    state, until = pairing_of(device, call.provisioner.clock())
    gate = gate_of(device)
    return {
        "state": state,
        "open_until": until,
        "paired_at": gate.paired_at,
        "paired_address": gate.paired_address,
    }


def _pair(call: Call) -> Reply:
    device, given, actor = device_at(call), call.body, call.actor.name
    with call.provisioner.database.writing() as session:
        row = session.get_one(Device, device.id)
        if given.state == "open":
            minutes = given.minutes or call.scope.tenant.pairing_minutes or 60
            pairing.open_window(session, actor, row, minutes, call.provisioner.clock())
        elif given.state == "closed":
            pairing.close_window(session, actor, row)
        else:
            pairing.block(session, actor, row)
    call.session.rollback()
    return Reply(value=_state(call, device_at(call)))


# --- bulk actions and jobs


def _bulk(call: Call) -> Reply:
    given: BulkIn = call.body
    action = _action(given.action)
    rows = _devices(call, given.devices)
    template = _named(call, ButtonTemplate, "template", given.template) if given.template else None
    if given.location:
        _named(call, Location, "location", given.location)
    reasons = {row.id: action.cannot(row, template) for row in rows}
    done = [row for row in rows if not reasons[row.id]]
    left = [{"device": key_of(row), "reason": reasons[row.id]} for row in rows if reasons[row.id]]
    return _begun(call, action, done, _asked(call, action, given), left)


def _action(key: str) -> Action:
    action = ACTIONS[key]
    if action.missing:
        raise Refusal(409, f"{key} cannot be done here: {action.missing}")
    return action


def _asked(call: Call, action: Action, given: BulkIn) -> dict[str, Any]:
    if action.asks == "minutes":
        return {"minutes": given.minutes or call.scope.tenant.pairing_minutes or 60}
    if action.asks and action.asks not in given.model_fields_set:
        message = "is missing; null takes what the devices have away"
        raise Invalid([Problem(field=action.asks, message=message)])
    return {"name": getattr(given, action.asks) or ""} if action.asks else {}


def _devices(call: Call, named: Sequence[str]) -> list[Device]:
    """The devices of these names, each once. Raises Invalid naming all that there are not."""
    found = devices_named(call.session, named, call.scope.of(Device))
    problems = [
        Problem(field=f"devices.{number}", message="there is no such device")
        for number, name in enumerate(named)
        if name not in found
    ]
    if problems:
        raise Invalid(problems)
    return list({found[name].id: found[name] for name in named}.values())


def _named(call: Call, row: Any, field: str, name: str) -> Any:
    found = call.session.scalars(call.scope.all(row).where(row.name == name)).first()
    if found is None:
        raise Invalid([Problem(field=field, message="there is none of this name")])
    return found


def _begun(
    call: Call, action: Action, rows: Sequence[Device], arguments_: Mapping[str, Any], left: Sequence[Any] = ()
) -> Reply:
    job = Job(
        tenant_id=call.scope.tenant.id,
        actor=call.actor.name[:120],
        action=action.key,
        arguments=dict(arguments_),
        created_at=call.provisioner.clock(),
    )
    job_id = jobs.begin(call.provisioner, job, [(row.id, identity_of(row)) for row in rows])
    call.session.rollback()
    told = {**_told(call, _job_of(call, job_id)), "left_out": list(left)}
    place = f"{PREFIX}/tenants/{call.scope.tenant.slug}/jobs/{job_id}"
    return Reply(value=told, status=202, headers={"Location": place})


def _resync(call: Call) -> Reply:
    rows = [device_at(call)]
    return _begun(call, _action("resync"), rows, {})


def _job_of(call: Call, job_id: int) -> Job:
    row = call.session.scalars(call.scope.all(Job).where(Job.id == job_id)).one_or_none()
    if row is None:
        raise Refusal(404)
    return row


def job_at(call: Call) -> Job:
    """The job that the address names. Raises Refusal."""
    text = call.path["job"]
    return _job_of(call, int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0)


def _told(call: Call, job: Job) -> dict[str, Any]:
    """A job with the outcome of each device."""
    rows = call.session.scalars(select(JobItem).where(JobItem.job_id == job.id).order_by(JobItem.id))
    items = [{"device": row.subject, "state": row.state, "says": row.says, "at": row.at} for row in rows]
    return {**_summary(job, jobs.progress(call.session, [job.id])), "items": items}


def _summary(job: Job, progress: Mapping[int, jobs.Progress]) -> dict[str, Any]:
    counts = progress.get(job.id, jobs.Progress())
    return {
        "id": job.id,
        "action": job.action,
        "actor": job.actor,
        "created_at": job.created_at,
        "finished_at": job.finished_at,
        **{name: getattr(counts, name) for name in ("total", "waiting", "done", "failed", "cancelled")},
    }


_JOB = {
    "id": WHOLE,
    "action": TEXT,
    "actor": TEXT,
    "created_at": TIME,
    "finished_at": TIME,
    **dict.fromkeys(("total", "waiting", "done", "failed", "cancelled"), WHOLE),
}
_ITEMS = {"type": "array", "items": table(device=TEXT, state=TEXT, says=TEXT, at=TIME)}
JOB = {"Job": table(**_JOB, items=_ITEMS)}
_LEFT = {"type": "array", "items": table(device=TEXT, reason=TEXT)}


def _jobs(call: Call) -> Any:
    def show(keys: Sequence[int]) -> list[dict[str, Any]]:
        progress = jobs.progress(call.session, keys)
        found = {row.id: row for row in call.session.scalars(call.scope.all(Job).where(Job.id.in_(keys)))}
        return [_summary(found[key], progress) for key in keys if key in found]

    return look(call, JOBS, call.scope.all(Job), filters={}, show=show, names=tuple(_JOB))


def _job(call: Call) -> Reply:
    job = job_at(call)
    if job.finished_at is None and call.may(Permission.TENANT_CHANGE):
        jobs.go_on(call.provisioner, job.id)
    return Reply(value=_told(call, job))


def _retry(call: Call) -> Reply:
    jobs.retry(call.provisioner, job_at(call).id)
    return _job_again(call)


def _cancel(call: Call) -> Reply:
    jobs.cancel(call.provisioner, job_at(call).id)
    return _job_again(call)


def _job_again(call: Call) -> Reply:
    call.session.rollback()
    return Reply(value=_told(call, job_at(call)), status=202)


def operations() -> Iterator[Operation]:
    """The operations about what devices do."""
    here = "/tenants/{tenant}/devices/{device}"
    yield from _about_one(here)
    change = partial(Operation, method="POST", permission=Permission.TENANT_CHANGE, tag="Jobs")
    yield change(
        name="resyncDevice",
        path=f"{here}/resync",
        title="Ask a device to fetch its configuration",
        says="A job of one device.",
        run=_resync,
        answers={202: table(**_JOB, items=_ITEMS, left_out=_LEFT)},
    )
    yield change(
        name="doWithDevices",
        path="/tenants/{tenant}/devices/bulk",
        title="Do something with many devices",
        says="A job: `Location` says where each device's outcome can be read."
        " `left_out` are those with which it cannot be done, and why.",
        run=_bulk,
        body=Body(
            schema=ref("BulkInput"),
            read=reads(BulkIn),
            example={"action": "open", "devices": ["80:5e:c0:00:00:01"], "minutes": 60},
        ),
        answers={202: table(**_JOB, items=_ITEMS, left_out=_LEFT)},
    )
    jobs_at, job = "/tenants/{tenant}/jobs", "/tenants/{tenant}/jobs/{job}"
    read = partial(Operation, method="GET", permission=Permission.TENANT_READ, tag="Jobs")
    yield read(
        name="listJobs",
        path=jobs_at,
        title="List jobs",
        says="The newest first.",
        run=_jobs,
        query=arguments(JOBS, {}, tuple(_JOB)),
        answers={200: items_of(table(**_JOB))},
        texts=SHEETS,
    )
    yield read(
        name="getJob",
        path=job,
        title="Read a job",
        says="With the outcome of each device: `waiting`, `done`, `failed` or `cancelled`.",
        run=_job,
        answers={200: ref("Job")},
    )
    for name, run, says in (("retry", _retry, "What failed is tried once more."), ("cancel", _cancel, "What waits.")):
        yield change(
            name=f"{name}Job",
            path=f"{job}/{name}",
            title=f"{name.capitalize()} a job",
            says=says,
            run=run,
            answers={202: ref("Job")},
        )


def _about_one(here: str) -> Iterator[Operation]:
    read = partial(Operation, method="GET", permission=Permission.TENANT_READ, tag="Devices")
    yield read(
        name="listSightings",
        path=f"{here}/sightings",
        title="List a device's requests",
        says="What it asked for and what it got, newest first; a handset's are its base's.",
        run=_sightings,
        query=arguments(REQUESTS, _FILTERS, _SIGHTING),
        answers={200: items_of(_SIGHTING_SCHEMA)},
        texts=SHEETS,
    )
    handover = table(
        at=TIME,
        transport=TEXT,
        address=TEXT,
        user_agent=TEXT,
        proof=TEXT,
        generation=WHOLE,
        files={"type": "array", "items": TEXT},
    )
    states = PAIRING["properties"]
    yield read(
        name="getPairing",
        path=f"{here}/pairing",
        title="Read a device's pairing",
        says="Its state, whether its client certificate is a proof, and each time that it got secrets: when, from"
        " where, and by which proof.",
        run=_pairing,
        query=PAGES,
        answers={
            200: table(
                **states, certificate_trusted={"type": "boolean"}, handovers={"type": "array", "items": handover}
            )
        },
    )
    yield Operation(
        name="setPairing",
        method="POST",
        path=f"{here}/pairing",
        tag="Devices",
        title="Open or close a device's pairing, or block it",
        says="Opens the window for so many minutes (else the tenant's). `closed` makes what the device holds as"
        " proof worthless; `blocked` refuses it whatever it proves.",
        run=_pair,
        permission=Permission.TENANT_CHANGE,
        body=Body(schema=ref("PairingInput"), read=reads(PairingIn), example={"minutes": 60}),
        answers={200: PAIRING},
    )
