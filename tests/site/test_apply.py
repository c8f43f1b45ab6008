"""Apply: the plan, all or nothing, every mistake at once, and what is not mentioned stays."""

from __future__ import annotations

from threading import Thread

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from provisioner.errors import Invalid
from provisioner.services import integrations, tenants
from provisioner.site.export import export
from provisioner.store.tables import Extension
from provisioner.values import Ipei
from tests.site.conftest import ACME, Server

CONNECTED = """
integrations:
  - {identifier: zendesk, configuration: {domain: acme, user: ann@acme.example, api_token: hunter2}}
"""
PAGE = "user_page_control: {appexts: off, appremotedial: on}\n"


def refused(server: Server, text: str) -> list[str]:
    """Every problem of a file, as the command line prints it."""
    with pytest.raises(Invalid) as error:
        server.apply(text)
    return [str(problem) for problem in error.value.problems]


def test_the_plan_of_a_new_tenant_has_a_line_for_each_object_and_the_counts_last(server: Server) -> None:
    lines = server.plan("tenant: acme\nextensions: [{number: '100'}]\n", dry_run=True)
    assert ["+ tenant acme", "+ extension 100", "2 added, 0 changed, 0 removed"] == lines


def test_a_dry_run_tells_the_same_and_changes_nothing(server: Server) -> None:
    server.apply("tenant: acme\n")
    before = server.state()
    planned = server.plan(ACME, dry_run=True)
    assert before == server.state()
    assert planned == server.plan(ACME)


def test_the_plan_names_the_devices_whose_files_change(server: Server) -> None:
    phone = "{mac: '80:5e:c0:12:34:56', model: T46U, extensions: ['100']}"
    site = f"tenant: acme\nextensions: [{{number: '100', name: %s}}]\ndevices: [{phone}]\n"
    server.apply(site % "Front")
    assert [
        "~ extension 100: name",
        "> device 80:5e:c0:12:34:56: its files change",
        "0 added, 1 changed, 0 removed",
    ] == server.plan(site % "Back")


def test_an_apply_is_idempotent(server: Server) -> None:
    server.apply(ACME)
    assert ["0 added, 0 changed, 0 removed"] == server.plan(ACME)


def test_without_prune_nothing_is_removed_and_with_it_what_the_file_lacks(server: Server) -> None:
    server.apply("tenant: acme\nextensions: [{number: '100'}, {number: '101'}]\n" + CONNECTED)
    bare = "tenant: acme\nextensions: [{number: '100'}]\n"
    assert ["0 added, 0 changed, 0 removed"] == server.plan(bare)
    assert {"- extension 101", "- integration zendesk", "0 added, 0 changed, 2 removed"} == set(
        server.plan(bare, prune=True)
    )


def test_one_mistake_and_nothing_changes(server: Server) -> None:
    server.apply("tenant: acme\n")
    before = server.state()
    refused(server, "tenant: acme\nname: Other\nextensions: [{number: '100'}, {number: '101', location: Moon}]\n")
    assert before == server.state()


def test_every_mistake_is_told_at_once_with_its_line(server: Server) -> None:
    text = (
        "tenant: acme\naccess: maybe\nlocale: {country: ZZ}\nlocations:\n  - {name: HQ, country: Norway}\n"
        "extensions:\n  - {number: '100', location: Moon, nmae: x}\n  - {number: '100'}\n"
        "user_page_control:\n  appexts: maybe\n  appextz: on\nintegrations:\n  - {identifier: zendeks}\n"
        "  - {identifier: zendesk, configuration: {domian: acme}}\n  - {identifier: salesforce}\n"
    )
    told = {problem.split(": ")[0] + ": " + problem.split(": ")[1] for problem in refused(server, text)}
    assert {
        "line 2: access",
        "line 3: locale.country",
        "line 5: locations.0.country",
        "line 7: extensions.0.location",
        "line 7: extensions.0.nmae",
        "line 8: extensions.1.number",
        "line 10: user_page_control.appexts",
        "line 13: integrations.0.identifier",
        "line 14: integrations.1.configuration.domian",
        "line 14: integrations.1.configuration.domain",
        "line 14: integrations.1.configuration.user",
        "line 15: integrations.2.configuration",
    } == told


