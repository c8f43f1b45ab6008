"""One request of a device becomes one file: the whole way, in one place, for every door."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

import structlog
from sqlalchemy.orm import Session

from provisioner.archive import Archive
from provisioner.cache import RenderCache
from provisioner.errors import Broken, NotOurs, ProvisionerError, Refused, Unassigned, Unknown
from provisioner.gate import PAIRED_STAYS_OPEN, Claim, admit
from provisioner.last_good import LastGood
from provisioner.load import Facts, Loader, find
from provisioner.merge import merge
from provisioner.recognise import Ask, Identity, file_of, recognise
from provisioner.registry import find_model, vendors
from provisioner.render import Answer, render, render_public
from provisioner.settings import Installation
from provisioner.sightings import Outcome, Sightings
from provisioner.store.database import DOWN, Database
from provisioner.store.tables import Device, now
from provisioner.vault import Vault
from provisioner.vendor_api import File, Line, Model, Vendor
from provisioner.walk import Walks

log = structlog.get_logger()

CACHE_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file of a model of a vendor."""

    vendor: Vendor
    model: Model
    file: File


@dataclass
class Provisioner:
    """The server's heart: settings, key and database, and the way from an `Ask` to an `Answer`."""

    installation: Installation
    database: Database
    vault: Vault
    clock: Callable[[], datetime] = now
    cache: RenderCache = field(default_factory=lambda: RenderCache(CACHE_BYTES))

    @cached_property
    def sightings(self) -> Sightings:
        """Where requests are noted, off their path."""
        return Sightings(self.database, Archive(self.vault), (lambda _strangers: self.walks.exchange(),))

    @cached_property
    def walks(self) -> Walks:
        """Who walks over identities."""
        return Walks(self.database, self.installation.gate_walk, self.clock)

    @cached_property
    def last_good(self) -> LastGood:
        """What this machine served last, for the time when the database is away."""
        return LastGood(self.installation.data_dir / "last-good.db", self.vault, self.database)

    @cached_property
    def loader(self) -> Loader:
        """Loads records with this installation's key."""
        return Loader(self.vault, self.installation)

    def close(self) -> None:
        """Write what has gathered off the path of the requests, before the process ends."""
        for name in ("sightings", "last_good"):
            if name in self.__dict__:
                getattr(self, name).close()

    def answer(self, ask: Ask) -> Answer:
        """The file that the request may have. Raises a ProvisionerError; nothing else leaves here."""
        identity = recognise(ask)
        outcome = Outcome(ask, identity)
        try:
            return self._answer(ask, identity, outcome)
        except ProvisionerError as error:
            outcome.failed(error)
            raise
        except Exception as error:
            outcome.failed(error)
            log.exception("answer.failed", file=identity.file)
            raise Broken(f"{type(error).__name__} while answering {identity.file}") from error
        finally:
            self.sightings.note(outcome)
            self._count(outcome)

    def _count(self, outcome: Outcome) -> None:
        """An identity that got nothing may be a step of a walk; a phone at the place where it was paired is none."""
        mac, facts, address = outcome.identity.mac, outcome.facts, outcome.ask.address
        if mac is None:
            return
        if outcome.word == "served":
            self.walks.succeeded(address, mac.hex)
        elif outcome.word == "unknown" or (outcome.word == "refused" and facts and facts.paired_address != address):
            self.walks.failed(address, mac.hex)

    def _answer(self, ask: Ask, identity: Identity, outcome: Outcome) -> Answer:
        if identity.kind is not None and not identity.kind.private:
            return outcome.served(_public(identity))
        try:
            with self.database.reading() as session:
                facts = outcome.facts = self._found(session, ask, identity)
                wanted = self._admitted(ask, identity, outcome)
                if outcome.proof != "window" or facts.state != "open":
                    return outcome.served(self._rendered(session, facts, identity, wanted))
            return outcome.served(self._paired(ask, identity, facts.device_id, wanted))
        except DOWN:
            return outcome.served(self._kept(ask, identity, outcome))

    def _found(self, session: Session, ask: Ask, identity: Identity) -> Facts:
        """The device; a stranger is weighed like a device that is closed, so that the time tells nothing."""
        try:
            return find(session, identity.mac, identity.tenant)
        except Unknown:
            with suppress(ProvisionerError):
                self._admitted(ask, identity, Outcome(ask, identity, stranger(identity)))
            raise

    def claim(self, ask: Ask, identity: Identity, facts: Facts) -> Claim:
        """The request as the gate looks at it."""
        return Claim(
            ask=ask,
            identity=identity,
            facts=facts,
            now=self.clock(),
            vault=self.vault,
            walking=self.walks.is_walker(ask.address),
        )

    def _admitted(self, ask: Ask, identity: Identity, outcome: Outcome) -> Wanted:
        """What the device's vendor means by the file, once the gate let the request pass."""
        assert outcome.facts
        wanted = file_for(identity, outcome.facts)
        outcome.proof = admit(self.claim(ask, identity, outcome.facts))
        return wanted

    def _kept(self, ask: Ask, identity: Identity, outcome: Outcome) -> Answer:
        """The last good bytes, by the gate's last good facts: nobody is let in who was not in before."""
        facts = outcome.facts = self.last_good.facts(identity.mac)
        if identity.mac is None or identity.tenant not in (None, facts.tenant):
            raise Unknown("no such device of this tenant was served from here")
        wanted = self._admitted(ask, identity, outcome)
        if facts.state == "open" and outcome.proof == "window":
            raise Refused("the database is away, and nobody is paired meanwhile")
        outcome.is_last_good = True
        line = wanted.vendor.line(identity.version or facts.firmware, wanted.model)
        if identity.held:
            with suppress(Broken):
                return self.last_good.answer(identity.mac, wanted.file.pattern, _encrypted(line, identity))
        return self.last_good.answer(identity.mac, wanted.file.pattern, line.name)

    def _paired(self, ask: Ask, identity: Identity, device_id: int, wanted: Wanted) -> Answer:
        """The first private answer through the window pairs the device; all of it, or nothing.

        A device that was paired before starts a new generation, so that its older token is worth nothing.
        """
        with self.database.writing() as session:
            device = session.get(Device, device_id)
            if device is not None and device.state == "open":
                device.generation += device.paired_at is not None
                device.state, device.paired_at = "paired", self.clock()
                device.paired_address = ask.address[:45]
                device.open_until = device.paired_at + PAIRED_STAYS_OPEN
                session.flush()
            facts = find(session, identity.mac, identity.tenant)
            return self._rendered(session, facts, identity, wanted)

    def _rendered(self, session: Session, facts: Facts, identity: Identity, wanted: Wanted) -> Answer:
        """The file from the cache, else rendered; another firmware line is another file."""
        line = wanted.vendor.line(identity.version or facts.firmware, wanted.model)
        key = (facts.device_id, facts.revision, wanted.file.pattern, line.name, identity.held)
        answer = self.cache.get(key)
        if answer is None:
            record = self.loader.load(session, facts.device_id, identity.version)
            answer = render(merge(record), wanted.file, overrides=self.installation.template_dir, held=identity.held)
            self.cache.put(key, answer)
            if identity.mac is not None and answer.private:
                kept_as = line.name if answer.encrypted_from is None else _encrypted(line, identity)
                self.last_good.keep(identity.mac, wanted.file.pattern, kept_as, facts, answer)
        return answer


