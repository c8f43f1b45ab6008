"""The worker process: what has to be done and nobody waits for."""

from __future__ import annotations

from datetime import timedelta
from threading import Event

import structlog
from sqlalchemy import Select, delete, func, select
from sqlalchemy.exc import SQLAlchemyError

from provisioner import archive, codes, walk
from provisioner.answer import Provisioner
from provisioner.store.tables import Handover, RequestCount, Sighting, Upload

log = structlog.get_logger()

SIGHTINGS_KEPT = timedelta(days=30)
UPLOADS_KEPT = timedelta(hours=1)
HANDOVERS_KEPT = 200
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
        """Forget sightings and counts of a month ago, walks, uploads, and documents and history beyond their budget."""
        at = self._provisioner.clock()
        with self._provisioner.database.writing() as session:
            session.execute(delete(Sighting).where(Sighting.at < at - SIGHTINGS_KEPT))
            session.execute(delete(RequestCount).where(RequestCount.hour < at - SIGHTINGS_KEPT))
            session.execute(delete(Upload).where(Upload.created_at < at - UPLOADS_KEPT))
            session.execute(delete(Handover).where(Handover.id.in_(_surplus())))
            archive.clean_up(session)
            walk.clean_up(session, at)
            codes.clean_up(session, at)


def _surplus() -> Select[int]:
    """The rows of the pairing history beyond the newest of each device."""
    place = func.row_number().over(partition_by=Handover.device_id, order_by=(Handover.at.desc(), Handover.id.desc()))
    placed = select(Handover.id, place.label("place")).subquery()
    return select(placed.c.id).where(placed.c.place > HANDOVERS_KEPT)
