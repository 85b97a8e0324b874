import json
from pathlib import Path

import pytest

from deploy.local import vendor_frontend
from deploy.local.places import ROOT, Places
from deploy.local.vendor_frontend import VendorError, VendorFile


@pytest.fixture
def places(tmp_path: Path) -> Places:
    (tmp_path / "deploy" / "local").mkdir(parents=True)
    listed = {"files": [{"package": "@a/b", "from": "dist/b.js", "to": "b/b.js", "licence": "LICENSE"}]}
    (tmp_path / "deploy" / "local" / "vendor_files.json").write_text(json.dumps(listed))
    (tmp_path / "package-lock.json").write_text("{}")
    package = tmp_path / "node_modules" / "@a" / "b"
    (package / "dist").mkdir(parents=True)
    (package / "dist" / "b.js").write_text("run();\n//# sourceMappingURL=b.js.map\n")
    (package / "LICENSE").write_text("MIT")
    return Places(tmp_path)


def fill(places: Places) -> None:
    files = vendor_frontend.read_list(places.root / "deploy" / "local" / "vendor_files.json")
    digests = vendor_frontend.copy_files(places.root / "node_modules", files, places.vendor)
    lock = {"wanted": vendor_frontend.wanted(places), "files": digests}
    (places.vendor / "vendor.lock").write_text(json.dumps(lock))


def test_a_file_arrives_with_its_licence_and_without_its_source_map(places: Places) -> None:
    fill(places)
    assert (places.vendor / "b" / "b.js").read_text().strip() == "run();"
    assert (places.vendor / "licences" / "a__b-LICENSE").read_text() == "MIT"
    assert vendor_frontend.is_current(places)
    assert vendor_frontend.ensure(places) is False


@pytest.mark.parametrize("changed", ["package-lock.json", "deploy/local/vendor_files.json", "static/vendor/b/b.js"])
def test_a_change_of_pins_list_or_copy_means_copy_again(places: Places, changed: str) -> None:
    fill(places)
    path = places.root / changed
    path.write_text(path.read_text() + " ")
    assert not vendor_frontend.is_current(places)


@pytest.mark.parametrize(
    ("content", "kept"),
    [
        (b"a{}\n/*# sourceMappingURL=x.css.map */", b"a{}"),
        (b"a();//# sourceMappingURL=x.js.map\nb();", b"a();\nb();"),
        (b"a(); // a comment stays", b"a(); // a comment stays"),
    ],
)
def test_only_the_source_map_comment_goes(content: bytes, kept: bytes) -> None:
    assert vendor_frontend.without_source_map(content) == kept


def test_a_file_that_its_package_lacks_is_named(places: Places) -> None:
    with pytest.raises(VendorError, match=r"@a/b holds no dist/c\.js"):
        vendor_frontend.copy_files(
            places.root / "node_modules", [VendorFile("@a/b", "dist/c.js", "c.js", "LICENSE")], places.vendor
        )


def test_an_entry_without_a_licence_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "vendor_files.json"
    path.write_text(json.dumps({"files": [{"package": "a", "from": "b", "to": "c"}]}))
    with pytest.raises(VendorError, match="entry 1 lacks 'licence'"):
        vendor_frontend.read_list(path)


def test_every_listed_package_is_pinned_without_a_download_address() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text())
    pinned = {name.removeprefix("node_modules/") for name in lock["packages"]}
    listed = vendor_frontend.read_list(ROOT / "deploy" / "local" / "vendor_files.json")
    assert {file.package for file in listed} <= pinned
    assert not any("resolved" in package for package in lock["packages"].values())
