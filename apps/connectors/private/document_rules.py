"""What must hold in a manifest that came as a document, beyond its form: addresses, names, and parts that need each other."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from string import Formatter
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from apps.connectors.auth import ACCESS_TOKEN, REFRESH_TOKEN, SIGN_IN_MARK
from apps.connectors.auth_spec import AuthScheme, AuthSpec, SecretSpec
from apps.connectors.canonical.registry import CANONICAL_TYPES
from apps.connectors.manifest import ErrorRule, FieldSpec, Limits, ObjectManifest, SystemManifest
from apps.connectors.private.documents import DocumentProblem
from apps.connectors.private.graphql_rules import graphql_problems
from apps.connectors.private.object_rules import object_problems
from apps.connectors.private.odata_rules import odata_problems
from apps.connectors.private.path_rules import path_problem
from apps.connectors.private.patterns import TRIES_IN_LONG_TEXTS, pattern_problem
from apps.connectors.private.soap_rules import sign_in_problems, soap_problems
from apps.connectors.webhook_spec import WebhookSpec
from apps.connectors.webhooks.schemes import SCHEMES

MOST_OBJECTS = 60
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}\Z")
_OBJECT_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,59}\Z")
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,80}\Z")  # a token (RFC 9110, section 5.6.2)
_PLACE = re.compile(r"\{(\w+)\}")
_OURS = frozenset({REFRESH_TOKEN, ACCESS_TOKEN, SIGN_IN_MARK})
_NEEDS: Mapping[AuthScheme, tuple[str, ...]] = {
    AuthScheme.BEARER: ("token",),
    AuthScheme.HEADER_KEY: ("api_key",),
    AuthScheme.BASIC: ("username", "password"),
    AuthScheme.USERNAME_TOKEN: ("username", "password"),
    AuthScheme.USERNAME_DIGEST: ("username", "password"),
    AuthScheme.CLIENT_CREDENTIALS: ("client_id", "client_secret"),
    AuthScheme.CERTIFICATE: ("client_id", "private_key"),
    AuthScheme.JWT_BEARER: ("client_id", "subject", "private_key"),
    AuthScheme.OAUTH_CODE: ("client_id",),
    AuthScheme.OAUTH1: ("consumer_key", "consumer_secret", "token_id", "token_secret"),
}
_BUYING = frozenset(
    {AuthScheme.CLIENT_CREDENTIALS, AuthScheme.CERTIFICATE, AuthScheme.JWT_BEARER, AuthScheme.OAUTH_CODE}
)

Problems = Iterator[DocumentProblem]


def list_problems(manifest: SystemManifest) -> list[DocumentProblem]:
    """Return everything that keeps a manifest of a document from being used, each with its place."""
    settings = {spec.name for spec in manifest.settings}
    return [
        *_head(manifest),
        *_names(manifest),
        *(soap_problems(manifest, manifest.soap, settings) if manifest.soap else sign_in_problems(manifest)),
        *_sign_in(manifest.auth, settings | {spec.name for spec in manifest.secrets}),
        *_objects(manifest, settings),
        *_headers(manifest.headers, settings),
        *_error_rules(manifest.error_rules),
        *(_webhook(manifest.webhook) if manifest.webhook else ()),
        *(_describe(manifest.describe.path, settings) if manifest.describe else ()),
        *(odata_problems(manifest, manifest.odata, settings) if manifest.odata else ()),
        *(graphql_problems(manifest, manifest.graphql, settings) if manifest.graphql else ()),
    ]


def _head(manifest: SystemManifest) -> Problems:
    for part, most in (("name", 80), ("category", 40)):
        value = getattr(manifest, part)
        if not value.strip() or len(value) > most:
            yield DocumentProblem(part, _("Write 1 to %(most)d characters.") % {"most": most})
    if len(manifest.summary) > 300:
        yield DocumentProblem("summary", _("Write at most %(most)d characters.") % {"most": 300})
    if manifest.documentation and not _is_https(manifest.documentation):
        yield DocumentProblem("documentation", _("Write an address that begins with https://, or none."))
    if manifest.address and not _is_https(manifest.address):
        yield DocumentProblem("address", _("Write an address that begins with https://, or none."))
    if manifest.deletes not in {"tombstone", "event", "absent"}:
        yield DocumentProblem("deletes", _("This must be one of %(known)s.") % {"known": "tombstone, event, absent"})
    yield from _limits(manifest.limits)


def _limits(limits: Limits) -> Problems:
    if not 1 <= limits.at_once <= 64:
        yield DocumentProblem("limits.at_once", _between(1, 64))
    if limits.calls is not None and limits.calls < 1:
        yield DocumentProblem("limits.calls", _("Write a number of 1 or more, or none."))
    if not 1 <= limits.seconds <= 86_400:
        yield DocumentProblem("limits.seconds", _between(1, 86_400))


def _between(least: int, most: int) -> str:
    return _("Write a number from %(least)d to %(most)d.") % {"least": least, "most": most}


def _names(manifest: SystemManifest) -> Problems:
    seen: set[str] = set()
    listed: tuple[tuple[str, Sequence[SecretSpec | FieldSpec]], ...] = (
        ("secrets", manifest.secrets),
        ("settings", manifest.settings),
    )
    for part, specs in listed:
        for index, spec in enumerate(specs):
            place = f"{part}[{index}]"
            if not _NAME.match(spec.name) or spec.name in _OURS or spec.name == "key":
                yield DocumentProblem(f"{place}.name", _("This name cannot be used: write letters, digits and _."))
            if spec.name in seen:
                yield DocumentProblem(f"{place}.name", _("There are two of this name: keep one."))
            if not spec.label.strip():
                yield DocumentProblem(f"{place}.label", _("This is needed: fill it in."))
            seen.add(spec.name)


def _needed_secrets(auth: AuthSpec, known: set[str]) -> Problems:
    for name in _NEEDS.get(auth.scheme, ()):
        if name not in known:
            sentence = _("This sign-in needs a secret called %(name)s: add it to the secrets.")
            yield DocumentProblem("secrets", sentence % {"name": name})


def _sign_in(auth: AuthSpec, known: set[str]) -> Problems:
    yield from _needed_secrets(auth, known)
    if auth.scheme is AuthScheme.HEADER_KEY and not _HEADER.match(auth.header):
        yield DocumentProblem("auth.header", _("Name the header that takes the key, for example X-Api-Key."))
    if not auth.header_prefix.isprintable() or not auth.header_prefix.isascii():
        yield DocumentProblem("auth.header_prefix", _("This cannot be sent in a header."))
    if auth.scheme in _BUYING and not auth.token_path:
        yield DocumentProblem("auth.token_path", _("Say where an access token is asked for."))
    if auth.scheme is AuthScheme.OAUTH_CODE and not auth.authorize_address:
        yield DocumentProblem("auth.authorize_address", _("Say where people sign in."))
    for part in ("token_path", "authorize_address"):
        address = getattr(auth, part)
        whole = part == "authorize_address" or "//" in address.partition("?")[0]
        if address and whole and not _is_https(address):
            yield DocumentProblem(f"auth.{part}", _("Write an address that begins with https://: secrets go there."))


def _is_https(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.hostname) and not parts.username


def _headers(headers: Mapping[str, str], settings: set[str]) -> Problems:
    for name, value in headers.items():
        unknown = sorted(set(_PLACE.findall(value)) - settings)
        if not _HEADER.match(name) or not value.isprintable() or not value.isascii():
            yield DocumentProblem(f"headers.{name}", _("This header cannot be sent: write letters, digits and -."))
        elif unknown:
            words = {"name": unknown[0]}
            yield DocumentProblem(f"headers.{name}", _("{%(name)s} is no setting of the connection.") % words)


def _objects(manifest: SystemManifest, settings: set[str]) -> Problems:
    if not manifest.objects:
        yield DocumentProblem("objects", _("Describe at least one kind of record."))
    if len(manifest.objects) > MOST_OBJECTS:
        yield DocumentProblem("objects", _("At most %(most)d kinds of records fit.") % {"most": MOST_OBJECTS})
    names: set[str] = set()
    read_here = {spec.canonical_type for spec in manifest.objects if spec.reading}
    for index, spec in enumerate(manifest.objects):
        place = f"objects[{index}]"
        if not _OBJECT_NAME.match(spec.name):
            yield DocumentProblem(f"{place}.name", _("This name cannot be used: write letters, digits and _."))
        if spec.name in names:
            yield DocumentProblem(f"{place}.name", _("There are two of this name: keep one."))
        if not spec.label.strip():
            yield DocumentProblem(f"{place}.label", _("This is needed: fill it in."))
        if spec.canonical_type not in CANONICAL_TYPES:
            known = {"known": ", ".join(CANONICAL_TYPES)}
            sentence = (
                _("This must be one of %(known)s.") % known if spec.canonical_type else _("Say what these records are.")
            )
            yield DocumentProblem(f"{place}.canonical_type", sentence)
        names.add(spec.name)
        yield from object_problems(spec, place, settings)
        yield from _references(spec, place, read_here)


def _references(spec: ObjectManifest, place: str, read_here: set[str]) -> Problems:
    for line in spec.writing_lines:
        if line.reference and line.reference not in read_here:
            sentence = _(
                "This line needs the number of a %(type)s there: describe how those are read, or write it as it is."
            )
            yield DocumentProblem(f"{place}.writing_lines.{line.target}", sentence % {"type": line.reference})


def _error_rules(rules: Iterable[ErrorRule]) -> Problems:
    for index, rule in enumerate(rules):
        place = f"error_rules[{index}]"
        wrong = pattern_problem(rule.pattern)
        if wrong:
            yield DocumentProblem(f"{place}.pattern", wrong)
        if any(not 100 <= status <= 599 for status in rule.statuses):
            yield DocumentProblem(f"{place}.statuses", _between(100, 599))
        if not _fills_plainly(rule.sentence):
            yield DocumentProblem(f"{place}.sentence", _("Only {message}, {field} and {value} can be filled in here."))


def _fills_plainly(sentence: str) -> bool:
    """Say whether a sentence names only what is filled in: a format of its own could reach further, or fill the memory."""
    try:
        places = [(name, form, cast) for _text, name, form, cast in Formatter().parse(sentence) if name is not None]
    except ValueError:
        return False
    return all(name in {"message", "field", "value"} and not form and not cast for name, form, cast in places)


def _describe(path: str, settings: set[str]) -> Problems:
    wrong = path_problem(path, settings | {"object"}, with_key=False)
    if wrong or "{object}" not in path:
        yield DocumentProblem("describe.path", wrong or _("Put {object} where the name of the records belongs."))


def _webhook(webhook: WebhookSpec) -> Problems:
    if webhook.scheme not in SCHEMES:
        known = {"known": ", ".join(SCHEMES)}
        yield DocumentProblem("webhook.scheme", _("This must be one of %(known)s.") % known)
    for index, shape in enumerate(webhook.shapes):
        for part in ("object_pattern", "key_pattern"):
            pattern = getattr(shape, part)
            wrong = pattern_problem(pattern, most_tries=TRIES_IN_LONG_TEXTS) if pattern else ""
            if not wrong and pattern and not re.compile(pattern).groups:
                wrong = _("Put what is to be taken out of the text in a group: (…).")
            if wrong:
                yield DocumentProblem(f"webhook.shapes[{index}].{part}", wrong)
