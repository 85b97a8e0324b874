"""Connecting a mail server through the pages: what must not be in its address."""

import pytest
from django.core.exceptions import ValidationError

from apps.accounts.actions import Role
from apps.connectors.services import clean_address
from apps.connectors.sheet_terms import Transport
from apps.tenants.scope import PartnerRef
from tests.connectors.views.desk import browser_of, new_customer


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("https://mail.example.com", "smtp://mail.example.com"),
        ("smtp://mail.example.com/inbox", "Leave everything behind host and port out"),
        ("smtp://me@mail.example.com", "smtp://mail.example.com"),
        ("smtp://10.0.0.1", "smtp://mail.example.com"),
    ],
)
def test_an_address_that_is_no_mail_server_is_refused_with_the_mend(address: str, said: str) -> None:
    with pytest.raises(ValidationError) as refused:
        clean_address(address, Transport.SMTP)
    assert said in refused.value.message_dict["base_url"][0]


def test_an_address_with_host_and_port_is_kept() -> None:
    assert clean_address(" smtp://mail.example.com:465/ ", Transport.SMTP) == "smtp://mail.example.com:465"


def test_a_setting_that_is_left_out_is_named(partner_a: PartnerRef) -> None:
    customer = new_customer(partner_a, "Halden & Rowe")
    page = browser_of(partner_a, Role.OWNER).post("/connections/new/smtp/", {"customer": customer.id, "name": "Desk"})
    assert page.status_code == 400
    assert page.context["form"].errors["setting_user"] == ["User is needed."]
