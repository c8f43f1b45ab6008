"""User page control: what the users of a tenant may see and do on their own page."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib import resources
from typing import Literal

from pydantic import Field, field_validator
from sqlalchemy import select
from sqlalchemy.orm import Session

from provisioner.errors import Invalid, Problem
from provisioner.services.change import Change, Outcome
from provisioner.services.fields import Schema, inside
from provisioner.store.tables import PageFeature, Tenant

State = Literal["default", "on", "off"]
STATES = ("default", "on", "off")


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """One thing on the page; ``default`` is what ``default`` means: on or off."""

    key: str
    section: str
    label: str
    default: str


class UserPageIn(Schema):
    """What a site file says of the users' page: a state for each feature that it names."""

    user_page_control: dict[str, State] = Field(default_factory=dict)

    @field_validator("user_page_control")
    @classmethod
    def _are_known(cls, wanted: dict[str, State]) -> dict[str, State]:
        for key in wanted:
            inside(key[:60], _known, key)
        return wanted


def _known(key: str) -> None:
    if key not in features():
        close = get_close_matches(key, list(features()), 1)
        raise ValueError(_UNKNOWN + (f"; is {close[0]} meant?" if close else ""))


_UNKNOWN = "is no feature of the page"


@cache
def features() -> Mapping[str, Feature]:
    """Every feature by its key, in the order of the page."""
    text = resources.files("provisioner").joinpath("user_page.toml").read_text("utf-8")
    sections = tomllib.loads(text)["section"]
    listed = [Feature(section=section["name"], **one) for section in sections for one in section["features"]]
    return {feature.key: feature for feature in listed}


def states(session: Session, tenant: Tenant) -> dict[str, State]:
    """The state of every feature."""
    rows = session.scalars(select(PageFeature).where(PageFeature.tenant_id == tenant.id))
    said: dict[str, State] = {row.key: "on" if row.is_on else "off" for row in rows}
    return {key: said.get(key, "default") for key in features()}


def is_on(session: Session, tenant: Tenant, key: str) -> bool:
    """Whether the tenant's users have a feature."""
    row = session.get(PageFeature, (tenant.id, key))
    return row.is_on if row else features()[key].default == "on"


def put(change: Change, tenant: Tenant, wanted: Mapping[str, State]) -> list[Outcome]:
    """Set features; the others stay. Raises Invalid naming those that there are not."""
    unknown = [key for key in wanted if key not in features()]
    if unknown:
        raise Invalid([Problem(field=key[:60], message=_UNKNOWN) for key in unknown])
    before = states(change.session, tenant)
    return [_set(change, tenant, key, before[key], state) for key, state in wanted.items()]


def _set(change: Change, tenant: Tenant, key: str, old: State, new: State) -> Outcome:
    row = change.session.get(PageFeature, (tenant.id, key))
    if new == "default":
        if row is not None:
            change.session.delete(row)
    elif row is None:
        change.session.add(PageFeature(tenant_id=tenant.id, key=key, is_on=new == "on"))
    else:
        row.is_on = new == "on"
    return change.note(tenant.id, f"user page {key}", None, {} if old == new else {"state": (old, new)})