def test_a_text_or_nothing_in_the_place_of_an_object_is_named_with_its_line(server: Server) -> None:
    says = "must be a table of fields and values"
    told = refused(server, "tenant: acme\nextensions:\n  - null\n  - 5\n")
    assert [f"line 3: extensions.0: {says}", f"line 4: extensions.1: {says}"] == told


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("user_page_control: {appextz: on}", "user_page_control.appextz: is no feature of the page; is appexts meant?"),
        ("user_page_control: [appexts]", "user_page_control: must be a table of names and values"),
        ("integrations: [{identifier: zendesk, enabled: true}]", "integrations.0.configuration.domain: is missing"),
        (
            "integrations: [{identifier: salesforce}]",
            "integrations.0.configuration: Salesforce is connected only by OAuth, at the system itself",
        ),
        (
            f"{CONNECTED}  - {{identifier: zendesk}}",
            "integrations.1.identifier: is already on line 4; keep one of the two",
        ),
    ],
)
def test_a_mistake_in_the_users_page_or_an_integration_is_named(server: Server, text: str, problem: str) -> None:
    assert problem in [told.partition(": ")[2] for told in refused(server, f"tenant: acme\n{text}")]


def test_the_users_page_and_integrations_go_in_and_out(server: Server) -> None:
    server.apply("tenant: acme\n" + PAGE + CONNECTED)
    text = server.export()
    assert 'user_page_control: {appexts: "off", appremotedial: "on"}' in text
    assert (
        "  - {identifier: zendesk, enabled: true,"
        ' configuration: {api_token: hunter2, domain: acme, user: "ann@acme.example"}}'
    ) in text.replace("user: ann@acme.example", 'user: "ann@acme.example"')
    assert ["0 added, 0 changed, 0 removed"] == server.plan(text, prune=True)


def test_a_feature_that_the_file_does_not_name_stays_until_it_is_pruned(server: Server) -> None:
    server.apply("tenant: acme\n" + PAGE)
    one = "tenant: acme\nuser_page_control: {appexts: off}\n"
    assert ["0 added, 0 changed, 0 removed"] == server.plan(one)
    assert ["~ user page appremotedial: state", "0 added, 1 changed, 0 removed"] == server.plan(one, prune=True)


def test_a_secret_that_the_file_leaves_out_stays(server: Server) -> None:
    server.apply("tenant: acme\n" + CONNECTED)
    bare = server.export(secrets=False)
    assert "hunter2" not in bare
    assert ["0 added, 0 changed, 0 removed"] == server.plan(bare, prune=True)
    assert "hunter2" in server.export()


def test_a_file_without_secrets_makes_an_integration_that_waits_for_them(server: Server) -> None:
    text = "tenant: acme\nintegrations: [{identifier: zendesk, configuration: {domain: acme, user: ann}}]\n"
    plan = server.apply(text)
    assert ("integration zendesk: no connection until api_token is given",) == plan.warnings
    zendesk = integrations.systems()["zendesk"]
    with server.database.reading() as session:
        tenant = tenants.find(session, "acme")
        assert tenant
        row = integrations.rows(session, tenant)["zendesk"]
        stored = integrations.configuration(server.vault, row)
        assert "on_server" == integrations.status(zendesk, row, stored)
    assert ["0 added, 0 changed, 0 removed"] == server.plan(text)


def test_a_write_between_the_look_and_the_apply_waits_and_is_not_lost(server: Server) -> None:
    server.apply("tenant: acme\nextensions: [{number: '100', name: Read}]\n")

    def written() -> None:
        with server.database.writing() as session:
            session.scalars(select(Extension)).one().name = "Written meanwhile"

    def look(session: Session) -> None:
        assert "Read" in export(session, server.vault, "acme")
        writer.start()

    writer = Thread(target=written)
    server.apply("tenant: acme\nextensions: [{number: '100', name: Applied}]\n", first=look)
    writer.join()
    assert "Written meanwhile" in server.export()


def test_a_handset_that_moves_to_another_base_keeps_its_slot(server: Server) -> None:
    def site(base: str) -> str:
        bases = "\n".join(f"  - {{mac: 80:5e:c0:00:00:{n}, vendor: yealink, model: W70B}}" for n in ("01", "02"))
        handset = f"  - {{ipei: 02656-0009845-7, base: 80:5e:c0:00:00:{base}, slot: 3}}"
        return f"tenant: acme\nname: Acme\ndevices:\n{bases}\n{handset}\n"

    server.apply(site("01"))
    server.apply(site("02"))
    handset = server.devices()[Ipei.parse("02656-0009845-7").hex]
    assert (server.devices()["805ec0000002"].id, 3) == (handset.base_id, handset.slot)
