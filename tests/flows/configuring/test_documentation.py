"""The example of the documentation is a file that can really be imported."""

import re
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from tests.lines import Line

PAGE = Path(settings.BASE_DIR) / "docs" / "configuration-files.md"
CUSTOMER, PARTNER = re.findall(r"```yaml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
NAME = "Northwind Studio"


def _call(*words: str) -> str:
    told = StringIO()
    call_command("configuration", *words, stdout=told)
    return told.getvalue()


def test_the_examples_are_planned_applied_and_exported_as_they_stand(
    make_line: Callable[..., Line], tmp_path: Path
) -> None:
    make_line(name=NAME)
    for text, whose in ((CUSTOMER, NAME), (PARTNER, "--partner-lines")):
        file, out = tmp_path / "in.yaml", tmp_path / "out.yaml"
        file.write_text(text, "utf-8")
        planned = _call("plan", "alder", whose, "--file", str(file))
        digest = planned.split("digest ")[1].strip()
        assert _call("apply", "alder", whose, "--file", str(file), "--digest", digest) == planned
        _call("export", "alder", whose, "--file", str(out))
        assert out.read_text("utf-8") == text == _call("export", "alder", whose)
        with pytest.raises(CommandError, match="Something has changed since you looked"):
            _call("apply", "alder", whose, "--file", str(file), "--digest", digest)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("export", "nobody", NAME), "no partner with the short name 'nobody'"),
        (("export", "alder", "Nobody"), "no customer called 'Nobody'"),
        (("export", "alder"), "Name a customer"),
        (("plan", "alder", NAME, "--file", "/nowhere/at.yaml"), "cannot be read"),
        (("plan", "alder", NAME, "--file", str(PAGE)), "no YAML"),
    ],
    ids=["partner", "customer", "nobody named", "no file", "no YAML"],
)
@pytest.mark.usefixtures("committed")
def test_the_command_says_what_is_wrong(words: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence):
        _call(*words)
