"""Tables of a PostgreSQL database, for systems and warehouses that are reached by SQL."""
