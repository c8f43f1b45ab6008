"""One request of a device becomes one file: the whole way, in one place, for every door."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import NamedTuple

import structlog
from sqlalchemy.orm import Session

from provisioner import codes
from provisioner.archive import Archive
from provisioner.cache import RenderCache
from provisioner.errors import Broken, Invalid, NotOurs, ProvisionerError, Refused, Unassigned, Unknown
from provisioner.firmware import Shelf
from provisioner.gate import admit
from provisioner.gatehouse import Gatehouse
from provisioner.last_good import LastGood
from provisioner.load import Facts, Finder, Loader, find
from provisioner.merge import merge
from provisioner.metrics import CACHE, CACHE_BYTES, DATABASE_AWAY, LAST_GOOD, RENDERING
from provisioner.recognise import LONGEST_REMEMBERED, REMEMBERED, Ask, Identity, file_of, recognise
from provisioner.registry import find_model, vendors
from provisioner.render import Answer, render, render_public
from provisioner.services import pairing
from provisioner.settings import Installation
from provisioner.sightings import Outcome, Sightings
from provisioner.store.database import DOWN, Database
from provisioner.store.tables import now
from provisioner.values import Mac
from provisioner.vault import Vault
from provisioner.vendor_api import File, Model, Vendor

log = structlog.get_logger()

Way = Callable[[Outcome], Answer | None]


_NO_MAC = Mac("0" * 12)
_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_LASTING = (None, "token", "network")
"""Proofs, and the want of one, that time does not change: the same request about the same facts fares alike again."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file of a model of a vendor, for one firmware line."""

    vendor: Vendor
    model: Model
    file: File
    line: str


class Standing(NamedTuple):
    """How a request stands with the gate, true for as long as what was ``found`` of its device stays the same."""

    found: Facts | None
    facts: Facts | None
    proof: str | None
    key: Hashable = None
    error: type[ProvisionerError] | None = None
    reason: str = ""
    since: datetime = _LONG_AGO
    """A refusal for a window that is over holds only while the clock says so: clocks are set back, too."""


