"""The portal's pages in the order of the menu; one that is not built is not shown."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app, request

from admin.access import Permission
from admin.scope import Scope
from admin.words import _, mark


@dataclass(frozen=True, slots=True)
class Entry:
    """One page of the menu, by the endpoint of its list; ``icon`` names a drawing in ``icons.html``."""

    endpoint: str
    title: str
    icon: str
    permission: Permission = Permission.TENANT_READ
    own: bool = False
    """Only for who has an extension."""

    @property
    def blueprint(self) -> str:
        """Everything below the page keeps it marked in the menu."""
        return self.endpoint.rpartition(".")[0]

    @property
    def is_current(self) -> bool:
        """Whether the request is at this page or below it."""
        return (request.blueprint or "") == self.blueprint


GROUPS: tuple[tuple[str, tuple[Entry, ...]], ...] = (
    (
        mark("Phones"),
        (
            Entry("portal.home.page", mark("Home"), "home"),
            Entry("portal.devices.listing", mark("Devices"), "phone"),
            Entry("portal.extensions.listing", mark("Extensions"), "hash"),
            Entry("portal.button_templates.listing", mark("Button templates"), "keys"),
        ),
    ),
    (
        mark("My phone"),
        (Entry("portal.my_page.page", mark("My extension"), "phone", Permission.ACCOUNT_OWN, own=True),),
    ),
    (
        mark("Places"),
        (
            Entry("portal.locations.listing", mark("Locations"), "pin"),
            Entry("portal.location_assignments.listing", mark("Location assignments"), "link"),
        ),
    ),
    (
        mark("Advanced"),
        (
            Entry("portal.webhooks.listing", mark("Webhooks"), "hook"),
            Entry("portal.user_page_control.page", mark("User page control"), "sliders"),
            Entry("portal.crm_integration.listing", mark("CRM integrations"), "plug"),
        ),
    ),
    (
        mark("Administration"),
        (
            Entry("portal.tenant.page", mark("Tenant settings"), "building"),
            Entry("portal.tenants.listing", mark("Tenants"), "buildings", Permission.SERVER_CHANGE),
            Entry("portal.jobs.listing", mark("Jobs"), "jobs"),
            Entry("portal.users.listing", mark("Users"), "people", Permission.USERS_CHANGE),
            Entry("portal.tokens.listing", mark("API tokens"), "lock", Permission.USERS_CHANGE),
            Entry("portal.audit.listing", mark("Audit log"), "log", Permission.AUDIT_READ),
        ),
    ),
)


def menu(scope: Scope) -> list[tuple[str, list[Entry]]]:
    """The groups with the pages that exist and that the viewer may open."""
    built = current_app.view_functions
    groups = [
        (_(title), [entry for entry in entries if entry.endpoint in built and _may(scope, entry)])
        for title, entries in GROUPS
    ]
    return [(title, entries) for title, entries in groups if entries]


def _may(scope: Scope, entry: Entry) -> bool:
    return scope.can(entry.permission) and (not entry.own or scope.viewer.extension_id is not None)
