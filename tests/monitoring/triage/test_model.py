"""The language model over real HTTP: a local server that speaks the protocol, well or badly; nothing masked reaches it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.actions import Role
from apps.connectors.models import KeptSecret
from apps.monitoring.models import ExceptionCase, TriageCall, TriageModel, TriageProposal
from apps.monitoring.triage.model import second_opinion
from apps.monitoring.triage.proposing import propose_open
from apps.tenants import scope
from tests.monitoring.conftest import Blocked

KEY = "sk-local-0123456789abcdef"


@dataclass
class Stub:
    """A model at an address of this machine: answers `says` with `status`, and keeps what it was asked."""

    address: str = ""
    status: int = 200
    says: str = ""
    asked: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)


@pytest.fixture
def stub(settings: Any) -> Iterator[Stub]:
    """A server that speaks the protocol, on a port of its own."""
    made = Stub()

    class Speaks(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            made.asked.append({"path": self.path, **body})
            made.keys.append(self.headers.get("Authorization", ""))
            answer = json.dumps({"choices": [{"message": {"role": "assistant", "content": made.says}}]}).encode()
            self.send_response(made.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Speaks)
    made.address = f"http://127.0.0.1:{server.server_port}"
    settings.EGRESS_ALLOW = (*settings.EGRESS_ALLOW, f"127.0.0.1:{server.server_port}")
    Thread(target=server.serve_forever, daemon=True).start()
    yield made
    server.shutdown()
    server.server_close()


def _says(**changed: Any) -> str:
    said = {"class": "closed_period", "cause": "May is closed.", "queue": "finance", "deed": "retry", "arguments": {}}
    return json.dumps({**said, "client_sentence": "We try again.", "confidence": 88, **changed})


def _save(blocked: Blocked, stub: Stub, **changed: Any) -> Any:
    masks = ["names", "ids", "emails", "amounts"]
    typed = {"is_on": "on", "address": stub.address, "name": "local-7b", "key": KEY, "masks": masks}
    typed |= {"classes": ["closed_period"], "seconds": "5", "most_a_day": "3", **changed}
    return blocked.owner.post("/settings/proposals/model/", typed, follow=True)


def _look(blocked: Blocked) -> TriageProposal:
    now = timezone.now()
    with scope.enter(blocked.line.partner):
        propose_open(now, second=second_opinion(now))
    with scope.work_in(blocked.line.partner):
        return TriageProposal.objects.get(error_class="closed_period", state="open")


def _again(blocked: Blocked) -> TriageProposal:
    with scope.work_in(blocked.line.partner):
        TriageProposal.objects.all().delete()
        ExceptionCase.objects.update(triaged_at=None)
    return _look(blocked)


def _calls(blocked: Blocked) -> list[tuple[str, str]]:
    with scope.work_in(blocked.line.partner):
        return list(TriageCall.objects.order_by("id").values_list("outcome", "problem"))


def test_the_model_is_asked_masked_and_only_while_it_is_on_and_has_budget(blocked: Blocked, stub: Stub) -> None:
    assert _look(blocked).source == "rules"
    assert stub.asked == []
    stub.says = _says()
    assert "Saved." in _save(blocked, stub).content.decode()
    found = _again(blocked)
    assert (found.source, found.deed, found.confidence, found.cause) == ("model", "retry", 88, "May is closed.")
    (asked,) = stub.asked  # of the kinds it is to be asked about
    assert (asked["path"], asked["model"], stub.keys) == ("/v1/chat/completions", "local-7b", [f"Bearer {KEY}"])
    told = asked["messages"][1]["content"]
    assert "2026-" not in told
    assert blocked.line.customer.name not in told
    page = blocked.owner.get(f"/exceptions/{found.case_id}/").content.decode()
    assert "The language model local-7b proposed it." in page
    stub.says = "I am not sure."
    assert _again(blocked).source == "rules"
    stub.status = 500
    assert _again(blocked).source == "rules"
    assert _again(blocked).source == "rules"
    assert len(stub.asked) >= 3
    assert [outcome for outcome, _problem in _calls(blocked)] == [
        "used",
        "nonsense",
        "failed",
    ]  # then the budget was over
    log = blocked.owner.get("/settings/proposals/model/").content.decode()
    assert "It is not the answer that was asked for." in log
    assert KEY not in log


def test_the_settings_keep_the_key_sealed_and_show_what_would_be_sent(blocked: Blocked, stub: Stub) -> None:
    looked = _save(blocked, stub, step="look", masks=["names", "ids", "emails", "amounts", "text"]).content.decode()
    assert "[TEXT_a]" in looked
    assert _save(blocked, stub, address="http://10.0.0.1/v1").status_code == 400
    with scope.work_in(blocked.line.partner):
        assert not TriageModel.objects.exists()
    _save(blocked, stub)
    with scope.work_in(blocked.line.partner):
        assert KEY.encode() not in bytes(KeptSecret.objects.get().sealed)
    _save(blocked, stub, key="")
    with scope.work_in(blocked.line.partner):
        assert TriageModel.objects.get().key_id is not None
    _save(blocked, stub, key="", address="https://models.example.com")
    with scope.work_in(blocked.line.partner):
        moved = TriageModel.objects.get()
        assert (moved.key_id, moved.address) == (None, "https://models.example.com/v1")
    assert blocked.as_(Role.BUILDER).get("/settings/proposals/model/").status_code == 403
