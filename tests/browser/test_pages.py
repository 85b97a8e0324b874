"""Every page that can be reached by links, for every kind of person: whole, readable on a telephone, without complaints."""

import re
from collections import Counter
from urllib.parse import urlsplit

import pytest

from deploy.local.browsing import links_of, pattern_of
from tests.browser.conftest import OpenTab
from tests.browser.tab import Tab

PEOPLE = [
    pytest.param("owner", 14, id="a partner's owner"),
    pytest.param("foreign_support", 7, id="support of the other brand"),
    pytest.param("finance_approver", 3, id="a customer's finance approver"),
    pytest.param("foreign_finance_approver", 3, id="a customer's finance approver of the other brand"),
    pytest.param("operator", 3, id="the operator"),
]


# What the walk of a partner's owner must come by: nobody else looks at these pages narrow, wide, light and dark.
FLOW_PAGES = {
    *("/flows/", "/flows/id/", "/runs/id/", "/operations/id/", "/templates/one/"),
    *(f"/flows/id/{part}/" for part in ("mapping", "runs", "versions", "monitors", "settings")),
}


_ONE_OF_MANY = re.compile(r"^/(templates|systems)/[a-z0-9_-]+/")
_OF_EACH = 3


@pytest.mark.parametrize(("label", "at_least"), PEOPLE)
def test_every_page_that_links_lead_to_is_whole(open_tab: OpenTab, label: str, at_least: int) -> None:
    tab = open_tab(label)
    seen = _walk(tab, only_brand=label.startswith("foreign"))
    assert len(seen) >= at_least, sorted(seen)
    kinds = {_family(pattern) for pattern in seen}
    assert label != "owner" or kinds >= FLOW_PAGES, FLOW_PAGES - kinds


def _family(pattern: str) -> str:
    """Return what a page is one of: some of each kind stand for the whole library and the whole catalogue."""
    return _ONE_OF_MANY.sub(r"/\1/one/", pattern)


def _walk(tab: Tab, *, only_brand: bool) -> set[str]:
    waiting, seen, kin = ["/"], set[str](), Counter[str]()
    while waiting and len(seen) < 120:
        path = waiting.pop(0)
        pattern = pattern_of(path)
        family = _family(pattern)
        if pattern in seen or kin[family] >= _OF_EACH:
            continue
        seen.add(pattern)
        kin[family] += family != pattern
        response = tab.go(path)
        if response is None or response.status >= 400:
            tab.problems.append(f"{path} answers {response.status if response else 'nothing'}")
            continue
        tab.looks_right(only_brand=only_brand)
        waiting += [urlsplit(link).path for link in links_of(tab.page)]
    return seen


@pytest.mark.parametrize("host", ["alder.localhost", "brightforge.localhost", "platform.localhost"])
def test_the_sign_in_page_is_whole(open_tab: OpenTab, host: str) -> None:
    tab = open_tab("nobody")
    tab.host = host
    for path in ("/accounts/login/", "/accounts/password/reset/"):
        response = tab.go(path)
        assert response is not None
        assert response.status == 200
        tab.looks_right()


def test_each_brand_colours_its_own_portal(open_tab: OpenTab) -> None:
    colours = {}
    for host in ("alder.localhost", "brightforge.localhost"):
        tab = open_tab("nobody")
        tab.host = host
        tab.go("/accounts/login/")
        button = tab.page.get_by_role("button", name="Sign in")
        colours[host] = button.evaluate("one => getComputedStyle(one).backgroundColor")
    assert colours == {"alder.localhost": "rgb(15, 118, 110)", "brightforge.localhost": "rgb(109, 40, 217)"}


def test_a_host_that_nobody_owns_gets_a_neutral_page(open_tab: OpenTab) -> None:
    tab = open_tab("nobody")
    tab.host = "nobody-here.localhost"
    response = tab.go("/")
    assert response is not None
    assert response.status == 404
    words = tab.page.inner_text("body").lower()
    assert not any(name in words for name in ("alder", "brightforge", "fairlead"))
    tab.looks_right()


def test_a_wrong_password_is_told_without_saying_which_part_was_wrong(open_tab: OpenTab) -> None:
    tab = open_tab("nobody")
    for label in ("owner", "foreign_owner"):
        tab.sign_in(tab.site.visitor(label), "not the right one")
        assert tab.where == "/accounts/login/"
        assert "not correct" in tab.page.inner_text("body")
    tab.looks_right()


def test_a_page_that_is_not_there_and_one_that_is_not_allowed_say_so(open_tab: OpenTab) -> None:
    tab = open_tab("support")
    for path, status in (("/nothing/here/", 404), ("/api-keys/", 403)):
        response = tab.go(path)
        assert response is not None
        assert response.status == status
        tab.looks_right()
