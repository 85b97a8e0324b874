"""Who is in the building: the companies and their fault switches, kept at hand so that a call needs no look-up."""

from aiohttp import web

from apps.connectors.sandbox.announcements import Announcer
from apps.connectors.sandbox.faults import Faults
from apps.connectors.sandbox.store import Company, Store


class Hall:
    """Companies and dice in memory; the store stays the truth."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._companies: dict[tuple[str, str], Company] = {}
        self._faults: dict[int, Faults] = {}

    def company(self, system: str, slug: str) -> Company | None:
        """Return the company of this name, None when there is none."""
        if (system, slug) not in self._companies:
            company = self._store.company(system, slug)
            if company is None:
                return None
            self._companies[system, slug] = company
        return self._companies[system, slug]

    def faults(self, company: Company) -> Faults:
        """Return the company's switches, with their dice where the last call left them."""
        if company.id not in self._faults:
            self._faults[company.id] = Faults(company.faults)
        return self._faults[company.id]

    def switch(self, company: Company, shares: dict[str, float]) -> None:
        """Set the company's switches and keep them."""
        company.faults = dict(shares)
        self._store.save_company(company)
        self._faults[company.id] = Faults(shares)

    def forget(self, system: str, slug: str) -> None:
        """Read the company anew at its next call."""
        company = self._companies.pop((system, slug), None)
        if company is not None:
            self._faults.pop(company.id, None)


STORE = web.AppKey("store", Store)
HALL = web.AppKey("hall", Hall)
ANNOUNCER = web.AppKey("announcer", Announcer)
ADMIN = web.AppKey("admin", str)
