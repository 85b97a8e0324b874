"""The pure core of flows: what a flow is, what will be done with each record, and in which states work can be."""
