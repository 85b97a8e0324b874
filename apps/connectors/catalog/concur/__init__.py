"""SAP Concur, where people report what they spent and have it approved."""
