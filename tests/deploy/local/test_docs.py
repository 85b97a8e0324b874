import re

from deploy.local.places import ROOT


def test_the_map_of_the_folder_names_every_module() -> None:
    text = (ROOT / "deploy" / "README.md").read_text()
    modules = {path.name for path in (ROOT / "deploy" / "local").glob("*.py")} - {"__init__.py"}
    missing = {name for name in modules if f"`{name}`" not in text and not name.startswith("real")}
    assert not missing


def test_the_guide_names_only_commands_that_exist() -> None:
    makefile = (ROOT / "Makefile").read_text()
    guide = (ROOT / "docs" / "set-up.md").read_text()
    named = set(re.findall(r"(?:`|&& |^)make ([a-z]+)\b", guide, re.MULTILINE))
    assert {"demo", "test", "stop"} <= named
    for command in named:
        assert re.search(rf"^{command}:", makefile, re.MULTILINE), command