@dataclass
class Provisioner:
    """The server's heart: settings, key and database, and the way from an `Ask` to an `Answer`."""

    installation: Installation
    database: Database
    vault: Vault
    clock: Callable[[], datetime] = now
    _breaks: int = field(default=0, init=False)

    @cached_property
    def cache(self) -> RenderCache:
        """Rendered files, as many as fit."""
        return RenderCache(self.installation.cache_mb * 1024 * 1024)

    @cached_property
    def standings(self) -> dict[Hashable, Standing]:
        """What was judged before; a phone asks for the same files again and again."""
        return {}

    @cached_property
    def sightings(self) -> Sightings:
        """Where requests are noted, off their path."""
        made = Sightings(self.database, Archive(self.vault), (self.gatehouse.exchange,))
        made.tally.watch(CACHE_BYTES, lambda: self.cache.held_bytes)
        made.tally.watch(DATABASE_AWAY, lambda: self.database.is_away)
        made.tally.follow(CACHE.labels("yes"), lambda: self.cache.hits)
        made.tally.follow(CACHE.labels("no"), lambda: self.cache.misses)
        return made

    @cached_property
    def gatehouse(self) -> Gatehouse:
        """What the gate knows beside a device's facts."""
        return Gatehouse(self.installation, self.database, self.vault, self.now)

    @cached_property
    def last_good(self) -> LastGood:
        """What this machine served last, for the time when the database is away."""
        return LastGood(self.installation.data_dir / "last-good.db", self.vault, self.database)

    @cached_property
    def loader(self) -> Loader:
        """Loads records with this installation's key."""
        return Loader(self.vault, self.installation)

    @cached_property
    def finder(self) -> Finder:
        """The one SELECT of a request."""
        return Finder(self.database)

    def now(self) -> datetime:
        """The time by the clock that is set."""
        return self.clock()

    def close(self) -> None:
        """Write what has gathered off the path of the requests, and leave the database, before the process ends."""
        for name in ("sightings", "last_good"):
            if name in self.__dict__:
                getattr(self, name).close()
        self.database.close()

    @cached_property
    def shelf(self) -> Shelf | None:
        """Firmware images, where the installation has any."""
        return Shelf(self.installation.firmware_dir) if self.installation.firmware_dir else None

    def image(self, path: str) -> Path | None:
        """The firmware image that a request's path means, None where there is none."""
        return self.shelf.find(path) if self.shelf is not None else None

    def answer(self, ask: Ask) -> Answer:
        """The file that the request may have. Raises a ProvisionerError; nothing else leaves here."""
        answer = self._noted(Outcome(ask, recognise(ask)), self._whole)
        assert answer is not None
        return answer

    def at_once(self, ask: Ask) -> Answer | None:
        """As `answer` where that takes no time; None, and nothing noted, where a file must be made first.

        It never renders, never writes and never waits for a lock, so that an accept loop may call it.
        HTTP credentials take the whole way at once, for an answer to a nonce is taken only once.
        """
        if ask.authorization:
            return None
        return self._noted(Outcome(ask, recognise(ask)), self._at_hand)

    def _noted(self, outcome: Outcome, way: Way) -> Answer | None:
        """Go a way, and note what came of it."""
        try:
            answer = way(outcome)
        except Exception as error:
            outcome.failed(error)
            self._note(outcome)
            if isinstance(error, ProvisionerError) and not isinstance(error, Invalid):
                raise
            file = outcome.identity.file
            log.exception("answer.failed", file=file)
            raise Broken(f"{type(error).__name__} while answering {file}") from error
        if answer is not None:
            outcome.served(answer)
            self._note(outcome)
        return answer

    def _note(self, outcome: Outcome) -> None:
        self.sightings.note(outcome)
        mac, facts = outcome.identity.mac, outcome.facts
        if mac and facts and outcome.word == "refused" and not self.database.is_away:
            self.last_good.learn(mac, facts)
        self.gatehouse.count(outcome)

    def _whole(self, outcome: Outcome) -> Answer:
        """From the database, which is asked once more where only the connection broke; else the last good file."""
        for _ in range(2):
            try:
                return self._ready(outcome) or self._made(outcome)
            except DOWN:
                if self.database.is_away:
                    break
        return self._kept(outcome)

    def _at_hand(self, outcome: Outcome) -> Answer | None:
        try:
            return self._ready(outcome)
        except DOWN:
            return None

    def _ready(self, outcome: Outcome) -> Answer | None:
        """What lies ready: the revision is looked up and the gate asked, and nothing is made."""
        identity = outcome.identity
        if identity.kind is not None and not identity.kind.private:
            return _public(identity)
        standing = self._standing(outcome)
        outcome.facts, outcome.proof = standing.facts, standing.proof
        if standing.error is not None:
            raise standing.error(standing.reason)
        return None if _pairs(outcome) else self.cache.get(standing.key)

    def _standing(self, outcome: Outcome) -> Standing:
        """As it was judged before where nothing changed since that the judgement depends on, else judged now."""
        ask, found = outcome.ask, self._found(outcome.identity.mac)
        if not self._may_stand(ask):
            return self._judged(outcome, found)
        walks = self.gatehouse.walks.is_walker(ask.address)
        asked = ask.path, ask.user_agent, ask.address, walks
        known = self.standings.get(asked)
        if known is not None and known.found is found and known.since <= self.clock():
            return known
        judged = self._judged(outcome, found)
        # Another thread may have learnt of a walker meanwhile: what was said of one is not for when it is none.
        if judged.proof in _LASTING and walks == self.gatehouse.walks.is_walker(ask.address):
            if len(self.standings) >= REMEMBERED:
                self.standings.clear()
            self.standings[asked] = judged
        return judged

    def _found(self, mac: Mac | None) -> Facts | None:
        """What is committed of a device; behind a new connection no revision is known.

        A standby that takes over may lack the last changes, and gives their revisions to others.
        """
        found = self.finder.look(mac)
        if self._breaks != self.finder.breaks:
            self._breaks = self.finder.breaks
            self.cache.clear()
            self.standings.clear()
        return found

    def _may_stand(self, ask: Ask) -> bool:
        """Whether the judgement hangs on nothing but the device's facts, and on who asks for what."""
        plain = not ask.authorization and ask.certificate is None
        return plain and len(ask.path) + len(ask.user_agent) <= LONGEST_REMEMBERED

    def _judged(self, outcome: Outcome, found: Facts | None) -> Standing:
        identity = outcome.identity
        try:
            facts = outcome.facts = self._owned(outcome, found)
            key = _key(facts, identity, self._admitted(outcome))
        except (Broken, Invalid):  # our fault is told to this request alone: it may be mended before the next one
            raise
        except ProvisionerError as error:
            until = found.open_until if found is not None else None
            since = until if until is not None and until <= self.clock() else _LONG_AGO
            return Standing(found, outcome.facts, outcome.proof, None, type(error), str(error), since)
        return Standing(found, facts, outcome.proof, key)

    def _owned(self, outcome: Outcome, found: Facts | None) -> Facts:
        """The device; a stranger is weighed like a device that is closed, so that the time tells nothing."""
        identity = outcome.identity
        if found is not None and identity.tenant in (None, found.tenant):
            return found
        self.gatehouse.weigh(outcome.ask, identity, found or self._stranger(identity))
        raise Unknown(f"{identity.mac or _NO_MAC} belongs to no tenant that is meant")

    def _stranger(self, identity: Identity) -> Facts:
        vendor = vendors().get(identity.vendor or "") or next(iter(vendors().values()))
        return self.finder.stranger(identity.mac, vendor.name, identity.model or next(iter(vendor.models)))

    def _admitted(self, outcome: Outcome) -> Wanted:
        """What the device's vendor means by the file, once the gate let the request pass."""
        assert outcome.facts
        claim = self.gatehouse.claim(outcome.ask, outcome.identity, outcome.facts)
        try:
            outcome.proof = admit(claim)
        except Refused:
            self.gatehouse.refused(claim)
            raise
        return file_for(outcome.identity, outcome.facts)

    def _made(self, outcome: Outcome) -> Answer:
        """Pair the device where its window let it in, and render."""
        assert outcome.facts
        if _pairs(outcome):
            return self._paired(outcome, outcome.facts)
        with self.database.reading() as session:
            return self._rendered(session, outcome.facts, outcome.identity)

    def _kept(self, outcome: Outcome) -> Answer:
        """The last good bytes, by the gate's last good facts: nobody is let in who was not in before."""
        identity = outcome.identity
        facts = outcome.facts = self.last_good.facts(identity.mac)
        if identity.mac is None or identity.tenant not in (None, facts.tenant):
            raise Unknown("no such device of this tenant was served from here")
        wanted = self._admitted(outcome)
        if _pairs(outcome):
            raise Refused("the database is away, and nobody is paired meanwhile")
        outcome.is_last_good = True
        LAST_GOOD.inc()
        if identity.held:
            with suppress(Broken):
                return self.last_good.answer(identity.mac, wanted.file.pattern, _encrypted(wanted, identity))
        return self.last_good.answer(identity.mac, wanted.file.pattern, wanted.line)

    def _paired(self, outcome: Outcome, facts: Facts) -> Answer:
        """The first private answer through the window, or by a code, pairs the device; all of it, or nothing.

        A device that was paired before starts a new generation, so that its older token is worth nothing.
        A file that cannot be made takes the pairing back: rendering under the lock of the writers would make
        a site that boots for the first time wait phone by phone. A code, which few phones use, is used up and
        answered in one transaction.
        """
        ask, identity = outcome.ask, outcome.identity
        with self.database.writing() as session:
            if outcome.proof == "code":
                codes.use(session, self.gatehouse.codes.of(ask, facts), ask.authorization)
            before = pairing.pair(session, facts.device_id, ask.address, self.clock(), anew=outcome.proof == "code")
            facts = find(session, identity.mac, identity.tenant)
            if before is None:  # another request paired it, or an admin forbade it: the gate knows which
                admit(self.gatehouse.claim(ask, identity, facts))
            if outcome.proof == "code":
                answer = self._fresh(session, facts, identity)
        if outcome.proof == "code":  # kept only now: its revision is another's where this was not committed
            return self._held(facts, identity, answer)
        try:
            with self.database.reading() as session:
                return self._rendered(session, facts, identity)
        except Exception:
            with self.database.writing() as session:
                pairing.take_back(session, facts, before)
            raise

    def _rendered(self, session: Session, facts: Facts, identity: Identity) -> Answer:
        """The file of this revision, or of one that was committed since: from the cache, else rendered."""
        known = self.cache.get(_key(facts, identity, file_for(identity, facts)))
        return known or self._held(facts, identity, self._fresh(session, facts, identity))

    def _fresh(self, session: Session, facts: Facts, identity: Identity) -> Answer:
        """The file as it is now. Raises Refused where the device was paired anew, or is another, since it was found.

        Whoever proved to be what it was must not get the token of what it is.
        """
        with RENDERING.time():
            record = self.loader.load(session, facts.device_id, identity.version)
            if self.vault.token(facts.public_id, facts.generation) not in record.url:
                raise Refused("the device was paired anew, or its pairing ended, while this was looked at")
            file, overrides = file_for(identity, facts).file, self.installation.template_dir
            return render(merge(record), file, overrides=overrides, held=identity.held)

    def _held(self, facts: Facts, identity: Identity, answer: Answer) -> Answer:
        """The same answer, in memory and on disk from now on."""
        wanted = file_for(identity, facts)
        self.cache.put(_key(facts, identity, wanted), answer)
        if identity.mac is not None and answer.private:
            kept_as = wanted.line if answer.encrypted_from is None else _encrypted(wanted, identity)
            self.last_good.keep(identity.mac, wanted.file.pattern, kept_as, facts, answer)
        return answer


