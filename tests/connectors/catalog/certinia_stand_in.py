"""The organisation with Certinia PSA that the connector is tried against: projects, resources, weekly timecards.

Names of fields, and zeros in the columns of days without time: https://github.com/sirhcrd/sirhcrd.github.io,
schema-intel/data/tables/pse_timecard_header_c.md and pse_proj_c.md.
"""

from datetime import date, timedelta
from typing import Any

from apps.connectors.catalog.certinia.days import WEEKDAYS, hours_field, key_of, note_field
from tests.connectors.catalog.soql_stand_in import Field, Row, SoqlStandIn

_ID, _STAMP = Field("id", writable=False), Field("datetime", writable=False)
_ACCOUNT = ("pse__Account__c", "Account")
_PROJECT = ("pse__Project__c", "pse__Proj__c")
_PERSON = ("pse__Resource__c", "Contact")
OBJECTS = {
    "Account": {"Id": _ID, "Name": Field(required=True), "AccountNumber": Field(length=40), "SystemModstamp": _STAMP},
    "Contact": {
        "Id": _ID, "Name": Field(), "FirstName": Field(), "LastName": Field(), "Email": Field("email"), "Title": Field(),
        "pse__Is_Resource__c": Field("boolean"), "pse__Is_Resource_Active__c": Field("boolean"),
        "SystemModstamp": _STAMP,
    },
    "pse__Proj__c": {
        "Id": _ID, "Name": Field(required=True, length=80), "pse__Project_ID__c": Field(writable=False),
        "pse__Account__c": Field("id", refers="Account"), "pse__Account__r.Name": Field(through=_ACCOUNT),
        "pse__Project_Manager__c": Field("id", refers="Contact"), "pse__Start_Date__c": Field("date"),
        "pse__End_Date__c": Field("date"), "pse__Planned_Hours__c": Field("number"),
        "pse__Is_Billable__c": Field("boolean"), "pse__Is_Active__c": Field("boolean"),
        "pse__Is_Template__c": Field("boolean"), "pse__Stage__c": Field(), "SystemModstamp": _STAMP,
    },
    "pse__Timecard_Header__c": {
        "Id": _ID, "Name": Field(), "pse__Resource__c": Field("id", refers="Contact"),
        "pse__Resource__r.Name": Field(through=_PERSON), "pse__Resource__r.Email": Field(through=_PERSON),
        "pse__Project__c": Field("id", refers="pse__Proj__c"), "pse__Project__r.Name": Field(through=_PROJECT),
        "pse__Project__r.pse__Project_ID__c": Field(through=_PROJECT),
        "pse__Project__r.pse__Account__r.Name": Field(through=_PROJECT), "pse__Start_Date__c": Field("date"),
        "pse__Status__c": Field(), "pse__Billable__c": Field("boolean"), "pse__Bill_Rate__c": Field("number"),
        "pse__Billed__c": Field("boolean"), "SystemModstamp": _STAMP,
        **{hours_field(day): Field("number") for day in WEEKDAYS.values()},
        **{note_field(day): Field() for day in WEEKDAYS.values()},
    },
}  # fmt: skip


class CertiniaStandIn(SoqlStandIn):
    """An organisation with one currency."""

    def __init__(self) -> None:
        super().__init__(OBJECTS)

    def project(self, number: int, **values: Any) -> Row:
        """Enter a project as a person does."""
        usual = {
            "Name": f"Project {number}", "pse__Project_ID__c": f"PR-{number:05d}", "pse__Start_Date__c": "2026-01-05",
            "pse__Is_Billable__c": True, "pse__Is_Active__c": True, "pse__Is_Template__c": False,
        }  # fmt: skip
        return self.enter("pse__Proj__c", **{**usual, **values})

    def week(self, start: str, hours: dict[str, Any], **values: Any) -> Row:
        """Enter a timecard: `hours` by the mark of the day, zero in the columns of the others."""
        columns = {hours_field(name): hours.get(mark, 0) for mark, name in WEEKDAYS.items()}
        usual: Row = {"pse__Status__c": "Approved", "pse__Billable__c": True, "pse__Bill_Rate__c": 120}
        return self.enter("pse__Timecard_Header__c", **{**usual, **columns, "pse__Start_Date__c": start, **values})

    def _stored(self, name: str, values: Row) -> Row:
        """A new project gets its number, and is no template."""
        given = {"pse__Project_ID__c": f"PR-N{self._made:04d}", "pse__Is_Template__c": False}
        return {**given, **values} if name == "pse__Proj__c" else dict(values)


def days_in(row: Row) -> list[Row]:
    """Return what a timecard means, day by day."""
    start = date.fromisoformat(row["pse__Start_Date__c"])
    week = {(start + timedelta(days=place)).weekday(): start + timedelta(days=place) for place in range(7)}
    return [
        {
            **row,
            "id": key_of(row["Id"], mark),
            "day": {"date": week[place].isoformat(), "hours": row[hours_field(name)]},
        }
        for place, (mark, name) in enumerate(WEEKDAYS.items())
        if row[hours_field(name)]
    ]
