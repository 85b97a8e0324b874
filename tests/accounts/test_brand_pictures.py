"""The brand's pictures: drawn anew, shown everywhere, kept and removed; what is no picture is explained in place."""

from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.accounts.models import User
from apps.tenants.brand_pictures import RULES
from apps.tenants.brands import stored_brand
from apps.tenants.scope import PartnerRef
from tests.accounts.brand_page import GOOD, PATH, OpenBrowser, brand_deeds, picture_bytes, uploaded

_SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.mark.parametrize(
    ("upload", "words"),
    [
        pytest.param(
            lambda: uploaded(b"\x00" * (RULES["logo"].most_bytes + 1)), "larger than 512 kB", id="a huge file"
        ),
        pytest.param(lambda: uploaded(picture_bytes((2001, 10))), "over 2000 pixels", id="too many pixels"),
        pytest.param(lambda: uploaded(_SVG, "logo.svg", "image/svg+xml"), "not a PNG", id="an SVG"),
        pytest.param(lambda: uploaded(_SVG), "not a PNG", id="an SVG that says it is a PNG"),
        pytest.param(lambda: uploaded(picture_bytes()[:120]), "not a PNG", id="half a picture"),
        pytest.param(lambda: uploaded(b""), "empty", id="an empty file"),
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
    assert (brand.name, brand.logo, brand_deeds(partner_a)) == ("Alder & Quay", "", [])


def test_a_logo_is_drawn_anew_shown_everywhere_and_removed(
    browser: OpenBrowser, partner_a: PartnerRef, partner_b: PartnerRef, owner_a: User
) -> None:
    client = browser(partner_a, owner_a)
    hidden = picture_bytes(kind="JPEG") + b"<script>alert(1)</script>"
    page = client.post(PATH, {**GOOD, "logo": uploaded(hidden, "logo.jpg", "image/jpeg")}, follow=True).content.decode()
    address = f"/brand/pictures/{stored_brand(partner_a).logo}"
    assert page.count(address) > 2
    served = client.get(address)
    assert served.content.startswith(b"\x89PNG")
    assert b"script" not in served.content
    assert "immutable" in served["Cache-Control"]
    assert browser(partner_b).get(address).status_code == 404
    assert client.post(PATH, {**GOOD, "remove_logo": "on"}).status_code == 302
    assert address not in browser(partner_a).get("/accounts/login/").content.decode()
    assert [entry.details for entry in brand_deeds(partner_a)] == [{"logo": "added"}, {"logo": "removed"}]


def test_a_mistake_elsewhere_never_asks_for_the_picture_again(
    browser: OpenBrowser, partner_a: PartnerRef, owner_a: User
) -> None:
    client = browser(partner_a, owner_a)
    wrong = client.post(PATH, {**GOOD, "name": "", "logo": uploaded(picture_bytes())})
    assert wrong.status_code == 400
    kept = wrong.context["form"]["logo_kept"].value()
    assert f"/brand/pictures/{kept}" in wrong.content.decode()
    assert client.post(PATH, {**GOOD, "logo_kept": kept}).status_code == 302
    assert stored_brand(partner_a).logo == kept


def test_a_form_that_does_not_name_the_picture_does_not_remove_it(
    browser: OpenBrowser, partner_a: PartnerRef, owner_a: User
) -> None:
    client = browser(partner_a, owner_a)
    client.post(PATH, {**GOOD, "logo": uploaded(picture_bytes())})
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


def test_the_tabs_icon_is_the_squarest_picture_there_is(
    browser: OpenBrowser, partner_a: PartnerRef, owner_a: User
) -> None:
    client = browser(partner_a, owner_a)
    initials = client.get("/brand/icon")
    assert (initials["Content-Type"], b">AQ<" in initials.content) == ("image/svg+xml", True)
    client.post(PATH, {**GOOD, "logo": uploaded(picture_bytes((300, 100)))})
    assert client.get("/brand/icon")["Content-Type"] == "image/svg+xml"  # too wide for a square
    client.post(PATH, {**GOOD, "logo": uploaded(picture_bytes((120, 100)))})
    assert client.get("/brand/icon")["Content-Type"] == "image/png"
    client.post(PATH, {**GOOD, "favicon": uploaded(picture_bytes((64, 64)))})
    assert client.get("/brand/icon")["Content-Type"] == "image/png"
