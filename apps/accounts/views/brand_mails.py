"""Every mail of the portal as its reader gets it, dressed in the draft of the brand."""

from typing import Any

from csp.constants import NONE, SELF, UNSAFE_INLINE
from csp.decorators import csp_replace
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.links import absolute_url
from apps.accounts.mail import EMBEDDED, WrittenMail, sender_of, write_mail
from apps.accounts.mail_samples import SAMPLES, MailSample, sample_named
from apps.tenants.brand_drafts import draft_look
from apps.tenants.brand_pictures import picture_url

# Mail programs know inline styles only, so this one page has them. It stands in a sandbox: nothing in it can run, send or
# load anything but the brand's own pictures.
_MAIL_POLICY: dict[str, Any] = {
    "default-src": [NONE],
    "script-src": [NONE],
    "connect-src": [NONE],
    "form-action": [NONE],
    "style-src": [UNSAFE_INLINE],
    "img-src": [SELF],
    "frame-ancestors": [SELF],
    "sandbox": True,
}


def _written(request: HttpRequest, name: str) -> tuple[MailSample, WrittenMail, str]:
    """Return a mail with its sender. Raises Http404."""
    partner, sample = request.partner, sample_named(name)  # type: ignore[attr-defined]
    if partner is None or sample is None:
        raise Http404("There is no such mail.")
    look = draft_look(partner)
    facts = sample.facts(absolute_url("/"), timezone.now())
    return sample, write_mail(sample.template, "robin@company.example", facts, look), sender_of(look)


@requires(Action.EDIT_BRAND)
@require_safe
def brand_mails(request: HttpRequest, mail: str = SAMPLES[0].name) -> HttpResponse:
    """Show one mail with its sender and subject, beside the names of all others."""
    sample, written, sender = _written(request, mail)
    chosen = {
        "label": sample.label,
        "subject": written.subject,
        "sender": sender,
        "text": written.text,
        "page_url": reverse("accounts:brand-mail-page", args=[mail]),
    }
    mails = [
        {"label": one.label, "url": reverse("accounts:brand-mail", args=[one.name]), "active": one.name == mail}
        for one in SAMPLES
    ]
    return render(request, "accounts/brand_mails.html", {"mails": mails, "chosen": chosen})


@requires(Action.EDIT_BRAND)
@require_safe
@xframe_options_sameorigin
@csp_replace(_MAIL_POLICY)  # type: ignore[arg-type]  # its types know views without arguments only
def brand_mail_page(request: HttpRequest, mail: str) -> HttpResponse:
    """Answer a mail's HTML form as a page; the pictures that travel with a mail come from the portal here."""
    _, written, _ = _written(request, mail)
    return HttpResponse(EMBEDDED.sub(lambda found: picture_url(found[1]), written.html))
