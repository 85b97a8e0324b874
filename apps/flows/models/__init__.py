"""The flows room's tables: what is installed, what ran, and what came of every record."""

from apps.flows.models.dry_run import DryRun
from apps.flows.models.flow import Flow, FlowVersion, MappingLayer, Trigger
from apps.flows.models.ledger import Batch, Checkpoint, Correction, FlowDay, Link, Operation, Run, TriggerEvent

__all__ = [
    "Batch",
    "Checkpoint",
    "Correction",
    "DryRun",
    "Flow",
    "FlowDay",
    "FlowVersion",
    "Link",
    "MappingLayer",
    "Operation",
    "Run",
    "Trigger",
    "TriggerEvent",
]
