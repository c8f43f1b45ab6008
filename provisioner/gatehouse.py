"""What the gate knows beside the device's facts: walkers, nonces, pairing codes, manufacturers, who is challenged.

One a process. What it remembers is bounded, and told to the other processes off the path of the requests.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cached_property

from sqlalchemy import select

from provisioner.auto_add import auto_add
from provisioner.certificates import Manufacturers
from provisioner.codes import Codes, looks_like_one
from provisioner.errors import Broken, ProvisionerError, Unassigned
from provisioner.gate import Claim, judge
from provisioner.http_auth import Digests, Scheme
from provisioner.load import Facts
from provisioner.recognise import Ask, Identity, recognise, tenant_of
from provisioner.settings import Installation
from provisioner.sightings import Outcome
from provisioner.store.database import DOWN, Database
from provisioner.store.tables import Tenant
from provisioner.vault import Vault
from provisioner.walk import Walks

_NOWHERE = ""


class Gatehouse:
    """Prepares claims for the gate, and draws conclusions from what came of them."""

    def __init__(
        self, installation: Installation, database: Database, vault: Vault, clock: Callable[[], datetime]
    ) -> None:
        self._installation = installation
        self._database = database
        self._vault = vault
        self._clock = clock
        self._challenged: dict[str, Scheme] | None = None
        self.walks = Walks(database, installation.gate_walk, clock)
        self.codes = Codes(database, vault, clock)
        self.digests = Digests(vault)

    @cached_property
    def manufacturers(self) -> Manufacturers:
        """Whose client certificates are proof. Raises Invalid when a CA file cannot be read."""
        return Manufacturers.read(self._installation.client_ca_dir)

    def claim(self, ask: Ask, identity: Identity, facts: Facts) -> Claim:
        """The request as the gate looks at it."""
        at = self._clock()
        return Claim(
            ask=ask,
            identity=identity,
            facts=facts,
            now=at,
            vault=self._vault,
            digests=self.digests,
            seen=self.manufacturers.examine(ask.certificate, at) if ask.certificate else (),
            codes=self.codes.of(ask, facts) if ask.authorization else (),
            walking=self.walks.is_walker(ask.address),
        )

    def weigh(self, ask: Ask, identity: Identity, facts: Facts) -> None:
        """Do all that a claim costs, for nothing: the time of a refusal must not tell who is known."""
        judge(self.claim(ask, identity, facts))

    def refused(self, claim: Claim) -> None:
        """Count a guess at a pairing code."""
        if claim.codes and looks_like_one(claim.ask.authorization):
            self.codes.failed(claim.codes)

    def count(self, outcome: Outcome) -> None:
        """An identity that got nothing may be a step of a walk; a phone at the place where it was paired is none.

        What everybody may have takes no step back, whatever MAC comes with the request.
        """
        mac, facts, address = outcome.identity.mac, outcome.facts, outcome.ask.address
        if mac is None:
            self.walks.failed(_NOWHERE, "")  # no identity is no step, and takes as long
        elif outcome.proof is not None and outcome.word == "served":
            self.walks.succeeded(address, mac.hex)
        elif outcome.word == "unknown" or (outcome.word == "refused" and facts and facts.paired_address != address):
            self.walks.failed(address, mac.hex)

    def exchange(self, strangers: Sequence[Outcome] = ()) -> None:
        """Tell the other processes what is new here, and learn from them. Raises SQLAlchemyError."""
        auto_add(self._database, self._vault, strangers, self._clock())
        self.walks.exchange()
        self.codes.exchange()
        self._challenged = self._tenants()

    def challenges(self, ask: Ask, error: ProvisionerError) -> list[str]:
        """What to ask a refused requester for: the values of ``WWW-Authenticate``, none for the constant 404.

        It depends on the path alone and on whether the requester proved itself, never on who is known: the
        installation challenges everybody, or a tenant whoever names it in ``/t/<tenant>/``.
        """
        if isinstance(error, Broken | Unassigned):
            return []
        scheme = self._installation.http_challenge
        if scheme is None and not ask.path.startswith("/t/"):
            return []
        scheme = scheme or self._challenged_tenants().get(tenant_of(ask.path) or "")
        if scheme is None or recognise(ask).private is False:
            return []
        return self.digests.challenges(scheme, ask, self._clock())

    def _challenged_tenants(self) -> dict[str, Scheme]:
        if self._challenged is None:
            try:
                self._challenged = self._tenants()
            except DOWN:
                return {}
        return self._challenged

    def _tenants(self) -> dict[str, Scheme]:
        wanted = select(Tenant.slug, Tenant.http_auth).where(Tenant.http_auth.is_not(None))
        with self._database.reading() as session:
            return {row.slug: row.http_auth for row in session.execute(wanted)}
