"""Drafts of a brand: tried out by one, published or thrown away, two people at once, and going back in history."""

import pytest

from apps.accounts.actions import Role
from apps.accounts.mail_samples import SAMPLES, MailSample
from apps.accounts.models import User
from apps.tenants.brand_drafts import draft_of
from apps.tenants.brands import history, stored_brand
from apps.tenants.scope import PartnerRef
from tests.accounts.brand_page import GOOD, PATH, OpenBrowser, brand_deeds, picture_bytes, uploaded
from tests.accounts.conftest import new_person


def test_a_draft_is_seen_by_who_tries_it_out_and_by_nobody_else(
    browser: OpenBrowser, partner_a: PartnerRef, owner_a: User
) -> None:
    client, visitor = browser(partner_a, owner_a), browser(partner_a)
    page = client.post(
        PATH, {**GOOD, "do": "draft", "name": "Alder Tomorrow", "primary_colour": "#1e3a8a"}, follow=True
    )
    assert "The draft changes 2 things" in page.content.decode()
    assert (stored_brand(partner_a).name, brand_deeds(partner_a)) == ("Alder & Quay", [])
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
    assert [entry.details for entry in brand_deeds(partner_a)] == [{"name": ["Alder & Quay", "Second thought"]}]


def test_history_tells_who_changed_what_and_goes_back(
    browser: OpenBrowser, partner_a: PartnerRef, owner_a: User
) -> None:
    client = browser(partner_a, owner_a)
    first = stored_brand(partner_a).version
    client.post(PATH, {**GOOD, "name": "Alder Group", "logo": uploaded(picture_bytes())})
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
    assert brand_deeds(partner_a)[-1].details["restored_from"] == first


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

    mine = {**GOOD, "name": "Olivia's name", "sign_in_text": "Written by Olivia", "logo": uploaded(picture_bytes())}
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
