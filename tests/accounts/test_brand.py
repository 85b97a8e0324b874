"""The brand's page: what is typed is stored, told and shown everywhere; what is wrong is explained and changes nothing."""

import pytest

from apps.accounts.actions import CUSTOMER_ROLES, Role
from apps.accounts.models import User
from apps.customers.services import add_member, create_customer
from apps.tenants import scope
from apps.tenants.branding import EDITION
from apps.tenants.brands import stored_brand
from apps.tenants.scope import PartnerRef
from tests.accounts.brand_page import GOOD, PATH, OpenBrowser, brand_deeds
from tests.accounts.conftest import new_person


@pytest.mark.parametrize("role", [role for role in Role if role not in {Role.OWNER, Role.OPERATOR}])
def test_only_an_owner_may_change_the_brand(browser: OpenBrowser, partner_a: PartnerRef, role: Role) -> None:
    person = new_person(partner_a, role)
    if role in CUSTOMER_ROLES:
        with scope.enter(partner_a):
            add_member(user=person, customer_id=create_customer(name="Northwind Consulting").id)
    client = browser(partner_a, person)
    assert client.get(PATH).status_code == 403
    assert client.post(PATH, {**GOOD, "name": "Mine now"}).status_code == 403
    assert stored_brand(partner_a).name == "Alder & Quay"


def test_a_stranger_is_sent_to_sign_in(browser: OpenBrowser, partner_a: PartnerRef) -> None:
    assert browser(partner_a).get(PATH)["Location"].startswith("/accounts/login/")


def test_the_page_shows_what_is_stored_beside_a_preview(
    browser: OpenBrowser, partner_a: PartnerRef, owner_a: User
) -> None:
    page = browser(partner_a, owner_a).get(PATH).content.decode()
    assert 'value="#0f766e"' in page
    assert "data-brand-preview" in page
    assert "Remove the logo" not in page


def test_a_new_colour_reaches_the_stylesheet_at_once_and_under_a_new_address(
    browser: OpenBrowser, partner_a: PartnerRef, owner_a: User
) -> None:
    client = browser(partner_a, owner_a)
    before = stored_brand(partner_a).version
    response = client.post(PATH, {**GOOD, "primary_colour": "#1E3A8A"}, follow=True)
    page = response.content.decode()
    assert "The new look is live" in page
    assert f"/brand/theme.css?v={before + 1}.{EDITION}" in page
    stylesheet = client.get(f"/brand/theme.css?v={before + 1}.{EDITION}")
    assert "--brand-primary:#1e3a8a" in stylesheet.content.decode()
    assert "immutable" in stylesheet["Cache-Control"]
    entry = brand_deeds(partner_a)[0]
    assert (entry.actor_name, entry.details) == ("Olivia Owner", {"primary_colour": ["#0f766e", "#1e3a8a"]})


def test_every_field_is_stored_and_the_audit_page_tells_it(
    browser: OpenBrowser, partner_a: PartnerRef, owner_a: User
) -> None:
    client = browser(partner_a, owner_a)
    form = {
        "do": "publish",
        "name": "Alder Group",
        "product_noun": "Connections",
        "primary_colour": "#1e3a8a",
        "accent_colour": "#7c2d12",
        "font": "source-sans",
        "heading_font": "serif",
        "corner_radius": "0",
        "side_scheme": "light",
        "customer_noun": "client",
        "customers_noun": "Clients",
        "support_name": "The desk",
        "support_phone": "+49 30 1234",
        "support_hours": "8 to 18 h",
        "mail_header": "name",
        "mail_header_colour": "#1e3a8a",
        "sign_in_text": "Time in,\n money out.",
        "support_email": "help@alder.example",
        "mail_sender_name": "Alder Mail",
        "mail_sender_address": "post@alder.example",
        "mail_footer": "Alder Group Ltd\r\nQuay 1",
    }
    assert client.post(PATH, form).status_code == 302
    brand = stored_brand(partner_a)
    told = {"corner_radius": 0, "sign_in_text": "Time in, money out.", "mail_footer": "Alder Group Ltd\nQuay 1"}
    del form["do"]
    assert {name: getattr(brand, name) for name in form} == {**form, **told}
    trail = client.get("/audit/?action=brand_changed").content.decode()
    assert "corner radius: 8 → 0" in trail
    assert "support email: none → help@alder.example" in trail


