"""The table of the bare door: as wide as an inbox must be, unique by the sender's delivery."""

TABLE = (
    "CREATE TABLE bench_inbox (delivery text PRIMARY KEY, body jsonb NOT NULL, received_at timestamptz DEFAULT now())"
)
INSERT = "INSERT INTO bench_inbox (delivery, body) VALUES (%s, %s) ON CONFLICT DO NOTHING"
COUNT = "SELECT count(*) FROM bench_inbox"
