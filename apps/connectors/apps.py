"""The connectors room, as Django knows it."""

from django.apps import AppConfig
from django.core import checks


class ConnectorsConfig(AppConfig):
    """Registers the room under its short label and its due work."""

    name = "apps.connectors"
    label = "connectors"

    def ready(self) -> None:
        """Tell dispatch which functions test a connection, read its fields, finish a sign-in and probe what was away, and pages below which connections there are."""
        from apps.accounts import badges, navigation
        from apps.connectors import (
            breaker,
            connection_list,
            connection_tests,
            discovering,
            key_checks,
            probing,
            queries,
            shape_book,
            sign_ins,
            subscribing,
            subscriptions,
        )
        from apps.customers import connection_directory
        from apps.dispatch import kinds
        from apps.dispatch.models import Queue

        checks.register(key_checks.check_credential_keys, checks.Tags.database)
        connection_directory.register(queries.count_by_customer)
        badges.register(
            navigation.BROKEN_CONNECTIONS, lambda _who: badges.Badge(connection_list.count_needing_somebody())
        )
        kinds.register(connection_tests.TEST_KIND, connection_tests.run_test, queue=Queue.POLL)
        kinds.register(sign_ins.SIGN_IN_KIND, sign_ins.exchange_code, queue=Queue.POLL)
        kinds.register(subscriptions.SUBSCRIPTION_KIND, subscribing.keep_subscription, queue=Queue.POLL)
        kinds.register(breaker.PROBE_KIND, probing.probe, queue=Queue.POLL)
        kinds.register(shape_book.DISCOVER_KIND, discovering.discover, queue=Queue.POLL)
        kinds.register(discovering.SWEEP_KIND, discovering.sweep, queue=Queue.POLL)
        kinds.register_periodic(discovering.SWEEP_KIND, discovering.SWEEP_EVERY_SECONDS)
