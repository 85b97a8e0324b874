"""The four database roles and the database itself, prepared by an administrator's login (no Django)."""

import psycopg
from psycopg import sql

OWNER, APP, STAFF, CUSTOMER = "fairlead_owner", "fairlead_app", "fairlead_staff", "fairlead_customer"


def prepare_database(admin_dsn: str, *, database: str, app_password: str, owner_password: str) -> None:
    """Create roles, database and grants, or bring existing ones to this state. Safe to repeat.

    `fairlead_owner` owns every table; `fairlead_app` is the product's login: it inherits nothing and becomes
    `fairlead_staff` or `fairlead_customer` inside each transaction of a partner.
    """
    with psycopg.connect(admin_dsn, autocommit=True) as admin:
        _ensure_roles(admin, app_password, owner_password)
        if not admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone():
            statement = "CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8'"
            admin.execute(sql.SQL(statement).format(sql.Identifier(database), sql.Identifier(OWNER)))
    with psycopg.connect(admin_dsn, dbname=database, autocommit=True) as inside:
        _grant(inside, database)


def _ensure_roles(admin: psycopg.Connection, app_password: str, owner_password: str) -> None:
    admin.execute("SELECT pg_advisory_lock(724901)")  # roles are shared by all databases of the server
    try:
        for role, login in ((OWNER, owner_password), (APP, app_password), (STAFF, ""), (CUSTOMER, "")):
            known = admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
            verb = "ALTER" if known else "CREATE"
            # COPY, which the ledger is written with, is refused where policies apply; staff see every row of their
            # partner's schema anyway, so nothing is lost by lifting the policies for them.
            bypass = "BYPASSRLS" if role == STAFF else "NOBYPASSRLS"
            rights = f"{'LOGIN' if login else 'NOLOGIN'} NOSUPERUSER {bypass}"
            inherit = "NOINHERIT" if role == APP else "INHERIT"
            words = sql.SQL(f"{verb} ROLE {{}} {rights} {inherit} NOCREATEDB NOCREATEROLE").format(sql.Identifier(role))
            admin.execute(words + (sql.SQL(" PASSWORD {}").format(sql.Literal(login)) if login else sql.SQL("")))
        for role in (STAFF, CUSTOMER):
            admin.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(role), sql.Identifier(APP)))
        admin.execute(sql.SQL("ALTER ROLE {} SET search_path = public").format(sql.Identifier(APP)))
    finally:
        admin.execute("SELECT pg_advisory_unlock(724901)")


def _grant(inside: psycopg.Connection, database: str) -> None:
    names = {k: sql.Identifier(v) for k, v in {"o": OWNER, "a": APP, "s": STAFF, "c": CUSTOMER, "d": database}.items()}
    for statement in (
        "GRANT CREATE ON DATABASE {d} TO {o}",
        "GRANT CONNECT ON DATABASE {d} TO {a}",
        "ALTER SCHEMA public OWNER TO {o}",
        "GRANT USAGE ON SCHEMA public TO {a}, {s}, {c}",
        # Later tables, in whichever schema the owner makes them, come with these rights. Who may enter a partner's
        # schema at all is decided by USAGE on the schema, which only staff and customer roles get.
        "ALTER DEFAULT PRIVILEGES FOR ROLE {o} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {a}, {s}, {c}",
        "ALTER DEFAULT PRIVILEGES FOR ROLE {o} GRANT USAGE, SELECT ON SEQUENCES TO {a}, {s}, {c}",
    ):
        inside.execute(sql.SQL(statement).format(**names))
