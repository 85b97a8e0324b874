"""What a colleague at the customer sees through a link: the credentials of one connection, and what came of them.

No account is needed; the link's token is the key. Once it is used, its browser's session is: the result can be looked at
there, and what does not work be entered again, for an hour.
"""

from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from apps.accounts import link_limits
from apps.accounts.access import open_to_all
from apps.accounts.actor import Actor, acting, actor_for_guest
from apps.accounts.staff_scope import as_staff
from apps.connectors import credential_links, forms, queries, sign_ins
from apps.connectors.credential_links import LinkError
from apps.connectors.help_pages import help_page
from apps.connectors.models import ConnectionTest, CredentialLink, SignIn
from apps.connectors.views.sign_ins import callback_address

_LINKS = "credentials"
_USED, _LEFT = "credential_links_used", "credential_links_left"  # of this browser's session


@open_to_all
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def credential_link(request: HttpRequest, token: str) -> HttpResponse:
    """Show the form a link was made for, and take what is entered there."""
    if link_limits.has_guessed(request, _LINKS):
        return _closed(request, 429)
    with as_staff():  # whoever is signed in meanwhile: the link decides what is seen
        try:
            link = credential_links.open_link(token)
            return _entered(request, link)
        except LinkError:
            link_limits.note_wrong_link(request, _LINKS)
            return _closed(request)


@open_to_all
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def credential_received(request: HttpRequest, link_id: UUID) -> HttpResponse:
    """Say thanks and what came of it, to the browser that used the link; take what is entered once more."""
    if str(link_id) not in request.session.get(_USED, []):
        return _closed(request)
    with as_staff():
        try:
            link = credential_links.used_link(link_id)
            if request.method == "POST":
                return _entered(request, link)
        except LinkError:
            return _closed(request)
        return _result(request, link)


def sign_in_by_link(request: HttpRequest, back: sign_ins.Return) -> HttpResponse | None:
    """Take a colleague back from a system's sign-in page; None when this browser did not leave through a link."""
    left = request.session.get(_LEFT, {}).get(sign_ins.mark_hash(back.mark))
    if left is None:
        return None
    with as_staff():
        link = CredentialLink.objects.select_related("connection", "customer").filter(id=left).first()
        if link is None:
            return _closed(request)
        try:
            with acting(_guest(link)):
                credential_links.take_return(link, back, session_key=request.session.session_key or "")
        except LinkError:
            return _closed(request)
    return _to_result(request, link)


def _entered(request: HttpRequest, link: CredentialLink) -> HttpResponse:
    if request.method == "POST" and link_limits.answers_too_often(_LINKS, link.id):
        return _closed(request, 429)
    with acting(_guest(link)):
        manifest = queries.get_system(link.connection.system)
        if sign_ins.signs_in(manifest):
            return _leave(request, link) if request.method == "POST" else _page(request, link, {})
        form = forms.SecretsForm(request.POST or None, specs=manifest.secrets)
        if request.method == "POST" and form.is_valid():
            try:
                credential_links.enter_secrets(link, form.values, form.ends)
            except ValidationError as error:
                form.add_errors(error.message_dict)
            else:
                return _to_result(request, link)
        return _page(request, link, {"form": form}, wrong=bool(form.errors))


def _leave(request: HttpRequest, link: CredentialLink) -> HttpResponse:
    """Begin a sign-in at the system, and show the way there."""
    if not request.session.session_key:
        request.session.create()
    try:
        address = sign_ins.start_sign_in(
            link.connection,
            session_key=request.session.session_key or "",
            person=_("%(name)s (by link)") % {"name": link.for_whom},
            callback=callback_address(request),
        )
    except ValidationError as error:
        return _page(request, link, {"problem": " ".join(error.messages)}, wrong=True)
    mark = dict(parse_qsl(urlsplit(address).query))["state"]
    left = {**request.session.get(_LEFT, {}), sign_ins.mark_hash(mark): str(link.id)}
    request.session[_LEFT] = dict(list(left.items())[-20:])
    return _page(request, link, {"address": address, "host": urlsplit(address).hostname, "minutes": sign_ins.MINUTES})


def _to_result(request: HttpRequest, link: CredentialLink) -> HttpResponse:
    used = [one for one in request.session.get(_USED, []) if one != str(link.id)]
    request.session[_USED] = [*used[-19:], str(link.id)]
    return redirect("connectors:credential-received", link.id)


def _result(request: HttpRequest, link: CredentialLink) -> HttpResponse:
    manifest = queries.get_system(link.connection.system)
    test, sign_in = credential_links.result_of(link), None
    running = test is not None and test.state == ConnectionTest.State.RUNNING
    if sign_ins.signs_in(manifest):
        sign_in = credential_links.sign_in_of(link)
        running = running or (sign_in is not None and sign_in.state == SignIn.State.RETURNED)
    failed = test is not None and test.state == ConnectionTest.State.FAILED
    refused = sign_in is not None and sign_in.state == SignIn.State.FAILED
    context = {"test": test, "sign_in": sign_in, "is_running": running, "is_wrong": not running and (failed or refused)}
    if request.headers.get("HX-Request") and running:
        return render(request, "connectors/_shared_result.html", {"link": link, "manifest": manifest, **context})
    form = None if sign_ins.signs_in(manifest) else forms.SecretsForm(specs=manifest.secrets)
    response = _page(request, link, {"form": form, "received": True, **context})
    if request.headers.get("HX-Request"):
        response["HX-Refresh"] = "true"
    return response


def _page(
    request: HttpRequest, link: CredentialLink, context: dict[str, object], *, wrong: bool = False
) -> HttpResponse:
    manifest = queries.get_system(link.connection.system)
    page = help_page(manifest)
    shared = {
        "link": link,
        "manifest": manifest,
        "help": page.for_a_colleague if page else (),
        "actor": None,
        "signs_in": sign_ins.signs_in(manifest),
    }
    return render(request, "connectors/shared_credentials.html", {**shared, **context}, status=400 if wrong else 200)


def _closed(request: HttpRequest, status: int = 404) -> HttpResponse:
    return render(request, "connectors/shared_closed.html", {"too_many": status == 429, "actor": None}, status=status)


def _guest(link: CredentialLink) -> Actor:
    return actor_for_guest(
        name=_("%(name)s (by link)") % {"name": link.for_whom},
        email="",
        customer_id=link.customer_id,
        customer_name=link.customer.name,
    )
