"""Takes back a record that was created in a REST system, by the one call its manifest declares."""

from collections.abc import Mapping

from apps.connectors.contract import UndoOutcome, UndoState
from apps.connectors.errors import BusinessClass, FieldProblem, RejectedError
from apps.connectors.manifest import ObjectManifest
from apps.connectors.protocols.calls import Calls

_GONE = frozenset({404, 410})


async def undo_write(
    calls: Calls,
    spec: ObjectManifest,
    target_key: str,
    idempotency_key: str,
    *,
    conditions: Mapping[str, str] | None = None,
) -> UndoOutcome:
    """Take the record called `target_key` back; one that is gone already counts as taken back.

    `conditions` are headers that say what must hold for it ("If-Match").

    Raises RemoteError when the system as a whole did not take part: another try decides.
    """
    writing = spec.writing
    if writing is None or not writing.can_undo:
        return UndoOutcome(UndoState.REFUSED, error=_impossible(calls, spec))
    keyed = {writing.idempotency_header: idempotency_key} if writing.idempotency_header else {}
    headers = {**keyed, **(conditions or {})}
    body = None if writing.undo_values is None else dict(writing.undo_values)
    try:
        path = calls.path_of(writing.undo_path, target_key)
        answer = await calls.call(writing.undo_method, path, body=body, headers=headers, spec=spec)
    except RejectedError as error:
        if error.status in _GONE:
            return UndoOutcome(UndoState.ALREADY_GONE, exchange=error.exchange)
        return UndoOutcome(UndoState.REFUSED, error=error, exchange=error.exchange)
    return UndoOutcome(UndoState.DONE, exchange=answer.exchange)


def _impossible(calls: Calls, spec: ObjectManifest) -> RejectedError:
    sentence = (
        f"{calls.manifest.name} has no way to take {spec.label.lower()} back: a person must do it there, "
        "or book the opposite."
    )
    return RejectedError(sentence, problems=(FieldProblem("", sentence, BusinessClass.VALIDATION),))
