"""Pages about connections: a new one, one connection, and what can be done with it."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.customer_directory import list_customer_names
from apps.accounts.once import once
from apps.accounts.page_filters import acting_person, asked_id, asked_words
from apps.connectors import (
    connection_tests,
    credential_links,
    forms,
    queries,
    services,
    subscriptions,
    webhook_endpoints,
)
from apps.connectors.auth_spec import AuthScheme, SecretSpec
from apps.connectors.capabilities import capability_sheet, object_capabilities
from apps.connectors.entered_secrets import entered_together
from apps.connectors.help_pages import help_page
from apps.connectors.manifest import SystemManifest
from apps.connectors.models import Connection, ConnectionTest
from apps.connectors.system_list import system_card
from apps.connectors.views.calls import figures_of
from apps.connectors.views.shapes import shapes_part
from apps.connectors.views.sign_ins import sign_in_context
from apps.customers.queries import get_customer

_SLOW_TEST_SECONDS = 45


@requires(Action.EDIT_CONNECTIONS)
@once
@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def connection_create_for(request: HttpRequest, system: str) -> HttpResponse:
    """Connect a system: where it is and with which secrets."""
    manifest, customers = queries.get_system(system), list_customer_names()
    by_colleague = "colleague" in request.POST and _has_secrets_to_ask(manifest)
    form = forms.ConnectionForm(
        request.POST or None,
        manifest=manifest,
        customers=customers,
        chosen=asked_id(request, "customer"),
        address=asked_words(request, "address"),
        secrets_later=by_colleague,
    )
    if request.method == "POST" and form.is_valid():
        try:
            connection = services.create_connection(get_customer(form.cleaned_data["customer"]), form.wanted())
        except ValidationError as error:
            form.add_errors(error.message_dict)
        else:
            if by_colleague:
                messages.success(request, _("%(name)s is stored.") % {"name": connection.name})
                return redirect("connectors:credential-link-create", connection.id)
            if manifest.auth.scheme is AuthScheme.OAUTH_CODE:
                told = {"name": connection.name, "system": manifest.name}
                messages.success(request, _("%(name)s is stored. Now sign in at %(system)s.") % told)
            else:
                connection_tests.request_test(connection)
                messages.success(request, _("%(name)s is stored and being tested.") % {"name": connection.name})
            return redirect("connectors:connection-detail", connection.id)
    choose = {"label": _("Connect a system"), "url": reverse("connectors:connection-create")}
    context = {
        "form": form,
        "card": system_card(manifest),
        "has_help": help_page(manifest) is not None,
        "has_customers": bool(customers),
        "can_ask_colleague": _has_secrets_to_ask(manifest),
        "crumbs": [_to_list(), choose],
    }
    return render(request, "connectors/connection_create.html", context, status=400 if form.errors else 200)


@requires(Action.VIEW_CONNECTIONS)
@require_safe
def connection_detail(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    """Show one connection."""
    connection, who = queries.get_connection(connection_id), acting_person(request)
    facts = queries.get_connection_facts(connection)
    context = {
        "facts": facts,
        "connection": connection,
        "card": system_card(facts.manifest),
        "sheet": capability_sheet(facts.manifest),
        "kinds": object_capabilities(facts.manifest),
        "shapes": shapes_part(request, connection),
        "figures": figures_of(connection),
        "disable_form": forms.DisableForm(),
        "cannot_test": _cannot_test(request, connection),
        "can_edit": who.can(Action.EDIT_CONNECTIONS),
        "can_ask_colleague": who.can(Action.EDIT_CONNECTIONS) and credential_links.can_be_asked(connection),
        **(sign_in_context(request, connection) if facts.sign_in else {}),
        "crumbs": [_to_list(), *_to_customer(connection)],
        **_test_context(facts.test),
    }
    return render(request, "connectors/connection_detail.html", context)


@requires(Action.TEST_CONNECTIONS)
@require_POST
def connection_test(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    """Ask for a test; a worker does it and the page shows its result."""
    connection = queries.get_connection(connection_id)
    refused = _cannot_test(request, connection)
    if refused:
        messages.error(request, refused)
    else:
        connection_tests.request_test(connection)
    return redirect(f"{reverse('connectors:connection-detail', args=[connection.id])}#test")


@requires(Action.VIEW_CONNECTIONS)
@require_safe
def connection_test_live(request: HttpRequest, connection_id: UUID, test_id: UUID) -> HttpResponse:
    """Answer the part of the page that shows a test while it runs."""
    connection = queries.get_connection(connection_id)
    test = queries.get_test(connection, test_id)
    response = render(request, "connectors/_test.html", {"connection": connection, **_test_context(test)})
    if test.state != ConnectionTest.State.RUNNING and request.headers.get("HX-Request"):
        response["HX-Refresh"] = "true"  # the connection's state changed with it, all over the page
    return response


@requires(Action.EDIT_CONNECTIONS)
@require_http_methods(["GET", "HEAD", "POST"])
def connection_edit(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    """Change name, address and settings."""
    connection = queries.get_connection(connection_id)
    crumbs = _to_connection(connection)
    manifest = queries.get_system(connection.system)
    form = forms.ConnectionEditForm(request.POST or None, manifest=manifest, connection=connection)
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        try:
            services.change_connection(connection, name=typed["name"], base_url=typed["base_url"], values=form.settings)
        except ValidationError as error:
            form.add_errors(error.message_dict)
        else:
            if connection.state == Connection.State.DISABLED:
                messages.success(request, _("%(name)s is changed.") % {"name": connection.name})
            else:
                connection_tests.request_test(connection)
                messages.success(request, _("%(name)s is changed and being tested.") % {"name": connection.name})
            return redirect("connectors:connection-detail", connection.id)
    context = {"form": form, "connection_id": connection.id, "crumbs": crumbs}
    return render(request, "connectors/connection_edit.html", context, status=400 if form.errors else 200)


@requires(Action.EDIT_CONNECTIONS)
@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def secret_replace(request: HttpRequest, connection_id: UUID, secret: str) -> HttpResponse:
    """Replace one secret; the old one cannot be read back."""
    connection = queries.get_connection(connection_id)
    spec = queries.get_secret(connection, secret)
    form = _secret_form(request, queries.get_system(connection.system), spec)
    if request.method == "POST" and form.is_valid():
        try:
            services.set_secrets(connection, form.values, form.ends)
        except ValidationError as error:
            form.add_errors(error.message_dict)
        else:
            replaced = {"secret": _(spec.label), "name": connection.name}
            messages.success(request, _("%(secret)s of %(name)s is replaced and being tested.") % replaced)
            return redirect("connectors:connection-detail", connection.id)
    context = {"form": form, "connection": connection, "spec": spec, "crumbs": _to_connection(connection)}
    return render(request, "connectors/secret_replace.html", context, status=400 if form.errors else 200)


def _secret_form(
    request: HttpRequest, manifest: SystemManifest, spec: SecretSpec
) -> forms.SecretForm | forms.SecretsForm:
    """Return the form for a secret, and for those that must be replaced together with it."""
    names = entered_together(manifest, spec.name)
    if len(names) == 1:
        return forms.SecretForm(request.POST or None, spec=spec)
    return forms.SecretsForm(request.POST or None, specs=[one for one in manifest.secrets if one.name in names])


@requires(Action.EDIT_CONNECTIONS)
@require_POST
def connection_disable(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    """Switch a connection off."""
    connection, form = queries.get_connection(connection_id), forms.DisableForm(request.POST)
    if form.is_valid():
        services.disable_connection(connection, reason=form.cleaned_data["reason"])
        messages.success(
            request, _("%(name)s is switched off: nothing is read or written through it.") % {"name": connection.name}
        )
    else:
        messages.error(request, " ".join(str(error) for error in form.errors["reason"]))
    return redirect("connectors:connection-detail", connection.id)


@requires(Action.EDIT_CONNECTIONS)
@require_POST
def connection_enable(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    """Switch a connection on again and test it."""
    connection = queries.get_connection(connection_id)
    services.enable_connection(connection)
    connection_tests.request_test(queries.get_connection(connection_id))
    messages.success(request, _("%(name)s is switched on again and being tested.") % {"name": connection.name})
    return redirect("connectors:connection-detail", connection.id)


@requires(Action.EDIT_CONNECTIONS)
@never_cache
@require_POST
def endpoint_create(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    """Open a webhook address and show it this once."""
    connection = queries.get_connection(connection_id)
    if queries.get_system(connection.system).webhook is None:
        messages.error(request, _("This system sends no events, so an address would stay silent."))
        return redirect("connectors:connection-detail", connection.id)
    endpoint, url, secret = webhook_endpoints.create_webhook_endpoint(connection)
    if subscriptions.spec_of(connection.system):
        messages.success(
            request, _("The address is open. The system is being told by ourselves: nothing to enter there.")
        )
        return redirect(f"{reverse('connectors:connection-detail', args=[connection.id])}#webhooks")
    key_label = queries.asked_key(connection)
    context = {"connection": connection, "endpoint": endpoint, "url": url, "crumbs": _to_connection(connection)}
    context |= {"key_label": key_label, "secret": "" if key_label else secret}
    return render(request, "connectors/endpoint_created.html", context)


@requires(Action.EDIT_CONNECTIONS)
@require_POST
def endpoint_close(request: HttpRequest, connection_id: UUID, endpoint_id: UUID) -> HttpResponse:
    """Stop taking what arrives at a webhook address."""
    connection = queries.get_connection(connection_id)
    webhook_endpoints.close_webhook_endpoint(queries.get_endpoint(connection, endpoint_id))
    messages.success(request, _("The address is closed: what is sent there is refused from now on."))
    return redirect("connectors:connection-detail", connection.id)


def _has_secrets_to_ask(manifest: SystemManifest) -> bool:
    """Return whether a colleague can enter all that is missing; an application's own secrets come before the sign-in."""
    return bool(manifest.secrets) and manifest.auth.scheme is not AuthScheme.OAUTH_CODE


def _cannot_test(request: HttpRequest, connection: Connection) -> str:
    if not acting_person(request).can(Action.TEST_CONNECTIONS):
        return _("Your role does not include testing connections.")
    return _("It is switched off: switch it on first.") if connection.state == Connection.State.DISABLED else ""


def _test_context(test: ConnectionTest | None) -> dict[str, object]:
    running = test is not None and test.state == ConnectionTest.State.RUNNING
    waited = (timezone.now() - test.started_at).total_seconds() if test is not None else 0
    return {"test": test, "is_running": running, "is_slow": running and waited > _SLOW_TEST_SECONDS}


def _to_list() -> dict[str, str]:
    return {"label": _("Connections"), "url": reverse("connectors:connection-list")}


def _to_customer(connection: Connection) -> list[dict[str, str]]:
    here = f"{reverse('connectors:connection-list')}?customer={connection.customer_id}"
    return [{"label": connection.customer.name, "url": here}]


def _to_connection(connection: Connection) -> list[dict[str, str]]:
    here = reverse("connectors:connection-detail", args=[connection.id])
    return [_to_list(), *_to_customer(connection), {"label": connection.name, "url": here}]
