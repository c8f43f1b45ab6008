"""Idempotency-Key: a POST that is sent once more gets the first one's answer, and does nothing.

Answers are kept for a day, and of each token the newest thousand. They hold no secrets: an operation that tells
one is not repeated.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

from flask import Request, Response
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from admin.api.problems import Refusal, invalid
from provisioner.answer import Provisioner
from provisioner.store.tables import RepeatedRequest

HEADER = "Idempotency-Key"
KEPT = timedelta(days=1)
MOST = 1000
LARGEST_KEPT = 1 << 20
"""A longer answer is not kept: only an import of very many rows has one, and twice it does nothing by itself."""
UNFINISHED = timedelta(minutes=2)
"""After this a request without an answer is taken for one that died."""
KEPT_HEADERS = ("Location", "ETag")
_KEY = re.compile(r"[\x21-\x7e]{1,128}")


def once(
    provisioner: Provisioner, token_id: int, request: Request, text: bytes, run: Callable[[], Response]
) -> Response:
    """The answer, from the store where the key was there before. Raises Refusal."""
    key = request.headers.get(HEADER)
    if key is None:
        return run()
    if not _KEY.fullmatch(key):
        raise invalid(HEADER, "write 1 to 128 printable characters without blanks", 400)
    # Keyed, so that nobody can try passwords against it.
    asked = provisioner.vault.keyed_digest(f"{request.method} {request.full_path}\n".encode() + text)
    try:
        known = _begin(provisioner, token_id, key, asked)
    except IntegrityError:
        raise Refusal(409, "a request of this key is under way; try again") from None
    if known is not None:
        return known
    try:
        response = run()
    except BaseException:
        _forget(provisioner, token_id, key)
        raise
    if len(response.get_data()) > LARGEST_KEPT:
        _forget(provisioner, token_id, key)
    else:
        _finish(provisioner, token_id, key, response)
    return response


def _begin(provisioner: Provisioner, token_id: int, key: str, asked: str) -> Response | None:
    at = provisioner.clock()
    with provisioner.database.writing() as session:
        session.execute(delete(RepeatedRequest).where(RepeatedRequest.at < at - KEPT))
        row = session.get(RepeatedRequest, (token_id, key))
        if row is not None and row.status is None and row.at < at - UNFINISHED:
            session.delete(row)
            session.flush()
            row = None
        if row is not None:
            return _known(row, asked)
        session.add(RepeatedRequest(token_id=token_id, key=key, digest=asked, at=at))
        session.flush()
        mine = select(RepeatedRequest.key).where(RepeatedRequest.token_id == token_id)
        older = mine.order_by(RepeatedRequest.at.desc()).offset(MOST).limit(MOST)
        surplus = (RepeatedRequest.token_id == token_id) & RepeatedRequest.key.in_(older)
        session.execute(delete(RepeatedRequest).where(surplus), execution_options={"synchronize_session": False})
    return None


def _known(row: RepeatedRequest, asked: str) -> Response:
    if row.digest != asked:
        raise invalid(HEADER, "was used for another request already; take a new one")
    if row.status is None:
        raise Refusal(409, "a request of this key is under way; try again")
    return Response(row.body, row.status, {**row.headers, "Idempotency-Replayed": "true"})


def _finish(provisioner: Provisioner, token_id: int, key: str, response: Response) -> None:
    kept = {name: response.headers[name] for name in (*KEPT_HEADERS, "Content-Type") if name in response.headers}
    with provisioner.database.writing() as session:
        session.execute(
            update(RepeatedRequest)
            .where(RepeatedRequest.token_id == token_id, RepeatedRequest.key == key)
            .values(status=response.status_code, headers=kept, body=response.get_data(as_text=True))
        )


def _forget(provisioner: Provisioner, token_id: int, key: str) -> None:
    with provisioner.database.writing() as session:
        session.execute(delete(RepeatedRequest).where(RepeatedRequest.token_id == token_id, RepeatedRequest.key == key))
