"""Replays a request step by step: the same rooms as `answer`, each telling what it decided."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from provisioner.answer import Provisioner, file_for
from provisioner.errors import ProvisionerError
from provisioner.gate import Claim, admit, obstacle, verdicts
from provisioner.load import Facts, find
from provisioner.merge import merge
from provisioner.recognise import Ask, Identity, recognise
from provisioner.render import render


@dataclass(frozen=True, slots=True)
class Step:
    """One decision: what it was about, whether it went on from there, and why."""

    name: str
    ok: bool
    says: str


def replay(provisioner: Provisioner, ask: Ask) -> list[Step]:
    """Every decision about a request, up to its bytes or to what stopped it; nothing is noted or paired."""
    steps: list[Step] = []
    try:
        steps.extend(_steps(provisioner, ask, steps))
    except ProvisionerError as error:
        steps.append(Step("answer", False, f"404: {type(error).__name__}: {error}"))
    return steps


def _steps(provisioner: Provisioner, ask: Ask, steps: list[Step]) -> list[Step]:
    identity = recognise(ask)
    steps.append(_recognised(identity))
    if identity.kind is not None and not identity.kind.private:
        served = identity.kind.template is not None
        return [Step("answer", served, "a public file" if served else "404: a known name that is never served")]
    with provisioner.database.reading() as session:
        facts = find(session, identity.mac, identity.tenant)
        steps.append(_device(facts))
        wanted = file_for(identity, facts)
        steps.append(Step("file", True, f"{wanted.file.kind} of {wanted.vendor.title} {wanted.model.name}"))
        provisioner.gatehouse.walks.learn(session)
        claim = provisioner.gatehouse.claim(ask, identity, facts)
        steps.extend(_gate(claim))
        admit(claim)
        record = provisioner.loader.load(session, facts.device_id, identity.version)
    overrides = provisioner.installation.template_dir
    answer = render(merge(record), wanted.file, overrides=overrides, held=identity.held)
    how = "" if answer.encrypted_from is None else ", encrypted with the key that the phone holds"
    return [Step("answer", True, f"200: {answer.name}, {len(answer.body)} bytes, {answer.media_type}{how}")]


def _recognised(identity: Identity) -> Step:
    if identity.mac is None and identity.vendor is None:
        return Step("recognise", False, "nobody's request")
    said = (("vendor", identity.vendor), ("model", identity.model), ("firmware", identity.version))
    parts = [str(identity.mac or "no MAC"), *(f"{name} {value}" for name, value in said if value)]
    return Step(
        "recognise",
        identity.doubt is None,
        ", ".join(parts) + (f"; {identity.doubt}" if identity.doubt else ""),
    )


def _device(facts: Facts) -> Step:
    return Step(
        "device",
        True,
        f"tenant {facts.tenant}, {facts.vendor} {facts.model}, revision {facts.revision}, {facts.state}",
    )


def _gate(claim: Claim) -> Iterator[Step]:
    reason = obstacle(claim)
    if reason:
        yield Step("gate", False, reason)
        return
    for verdict in verdicts(claim):
        yield Step(verdict.rule, verdict.met, verdict.why)
