"""Something done to many devices: every device has an outcome, and whoever looks at the job sees it go on.

A job is run in chunks, each in one transaction, and each device in a savepoint of its own: one that fails
takes nobody else along. A lease says which process runs it; when that one dies, whoever looks next takes over.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from threading import Lock, Thread

import structlog
from sqlalchemy import Select, func, insert, or_, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from admin.actions import ACTIONS
from provisioner.answer import Provisioner
from provisioner.errors import ProvisionerError
from provisioner.services.resync import Resynced
from provisioner.store.tables import Device, Job, JobItem

log = structlog.get_logger()

CHUNK = 50
AT_ONCE = 200
"""So many devices are done before the page answers; more go on behind it."""
AT_ONCE_AHEAD = 25
"""The same where each may take seconds, and so many are done side by side."""
LEASE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Progress:
    """How many devices of a job are in which state."""

    waiting: int = 0
    done: int = 0
    failed: int = 0
    cancelled: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.waiting + self.done + self.failed + self.cancelled


def begin(provisioner: Provisioner, job: Job, devices: Iterable[tuple[int, str]]) -> int:
    """Start a new job for these devices; what is little is done at once, the rest goes on in the background."""
    with provisioner.database.writing() as session:
        session.add(job)
        session.flush()
        job_id = job.id
        items = [{"job_id": job_id, "device_id": key, "subject": subject[:160]} for key, subject in devices]
        if items:
            session.execute(insert(JobItem), items)
    if len(items) <= (AT_ONCE_AHEAD if ACTIONS[job.action].ahead else AT_ONCE):
        run(provisioner, job_id)
    else:
        go_on(provisioner, job_id)
    return job_id


_running: set[int] = set()
_lock = Lock()


def go_on(provisioner: Provisioner, job_id: int) -> None:
    """Run a job behind the page, unless this process does already or another one holds its lease."""
    with _lock:
        if job_id in _running:
            return
        _running.add(job_id)
    Thread(target=_behind, args=(provisioner, job_id), name=f"job-{job_id}", daemon=True).start()


def _behind(provisioner: Provisioner, job_id: int) -> None:
    try:
        run(provisioner, job_id)
    except SQLAlchemyError as error:
        log.warning("job.interrupted", job=job_id, reason=type(error).__name__)
    finally:
        with _lock:
            _running.discard(job_id)


def run(provisioner: Provisioner, job_id: int) -> None:
    """Do what is left of a job."""
    if _take(provisioner, job_id):
        while _chunk(provisioner, job_id):
            pass


def _take(provisioner: Provisioner, job_id: int) -> bool:
    """Take the lease, unless somebody else holds it."""
    at = provisioner.clock()
    free = or_(Job.lease_until.is_(None), Job.lease_until < at)
    with provisioner.database.writing() as session:
        taken = session.execute(
            update(Job).where(Job.id == job_id, Job.finished_at.is_(None), free).values(lease_until=at + LEASE)
        )
        return bool(taken.rowcount)  # type: ignore[attr-defined]  # an UPDATE has a count


def _chunk(provisioner: Provisioner, job_id: int) -> bool:
    """Do the next devices; whether there are more."""
    told = _ahead(provisioner, job_id)
    with provisioner.database.writing() as session:
        job = session.get_one(Job, job_id)
        items = session.scalars(_next(job_id)).all()
        for item in items:
            outcome = told.get(item.device_id or 0)
            if outcome:
                item.at = provisioner.clock()
                item.state, item.says = "done" if outcome.is_done else "failed", outcome.says[:512]
            else:
                _do(provisioner, session, job, item)
        at = provisioner.clock()
        job.lease_until = at + LEASE if items else None
        if not items:
            job.finished_at = at
    return bool(items)


def _next(job_id: int) -> Select[JobItem]:
    waiting = select(JobItem).where(JobItem.job_id == job_id, JobItem.state == "waiting")
    return waiting.order_by(JobItem.id).limit(CHUNK)


def _ahead(provisioner: Provisioner, job_id: int) -> Mapping[int, Resynced]:
    """What an action does to the next devices while no transaction is open."""
    with provisioner.database.reading() as session:
        job = session.get_one(Job, job_id)
        found = session.execute(
            select(Device.id)
            .join(JobItem, JobItem.device_id == Device.id)
            .where(JobItem.id.in_(_next(job_id).with_only_columns(JobItem.id)), Device.tenant_id == job.tenant_id)
        )
        device_ids = list(found.scalars())
    ahead = ACTIONS[job.action].ahead
    return ahead(provisioner, job.actor, device_ids) if ahead else {}


def _do(provisioner: Provisioner, session: Session, job: Job, item: JobItem) -> None:
    item.at = provisioner.clock()
    device = session.get(Device, item.device_id) if item.device_id else None
    if device is None or device.tenant_id != job.tenant_id:
        item.state, item.says = "failed", "the device is gone"
        return
    try:
        with session.begin_nested():
            says = ACTIONS[job.action].run(provisioner, session, job, device)
        item.state, item.says = "done", says[:512]
    except (ProvisionerError, SQLAlchemyError) as error:
        log.warning("job.item_failed", job=job.id, action=job.action, reason=type(error).__name__)
        told = str(error) if isinstance(error, ProvisionerError) else "the database refused it"
        item.state, item.says = "failed", told[:512]


def progress(session: Session, job_ids: Iterable[int]) -> dict[int, Progress]:
    """How far these jobs are, in one query."""
    found: dict[int, dict[str, int]] = {}
    query = (
        select(JobItem.job_id, JobItem.state, func.count())
        .where(JobItem.job_id.in_(list(job_ids)))
        .group_by(JobItem.job_id, JobItem.state)
    )
    for job_id, state, many in session.execute(query):
        found.setdefault(job_id, {})[state] = many
    return {job_id: Progress(**states) for job_id, states in found.items()}


def retry(provisioner: Provisioner, job_id: int) -> None:
    """Try what failed once more."""
    with provisioner.database.writing() as session:
        session.execute(
            update(JobItem).where(JobItem.job_id == job_id, JobItem.state == "failed").values(state="waiting", says="")
        )
        session.execute(update(Job).where(Job.id == job_id).values(finished_at=None, lease_until=None))
    go_on(provisioner, job_id)


def cancel(provisioner: Provisioner, job_id: int) -> None:
    """Leave what has not been done yet."""
    with provisioner.database.writing() as session:
        session.execute(
            update(JobItem).where(JobItem.job_id == job_id, JobItem.state == "waiting").values(state="cancelled")
        )
