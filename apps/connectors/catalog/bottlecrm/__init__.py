"""BottleCRM, an open-source CRM that firms run themselves."""
