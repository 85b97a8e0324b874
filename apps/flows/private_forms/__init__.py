"""What people type about a system of their own, by the page that takes it."""
