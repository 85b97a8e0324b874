"""The connector for what lives in a Salesforce organisation: read by SOQL, written by external id.

https://developer.salesforce.com/docs/platform/api-rest/guide/intro-rest.html
"""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from apps.connectors.answers import at_path, holds
from apps.connectors.auth_spec import AssertionSpec, AuthScheme, AuthSpec, SecretSpec
from apps.connectors.contract import FoundRecord, Page, TestReport, Write
from apps.connectors.describe_spec import DescribeSpec
from apps.connectors.errors import RemoteError
from apps.connectors.manifest import ChangeRead, ErrorShape, FieldSpec, ObjectManifest, Paging, Reading, ValueKind
from apps.connectors.protocols.rest import RestConnector
from apps.connectors.protocols.rest_probing import own_key
from apps.connectors.protocols.soql_calls import CURRENCY, SoqlCalls
from apps.connectors.protocols.soql_query import CHANGED
from apps.connectors.protocols.soql_reading import find_records, read_changes, read_named
from apps.connectors.protocols.soql_writing import SoqlDelivery
from apps.connectors.shapes import DiscoveredField, DiscoveredShape, ShapeSource

DATA = "services/data/v67.0"  # Summer '26
LIMITS = f"{DATA}/limits"
ERRORS = ErrorShape(code_path="errorCode", message_path="message", field_path="fields")
NAMES_AT_ONCE = 100
_PAGE = 2000  # the most that one answer holds
_LOOK_BACK_SECONDS = 300

# The JWT bearer flow: no person signs in, so nothing ends when somebody leaves.
AUTH = AuthSpec(
    AuthScheme.JWT_BEARER,
    token_path="/services/oauth2/token",  # noqa: S106  an address, no secret
    assertion=AssertionSpec(audience="https://{login_host}"),
)
SECRETS = (
    SecretSpec("client_id", "Consumer key", "Of the external client app, from its page “OAuth Settings”."),
    SecretSpec(
        "subject", "User name", "Of the integration user the app is allowed for: an e-mail form, as for signing in."
    ),
    SecretSpec("private_key", "Private key", "In PEM form; its certificate is uploaded to the app."),
)
# https://developer.salesforce.com/docs/platform/api-rest/guide/resources-sobject-describe.html
DESCRIBE = DescribeSpec(
    path=f"{DATA}/sobjects/{{object}}/describe",
    label_path="label",
    kinds={
        "boolean": ValueKind.YES_NO,
        "currency": ValueKind.MONEY,
        "date": ValueKind.DATE,
        "datetime": ValueKind.INSTANT,
        "double": ValueKind.DECIMAL,
        "int": ValueKind.WHOLE,
        "multipicklist": ValueKind.CHOICE,
        "percent": ValueKind.DECIMAL,
        "picklist": ValueKind.CHOICE,
        "reference": ValueKind.REFERENCE,
    },
    required_path="!nillable",
    read_only_path="!updateable",
    choices_path="picklistValues.value",
    length_path="length",
)
SETTINGS = (
    FieldSpec(
        "login_host", label="Sign-in host", required=True, choices=("login.salesforce.com", "test.salesforce.com")
    ),
    FieldSpec("currency", label="Currency of the organisation (empty where it keeps several)", max_length=3),
    FieldSpec("custom_fields", label="Further fields to read (Account.VAT__c, Opportunity.Service_Line__c)"),
)


def object_reading(only: str = "") -> Reading:
    """Return how every object is read: by its time of change, in pages of the largest size.

    `only` is a condition that all of its records must meet.
    """
    return Reading(
        path=f"{DATA}/query",
        records_path="records",
        change_read=ChangeRead.MODIFIED_SINCE,
        since_parameter=CHANGED,
        parameters={"only": only} if only else {},
        paging=Paging(style="link", size=_PAGE, next_path="nextRecordsUrl", largest=_PAGE),
        overlap_seconds=_LOOK_BACK_SECONDS,
        since_sorted=True,
    )


