"""Float, where people are planned on projects."""
