"""Whether what the product tells reaches its readers in their language."""

from django.utils import translation

from apps.monitoring.told_words import finding_words


def is_said_in_german(sentence: str) -> bool:
    """Say whether a German reader gets a German sentence."""
    with translation.override("de"):
        return finding_words(sentence) != sentence
