"""The monitoring room, as Django knows it."""

from django.apps import AppConfig


class MonitoringConfig(AppConfig):
    """Registers the room under its short label, its due work, and its ear for the ledger."""

    name = "apps.monitoring"
    label = "monitoring"

    def ready(self) -> None:
        """Say what runs for the room's kinds of work."""
        from apps.accounts import badges, navigation
        from apps.connectors import usage_directory
        from apps.customers import customer_frame, health_directory
        from apps.dispatch import kinds
        from apps.dispatch.models import Queue
        from apps.flows import case_directory, monitor_directory
        from apps.monitoring import fleet, subscribers, tasks
        from apps.monitoring.alerting import messages, sending
        from apps.monitoring.monitors import flow_watch
        from apps.monitoring.queries import badge_counts, case_rows, connection_cases, customer_health, customer_page
        from apps.monitoring.reviews import mailing
        from apps.monitoring.views import flow_risk

        kinds.register(tasks.JUDGE, tasks.judge, queue=Queue.MAINT)
        kinds.register(tasks.BULK, tasks.work_on, queue=Queue.MAINT)
        kinds.register(tasks.SWEEP, tasks.sweep, queue=Queue.MAINT)
        kinds.register(fleet.INVITE_OWNER, fleet.send_owner_invitation, queue=Queue.MAINT)
        kinds.register(tasks.DIGEST, tasks.send_due_digests, queue=Queue.MAINT)
        kinds.register(tasks.SLA, tasks.watch_service_levels, queue=Queue.MAINT)
        kinds.register(tasks.TEACH, tasks.teach_monitors, queue=Queue.MAINT)
        kinds.register_periodic(tasks.TEACH, tasks.TEACH_EVERY_SECONDS)
        kinds.register(tasks.CUT_OFFS, tasks.watch_coming_cut_offs, queue=Queue.MAINT)
        kinds.register_periodic(tasks.CUT_OFFS, tasks.CUT_OFFS_EVERY_SECONDS)
        for kind, work, seconds in (
            (tasks.VALUE, tasks.book_customers_value, tasks.VALUE_EVERY_SECONDS),
            (tasks.INSIGHTS, tasks.look_for_insights, tasks.INSIGHTS_EVERY_SECONDS),
            (tasks.REVIEWS, tasks.draft_reviews, tasks.REVIEWS_EVERY_SECONDS),
        ):
            kinds.register(kind, work, queue=Queue.MAINT)
            kinds.register_periodic(kind, seconds)
        for kind, send in ((messages.SEND_ALERT, sending.send_due), (mailing.SEND_REVIEW, mailing.send_due)):
            kinds.register(kind, send, queue=Queue.NOTIFY)
        kinds.register(tasks.TRIAGE, tasks.triage, queue=Queue.MAINT)
        kinds.register_periodic(tasks.TRIAGE, tasks.TRIAGE_EVERY_SECONDS)
        kinds.register_periodic(tasks.SLA, tasks.SLA_EVERY_SECONDS)
        kinds.register_periodic(tasks.SWEEP, tasks.SWEEP_EVERY_SECONDS)
        kinds.register_periodic(tasks.DIGEST, tasks.DIGEST_EVERY_SECONDS)
        badges.register(navigation.OPEN_CASES, badge_counts.open_cases)
        badges.register(navigation.NEEDED_FROM_CUSTOMER, badge_counts.needed_from_customer)
        case_directory.register(case_rows.cases_of_record)
        monitor_directory.register(flow_watch.watch_of)
        case_directory.register_risk(flow_risk.risk_of_flow)
        usage_directory.register_cases(connection_cases.open_cases_of_flows)
        customer_frame.register(customer_page.frame_of)
        health_directory.register(customer_health.health_of_customers)
        subscribers.connect()
