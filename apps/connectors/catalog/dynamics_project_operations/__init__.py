"""Dynamics 365 Project Operations, where deals become projects and their time is approved."""
