"""Every state of the product has an icon, a word and a tone."""

from enum import Enum

import pytest
from django.apps import apps
from django.db.models import Choices

from apps.flows.engine.states import BatchState, OperationState, RunState
from apps.monitoring.health import Colour
from apps.tenants.templatetags.states import BADGES, badge_for

TONES = {"success", "warning", "danger", "progress", "neutral"}


def _state_classes() -> list[type[Enum]]:
    ours = [model for model in apps.get_models() if model.__module__.startswith("apps.")]
    chosen = [
        model.State
        for model in ours
        if isinstance(getattr(model, "State", None), type) and issubclass(model.State, Choices)
    ]
    return [RunState, OperationState, BatchState, Colour, *dict.fromkeys(chosen)]


def test_every_state_of_the_models_and_the_engine_is_in_the_table() -> None:
    missing = [
        f"{kind.__qualname__}.{state.value}" for kind in _state_classes() for state in kind if state.value not in BADGES
    ]
    assert not missing


def test_every_badge_has_a_tone_the_stylesheet_knows() -> None:
    assert {badge.tone for badge in BADGES.values()} <= TONES


@pytest.mark.parametrize(
    ("state", "word", "tone"),
    [
        pytest.param(RunState.PARTIAL, "Partial", "warning", id="an enum's value"),
        pytest.param("REJECTED", "Rejected", "danger", id="capitals"),
        pytest.param("half_way_there", "Half way there", "neutral", id="a state nobody listed"),
        pytest.param(None, "Unknown", "neutral", id="no state"),
    ],
)
def test_a_state_is_found_however_it_is_given(state: object, word: str, tone: str) -> None:
    assert (badge_for(state).word, badge_for(state).tone) == (word, tone)
