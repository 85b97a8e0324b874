"""The kinds of steps a record walks; each is one small file, registered by one line here."""

from apps.flows.engine.steps.check import CheckStep
from apps.flows.engine.steps.deliver import DeliverStep
from apps.flows.engine.steps.extract import ExtractStep
from apps.flows.engine.steps.map import MapStep

STEP_KINDS = {step.kind: step for step in (ExtractStep, CheckStep, MapStep, DeliverStep)}

__all__ = ["STEP_KINDS", "CheckStep", "DeliverStep", "ExtractStep", "MapStep"]