def test_saving_without_a_change_leaves_no_trace(browser: OpenBrowser, partner_a: PartnerRef, owner_a: User) -> None:
    before = stored_brand(partner_a).version
    response = browser(partner_a, owner_a).post(PATH, GOOD, follow=True)
    assert "Nothing was changed." in response.content.decode()
    assert (stored_brand(partner_a).version, brand_deeds(partner_a)) == (before, [])


@pytest.mark.parametrize(
    ("wrong", "field", "words"),
    [
        ({"primary_colour": "#facc15"}, "primary_colour", "Try #"),
        ({"accent_colour": "teal"}, "accent_colour", "six hexadecimal digits"),
        ({"primary_colour": "#000;}body{display:none"}, "primary_colour", "six hexadecimal digits"),
        ({"primary_colour": "#0f766e\n"}, None, ""),
        ({"name": "<script>alert(1)</script>"}, "name", "plain words"),
        ({"name": "Alder\x1bQuay"}, "name", "invisible character"),
        ({"name": "Alder \u202eyauQ"}, "name", "invisible character"),
        ({"name": "   "}, "name", "required"),
        ({"name": "A" * 81}, "name", "at most 80"),
        ({"mail_sender_name": 'A" <boss@bank.example>'}, "mail_sender_name", "plain words"),
        ({"mail_sender_name": "Alder\\"}, "mail_sender_name", "mail programs"),
        ({"mail_sender_name": "Alder\r\nBcc: all@bank.example"}, "mail_sender_name", "one line"),
        ({"mail_sender_address": "nonsense"}, "mail_sender_address", "valid email"),
        ({"support_email": "javascript:alert(1)"}, "support_email", "valid email"),
        ({"mail_footer": "<img src=x>"}, "mail_footer", "plain words"),
        ({"sign_in_text": "x" * 201}, "sign_in_text", "at most 200"),
        ({"corner_radius": "21"}, "corner_radius", "less than or equal to 20"),
        ({"corner_radius": "-1"}, "corner_radius", "greater than or equal to 0"),
        ({"font": "comic"}, "font", "valid choice"),
        ({"heading_font": "comic"}, "heading_font", "valid choice"),
        ({"side_scheme": "striped"}, "side_scheme", "valid choice"),
        ({"mail_header": "logo"}, "mail_header", "no logo yet"),
        ({"mail_header_colour": "#fde047"}, "mail_header_colour", "too light"),
        ({"customer_noun": "client"}, "customers_noun", "both words"),
        ({"support_phone": "<b>"}, "support_phone", "plain words"),
        ({"name": "Alder\x00Quay"}, "name", "Null characters"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_wrong_value_is_explained_in_place_and_changes_nothing(
    browser: OpenBrowser, partner_a: PartnerRef, owner_a: User, wrong: dict[str, str], field: str | None, words: str
) -> None:
    if field is None:  # a line end after the colour is stripped: nothing differs
        assert browser(partner_a, owner_a).post(PATH, {**GOOD, **wrong}).status_code == 302
        assert stored_brand(partner_a).primary_colour == "#0f766e"
        return
    response = browser(partner_a, owner_a).post(PATH, {**GOOD, "product_noun": "Hub", **wrong})
    assert response.status_code == 400
    assert words in " ".join(response.context["form"].errors[field])
    page = response.content.decode()
    assert f'id="id_{field}_error"' in page
    assert "<script>alert" not in page
    assert (stored_brand(partner_a).product_noun, brand_deeds(partner_a)) == ("Integration portal", [])


def test_another_partners_brand_stays_as_it_is(
    browser: OpenBrowser, partner_a: PartnerRef, partner_b: PartnerRef, owner_a: User
) -> None:
    browser(partner_a, owner_a).post(PATH, {**GOOD, "name": "Alder Group"})
    assert (stored_brand(partner_a).name, stored_brand(partner_b).name) == ("Alder Group", "Brightforge")


def test_an_operator_finds_no_brand_on_the_console(browser: OpenBrowser) -> None:
    assert browser(None, new_person(None, Role.OPERATOR)).get(PATH).status_code in {403, 404}


def test_a_stylesheet_asked_for_under_another_version_is_not_kept(browser: OpenBrowser, partner_a: PartnerRef) -> None:
    response = browser(partner_a).get("/brand/theme.css?v=999")
    assert (response.status_code, response["Cache-Control"]) == (200, "no-cache")
