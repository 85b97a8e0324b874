"""The parts of a SOAP message as a tree: what writing and reading walk along (pure)."""

from dataclasses import dataclass, field

from apps.connectors.soap_spec import SoapKind, SoapMessage, SoapPart, SoapPlace


@dataclass(slots=True)
class Node:
    """One part with what is in it, by name and in the order of the schema."""

    name: str
    part: SoapPart
    below: "dict[str, Node]" = field(default_factory=dict)

    def at(self, path: str) -> "Node | None":
        """Return what lies at a dotted path below; numbers in it, which count entries of lists, lead nowhere further."""
        found: Node | None = self
        for step in path.split(".") if path else ():
            if found is None:
                return None
            found = found if step.isdigit() and step not in found.below else found.below.get(step)
        return found

    @property
    def content(self) -> "Node | None":
        """The text of an element that has attributes besides, None for any other."""
        return next((node for node in self.below.values() if node.part.place is SoapPlace.CONTENT), None)


def build_tree(message: SoapMessage) -> Node:
    """Return a message's own element with its parts. Raises ValueError for a part that stands in no group."""
    root = Node(message.name, SoapPart("", SoapKind.GROUP, message.space))
    for part in message.parts:
        above, _, name = part.path.rpartition(".")
        group = root.at(above)
        if group is None or group.part.kind is not SoapKind.GROUP or not name:
            raise ValueError(f"{part.path} stands in no group of {message.name}")
        group.below[name] = Node(name, part)
    return root
