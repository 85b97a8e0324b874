"""Webhooks in: how each sender signs, what its deliveries hold, and what answer it wants (pure)."""