def _pairs(outcome: Outcome) -> bool:
    """Whether this request is the one that pairs its device."""
    first = outcome.proof == "window" and outcome.facts is not None and outcome.facts.state == "open"
    return first or outcome.proof == "code"


def _key(facts: Facts, identity: Identity, wanted: Wanted) -> Hashable:
    """What the bytes of a file depend on. A deleted device's id may be given again, its public id never."""
    return facts.public_id, facts.revision, wanted.file.pattern, wanted.line, identity.held


def _encrypted(wanted: Wanted, identity: Identity) -> str:
    """What the last good files call the encrypted form of a file, beside the plain one of a firmware line."""
    return f"{wanted.line}/{identity.held}"


def _public(identity: Identity) -> Answer:
    """A model-wide file without secrets; it is the same for everybody."""
    file = identity.kind
    if file is None or file.template is None or identity.vendor is None:
        raise NotOurs(f"{identity.file} is known and not served")
    return _rendered_public(identity.vendor, file)


@cache
def _rendered_public(vendor: str, file: File) -> Answer:
    return render_public(vendors()[vendor], file, file.pattern)


def file_for(identity: Identity, facts: Facts) -> Wanted:
    """What the device's own vendor means by the file's name. Raises Unassigned when it has no such file."""
    version = identity.version or facts.firmware
    wanted = _wanted(facts.vendor, facts.model, identity.file or "", version)
    if wanted is None:
        raise Unassigned(f"{facts.vendor} {facts.model} has no file {identity.file}")
    return wanted


@lru_cache(maxsize=16_384)
def _wanted(vendor_name: str, model_name: str, file_name: str, version: str | None) -> Wanted | None:
    try:
        vendor, model = find_model(vendor_name, model_name)
    except ValueError as error:
        raise Broken(str(error)) from None
    file = file_of(vendor, file_name, model)
    if file is None or file.template is None:
        return None
    return Wanted(vendor, model, file, vendor.line(version, model).name)
