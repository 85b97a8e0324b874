"""The clocks of service levels: opening hours, elapsed business time, due instants, credits (pure)."""
