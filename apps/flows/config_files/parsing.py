"""From a file's text to a configuration document; everything that is wrong is found at once, with its path and line."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from apps.customers.cut_offs import MOST_WORKING_DAYS, Rhythm, has_day
from apps.flows.config_files.document import (
    CUSTOMER_FILE,
    DEFINITION_PARTS,
    OTHER_FIELDS,
    PARTNER_FILE,
    VERSION,
    CustomerDocument,
    CutOffEntry,
    Document,
    FlowEntry,
    Lines,
    OwnerEntry,
    PartnerDocument,
    PartnerLines,
    StartsEntry,
    SystemEntry,
    write_lines,
)
from apps.flows.config_files.yaml_text import DocumentError, Part, Problem, read_yaml
from apps.flows.engine.ownership import ConflictRule
from apps.flows.mapping.layers import LayerError, parse_layer, write_layer

LONGEST = 300
_CLOCK = re.compile(r"^([01][0-9]|2[0-3]):[0-5][0-9]$")
_DAYS_OF = {
    Rhythm.WEEKLY: "must be a day of the week: 0 for Monday to 6 for Sunday",
    Rhythm.MONTHLY: "must be a day of the month, 1 to 31, or -1 for the last one",
    Rhythm.WORKING_DAY: f"must be a working day of the month, 1 to {MOST_WORKING_DAYS}, or -1 for the last one",
}
MOST_SECONDS = 2_000_000_000  # sixty years: what the column holds
MOST_MINUTES = 10_000
_Built = TypeVar("_Built")


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """A document and the line of the file that each path stands in."""

    document: Document
    places: Mapping[str, int]

    def problem(self, path: str, message: str) -> Problem:
        """Return a problem with the line of its path, or of the nearest part around it."""
        at = path
        while at and at not in self.places:
            at = at[: max(at.rfind("."), at.rfind("["), 0)]
        return Problem(path, message, self.places.get(at))


def parse_file(raw: bytes) -> ParsedFile:
    """Read a configuration file.

    Raises:
        DocumentError: naming everything that is wrong, and how to mend it.

    """
    root = read_yaml(raw)
    reader = _Reader()
    if not isinstance(root.value, dict):
        raise DocumentError(Problem("", "The file must be a group of keys that begins with “file:”.", root.line))
    _require_known(root.value)
    if root.value["file"].value == CUSTOMER_FILE:
        document: Document = reader.customer(root)
    else:
        document = reader.partner(root)
    if reader.problems:
        raise DocumentError(*reader.problems)
    return ParsedFile(document, dict(_places(root)))


def _require_known(top: Mapping[str, Part]) -> None:
    """Look at kind and version first: the rest of a file of another kind or time would only puzzle."""
    kind, version = top.get("file"), top.get("version")
    if kind is None or kind.value not in (CUSTOMER_FILE, PARTNER_FILE):
        sentence = f"This is no configuration file: it must say “file: {CUSTOMER_FILE}” or “file: {PARTNER_FILE}”."
        raise DocumentError(Problem("file", sentence, kind.line if kind else None))
    number = _whole_of(version.value) if version else None
    if version is None or number is None or number < 1:
        sentence = f"Say which version of the format this is: “version: {VERSION}”."
        raise DocumentError(Problem("version", sentence, version.line if version else None))
    if number > VERSION:
        sentence = (
            f"This file has version {number} of the format; this installation reads up to version {VERSION}. "
            f"Import it where version {number} is known, or export it as version {VERSION}."
        )
        raise DocumentError(Problem("version", sentence, version.line))


def _whole_of(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _places(part: Part) -> list[tuple[str, int]]:
    inner: list[Part] = []
    if isinstance(part.value, dict):
        inner = list(part.value.values())
    elif isinstance(part.value, list):
        inner = part.value
    target = part.value.get("target") if isinstance(part.value, dict) else None
    # A mapping line is also found by the field it fills: problems of mapping name that.
    named = [(f"{part.path.rpartition('[')[0]}[{target.value}]", part.line)] if target else []
    return [(part.path, part.line), *named, *(place for one in inner for place in _places(one))]


class _Reader:
    """Reads parts as what they should be; what is wrong is noted, and something empty is returned in its place."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def customer(self, root: Part) -> CustomerDocument:
        top = self.group(root, {"file", "version", "customer"}, {"cut_offs", "flows", "owners"})
        about = self.group(top.get("customer"), {"name", "currency", "zone"})
        flows = self.each(top.get("flows"), self.flow)
        owners = self.each(top.get("owners"), self.owner)
        cut_offs = self.each(top.get("cut_offs"), self.cut_off)
        self.once(top.get("cut_offs"), [one.name for one in cut_offs], "two cut-offs are called “%s”: rename one")
        self.once(top.get("flows"), [flow.name for flow in flows], "two flows are called “%s”: give one another name")
        self.once(top.get("owners"), [f"{o.type}.{o.field or OTHER_FIELDS}" for o in owners], "%s is there twice")
        return CustomerDocument(
            self.text(about.get("name")),
            self.text(about.get("currency")),
            self.text(about.get("zone")),
            tuple(flows),
            tuple(owners),
            tuple(cut_offs),
        )

    def partner(self, root: Part) -> PartnerDocument:
        top = self.group(root, {"file", "version"}, {"layers"})
        entries = self.each(top.get("layers"), self.partner_lines)
        self.once(top.get("layers"), [", ".join(entry.key) for entry in entries], "%s is there twice")
        return PartnerDocument(tuple(entries))

    def flow(self, part: Part) -> FlowEntry:
        must = {"name", "template", "template_version", "source", "target"}
        may = {"roles", "settings", "starts", "expected_every_seconds", "quiet", "definition", "lines"}
        keys = self.group(part, must, may)
        return FlowEntry(
            name=self.text(keys.get("name"), 160),
            template=self.text(keys.get("template"), 60),
            template_version=self.whole(keys.get("template_version"), MOST_SECONDS) or 0,
            source=self.system(keys.get("source")),
            target=self.system(keys.get("target")),
            roles={name: self.system(inner) for name, inner in self.any_group(keys.get("roles")).items()},
            settings={name: inner.plain() for name, inner in self.any_group(keys.get("settings")).items()},
            starts=self.starts(keys.get("starts")),
            expected_every_seconds=self.whole(keys.get("expected_every_seconds"), MOST_SECONDS),
            quiet=self.quiet(keys.get("quiet")),
            definition=self.definition(keys.get("definition")),
            lines={place: self.lines(inner) for place, inner in self.any_group(keys.get("lines")).items()},
        )

    def definition(self, part: Part | None) -> Mapping[str, Any]:
        own = {name: inner.plain() for name, inner in self.group(part, (), DEFINITION_PARTS).items()}
        steps = own.get("steps")
        if steps is not None and not (isinstance(steps, list) and all(isinstance(step, dict) for step in steps)):
            self.note(self.any_group(part)["steps"], "must be a list of steps, each a group of keys with its kind")
        return own

    def system(self, part: Part | None) -> SystemEntry:
        keys = self.group(part, {"connection", "system"})
        return SystemEntry(self.text(keys.get("connection"), 120), self.text(keys.get("system"), 60))

    def starts(self, part: Part | None) -> StartsEntry:
        keys = self.group(part, (), StartsEntry.__slots__)
        starts = StartsEntry(
            self.whole(keys.get("every_seconds"), MOST_SECONDS),
            self.text(keys.get("cron"), 120),
            self.text(keys.get("zone"), 64),
            self.whole(keys.get("before_cut_off_minutes"), MOST_MINUTES),
            self.text(keys.get("event"), 60),
        )
        if part is not None and starts.every_seconds and starts.cron:
            self.note(part, "a flow has an interval (every_seconds) or a calendar (cron), not both: take one away")
        if part is not None and bool(starts.cron) != bool(starts.zone):
            self.note(part, "a calendar needs both cron and zone, and zone stands only beside cron")
        return starts

    def quiet(self, part: Part | None) -> Mapping[str, Any]:
        keys = self.group(part, ("zone", "windows") if part is not None else ())
        windows = self.each(keys.get("windows"), self.window)
        return {"zone": self.text(keys.get("zone"), 64), "windows": windows} if windows else {}

    def window(self, part: Part) -> dict[str, Any]:
        keys = self.group(part, ("days", "from", "to"))
        days = self.each(keys.get("days"), self.weekday)
        return {"days": sorted(set(days)), "from": self.text(keys.get("from")), "to": self.text(keys.get("to"))}

    def weekday(self, part: Part) -> int:
        day = _whole_of(part.value)
        if day is not None and 0 <= day <= 6:
            return day
        self.note(part, "must be a day of the week: 0 for Monday to 6 for Sunday")
        return 0

    def owner(self, part: Part) -> OwnerEntry:
        keys = self.group(part, {"type", "field", "rule"}, OwnerEntry.__slots__)
        given = {name: self.text(keys.get(name), LONGEST) for name in OwnerEntry.__slots__}
        rule = keys.get("rule")
        if rule is not None and given["rule"] and given["rule"] not in set(ConflictRule):
            self.note(rule, f"must be one of {', '.join(ConflictRule)}")
        given = {name: text.strip() for name, text in given.items()}
        given["field"] = "" if given["field"] == OTHER_FIELDS else given["field"]
        return OwnerEntry(**given)

    def cut_off(self, part: Part) -> CutOffEntry:
        keys = self.group(part, {"name", "rhythm", "day", "at"}, {"purpose"})
        entry = CutOffEntry(
            name=self.text(keys.get("name"), 80).strip(),
            rhythm=self.text(keys.get("rhythm"), 12),
            day=self.day(keys.get("day")),
            at=self.text(keys.get("at"), 5),
            purpose=self.text(keys.get("purpose"), 200).strip(),
        )
        if entry.at and not _CLOCK.match(entry.at):
            self.note(keys["at"], "must be a time of day such as 17:00")
        if entry.rhythm and entry.rhythm not in set(Rhythm):
            self.note(keys["rhythm"], f"must be one of {', '.join(Rhythm)}")
        elif entry.rhythm and "day" in keys and not has_day(Rhythm(entry.rhythm), entry.day):
            self.note(keys["day"], _DAYS_OF[Rhythm(entry.rhythm)])
        return entry

    def day(self, part: Part | None) -> int:
        number = _whole_of(part.value) if part is not None else None
        if part is not None and number is None:
            self.note(part, "must be a whole number")
        return number or 0

    def partner_lines(self, part: Part) -> PartnerLines:
        keys = self.group(part, ("template", "place", "system", "lines"))
        names = [self.text(keys.get(name), 60) for name in ("template", "place", "system")]
        return PartnerLines(names[0], names[1], names[2], self.lines(keys.get("lines")))

    def lines(self, part: Part | None) -> Lines:
        if part is None:
            return ()
        try:
            return tuple(write_lines(tuple(write_layer(parse_layer(part.plain())))))
        except LayerError as wrong:
            self.note(part, str(wrong))
            return ()

    def group(self, part: Part | None, must: Any, may: Any = ()) -> Mapping[str, Part]:
        """Return a group with these keys and no others; the keys that must be there are missed where they are not."""
        keys = self.any_group(part)
        for name, inner in keys.items():
            if name not in {*must, *may}:
                self.note(inner, f"there is no such key; choose among {', '.join(sorted({*must, *may}))}")
        if part is not None and isinstance(part.value, dict):
            for name in sorted(set(must) - keys.keys()):
                self.problems.append(Problem(_under(part, name), "is missing", part.line))
        return keys

    def any_group(self, part: Part | None) -> Mapping[str, Part]:
        if part is None or part.value is None:
            return {}
        if isinstance(part.value, dict):
            return part.value
        self.note(part, "must be a group of keys")
        return {}

    def each(self, part: Part | None, read: Callable[[Part], _Built]) -> list[_Built]:
        if part is None or part.value is None:
            return []
        if isinstance(part.value, list):
            return [read(inner) for inner in part.value]
        self.note(part, "must be a list")
        return []

    def text(self, part: Part | None, longest: int = LONGEST) -> str:
        if part is None:
            return ""
        if not isinstance(part.value, str) or not part.value.strip():
            self.note(part, "must be a text: put it in quotes if it looks like a number, or leave the key out")
            return ""
        if len(part.value) > longest:
            self.note(part, f"has at most {longest} characters")
        return part.value

    def whole(self, part: Part | None, most: int) -> int | None:
        if part is None or part.value is None:
            return None
        number = _whole_of(part.value)
        if number is not None and 1 <= number <= most:
            return number
        self.note(part, f"must be a whole number from 1 to {most}")
        return None

    def once(self, part: Part | None, names: list[str], sentence: str) -> None:
        """Note every name that stands in a list a second time, at its second place."""
        entries = part.value if part is not None and isinstance(part.value, list) else []
        for place, name in enumerate(names):
            if name and name in names[:place]:
                self.note(entries[place], sentence % name)

    def note(self, part: Part, message: str) -> None:
        self.problems.append(Problem(part.path, message, part.line))


def _under(part: Part, name: str) -> str:
    return f"{part.path}.{name}" if part.path else name
