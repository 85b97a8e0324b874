"""The flows room, as Django knows it."""

from django.apps import AppConfig


class FlowsConfig(AppConfig):
    """Registers the room under its short label and its due work."""

    name = "apps.flows"
    label = "flows"

    def ready(self) -> None:
        """Tell dispatch which functions carry runs on, try flows out and fire schedules, and connectors which flows use a connection."""
        from apps.accounts import badges, navigation
        from apps.connectors import usage_directory
        from apps.dispatch import backlog, kinds
        from apps.dispatch.models import Queue
        from apps.flows.queries.approvals import count_waiting as count_approvals
        from apps.flows.queries.changes import count_waiting as count_changes
        from apps.flows.queries.connection_uses import list_uses_of_connection, stakes_of_connections
        from apps.flows.services import (
            approval_follow_up,
            approvals,
            dry_run,
            earlier_records,
            execute_run,
            owner_decisions,
            private_trials,
            replay_job,
            replay_portions,
            replay_trial,
            retention,
            rollouts,
            start_run,
            undo,
            walk,
            walk_lanes,
            what_if,
        )
        from apps.flows.services.gather import (
            INTAKE_KIND,
            SWEEP_EVERY_SECONDS,
            SWEEP_KIND,
            count_waiting_events,
            sweep_inbox,
        )
        from apps.flows.services.rhythms import RHYTHM_EVERY_SECONDS, RHYTHM_KIND, learn_rhythms
        from apps.flows.triggers import comparisons, missed, quiet, reconciliations, ring_proofs, schedule

        kinds.register(start_run.RUN_KIND, execute_run.run_slice, queue=Queue.RUN)
        kinds.register(walk_lanes.WALK_KIND, walk.walk_on, queue=Queue.RUN)
        kinds.register(walk_lanes.UNDO_KIND, undo.undo_on, queue=Queue.RUN)
        kinds.register(approvals.APPROVAL_KIND, approval_follow_up.follow_up, queue=Queue.MAINT)
        badges.register(navigation.OPEN_APPROVALS, count_approvals)
        badges.register(navigation.OPEN_CHANGES, count_changes)
        kinds.register(dry_run.DRY_RUN_KIND, dry_run.carry_out_dry_run, queue=Queue.RUN)
        kinds.register(what_if.WHAT_IF_KIND, what_if.carry_out_what_if, queue=Queue.RUN)
        kinds.register(private_trials.TRIAL_KIND, private_trials.carry_out_trial, queue=Queue.POLL)
        kinds.register(owner_decisions.TAKE_OVER_KIND, owner_decisions.carry_out, queue=Queue.RUN)
        kinds.register(replay_job.REPLAY, replay_portions.work_on, queue=Queue.MAINT)
        kinds.register(replay_trial.REPLAY_TRIAL, replay_trial.carry_out_trial, queue=Queue.RUN)
        backlog.register_inbox("flows.events", count_waiting_events)
        kinds.register(INTAKE_KIND, quiet.gather_waiting, queue=Queue.RUN)
        kinds.register(SWEEP_KIND, sweep_inbox, queue=Queue.POLL)
        kinds.register_periodic(SWEEP_KIND, SWEEP_EVERY_SECONDS)
        kinds.register(rollouts.ROLLOUT_KIND, ring_proofs.carry_on, queue=Queue.MAINT)
        kinds.register(schedule.SCHEDULE_KIND, schedule.fire_schedule, queue=Queue.POLL)
        for kind, work, seconds in (
            (RHYTHM_KIND, learn_rhythms, RHYTHM_EVERY_SECONDS),
            (retention.RETENTION_KIND, retention.clean_up, retention.RETENTION_EVERY_SECONDS),
            (
                earlier_records.EARLIER_RECORDS_KIND,
                earlier_records.fill_in,
                earlier_records.LOOKED_AT_EVERY_SECONDS,
            ),
            (
                comparisons.COMPARISONS_KIND,
                comparisons.start_due_comparisons,
                comparisons.LOOKED_AT_EVERY_SECONDS,
            ),
            (
                reconciliations.RECONCILIATIONS_KIND,
                reconciliations.start_due_reconciliations,
                reconciliations.LOOKED_AT_EVERY_SECONDS,
            ),
        ):
            kinds.register(kind, work, queue=Queue.MAINT)
            kinds.register_periodic(kind, seconds)
        missed.connect()
        usage_directory.register(list_uses_of_connection, stakes_of_connections)
