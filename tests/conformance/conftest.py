"""One stage for each system of the catalogue, brought up anew for each check, and the names the table is made of."""

from collections.abc import AsyncIterator, Callable

import pytest

from tests.conformance.stage import Stage
from tests.conformance.stages import STAGES
from tests.sandbox_server import SandboxServer


@pytest.fixture(params=sorted(STAGES))
async def stage(
    request: pytest.FixtureRequest, record_property: Callable[[str, object], None], sandbox: SandboxServer
) -> AsyncIterator[Stage]:
    slug = request.param
    record_property("system", slug)
    record_property("check", request.function.__name__.removeprefix("test_").replace("_", " "))
    async with STAGES[slug]().standing(sandbox) as standing:
        yield standing
