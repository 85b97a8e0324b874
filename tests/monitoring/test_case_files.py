"""Files on cases: what may be kept, how it is handed out, and that it goes when the customer's contents go."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from apps.accounts.actions import Role
from apps.customers.models import Customer
from apps.customers.retention import set_payload_rule
from apps.monitoring.case_files import MOST_BYTES, MOST_FILES, drop_old_files
from apps.monitoring.models import CaseFile, ExceptionCase
from apps.tenants import scope
from tests.monitoring.conftest import Blocked

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


def _attach(blocked: Blocked, case: ExceptionCase, name: str, content: bytes) -> Any:
    sent = {"file": SimpleUploadedFile(name, content, content_type="text/html")}
    return blocked.owner.post(f"/exceptions/{case.id}/files/", sent, follow=True)


def _kept(blocked: Blocked) -> list[CaseFile]:
    with scope.work_in(blocked.line.partner):
        return list(CaseFile.objects.all())


def test_an_attached_file_is_listed_and_handed_out_only_to_be_saved(blocked: Blocked) -> None:
    case = blocked.case("hours")
    page = _attach(blocked, case, "Screen “1”.png", PNG).content.decode()
    (kept,) = _kept(blocked)
    assert "Screen “1”.png" in page
    assert "was attached." in page
    answer = blocked.owner.get(f"/exceptions/{case.id}/files/{kept.id}/")
    assert answer.content == PNG
    assert answer["Content-Type"] == "image/png"
    assert answer["Content-Disposition"].startswith("attachment;")
    assert answer["X-Content-Type-Options"] == "nosniff"
    other = next(known for known in blocked.cases() if known.id != case.id)
    assert blocked.owner.get(f"/exceptions/{other.id}/files/{kept.id}/").status_code == 404
    assert blocked.as_(Role.READ_ONLY).get(f"/exceptions/{case.id}/files/{kept.id}/").status_code == 403
    assert blocked.as_(Role.CUSTOMER_OWNER).get(f"/exceptions/{case.id}/files/{kept.id}/").status_code in {403, 404}


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("page.html", b"<script>", "Only these kinds of files"),
        ("no-ending", b"x", "Only these kinds of files"),
        ("picture.svg", b"<svg/>", "Only these kinds of files"),
        ("picture.png", b"<script>", "not what its name says"),
        ("list.csv", b"\xff\xfe\x00", "not what its name says"),
        ("empty.txt", b"", "empty"),
        ("large.txt", b"x" * (MOST_BYTES + 1), "larger than 5 MB"),
    ],
    ids=["a page", "no ending", "a drawing that can run", "no picture", "no text", "nothing", "too much"],
)
def test_a_file_that_cannot_be_kept_is_explained_in_place(
    blocked: Blocked, name: str, content: bytes, sentence: str
) -> None:
    answer = _attach(blocked, blocked.case("hours"), name, content)
    assert (answer.status_code, sentence in answer.content.decode()) == (400, True)
    assert _kept(blocked) == []


def test_files_go_when_their_customers_contents_go(blocked: Blocked) -> None:
    case, now = blocked.case("hours"), timezone.now()
    _attach(blocked, case, "../../old.txt", b"Old.")
    _attach(blocked, case, "new.txt", b"New.")
    with scope.work_in(blocked.line.partner):
        set_payload_rule(Customer.objects.get(id=case.customer_id), stored=True, keep_days=10)
        old = CaseFile.objects.get(name="old.txt")
        CaseFile.objects.filter(id=old.id).update(added_at=now - timedelta(days=10, seconds=1))
        assert (drop_old_files(now), drop_old_files(now)) == (1, 0)
        old.refresh_from_db()
        assert (old.content, old.dropped_at) == (None, now)
    assert blocked.owner.get(f"/exceptions/{case.id}/files/{old.id}/").status_code == 404
    assert "No longer kept." in blocked.owner.get(f"/exceptions/{case.id}/").content.decode()
    with scope.work_in(blocked.line.partner):
        set_payload_rule(Customer.objects.get(id=case.customer_id), stored=False, keep_days=10)
    assert "are not kept, so nothing" in _attach(blocked, case, "x.txt", b"x").content.decode().replace("&#x27;", "'")


def test_a_case_holds_only_so_many_files(blocked: Blocked) -> None:
    case = blocked.case("hours")
    _attach(blocked, case, "first.txt", b"x")
    with scope.work_in(blocked.line.partner):
        (kept,) = CaseFile.objects.all()
        copies = [CaseFile(**{**_values(kept), "name": f"{n}.txt"}) for n in range(MOST_FILES - 1)]
        CaseFile.objects.bulk_create(copies)
    assert f"At most {MOST_FILES} files" in _attach(blocked, case, "one more.txt", b"x").content.decode()


def _values(kept: CaseFile) -> dict[str, Any]:
    names = ("case_id", "customer_id", "media_type", "size", "digest", "content", "added_name", "added_at")
    return {name: getattr(kept, name) for name in names}
