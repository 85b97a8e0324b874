"""Where Redmine comes from, and the plain sentence where it cannot come."""

import pytest

from deploy.local import real_redmine


@pytest.mark.parametrize(
    ("apt", "user", "words"),
    [(None, 0, "no apt-get"), ("/usr/bin/apt-get", 1000, "needs root once: apt-get install")],
    ids=["not a Debian machine", "an ordinary user"],
)
def test_it_says_why_redmine_cannot_be_installed(
    monkeypatch: pytest.MonkeyPatch, apt: str | None, user: int, words: str
) -> None:
    monkeypatch.setattr(real_redmine, "is_installed", lambda: False)
    monkeypatch.setattr(real_redmine.shutil, "which", lambda _name: apt)
    monkeypatch.setattr(real_redmine.os, "geteuid", lambda: user)
    assert words in real_redmine.install()


def test_an_installed_redmine_needs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(real_redmine, "is_installed", lambda: True)
    assert real_redmine.install() == ""
