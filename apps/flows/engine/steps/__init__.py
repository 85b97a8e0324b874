"""The kinds of steps a record walks; each is one small file, registered by one line here.

The first four take whole batches. The walking kinds take one operation at a time and may leave it waiting for days.
"""

from collections.abc import Mapping

from apps.flows.engine.steps.approve import ApproveOptions
from apps.flows.engine.steps.call import CallOptions
from apps.flows.engine.steps.check import CheckStep
from apps.flows.engine.steps.decide import DecideOptions
from apps.flows.engine.steps.deliver import DeliverStep
from apps.flows.engine.steps.deliver_options import DeliverOptions
from apps.flows.engine.steps.emit import EmitOptions
from apps.flows.engine.steps.extract import ExtractStep
from apps.flows.engine.steps.kind import StepKind
from apps.flows.engine.steps.lookup import LookupOptions
from apps.flows.engine.steps.map import MapOptions, MapStep
from apps.flows.engine.steps.milestone import MilestoneOptions
from apps.flows.engine.steps.notify import NotifyOptions
from apps.flows.engine.steps.wait import WaitOptions
from apps.flows.engine.steps.withdraw import WithdrawOptions
from apps.flows.engine.steps.write_back import WriteBackOptions

STEP_KINDS = {step.kind: step for step in (ExtractStep, CheckStep, MapStep, DeliverStep)}
WALKING_KINDS: Mapping[str, type[StepKind]] = {
    "map": MapOptions,
    "lookup": LookupOptions,
    "deliver": DeliverOptions,
    "withdraw": WithdrawOptions,
    "write_back": WriteBackOptions,
    "decide": DecideOptions,
    "approve": ApproveOptions,
    "wait": WaitOptions,
    "notify": NotifyOptions,
    "call": CallOptions,
    "milestone": MilestoneOptions,
    "emit": EmitOptions,
}

__all__ = [
    "STEP_KINDS",
    "WALKING_KINDS",
    "CheckStep",
    "DeliverOptions",
    "DeliverStep",
    "ExtractStep",
    "MapOptions",
    "MapStep",
    "StepKind",
]
