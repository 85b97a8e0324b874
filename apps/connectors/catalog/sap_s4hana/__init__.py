"""SAP S/4HANA Cloud, where large firms keep business partners, projects and books."""
