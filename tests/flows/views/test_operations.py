"""A record's page: its way, its story and evidence, what changed, and how it is corrected."""

from tests.flows.views.conftest import Shown, page_of


def test_a_records_way_is_shown_with_the_place_where_it_is_broken(shown: Shown) -> None:
    for line in [*shown.line.operations(state="rejected"), shown.line.operations(state="written")[0]]:
        stops = shown.owner.get(f"/operations/{line.id}/").context["page"].lineage
        broken = [at for at, stop in enumerate(stops) if stop.broken_after]
        assert broken == ([] if line.state == "written" else [0] if line.step == "extract" else [1]), line.step
        assert stops[0].key == line.source_key
        assert stops[2].key == line.target_key


def test_a_new_version_of_a_record_shows_what_changed(shown: Shown) -> None:
    written = shown.line.operations(state="written")[0]
    shown.line.psa("PATCH", f"time-entries/{written.source_key}", {"hours": "3.25"})
    shown.line.run()
    newest = shown.line.operations(business_key=written.business_key)[-1]
    assert newest.id != written.id
    changes = shown.owner.get(f"/operations/{newest.id}/").context["page"].changes
    assert changes.before.id == written.id
    assert "3.25" in {row["right"] for row in changes.rows}
    assert changes.same


def test_a_record_tells_its_story_and_its_evidence(shown: Shown) -> None:
    written = shown.line.operations(state="written")[0]
    page = page_of(shown.owner.get(f"/operations/{written.id}/"))
    assert f"ERP holds this record as {written.target_key}." in page
    assert 'aria-label="Sent"' in page
    blocked = next(op for op in shown.line.operations(state="rejected") if "25" in op.error_message)
    page = page_of(shown.owner.get(f"/operations/{blocked.id}/"))
    assert "Correct and retry" in page
    assert "It can never arrive twice." in page


def test_a_record_is_corrected_and_retried(shown: Shown) -> None:
    blocked = next(op for op in shown.line.operations(state="rejected") if "25" in op.error_message)
    path = f"/operations/{blocked.id}/correct/"
    wrong = shown.owner.post(path, {"field": "hours", "new_value": "seven", "reason": "typo"})
    assert wrong.status_code == 400
    assert "Hours" in page_of(wrong)
    assert "the correction is kept as evidence" in page_of(shown.owner.post(path, {"field": "hours", "new_value": "7"}))
    answer = shown.owner.post(path, {"field": "hours", "new_value": "7.5", "reason": "typo"})
    assert answer["Location"].startswith("/runs/")
    shown.line.work()
    (line,) = shown.line.operations(id=blocked.id)
    assert line.state == "written"
    page = page_of(shown.owner.get(f"/operations/{blocked.id}/"))
    assert "was 25" in page
    assert "typo" in page
    late = shown.owner.post(path, {"field": "hours", "new_value": "8", "reason": "again"})
    assert "not blocked any more" in page_of(late)


def test_a_record_that_is_not_blocked_cannot_be_retried(shown: Shown) -> None:
    written = shown.line.operations(state="written")[0]
    answer = shown.owner.post(f"/operations/{written.id}/retry/", follow=True)
    assert "not blocked any more" in page_of(answer)
