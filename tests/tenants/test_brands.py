"""Reading and changing a partner's brand."""

import io

import pytest
from django.core.exceptions import ValidationError
from PIL import Image

from apps.tenants.brand_pictures import clean_picture
from apps.tenants.brands import brand_for, change_brand
from apps.tenants.scope import PartnerRef


def _picture(size: tuple[int, int] = (300, 100), kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "#0f766e").save(out, kind)
    return out.getvalue()


def test_a_changed_brand_shows_at_once_and_under_a_new_version(in_partner_a: PartnerRef) -> None:
    before = brand_for(in_partner_a)
    change_brand(in_partner_a, {"name": "Alder Group", "primary_colour": "#1e3a8a"})
    after = brand_for(in_partner_a)
    assert (after.name, after.primary_colour) == ("Alder Group", "#1e3a8a")
    assert after.version == before.version + 1


@pytest.mark.parametrize(
    ("field", "value"),
    [("primary_colour", "#ffff00"), ("name", ""), ("font", "comic"), ("support_email", "nobody")],
    ids=["unreadable colour", "no name", "unknown font", "no address"],
)
def test_a_wrong_value_is_refused_by_field_and_nothing_changes(
    in_partner_a: PartnerRef, field: str, value: str
) -> None:
    before = brand_for(in_partner_a)
    with pytest.raises(ValidationError) as caught:
        change_brand(in_partner_a, {field: value})
    assert field in caught.value.message_dict
    assert brand_for(in_partner_a) == before


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_picture_becomes_a_fresh_png_of_portal_size(kind: str) -> None:
    with Image.open(io.BytesIO(clean_picture(_picture((1200, 400), kind), "logo").content)) as logo:
        assert logo.format == "PNG"
        assert logo.width <= 640
        assert logo.height <= 240


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"<svg onload=alert(1)>", "not a PNG"),
        (b"\x89PNG\r\n\x1a\nbroken", "not a PNG"),
        (b"x" * (512 * 1024 + 1), "512 kB"),
        (_picture((2400, 10)), "2000 pixels"),
    ],
    ids=["an svg", "half a picture", "too heavy", "too wide"],
)
def test_what_is_no_fit_picture_is_refused_with_the_reason(raw: bytes, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        clean_picture(raw, "logo")


def test_a_logo_keeps_nothing_hidden_in_its_colour_profile() -> None:
    out = io.BytesIO()
    Image.new("RGB", (30, 10)).save(out, "PNG", icc_profile=b"something else entirely")
    assert b"iCCP" not in clean_picture(out.getvalue(), "logo").content


@pytest.mark.parametrize(
    ("at", "wrong"),
    [(8, b"\x00\x00\x00\x02"), (33, b"\x00\x00\x00\x01\xc1akk")],
    ids=["a header cut short", "a chunk without a name"],
)
def test_a_damaged_png_is_refused_like_any_other_file(at: int, wrong: bytes) -> None:
    raw = _picture()
    with pytest.raises(ValidationError, match="not a PNG"):
        clean_picture(raw[:at] + wrong + raw[at + len(wrong) :], "logo")