def _encrypted(line: Line, identity: Identity) -> str:
    """What the last good files call the encrypted form of a file, beside the plain one of a firmware line."""
    return f"{line.name}/{identity.held}"


def _public(identity: Identity) -> Answer:
    """A model-wide file without secrets; it is the same for everybody."""
    file = identity.kind
    if file is None or file.template is None or identity.vendor is None:
        raise NotOurs(f"{identity.file} is known and not served")
    return render_public(vendors()[identity.vendor], file, identity.file or file.pattern)


def stranger(identity: Identity) -> Facts:
    """A closed device of nobody, of the vendor and model that the request tells, if it does."""
    vendor = vendors().get(identity.vendor or "") or next(iter(vendors().values()))
    return Facts(
        device_id=0,
        public_id="0" * 16,
        tenant_id=0,
        tenant="",
        access="pairing",
        networks=(),
        vendor=vendor.name,
        model=identity.model or next(iter(vendor.models)),
        firmware=None,
        revision=0,
        state="closed",
        open_until=None,
        generation=0,
    )


def file_for(identity: Identity, facts: Facts) -> Wanted:
    """What the device's own vendor means by the file's name. Raises Unassigned when it has no such file."""
    try:
        vendor, model = find_model(facts.vendor, facts.model)
    except ValueError as error:
        raise Broken(str(error)) from None
    file = file_of(vendor, identity.file or "", model)
    if file is None or file.template is None:
        raise Unassigned(f"{vendor.title} {model.name} has no file {identity.file}")
    return Wanted(vendor, model, file)
