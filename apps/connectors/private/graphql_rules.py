"""What must hold besides in a document whose system speaks GraphQL: its paths, and the types of the arguments they use."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from apps.connectors.graphql_paths import PathError, field_names, is_dotted_name, is_type, parse_path
from apps.connectors.graphql_spec import GraphQLRecord, GraphQLSpec
from apps.connectors.manifest import ChangeRead, ObjectManifest, Reading, SystemManifest, Writing
from apps.connectors.private.documents import DocumentProblem
from apps.connectors.private.path_rules import path_problem

_STYLES = ("none", "page", "offset", "token")
_NOTHING = GraphQLRecord()

Problems = Iterator[DocumentProblem]


def graphql_problems(manifest: SystemManifest, graphql: GraphQLSpec, settings: set[str]) -> Problems:
    """Return what is wrong with a description of a GraphQL service."""
    if manifest.odata is not None or manifest.soap is not None:
        yield DocumentProblem("graphql", _("A system speaks one protocol: keep one of odata, soap and graphql."))
    wrong = path_problem(graphql.path, settings, with_key=False)
    if wrong:
        yield DocumentProblem("graphql.path", wrong)
    if manifest.test_path and not _is_path(manifest.test_path):
        yield DocumentProblem("test_path", _fields_wanted())
    for part in ("identity_path", "account_path", "rights_path"):
        if getattr(manifest, part) and not is_dotted_name(getattr(manifest, part)):
            yield DocumentProblem(part, _name_wanted())
    for index, spec in enumerate(manifest.objects):
        yield from _object(spec, f"objects[{index}]")


def _object(spec: ObjectManifest, place: str) -> Problems:
    record = spec.graphql or _NOTHING
    yield from _types(record, place)
    yield from _names(spec, place)
    if spec.reading is not None:
        yield from _reading(spec, spec.reading, record, place)
    if spec.writing is not None:
        yield from _writing(spec.writing, record, f"{place}.writing")


def _types(record: GraphQLRecord, place: str) -> Problems:
    if record.type and not is_dotted_name(record.type):
        yield DocumentProblem(f"{place}.graphql.type", _name_wanted())
    for path, one in record.fields.items():
        wrong = [name for name, kind in one.arguments.items() if not is_dotted_name(name) or not is_type(kind)]
        if wrong:
            words = {"name": f"{path}.{wrong[0]}"[:80]}
            sentence = _("Write the type of %(name)s as the schema does, such as Int or [ID!].") % words
            yield DocumentProblem(f"{place}.graphql.fields", sentence)
        parts = (one.problems, one.problem_code, one.problem_message, one.problem_field)
        if not is_dotted_name(path) or not all(is_dotted_name(part) for part in parts if part):
            yield DocumentProblem(f"{place}.graphql.fields", _name_wanted())


def _names(spec: ObjectManifest, place: str) -> Problems:
    """Names of fields become part of a question: whatever else stood there would be one."""
    for part in ("key_field", "version_field", "natural_key"):
        name = getattr(spec, part)
        if name and not _is_selectable(name):
            yield DocumentProblem(f"{place}.{part}", _name_wanted())
    wrong = [field.name for field in spec.fields if not _is_selectable(field.name)]
    if wrong:
        sentence = _("%(name)s is no name of a field: letters, digits and _, and dots for what lies inside.")
        yield DocumentProblem(f"{place}.fields", sentence % {"name": wrong[0][:80]})


def _is_selectable(name: str) -> bool:
    return is_dotted_name(".".join(step for step in name.split(".") if not step.isdecimal()))


def _reading(spec: ObjectManifest, reading: Reading, record: GraphQLRecord, place: str) -> Problems:
    paging = reading.paging
    if paging.style not in _STYLES:
        known = {"known": ", ".join(_STYLES)}
        yield DocumentProblem(f"{place}.reading.paging.style", _("This must be one of %(known)s.") % known)
    answers = {
        "records_path": reading.records_path,
        "one_record_path": reading.one_record_path,
        **{f"paging.{part}": getattr(paging, part) for part in ("next_path", "total_path", "more_path", "end_path")},
    }
    for part, path in answers.items():
        if path and not _is_selectable(path):
            yield DocumentProblem(f"{place}.reading.{part}", _name_wanted())
    yield from _path(reading.path, record, f"{place}.reading.path")
    yield from _path(reading.one_path, record, f"{place}.reading.one_path")
    asks = reading.change_read in {ChangeRead.MODIFIED_SINCE, ChangeRead.WINDOW_RESCAN}
    arguments = {
        "reading.paging.size_parameter": paging.size_parameter,
        "reading.paging.position_parameter": paging.position_parameter if paging.style != "none" else "",
        "reading.since_parameter": reading.since_parameter if asks else "",
        "find_parameter": spec.find_parameter,
        "writing.own_key_parameter": spec.writing.own_key_parameter if spec.writing else "",
        **{f"reading.parameters.{name}": name for name in reading.parameters},
    }
    if reading.since_in_header and asks:
        sentence = _("The time stands in an argument of the list, not in a header.")
        yield DocumentProblem(f"{place}.reading.since_parameter", sentence)
        arguments.pop("reading.since_parameter")
    for part, name in arguments.items():
        wrong = _argument_problem(reading.path, name, record)
        if wrong:
            yield DocumentProblem(f"{place}.{part}", wrong)


def _writing(writing: Writing, record: GraphQLRecord, place: str) -> Problems:
    for part in ("create_path", "update_path", "undo_path"):
        yield from _path(getattr(writing, part), record, f"{place}.{part}")
    if writing.batch_path:
        yield DocumentProblem(f"{place}.batch_path", _("Records go one by one here: take the batches out."))
    for part in ("key_path", "record_path", "own_key_field"):
        if getattr(writing, part) and not is_dotted_name(getattr(writing, part)):
            yield DocumentProblem(f"{place}.{part}", _name_wanted())
    used = [("record_path", part, writing.record_path) for part in ("create_path", "update_path")]
    used += [("undo_values", "undo_path", name) for name in writing.undo_values or {}]
    for part, path, name in used:
        wrong = _argument_problem(getattr(writing, path), name, record)
        if wrong:
            yield DocumentProblem(f"{place}.{part}", wrong)


def _path(path: str, record: GraphQLRecord, place: str) -> Problems:
    """Return what is wrong with a path: that it names no fields, or uses arguments whose types nobody said."""
    if not path:
        return
    try:
        steps = parse_path(path)
    except PathError:
        yield DocumentProblem(place, _fields_wanted())
        return
    for step, name in zip(steps, field_names(path), strict=True):
        for argument, _value in step.arguments:
            known = record.fields[name].arguments if name in record.fields else {}
            if argument.partition(".")[0] not in known:
                yield DocumentProblem(place, _type_wanted(argument.partition(".")[0], name))


def _argument_problem(path: str, name: str, record: GraphQLRecord) -> str:
    """Return what is wrong with an argument of the last field of a path, "" when nothing is, or one of the two is not there."""
    if not name or not _is_path(path):
        return ""
    if not is_dotted_name(name):
        return _name_wanted()
    head, last = name.partition(".")[0], field_names(path)[-1]
    known = record.fields[last].arguments if last in record.fields else {}
    return "" if head in known else _type_wanted(head, last)


def _is_path(path: str) -> bool:
    try:
        return bool(parse_path(path))
    except PathError:
        return False


def _fields_wanted() -> str:
    return _("Name fields of the schema, such as projects, or project(id:{key}) for one record.")


def _name_wanted() -> str:
    return _("Name a field of the schema: letters, digits and _, and dots for what lies inside.")


def _type_wanted(argument: str, path: str) -> str:
    sentence = _("Say which type the argument %(argument)s of %(field)s has: add it to the arguments.")
    return sentence % {"argument": argument[:80], "field": path[:80]}
