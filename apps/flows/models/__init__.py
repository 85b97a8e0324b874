"""The flows room's tables: what is installed, what ran, what walks, and what came of every record."""

from apps.flows.models.approval import ApprovalDecision, ApprovalRequest, Delegation
from apps.flows.models.booked import BookedRecord
from apps.flows.models.change_request import ChangeApproval, ChangeDefault, ChangePolicy, ChangeRequest
from apps.flows.models.comparison import Comparison, ComparisonRule, ListedPage
from apps.flows.models.draft import DraftNode, FlowDraft
from apps.flows.models.dry_run import DryRun
from apps.flows.models.flow import Flow, FlowRole, FlowVersion, PartnerLayer, Trigger
from apps.flows.models.flow_sample import FlowSample
from apps.flows.models.ledger import (
    Batch,
    Checkpoint,
    Correction,
    DroppedMonth,
    FlowDay,
    Link,
    Operation,
    Run,
    TriggerEvent,
)
from apps.flows.models.market import RecordMarket
from apps.flows.models.ownership import FieldOwner, OwnerReview
from apps.flows.models.receipt import OpenReceipt
from apps.flows.models.reconciliation import Reconciliation, ReconciliationRow, ReconciliationRule, SeenPage
from apps.flows.models.reference import EarlierRecords, RecordReference
from apps.flows.models.replay import ReplayEntry, ReplayJob
from apps.flows.models.rollout import Rollout, RolloutMember
from apps.flows.models.walk import BusinessEvent, EventWait, Milestone, OperationStep
from apps.flows.models.what_if import WhatIf

__all__ = [
    "ApprovalDecision",
    "ApprovalRequest",
    "Batch",
    "BookedRecord",
    "BusinessEvent",
    "ChangeApproval",
    "ChangeDefault",
    "ChangePolicy",
    "ChangeRequest",
    "Checkpoint",
    "Comparison",
    "ComparisonRule",
    "Correction",
    "Delegation",
    "DraftNode",
    "DroppedMonth",
    "DryRun",
    "EarlierRecords",
    "EventWait",
    "FieldOwner",
    "Flow",
    "FlowDay",
    "FlowDraft",
    "FlowRole",
    "FlowSample",
    "FlowVersion",
    "Link",
    "ListedPage",
    "Milestone",
    "OpenReceipt",
    "Operation",
    "OperationStep",
    "OwnerReview",
    "PartnerLayer",
    "Reconciliation",
    "ReconciliationRow",
    "ReconciliationRule",
    "RecordMarket",
    "RecordReference",
    "ReplayEntry",
    "ReplayJob",
    "Rollout",
    "RolloutMember",
    "Run",
    "SeenPage",
    "Trigger",
    "TriggerEvent",
    "WhatIf",
]
