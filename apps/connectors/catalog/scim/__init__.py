"""SCIM 2.0, the standard by which directories hand people on."""
