"""Jobs: what was done to many devices, and what came of each."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, render_template, request, url_for
from sqlalchemy import ColumnElement, or_
from werkzeug.wrappers import Response as AnyResponse

from admin import jobs
from admin.access import Permission, allow
from admin.actions import ACTIONS
from admin.csvs import csv_answer
from admin.scope import here
from admin.tables import Column, Table, contains
from admin.words import mark, stamp
from provisioner.store.tables import Job, JobItem

views = Blueprint("jobs", __name__, url_prefix="/jobs")

TABLE = Table(
    name="jobs",
    key=Job.id,
    order="-created",
    columns=(
        Column(key="created", title=mark("WHEN"), sort=(Job.created_at,), lead=True),
        Column(key="action", title=mark("ACTION"), sort=(Job.action,)),
        Column(key="actor", title=mark("WHO"), sort=(Job.actor,)),
        Column(key="progress", title=mark("OUTCOME"), sort=(Job.finished_at,)),
    ),
    find=lambda search: (_anywhere(word) for word in search.words),
)

ITEMS = Table(
    name="job_items",
    key=JobItem.id,
    order="state",
    extra=("state",),
    columns=(
        Column(key="subject", title=mark("DEVICE"), sort=(JobItem.subject,), lead=True),
        Column(key="state", title=mark("OUTCOME"), sort=(JobItem.state,)),
        Column(key="says", title=mark("WHAT CAME OF IT"), sort=(JobItem.says,)),
        Column(key="at", title=mark("WHEN"), sort=(JobItem.at,)),
    ),
    find=lambda search: (contains(JobItem.subject, word) for word in search.words),
)


def _anywhere(word: str) -> ColumnElement[bool]:
    return or_(contains(Job.action, word), contains(Job.actor, word))


@views.get("")
@allow(Permission.TENANT_READ)
def listing() -> str:
    """Every job of the tenant, the newest first."""
    scope = here()
    look = TABLE.look(scope.session, scope.all(Job), request.args, path=url_for(".listing"))
    found = {job.id: job for job in scope.session.scalars(scope.all(Job).where(Job.id.in_(look.keys)))}
    return render_template(
        "jobs/list.html",
        look=look,
        rows=[found[key] for key in look.keys],
        progress=jobs.progress(scope.session, look.keys),
        actions=ACTIONS,
    )


@views.get("/<int:job_id>")
@allow(Permission.TENANT_READ)
def page(job_id: int) -> AnyResponse | str:
    """One job with the outcome of each device."""
    scope = here()
    job = scope.one(Job, Job.id == job_id)
    if job.finished_at is None:
        jobs.go_on(scope.provisioner, job.id)
    query = scope.all(JobItem).where(JobItem.job_id == job.id)
    state = request.args.get("state", "")
    if state:
        query = query.where(JobItem.state == state)
    look = ITEMS.look(scope.session, query, request.args, path=url_for(".page", job_id=job.id))
    found = {item.id: item for item in scope.session.scalars(scope.all(JobItem).where(JobItem.id.in_(look.keys)))}
    shown = {
        "job": job,
        "look": look,
        "rows": [found[key] for key in look.keys],
        "progress": jobs.progress(scope.session, [job.id]).get(job.id, jobs.Progress()),
        "action": ACTIONS.get(job.action),
        "state": state,
    }
    alone = request.headers.get("HX-Target") == "job"
    return render_template("jobs/_page.html" if alone else "jobs/page.html", **shown)


@views.post("/<int:job_id>/retry")
@allow(Permission.TENANT_CHANGE)
def retry(job_id: int) -> AnyResponse:
    """Try what failed once more."""
    scope = here()
    job = scope.one(Job, Job.id == job_id)
    jobs.retry(scope.provisioner, job.id)
    return redirect(url_for(".page", job_id=job.id), 303)


@views.post("/<int:job_id>/cancel")
@allow(Permission.TENANT_CHANGE)
def cancel(job_id: int) -> AnyResponse:
    """Leave what has not been done yet."""
    scope = here()
    job = scope.one(Job, Job.id == job_id)
    jobs.cancel(scope.provisioner, job.id)
    return redirect(url_for(".page", job_id=job.id), 303)


@views.get("/<int:job_id>/outcomes.csv")
@allow(Permission.TENANT_READ)
def export(job_id: int) -> Response:
    """Every outcome as CSV."""
    scope = here()
    job = scope.one(Job, Job.id == job_id)
    items = scope.session.scalars(scope.all(JobItem).where(JobItem.job_id == job.id).order_by(JobItem.id))
    lines = ((item.subject, item.state, item.says, stamp(item.at)) for item in items)
    return csv_answer(f"job-{job.id}.csv", ("device", "outcome", "says", "when"), lines)
