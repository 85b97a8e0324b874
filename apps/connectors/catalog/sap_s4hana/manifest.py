"""SAP S/4HANA Cloud: business partners that are customers both ways, enterprise projects are read.

Properties: A_BusinessPartner of API_BUSINESS_PARTNER (communication scenario SAP_COM_0008) and A_EnterpriseProject of
API_ENTERPRISE_PROJECT_SRV (SAP_COM_0308), as SAP's own client libraries list them
(https://help.sap.com/doc/c3eb465862914a45adb2c0963287fe0d/1.0/en-US/interfaces/_sap_cloud_sdk_vdm_enterprise_project_service.enterpriseprojecttype.html).

In doubt, as no page read here says it: that a partner that was never changed has no day of change (it is asked for by its day
of creation too), the zone of those times (UTC, as far as is known), and whether a changed address counts as a change of its
partner. The meaning of a project's processing status is not published, so its state is not read.
"""

from apps.connectors.auth_spec import AuthScheme, AuthSpec, SecretSpec
from apps.connectors.catalog.sap_s4hana.connector import CHANGED_AT
from apps.connectors.catalog.sap_s4hana.refusals import RULES
from apps.connectors.manifest import (
    ChangeRead,
    FieldSpec,
    Idempotency,
    InstantForm,
    Limits,
    MappingLine,
    ObjectManifest,
    ProofLabel,
    Reading,
    SystemManifest,
    ValueKind,
    WriteMode,
    Writing,
)
from apps.connectors.odata_spec import ODataSpec
from apps.connectors.protocols.odata_v2 import ODATA_V2_ERRORS, odata_v2_pages
from apps.connectors.sheet_terms import DayForm, Formats

_SERVICES = "sap/opu/odata/sap"
_PARTNERS = f"{_SERVICES}/API_BUSINESS_PARTNER"
_PARTNER = f"{_PARTNERS}/A_BusinessPartner"
_PROJECT = f"{_SERVICES}/API_ENTERPRISE_PROJECT_SRV;v=0002/A_EnterpriseProject"
_PAGE = 500
_LOOK_BACK_SECONDS = 120
_CUSTOMERS_ONLY = "Customer ne ''"
_EXTERNAL = "BusinessPartnerIDByExtSystem"
_ADDRESS, _TAX = "to_BusinessPartnerAddress", "to_BusinessPartnerTax"
_INSTANT = ("after:(", "before:)", "before:+", "epoch_milliseconds")  # /Date(1573755038314+0000)/
_DAY = (*_INSTANT, "day")

CUSTOMERS = ObjectManifest(
    name="business-partners",
    label="Business partners",
    canonical_type="Customer",
    key_field="BusinessPartner",
    version_field=CHANGED_AT,
    natural_key="BusinessPartner",
    find_parameter="BusinessPartner",
    find_at_once=20,
    fields=(
        FieldSpec("BusinessPartner", label="Number", max_length=10),
        FieldSpec(_EXTERNAL, label="Number in other systems", required=True, max_length=20),
        FieldSpec("BusinessPartnerCategory", ValueKind.CHOICE, "Category", choices=("1", "2", "3")),
        FieldSpec("BusinessPartnerGrouping", label="Grouping", max_length=4),
        FieldSpec("BusinessPartnerFullName", label="Full name"),
        FieldSpec("OrganizationBPName1", label="Name", required=True, max_length=40),
        FieldSpec("OrganizationBPName2", label="Name, continued", max_length=40),
        FieldSpec("SearchTerm1", label="Search term", max_length=20),
        FieldSpec("BusinessPartnerIsBlocked", ValueKind.YES_NO, "Blocked"),
        FieldSpec("to_BusinessPartnerRole", ValueKind.NESTED, "Roles"),
        FieldSpec(_ADDRESS, ValueKind.NESTED, "Addresses"),
        FieldSpec(_TAX, ValueKind.NESTED, "Tax numbers"),
        FieldSpec(CHANGED_AT, ValueKind.INSTANT, "Last changed"),
    ),
    # Listed by number: a change moves no partner to another page. Filters know days only, so the day is read again.
    reading=Reading(
        path=_PARTNER,
        records_path="d.results",
        change_read=ChangeRead.MODIFIED_SINCE,
        since_parameter="$filter",
        since_form=InstantForm.DATE,
        since_template=(
            f"{_CUSTOMERS_ONLY} and (LastChangeDate ge datetime'{{since}}T00:00:00' "
            "or CreationDate ge datetime'{since}T00:00:00')"
        ),
        parameters={"$filter": _CUSTOMERS_ONLY, "$orderby": "BusinessPartner", "$expand": f"{_ADDRESS},{_TAX}"},
        paging=odata_v2_pages(_PAGE),
        overlap_seconds=_LOOK_BACK_SECONDS,
        one_path=f"{_PARTNER}('{{key}}')?$expand={_ADDRESS},{_TAX}",
        one_record_path="d",
    ),
    writing=Writing(
        create_path=_PARTNER,
        update_path=f"{_PARTNER}('{{key}}')",
        key_path="d.BusinessPartner",
        idempotency=Idempotency.SEARCH_BEFORE_CREATE,
        own_key_field=_EXTERNAL,
        own_key_parameter=_EXTERNAL,
        undo_method="PATCH",
        undo_path=f"{_PARTNER}('{{key}}')",
        undo_values={"BusinessPartnerIsBlocked": True},
    ),
    reading_lines=(
        MappingLine("id", "BusinessPartner", required=True, label="Client id"),
        MappingLine("number", "BusinessPartner", label="Client number"),
        MappingLine("name", "BusinessPartnerFullName", required=True, label="Name"),
        MappingLine(
            "street",
            expression=(
                f"r.?{_ADDRESS}[?0].optMap(a, (a.?StreetName.orValue('') + ' ' + a.?HouseNumber.orValue('')).trim())"
                ".orValue('')"
            ),
            label="Street",
        ),
        MappingLine("postal", f"{_ADDRESS}.0.PostalCode", label="Postal code"),
        MappingLine("city", f"{_ADDRESS}.0.CityName", label="City"),
        MappingLine("country", f"{_ADDRESS}.0.Country", label="Country"),
        MappingLine("tax_id", f"{_TAX}.0.BPTaxNumber", label="Tax number"),
        MappingLine("state", "BusinessPartnerIsBlocked", transforms=("yes_no_as:blocked,active",), label="State"),
        MappingLine("updated_at", CHANGED_AT, label="Last changed"),
    ),
    writing_lines=(
        MappingLine(_EXTERNAL, "number", write_mode=WriteMode.SET_ON_CREATE, required=True, label="Number"),
        MappingLine("BusinessPartnerCategory", default="2", write_mode=WriteMode.SET_ON_CREATE, label="Category"),
        MappingLine("OrganizationBPName1", "name", transforms=("slice:0,40",), required=True, label="Name"),
        MappingLine("OrganizationBPName2", "name", transforms=("slice:40",), label="Name, continued"),
        # What hangs on a partner is made with it; changed it is under a number of its own, which is not done from here.
        MappingLine(
            "to_BusinessPartnerRole",
            expression="[{'BusinessPartnerRole': 'FLCU01'}]",
            write_mode=WriteMode.SET_ON_CREATE,
            label="Roles",
        ),
        MappingLine(
            _ADDRESS,
            expression=(
                "has(r.country) ? dyn([{'Country': r.country, ?'StreetName': r.?street, ?'PostalCode': r.?postal, "
                "?'CityName': r.?city}]) : dyn(null)"
            ),
            write_mode=WriteMode.SET_ON_CREATE,
            label="Address",
        ),
        MappingLine(
            _TAX,
            expression=(
                "has(r.tax_id) && has(r.country) ? dyn([{'BPTaxType': r.country + '0', 'BPTaxNumber': r.tax_id}]) "
                ": dyn(null)"
            ),
            write_mode=WriteMode.SET_ON_CREATE,
            label="Tax number",
        ),
    ),
)

