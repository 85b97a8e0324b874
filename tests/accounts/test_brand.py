"""The brand's page: what is typed is stored, told and shown everywhere; what is wrong is explained and changes nothing."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from apps.accounts.actions import CUSTOMER_ROLES, Role
from apps.accounts.mail_samples import SAMPLES, MailSample
from apps.accounts.models import AuditEntry, User
from apps.customers.services import add_member, create_customer
from apps.tenants import scope
from apps.tenants.brand_drafts import draft_of
from apps.tenants.brand_pictures import RULES
from apps.tenants.branding import EDITION
from apps.tenants.brands import history, stored_brand
from apps.tenants.scope import PartnerRef
from tests.accounts.conftest import new_person

PATH = "/settings/brand/"
OpenBrowser = Callable[..., Client]
GOOD: dict[str, Any] = {
    "do": "publish",
    "name": "Alder & Quay",
    "product_noun": "Integration portal",
    "primary_colour": "#0f766e",
    "accent_colour": "#b45309",
    "font": "inter",
    "corner_radius": "8",
    "side_scheme": "dark",
    "mail_header": "mark",
    "sign_in_text": "",
    "support_email": "",
    "mail_sender_name": "",
    "mail_sender_address": "",
    "mail_footer": "",
}


def _picture(size: tuple[int, int] = (300, 100), kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "#0f766e").save(out, kind)
    return out.getvalue()


def _upload(raw: bytes, name: str = "logo.png", kind: str = "image/png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, raw, content_type=kind)


def _deeds(partner: PartnerRef) -> list[AuditEntry]:
    with scope.enter(partner):
        return list(AuditEntry.objects.filter(action="brand_changed").order_by("position"))


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
    entry = _deeds(partner_a)[0]
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
    assert (stored_brand(partner_a).version, _deeds(partner_a)) == (before, [])


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
    assert (stored_brand(partner_a).product_noun, _deeds(partner_a)) == ("Integration portal", [])


_SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.mark.parametrize(
    ("upload", "words"),
    [
        pytest.param(lambda: _upload(b"\x00" * (RULES["logo"].most_bytes + 1)), "larger than 512 kB", id="a huge file"),
        pytest.param(lambda: _upload(_picture((2001, 10))), "over 2000 pixels", id="too many pixels"),
        pytest.param(lambda: _upload(_SVG, "logo.svg", "image/svg+xml"), "not a PNG", id="an SVG"),
        pytest.param(lambda: _upload(_SVG), "not a PNG", id="an SVG that says it is a PNG"),
        pytest.param(lambda: _upload(_picture()[:120]), "not a PNG", id="half a picture"),
        pytest.param(lambda: _upload(b""), "empty", id="an empty file"),
    ],
)
def test_a_wrong_logo_is_explained_in_place_and_changes_nothing(
    browser: OpenBrowser,
    partner_a: PartnerRef,
    owner_a: User,
    upload: Callable[[], SimpleUploadedFile],
    words: str,
) -> None:
    response = browser(partner_a, owner_a).post(PATH, {**GOOD, "name": "Other", "logo": upload()})
    assert response.status_code == 400
    assert words in " ".join(response.context["form"].errors["logo"])
    brand = stored_brand(partner_a)
    assert (brand.name, brand.logo, _deeds(partner_a)) == ("Alder & Quay", "", [])


def test_a_logo_is_drawn_anew_shown_everywhere_and_removed(
    browser: OpenBrowser, partner_a: PartnerRef, partner_b: PartnerRef, owner_a: User
) -> None:
    client = browser(partner_a, owner_a)
    hidden = _picture(kind="JPEG") + b"<script>alert(1)</script>"
    page = client.post(PATH, {**GOOD, "logo": _upload(hidden, "logo.jpg", "image/jpeg")}, follow=True).content.decode()
    address = f"/brand/pictures/{stored_brand(partner_a).logo}"
    assert page.count(address) > 2
    served = client.get(address)
    assert served.content.startswith(b"\x89PNG")
    assert b"script" not in served.content
    assert "immutable" in served["Cache-Control"]
    assert browser(partner_b).get(address).status_code == 404
    assert client.post(PATH, {**GOOD, "remove_logo": "on"}).status_code == 302
    assert address not in browser(partner_a).get("/accounts/login/").content.decode()
    assert [entry.details for entry in _deeds(partner_a)] == [{"logo": "added"}, {"logo": "removed"}]


def test_a_mistake_elsewhere_never_asks_for_the_picture_again(
    browser: OpenBrowser, partner_a: PartnerRef, owner_a: User
) -> None:
    client = browser(partner_a, owner_a)
    wrong = client.post(PATH, {**GOOD, "name": "", "logo": _upload(_picture())})
    assert wrong.status_code == 400
    kept = wrong.context["form"]["logo_kept"].value()
    assert f"/brand/pictures/{kept}" in wrong.content.decode()
    assert client.post(PATH, {**GOOD, "logo_kept": kept}).status_code == 302
    assert stored_brand(partner_a).logo == kept


def test_a_form_that_does_not_name_the_picture_does_not_remove_it(
    browser: OpenBrowser, partner_a: PartnerRef, owner_a: User
) -> None:
    client = browser(partner_a, owner_a)
    client.post(PATH, {**GOOD, "logo": _upload(_picture())})
    client.post(PATH, {**GOOD, "name": "Alder Group"})
    brand = stored_brand(partner_a)
    assert (brand.name, len(brand.logo)) == ("Alder Group", 64)


@pytest.mark.parametrize("kept", ["0" * 64, "../../etc/passwd", "x" * 5000], ids=["unknown", "a path", "very long"])
def test_somebody_elses_picture_cannot_be_claimed(
    browser: OpenBrowser, partner_a: PartnerRef, owner_a: User, kept: str
) -> None:
    response = browser(partner_a, owner_a).post(PATH, {**GOOD, "logo_kept": kept})
    assert response.status_code == 400
    assert "choose the file again" in str(response.context["form"].errors["logo"])


def test_a_draft_is_seen_by_who_tries_it_out_and_by_nobody_else(
    browser: OpenBrowser, partner_a: PartnerRef, owner_a: User
) -> None:
    client, visitor = browser(partner_a, owner_a), browser(partner_a)
    page = client.post(
        PATH, {**GOOD, "do": "draft", "name": "Alder Tomorrow", "primary_colour": "#1e3a8a"}, follow=True
    )
    assert "The draft changes 2 things" in page.content.decode()
    assert (stored_brand(partner_a).name, _deeds(partner_a)) == ("Alder & Quay", [])
    assert "Alder Tomorrow" in client.get("/settings/brand/sign-in/").content.decode()
    assert "<title>People · Alder &amp; Quay</title>" in client.get("/people/").content.decode()

    assert client.post("/settings/brand/try/")["Location"] == "/"
    tried = client.get("/people/").content.decode()
    assert "Alder Tomorrow" in tried
    assert "You see the draft of the brand" in tried
    address = f"/brand/theme.css?v={draft_of(partner_a).tag}"
    assert address in tried
    assert "--brand-primary:#1e3a8a" in client.get(address).content.decode()
    assert client.get(address)["Cache-Control"] == "no-store"
    assert "--brand-primary:#0f766e" in visitor.get(address).content.decode()
    assert "Alder Tomorrow" not in visitor.get("/accounts/login/").content.decode()

    client.post("/settings/brand/try/stop/")
    assert "Alder Tomorrow" not in client.get("/people/").content.decode()


def test_a_draft_is_published_as_it_is_or_thrown_away(
    browser: OpenBrowser, partner_a: PartnerRef, owner_a: User
) -> None:
    client = browser(partner_a, owner_a)
    client.post(PATH, {**GOOD, "do": "draft", "name": "First thought"})
    client.post("/settings/brand/discard/")
    assert draft_of(partner_a).revision == 0
    client.post(PATH, {**GOOD, "do": "draft", "name": "Second thought"})
    client.post("/settings/brand/publish/")
    assert (stored_brand(partner_a).name, draft_of(partner_a).revision) == ("Second thought", 0)
    assert [entry.details for entry in _deeds(partner_a)] == [{"name": ["Alder & Quay", "Second thought"]}]


def test_history_tells_who_changed_what_and_goes_back(
    browser: OpenBrowser, partner_a: PartnerRef, owner_a: User
) -> None:
    client = browser(partner_a, owner_a)
    first = stored_brand(partner_a).version
    client.post(PATH, {**GOOD, "name": "Alder Group", "logo": _upload(_picture())})
    logo = stored_brand(partner_a).logo
    client.post(PATH, {**GOOD, "name": "Alder Works", "remove_logo": "on"})
    page = client.get("/settings/brand/history/").content.decode()
    assert "Olivia Owner" in page
    assert f"Go back to version {first + 1}" in page
    assert f"Go back to version {first + 2}" not in page  # it is live
    client.post(f"/settings/brand/history/{first + 1}/restore/")
    brand = stored_brand(partner_a)
    assert (brand.name, brand.logo, brand.version) == ("Alder Group", logo, first + 3)
    assert history(partner_a)[0][0].restored_from == first + 1
    client.post(f"/settings/brand/history/{first}/restore/")
    assert stored_brand(partner_a).name == "Alder & Quay"
    assert _deeds(partner_a)[-1].details["restored_from"] == first


def test_a_version_that_never_was_is_answered_in_place(
    browser: OpenBrowser, partner_a: PartnerRef, owner_a: User
) -> None:
    page = browser(partner_a, owner_a).post("/settings/brand/history/999/restore/", follow=True).content.decode()
    assert "Version 999 is not kept any more." in page


def test_two_people_at_once_lose_nothing_of_either(browser: OpenBrowser, partner_a: PartnerRef, owner_a: User) -> None:
    other = new_person(partner_a, Role.OWNER, email="second@alder.example", name="Otto Owner")
    one, two = browser(partner_a, owner_a), browser(partner_a, other)
    seen = one.get(PATH).context["form"]["seen"].value()
    two.post(PATH, {**GOOD, "do": "draft", "name": "Otto's name", "support_phone": "+49 1", "seen": seen})

    mine = {**GOOD, "name": "Olivia's name", "sign_in_text": "Written by Olivia", "logo": _upload(_picture())}
    answer = one.post(PATH, {**mine, "seen": seen})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Otto Owner changed the brand while you were typing" in page
    form = answer.context["form"]
    held = {name: form[name].value() for name in ("name", "support_phone", "sign_in_text")}
    assert held == {"name": "Olivia's name", "support_phone": "+49 1", "sign_in_text": "Written by Olivia"}
    assert len(form["logo_kept"].value()) == 64
    assert (stored_brand(partner_a).name, draft_of(partner_a).values["name"]) == ("Alder & Quay", "Otto's name")

    again = {**GOOD, **held, "logo_kept": form["logo_kept"].value(), "seen": form["seen"].value()}
    assert one.post(PATH, again).status_code == 302
    brand = stored_brand(partner_a)
    assert (brand.name, brand.support_phone, brand.sign_in_text) == ("Olivia's name", "+49 1", "Written by Olivia")


@pytest.mark.parametrize("seen", ["", "nonsense", "a" * 20000, "\x00"], ids=["none", "no signature", "huge", "NUL"])
def test_a_broken_note_of_what_was_seen_breaks_nothing(
    browser: OpenBrowser, partner_a: PartnerRef, owner_a: User, seen: str
) -> None:
    response = browser(partner_a, owner_a).post(PATH, {**GOOD, "name": "Alder Group", "seen": seen})
    assert response.status_code in {302, 400}


def test_the_tabs_icon_is_the_squarest_picture_there_is(
    browser: OpenBrowser, partner_a: PartnerRef, owner_a: User
) -> None:
    client = browser(partner_a, owner_a)
    initials = client.get("/brand/icon")
    assert (initials["Content-Type"], b">AQ<" in initials.content) == ("image/svg+xml", True)
    client.post(PATH, {**GOOD, "logo": _upload(_picture((300, 100)))})
    assert client.get("/brand/icon")["Content-Type"] == "image/svg+xml"  # too wide for a square
    client.post(PATH, {**GOOD, "logo": _upload(_picture((120, 100)))})
    assert client.get("/brand/icon")["Content-Type"] == "image/png"
    client.post(PATH, {**GOOD, "favicon": _upload(_picture((64, 64)))})
    assert client.get("/brand/icon")["Content-Type"] == "image/png"


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_every_mail_can_be_looked_at_with_the_draft_in_a_sandbox(
    browser: OpenBrowser, partner_a: PartnerRef, owner_a: User, sample: MailSample
) -> None:
    client = browser(partner_a, owner_a)
    client.post(PATH, {**GOOD, "do": "draft", "name": "Alder Tomorrow", "primary_colour": "#1e3a8a"})
    frame = client.get(f"/settings/brand/mails/{sample.name}/")
    assert "Alder Tomorrow" in frame.content.decode()
    page = client.get(f"/settings/brand/mails/{sample.name}/page/")
    assert "#1e3a8a" in page.content.decode()
    policy = page["Content-Security-Policy"]
    assert "sandbox" in policy
    assert "script-src 'none'" in policy
    assert "default-src 'none'" in policy
    assert "'unsafe-inline'" not in client.get("/settings/brand/")["Content-Security-Policy"]


def test_a_mail_that_is_none_is_not_found(browser: OpenBrowser, partner_a: PartnerRef, owner_a: User) -> None:
    assert browser(partner_a, owner_a).get("/settings/brand/mails/nonsense/").status_code == 404


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
