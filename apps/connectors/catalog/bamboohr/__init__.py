"""BambooHR, where a company keeps its people."""
