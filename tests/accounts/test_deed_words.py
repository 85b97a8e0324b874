"""What the trail's deeds are called."""

from apps.accounts.audit import AuditAction
from apps.accounts.deed_words import DEED_WORDS, deed_words


def test_every_deed_has_words_that_can_be_translated() -> None:
    assert not set(AuditAction) - set(DEED_WORDS)


def test_a_deed_the_code_no_longer_knows_keeps_its_own_name() -> None:
    assert deed_words("moon_landed") == "moon_landed"
    assert deed_words("case_noted") == "Note on an exception"
