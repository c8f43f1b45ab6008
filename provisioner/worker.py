"""The worker process: what has to be done and nobody waits for."""

from __future__ import annotations

from datetime import timedelta
from threading import Event

import structlog
from sqlalchemy import delete
from sqlalchemy.exc import SQLAlchemyError

from provisioner import archive
from provisioner.answer import Provisioner
from provisioner.store.tables import RequestCount, Sighting

log = structlog.get_logger()

SIGHTINGS_KEPT = timedelta(days=30)
INTERVAL_S = 60.0


class Worker:
    """Does every chore about once a minute, until it is told to stop."""

    def __init__(self, provisioner: Provisioner) -> None:
        self._provisioner = provisioner
        self._stop = Event()

    def run(self) -> None:
        """Work until `stop`; a chore that fails is tried again the next time."""
        while not self._stop.is_set():
            try:
                self.clean_up()
            except SQLAlchemyError as error:
                log.warning("chore.failed", reason=type(error).__name__)
            self._stop.wait(INTERVAL_S)

    def stop(self) -> None:
        """End after the chore at hand."""
        self._stop.set()

    def clean_up(self) -> None:
        """Forget sightings and counts that are older than a month, and served documents beyond their budget."""
        oldest = self._provisioner.clock() - SIGHTINGS_KEPT
        with self._provisioner.database.writing() as session:
            session.execute(delete(Sighting).where(Sighting.at < oldest))
            session.execute(delete(RequestCount).where(RequestCount.hour < oldest))
            archive.clean_up(session)
