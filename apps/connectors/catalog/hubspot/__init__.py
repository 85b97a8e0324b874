"""HubSpot, where companies, their people and the deals with them are kept."""
