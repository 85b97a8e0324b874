"""No record's contents in any message: whatever a failure said, a message tells class, band, customer and link."""

import json
from decimal import Decimal

from django.template.loader import render_to_string
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.customers.models import Customer
from apps.monitoring.alerting import bodies, wording
from apps.monitoring.models import AlertOccasion, ExceptionCase

# Letters that no text of the house is written in: wherever one is found, it came from the record.
_VALUES = st.text(st.characters(min_codepoint=0x0531, max_codepoint=0x0556), min_size=4, max_size=30)


@settings(max_examples=25)
@given(
    said=_VALUES,
    business_class=st.sampled_from(["closed_period", "unmapped_value", "validation", "overdue", "never heard of"]),
    occasion=st.sampled_from([one.value for one in AlertOccasion]),
    amount=st.none() | st.decimals(1001, 10**7, places=2).filter(lambda one: one % 1000 != 0),
)
def test_a_value_of_a_record_never_gets_into_a_message(
    said: str, business_class: str, occasion: str, amount: Decimal | None
) -> None:
    case = ExceptionCase(
        customer=Customer(name="Meridian Consulting"),
        title=f"Not known: {said}",
        explanation=f"The system said: {said}",
        error_field=said,
        error_class=business_class,
        queue="finance",
        severity="high",
        operation_count=3,
        amount=amount,
        currency="EUR",
        snooze_reason=said,
        closed_reason=said,
    )
    for for_customer in (False, True):
        text = wording.text_of([case], occasion, for_customer=for_customer, held_back=2)
        context = wording.mail_context([case], occasion, for_customer=for_customer, failed="Chat")
        told = [
            json.dumps(bodies.slack_body(text), ensure_ascii=False),
            json.dumps(bodies.teams_body(text), ensure_ascii=False),
            json.dumps(bodies.webhook_body(text, message_id="m", moment="now"), ensure_ascii=False),
            json.dumps(bodies.ticket_body(text, ""), ensure_ascii=False),
            render_to_string("mail/alert_subject.txt", context),
            render_to_string("mail/_cases.txt", context),
            render_to_string("mail/_cases.html", context),
        ]
        for one in told:
            assert said not in one
            if amount is not None:
                assert f"{amount:,.2f}" not in one
                assert str(amount) not in one
