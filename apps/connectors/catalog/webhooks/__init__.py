"""Systems that tell their records by webhook."""
