"""Kantata OX (Mavenlink before), where engagements are planned, staffed and recorded."""
