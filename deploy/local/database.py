"""The product's roles and database on whichever server is used."""

import psycopg

from apps.tenants.database_roles import prepare_database
from deploy.local.environment import DATABASE, LocalEnvironment


class PrepareError(RuntimeError):
    """Roles and database cannot be made. The message says why."""


def prepare(local: LocalEnvironment, database: str = DATABASE) -> None:
    """Create roles, database and grants with the administrator's login, or bring existing ones to this state.

    Raises:
        PrepareError: the server refuses; names what it said.

    """
    try:
        prepare_database(
            local.admin_url, database=database, app_password=local.app_password, owner_password=local.owner_password
        )
    except psycopg.Error as problem:
        raise PrepareError(
            f"Roles and database cannot be prepared: {str(problem).strip()}\n"
            "The login needs the rights CREATEROLE and CREATEDB, as a superuser has them."
        ) from problem
