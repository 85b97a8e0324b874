import pytest

from deploy.local import screenshots


@pytest.mark.parametrize(
    ("url", "pattern"),
    [
        ("http://alder.localhost:8000/", "/"),
        ("http://a.localhost/flows/019a0b7c-2d1e-7abc-8def-0123456789ab/runs/?page=2", "/flows/id/runs/"),
        ("http://a.localhost/people/12", "/people/id"),
        ("http://a.localhost/api-keys/", "/api-keys/"),
    ],
)
def test_pages_of_one_kind_share_a_pattern(url: str, pattern: str) -> None:
    assert screenshots.pattern_of(url) == pattern


def test_a_picture_is_named_after_its_page_in_the_order_of_the_visit() -> None:
    assert screenshots.picture_name(1, "/") == "01-home"
    assert screenshots.picture_name(12, "/flows/id/runs/") == "12-flows-id-runs"
