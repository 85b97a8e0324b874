"""Pages are shown over the sandbox of the whole line, not over the connectors' bare one."""

from tests.sandbox_server import sandbox

__all__ = ["sandbox"]