PROJECTS = ObjectManifest(
    name="projects",
    label="Enterprise projects",
    canonical_type="Project",
    key_field="ProjectUUID",
    version_field="LastChangeDateTime",
    version_form=InstantForm.DOTNET,
    natural_key="Project",
    find_parameter="Project",
    find_at_once=20,
    fields=(
        FieldSpec("ProjectUUID", label="Record id"),
        FieldSpec("Project", label="Project number", max_length=40),
        FieldSpec("ProjectDescription", label="Name"),
        FieldSpec("CompanyCode", label="Company code"),
        FieldSpec("ResponsibleCostCenter", label="Cost centre"),
        FieldSpec("ProjectStartDate", ValueKind.DATE, "Start"),
        FieldSpec("ProjectEndDate", ValueKind.DATE, "End"),
        FieldSpec("LastChangeDateTime", ValueKind.INSTANT, "Last changed"),
    ),
    reading=Reading(
        path=_PROJECT,
        records_path="d.results",
        change_read=ChangeRead.MODIFIED_SINCE,
        since_parameter="LastChangeDateTime ge",
        since_form=InstantForm.ISO,
        parameters={"$orderby": "Project"},
        paging=odata_v2_pages(_PAGE),
        overlap_seconds=_LOOK_BACK_SECONDS,
        one_path=f"{_PROJECT}(guid'{{key}}')",
        one_record_path="d",
    ),
    reading_lines=(
        MappingLine("id", "ProjectUUID", required=True, label="Project id"),
        MappingLine("code", "Project", required=True, label="Project code"),
        MappingLine("name", "ProjectDescription", required=True, label="Name"),
        MappingLine("legal_entity", "CompanyCode", label="Legal entity"),
        MappingLine("cost_center", "ResponsibleCostCenter", label="Cost centre"),
        MappingLine("starts", "ProjectStartDate", transforms=_DAY, label="Starts"),
        MappingLine("ends", "ProjectEndDate", transforms=_DAY, label="Ends"),
        MappingLine("updated_at", "LastChangeDateTime", transforms=_INSTANT, label="Last changed"),
    ),
)

MANIFEST = SystemManifest(
    slug="sap_s4hana",
    name="SAP S/4HANA Cloud",
    category="ERP",
    summary="SAP S/4HANA Cloud: customers (business partners) are read and written, enterprise projects are read.",
    proof=ProofLabel.DOCUMENTATION,
    documentation="docs/connect/sap-s4hana.md",
    address="https://my<number>-api.s4hana.cloud.sap",
    auth=AuthSpec(AuthScheme.BASIC, csrf_path=f"{_PARTNERS}/"),
    secrets=(
        SecretSpec("username", "Communication user", "Of the communication system, for inbound communication."),
        SecretSpec("password", "Password", "Of the communication user."),
    ),
    objects=(CUSTOMERS, PROJECTS),
    rights=(
        "A communication arrangement for SAP_COM_0008, to read and write business partners.",
        "A communication arrangement for SAP_COM_0308, to read enterprise projects.",
    ),
    test_path=f"{_PARTNERS}/",
    limits=Limits(at_once=8),
    error_shape=ODATA_V2_ERRORS,
    error_rules=RULES,
    formats=Formats(days=DayForm.MILLISECONDS),
    odata=ODataSpec(version=2, guid_fields=("ProjectUUID",), select=False),
)
