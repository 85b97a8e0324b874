"""One stage for each system of the catalogue, brought up anew for each check, and the names the table is made of."""

import os
from collections.abc import AsyncIterator, Callable, Iterator

import pytest

from tests.conformance.stage import Stage
from tests.conformance.stages import STAGES
from tests.sandbox_server import SandboxServer


@pytest.fixture(scope="module", autouse=True)
def _no_authorities() -> Iterator[None]:
    """Leave out the authorities of the web: no system on stage has a certificate of theirs, and each reading takes 50 ms."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", os.devnull)
        yield


@pytest.fixture(params=sorted(STAGES))
async def stage(
    request: pytest.FixtureRequest, record_property: Callable[[str, object], None], sandbox: SandboxServer
) -> AsyncIterator[Stage]:
    slug = request.param
    record_property("system", slug)
    record_property("check", request.function.__name__.removeprefix("test_").replace("_", " "))
    async with STAGES[slug]().standing(sandbox) as standing:
        yield standing
