"""What must hold for a path of a manifest that came as a document: it stays below the connection's address."""

import re

from django.utils.translation import gettext as _

_PLACE = re.compile(r"\{(\w+)\}")


def path_problem(path: str, settings: set[str], *, with_key: bool) -> str:
    """Return what is wrong with a path below the connection's address, "" when nothing is."""
    if "://" in path or path.startswith(("//", "\\")) or "\\" in path or ".." in path.split("/"):
        return _("Write a path below the connection's address, such as projects: records go nowhere else.")
    if any(sign.isspace() for sign in path) or "#" in path:
        return _("A path holds no spaces and no #.")
    places = set(_PLACE.findall(path))
    if with_key and "key" not in places:
        return _("Put {key} where the record's number belongs.")
    unknown = sorted(places - settings - {"key"})
    if unknown:
        return _("{%(name)s} is no setting of the connection: add it to the settings.") % {"name": unknown[0]}
    if not with_key and "key" in places:
        return _("A list has no {key}: it is asked for as a whole.")
    return ""
