"""Makes, renews and ends the subscriptions of a REST or OData system, as its manifest's SubscriptionSpec says."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from apps.connectors.answers import at_path
from apps.connectors.contract import HeldSubscription, WantedSubscription
from apps.connectors.errors import BusinessClass, MisconfiguredError, RemoteError
from apps.connectors.judgement import Answer
from apps.connectors.protocols.calls import Calls
from apps.connectors.webhook_spec import SubscriptionSpec

_GONE = frozenset({404, 410})
_CHANGED_MEANWHILE = frozenset({409, 412})
_ETAG = "@odata.etag"


async def subscribe(calls: Calls, wanted: WantedSubscription, now: datetime) -> HeldSubscription:
    """Make a subscription, or take over the one that an earlier call made whose answer was lost."""
    spec = _spec_of(calls)
    sent = _filled(calls, spec.body, wanted, spec, now)
    for listed in await _listed(calls, spec):
        if _is_same(listed, sent, spec):
            renewed = await renew(calls, str(listed.get(spec.key_field) or ""), wanted, now)
            if renewed is not None:
                return renewed
    answer = await calls.call("POST", calls.path(spec.path), body=sent)
    return _held(calls, spec, answer, now)


async def renew(calls: Calls, key: str, wanted: WantedSubscription, now: datetime) -> HeldSubscription | None:
    """Let a subscription last longer; None when the system has forgotten it."""
    spec = _spec_of(calls)
    path = calls.path_of(spec.one_path, key)
    sent = _filled(calls, spec.body if spec.renewal is None else spec.renewal, wanted, spec, now)
    try:
        answer = await _on_its_version(calls, spec, "PATCH", path, sent)
    except RemoteError as error:
        if error.status in _GONE:
            return None
        raise
    return _held(calls, spec, answer, now, key)


async def unsubscribe(calls: Calls, key: str) -> None:
    """End a subscription; one that is gone already is no error."""
    spec = _spec_of(calls)
    try:
        await _on_its_version(calls, spec, "DELETE", calls.path_of(spec.one_path, key), None)
    except RemoteError as error:
        if error.status not in _GONE:
            raise


async def _on_its_version(
    calls: Calls, spec: SubscriptionSpec, method: str, path: str, body: Mapping[str, str] | None
) -> Answer:
    if not spec.etags:
        return await calls.call(method, path, body=body)
    try:
        return await calls.call(method, path, body=body, headers=await _version(calls, path))
    except RemoteError as error:
        if error.status not in _CHANGED_MEANWHILE:
            raise
        return await calls.call(method, path, body=body, headers=await _version(calls, path))


async def _version(calls: Calls, path: str) -> dict[str, str]:
    answer = await calls.call("GET", path)
    held = answer.json()
    return {"If-Match": str((held.get(_ETAG) if isinstance(held, dict) else "") or answer.headers.get("ETag", "*"))}


async def _listed(calls: Calls, spec: SubscriptionSpec) -> list[Mapping[str, Any]]:
    found = at_path((await calls.call("GET", calls.path(spec.path))).json(), spec.records_path)
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


def _is_same(listed: Mapping[str, Any], sent: Mapping[str, str], spec: SubscriptionSpec) -> bool:
    """Say whether a listed subscription is of our address and object; leading slashes come and go on the way."""
    lasting = [name for name, text in spec.body.items() if text in {"{address}", "{resource}"}]
    return bool(listed.get(spec.key_field)) and all(
        str(listed.get(name) or "").strip("/") == sent[name].strip("/") for name in lasting
    )


def _filled(
    calls: Calls, texts: Mapping[str, str], wanted: WantedSubscription, spec: SubscriptionSpec, now: datetime
) -> dict[str, str]:
    until = now + timedelta(seconds=spec.life_seconds)
    ours = {
        "{address}": wanted.address,
        "{secret}": wanted.secret,
        "{resource}": calls.path(spec.resources[wanted.object_name]),
        "{until}": f"{until.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
    }
    return {name: ours[text] if text in ours else calls.path(text) for name, text in texts.items()}


def _held(calls: Calls, spec: SubscriptionSpec, answer: Answer, now: datetime, key: str = "") -> HeldSubscription:
    told = answer.json() if answer.body else {}
    told = told if isinstance(told, Mapping) else {}
    known = str(told.get(spec.key_field) or key)
    if not known:
        error = MisconfiguredError(
            f"{calls.manifest.name} made a subscription without a number: it could not be renewed.",
            business_class=BusinessClass.SCHEMA_DRIFT,
            status=answer.status,
        )
        error.exchange = answer.exchange
        raise error
    longest = now + timedelta(seconds=spec.life_seconds)
    return HeldSubscription(known, min(_instant(told.get(spec.until_field)) or longest, longest))


def _instant(told: Any) -> datetime | None:
    """Return a time as it was told, in UTC where it names no zone; None for what is none."""
    try:
        at = datetime.fromisoformat(str(told))
    except ValueError:
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _spec_of(calls: Calls) -> SubscriptionSpec:
    webhook = calls.manifest.webhook
    if webhook is None or webhook.subscription is None:
        raise MisconfiguredError(
            f"{calls.manifest.name} takes no subscriptions: enter the webhook address there.",
            business_class=BusinessClass.CONNECTION,
        )
    return webhook.subscription
