import pytest

from deploy.local.browsing import pattern_of


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
    assert pattern_of(url) == pattern