class SoqlConnector(RestConnector):
    """One open connection to one Salesforce organisation."""

    calls_class = SoqlCalls
    delivery_class = SoqlDelivery
    _calls: SoqlCalls

    async def test(self) -> TestReport:
        """Try address, sign-in, one record of each list, limits and clock, changing nothing."""
        report = await super().test()
        if not report.ok:
            return report
        left = await self._calls_left()
        return TestReport(
            tuple(replace(step, sentence=left) if left and step.name == "limits" else step for step in report.steps)
        )

    async def _calls_left(self) -> str:
        try:
            answer = await self._calls.call("GET", LIMITS)
        except RemoteError:
            return ""
        daily = at_path(answer.json(), "DailyApiRequests")
        most, left = at_path(daily, "Max"), at_path(daily, "Remaining")
        if not isinstance(most, int) or not isinstance(left, int):
            return ""
        return f"{left} of {most} calls that the organisation has for 24 hours are left."

    async def discover(self, object_names: Sequence[str] = ()) -> tuple[DiscoveredShape, ...]:
        """Return what these objects look like by the organisation's own description, and what is read beyond it."""
        shapes = await super().discover(object_names)
        return tuple(self._beyond(shape) if shape.source is ShapeSource.LIVE else shape for shape in shapes)

    def _beyond(self, shape: DiscoveredShape) -> DiscoveredShape:
        """Add fields that no description names: those of related records, groups, a currency that the settings say."""
        spec, told = self.manifest.object_named(shape.object_name), {field.name for field in shape.fields}
        beyond = [
            DiscoveredField(field.name, field.kind, field.label, read_only=True)
            for field in spec.fields
            if field.kind is ValueKind.NESTED
            or _is_related(field.name, told)
            or (field.name == CURRENCY and self._calls.keeps_currency(spec))
        ]
        return replace(shape, fields=(*shape.fields, *(field for field in beyond if field.name not in told)))

    def read(
        self, object_name: str, checkpoint: Mapping[str, Any] | None, keys: Sequence[str] = ()
    ) -> AsyncIterator[Page]:
        """Yield changes since `checkpoint` (None: everything), oldest first; or just the records named by `keys`."""
        spec = self.manifest.object_named(object_name)
        if keys:
            return read_named(self._calls, spec, keys)
        return read_changes(self._calls, spec, checkpoint)

    async def find(self, object_name: str, natural_keys: Sequence[str]) -> dict[str, FoundRecord]:
        """Return the records whose natural key is among `natural_keys`; those not found are left out."""
        spec = self.manifest.object_named(object_name)
        if not natural_keys:
            return {}
        return await find_records(self._calls, spec, spec.natural_key or spec.key_field, natural_keys)

    async def probe(self, object_name: str, writes: Sequence[Write]) -> dict[int, FoundRecord]:
        """After an ambiguous outcome: which of these writes did arrive? Keyed by Write.position."""
        spec = self.manifest.object_named(object_name)
        made = {own_key(spec.writing, write): write for write in writes if write.target_key is None}
        field = spec.writing.own_key_field if spec.writing else spec.key_field
        asked = replace(spec, fields=(*spec.fields, FieldSpec(field)))
        found = await find_records(self._calls, asked, field, list(made)) if made else {}
        arrived = {made[key].position: record for key, record in found.items()}
        return arrived | await self._changed(spec, [write for write in writes if write.target_key is not None])

    async def _changed(self, spec: ObjectManifest, writes: Sequence[Write]) -> dict[int, FoundRecord]:
        there = {
            record.key: record.values
            async for page in read_named(self._calls, spec, [str(write.target_key) for write in writes])
            for record in page.records
        }
        return {
            write.position: FoundRecord(str(write.target_key), values)
            for write in writes
            if (values := there.get(str(write.target_key))) is not None and holds(values, write.values)
        }


def _is_related(name: str, told: Collection[str]) -> bool:
    """Return whether a field of a related record can be read: its first step is a reference the object has.

    "Account.Name" needs AccountId, "pse__Account__r.Name" needs pse__Account__c.
    """
    relation, dot, _ = name.partition(".")
    custom = f"{relation.removesuffix('__r')}__c" if relation.endswith("__r") else ""
    return bool(dot) and (f"{relation}Id" in told or custom in told)
