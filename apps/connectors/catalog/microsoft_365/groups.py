"""Groups as Graph writes them and as the manifest names their fields; the making of groups and of their teams."""

import asyncio
from collections.abc import Mapping
from typing import Any

from apps.connectors.contract import Write, WriteOutcome
from apps.connectors.errors import BusinessClass, FieldProblem, RejectedError, RemoteError, RetryableError
from apps.connectors.manifest import ObjectManifest
from apps.connectors.protocols.calls import Calls
from apps.connectors.protocols.rest_late_answers import taken
from apps.connectors.protocols.rest_reading import read_one
from apps.connectors.protocols.rest_writing import Delivery

_CHANGEABLE = ("displayName", "description")
REMOVED = "@removed"  # what a change has that tells of a deletion
_LATER = "The group is there and its team is not yet: Microsoft 365 is asked again by itself."
_BY_HAND = "Make it there by hand, or try again."


def plain(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record without annotations."""
    return {name: value for name, value in record.items() if not name.startswith("@")}


def with_kind(group: Mapping[str, Any]) -> dict[str, Any]:
    """Return a group without annotations, with `kind` "team" or "site"."""
    return {**plain(group), "kind": "team" if "Team" in (group.get("resourceProvisioningOptions") or []) else "site"}


def is_workspace(group: Mapping[str, Any]) -> bool:
    """Say whether a group is a Microsoft 365 group; security groups and lists have no site."""
    return "Unified" in (group.get("groupTypes") or [])


class GroupCalls(Calls):
    """Groups get their `kind`; no record keeps annotations, but for the one that says that it is gone."""

    def shaped(self, spec: ObjectManifest, record: dict[str, Any]) -> dict[str, Any]:
        """Return a record as the manifest names its fields."""
        if REMOVED in record:
            return record
        return with_kind(record) if spec.name == "groups" else plain(record)


class GroupDelivery(Delivery):
    """A group is made with its people, then its team, for which Microsoft 365 may need minutes: it tells later whether it was made."""

    def __init__(self, calls: Calls, spec: ObjectManifest, owner: str) -> None:
        super().__init__(calls, spec)
        self._owner = owner

    async def _send_one(self, write: Write) -> WriteOutcome:
        if write.target_key is not None:
            changes = {name: write.values[name] for name in _CHANGEABLE if name in write.values}
            path = self._calls.path_of(self._writing.update_path, write.target_key)
            answer = await self._calls.call("PATCH", path, body=changes, spec=self._spec)
            outcome = WriteOutcome(write.position, write.target_key, exchange=answer.exchange)
        else:
            answer = await self._calls.call("POST", "groups", body=await self._group(write), spec=self._spec)
            outcome = WriteOutcome(write.position, str(answer.json()["id"]), exchange=answer.exchange, created=True)
        if write.values.get("kind") == "team":
            return await self._with_team(write, outcome)
        return outcome

    async def _group(self, write: Write) -> dict[str, Any]:
        body = self._body(write)
        owner = str(body.get("owner") or self._owner)
        members = [str(email) for email in body.get("members") or []]
        addresses = list(dict.fromkeys([owner, *members]))
        people = dict(zip(addresses, await asyncio.gather(*(self._person(email) for email in addresses)), strict=True))
        told = {name: body[name] for name in ("mailNickname", *_CHANGEABLE) if body.get(name) not in (None, "")}
        return {
            **told,
            "groupTypes": ["Unified"],
            "mailEnabled": True,
            "securityEnabled": False,
            "visibility": "Private",
            "owners@odata.bind": [people[owner]],
            "members@odata.bind": [people[email] for email in addresses],
        }

    async def _person(self, email: str) -> str:
        """Return the address of a person's entry. Raises RejectedError when nobody there has this e-mail."""
        try:
            answer = await self._calls.call("GET", self._calls.path_of("users/{key}?$select=id", email))
        except RemoteError as error:
            if error.status != 404:
                raise
            sentence = f"Microsoft 365 knows nobody by the address {email}. Correct it, or invite the person there."
            problem = FieldProblem("owner", sentence, BusinessClass.MISSING_REFERENCE)
            raise RejectedError(sentence, problems=(problem,), status=404) from error
        destination = self._calls.door.destination
        return f"{destination.origin}{destination.path}/directoryObjects/{answer.json()['id']}"

    async def _with_team(self, write: Write, outcome: WriteOutcome) -> WriteOutcome:
        """Ask for the group's team; Microsoft 365 tells later whether it was made. Raises RetryableError where it cannot be asked yet."""
        key = str(outcome.target_key)
        if not outcome.created:
            held = await read_one(self._calls, self._spec, key)
            if held is not None and held["kind"] == "team":
                return outcome
        path = self._calls.path_of("groups/{key}/team", key)
        try:
            answer = await self._calls.call("PUT", path, body={"memberSettings": {"allowCreateUpdateChannels": True}})
        except RemoteError as error:
            # A group that is minutes old may be unknown to Teams (404), and one try at a time is made (409).
            if error.status in {404, 409}:
                raise _not_yet(error.status) from error
            raise
        late = self._writing.late_answer
        if late is None or answer.status not in late.taken_statuses:
            return outcome
        return taken(self._calls, late, write, answer, asked=path, target_key=key)


def _not_yet(status: int) -> RetryableError:
    return RetryableError(_LATER, business_class=BusinessClass.PROVIDER_OUTAGE, status=status)


def without_team(error: RejectedError) -> RejectedError:
    """Return the refusal of a team in words that say what stands and what is to be done."""
    said = " ".join(dict.fromkeys(problem.message.rstrip(".") for problem in error.problems))
    sentence = f"The group is there, but Microsoft 365 could not make its team: {said}. {_BY_HAND}"
    told = RejectedError(
        sentence, problems=(FieldProblem("kind", sentence, error.business_class),), status=error.status
    )
    told.exchange = error.exchange
    return told
