"""Manifests as documents: nothing is lost on the way there and back, and nothing else than a manifest comes in."""

import random
from dataclasses import asdict, replace
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.connectors import registry
from apps.connectors.canonical.values import plain_text
from apps.connectors.manifest import ProofLabel, SystemManifest
from apps.connectors.private.document_rules import list_problems
from apps.connectors.private.documents import (
    MOST_BYTES,
    DocumentError,
    parse_document,
    read_document,
    write_document,
)
from apps.connectors.sheet_terms import Transport
from tests.connectors.private.samples import spoiled

CATALOGUE = [pytest.param(manifest, id=manifest.slug) for manifest in registry.all_manifests()]
REDMINE = registry.manifest("redmine")


def written(manifest: SystemManifest = REDMINE) -> dict[str, Any]:
    parsed: dict[str, Any] = orjson.loads(orjson.dumps(write_document(manifest)))
    return parsed


def places(document: dict[str, Any]) -> list[str]:
    try:
        manifest = read_document(document, slug="private-x")
    except DocumentError as wrong:
        return [problem.path for problem in wrong.problems]
    return [problem.path for problem in list_problems(manifest)]


def with_text_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {plain_text(name): with_text_keys(one) for name, one in value.items()}
    return [with_text_keys(one) for one in value] if isinstance(value, tuple | list) else value


@pytest.mark.parametrize("manifest", CATALOGUE)
def test_every_manifest_of_the_catalogue_comes_back_as_it_was(manifest: SystemManifest) -> None:
    back = read_document(written(manifest), slug=manifest.slug, proof=manifest.proof)

    expected = replace(manifest, transport=Transport.HTTP)  # files are no part of a document
    assert with_text_keys(asdict(back)) == with_text_keys(asdict(expected))


def test_whose_system_it_is_and_how_far_it_is_proven_is_not_the_documents_to_say() -> None:
    assert places({**written(), "slug": "redmine", "proof": "runs against the real system"}) == ["slug", "proof"]
    assert read_document(written(), slug="private-x").proof is ProofLabel.DRAFTED


def with_object(**changes: Any) -> dict[str, Any]:
    document = written()
    return {**document, "objects": [{**document["objects"][0], **changes}]}


def with_reading(**changes: Any) -> dict[str, Any]:
    return with_object(reading={**written()["objects"][0]["reading"], **changes})


def with_late_answer(late: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    writing = {"create_path": "x", "acknowledgement": "operation", "late_answer": late or {}, **changes}
    return with_object(writing={name: value for name, value in writing.items() if value is not None})


@pytest.mark.parametrize(
    ("document", "place"),
    [
        pytest.param({**written(), "colour": "red"}, "colour", id="an unknown key"),
        pytest.param(with_object(colour="red"), "objects[0].colour", id="an unknown key inside"),
        pytest.param({**written(), "name": 7}, "name", id="a number for a text"),
        pytest.param({**written(), "name": "a\x00b"}, "name", id="a null character"),
        pytest.param({**written(), "name": "\ud800"}, "name", id="half a character"),
        pytest.param({**written(), "name": "  "}, "name", id="an empty name"),
        pytest.param({**written(), "format": 2}, "format", id="another format"),
        pytest.param({**written(), "documentation": "javascript:alert(1)"}, "documentation", id="a script as a link"),
        pytest.param({**written(), "objects": []}, "objects", id="no objects"),
        pytest.param({**written(), "objects": [{"name": "x"}] * 501}, "objects", id="too many objects"),
        pytest.param(with_object(canonical_type="Spaceship"), "objects[0].canonical_type", id="an unknown type"),
        pytest.param(with_object(name="a/b"), "objects[0].name", id="a name with a slash"),
        pytest.param(with_object(label=""), "objects[0].label", id="no label"),
        pytest.param(with_object(fields=[{"name": "x", "kind": "colour"}]), "objects[0].fields[0].kind", id="a kind"),
        pytest.param(with_reading(path="https://evil.example/x"), "objects[0].reading.path", id="a whole address"),
        pytest.param(with_reading(path="//evil.example/x"), "objects[0].reading.path", id="another host"),
        pytest.param(with_reading(path="a/../../b"), "objects[0].reading.path", id="a way up"),
        pytest.param(with_reading(path="a/{nobody}"), "objects[0].reading.path", id="an unknown setting"),
        pytest.param(with_reading(one_path="a"), "objects[0].reading.one_path", id="one record without its key"),
        pytest.param(with_reading(change_read="delta_token"), "objects[0].reading.change_read", id="delta tokens"),
        pytest.param(
            with_reading(since_template="x"), "objects[0].reading.since_template", id="a template without time"
        ),
        pytest.param({**written(), "headers": {"X-A\nB": "1"}}, "headers.X-A\nB", id="a header of two lines"),
        pytest.param({**written(), "describe": {"path": "//evil/{object}"}}, "describe.path", id="described elsewhere"),
        pytest.param(
            with_object(writing={"create_path": "x", "keys_kept_hours": 10**12}),
            "objects[0].writing.keys_kept_hours",
            id="keys that are kept for ever",
        ),
        pytest.param(with_late_answer(acknowledgement="job"), "objects[0].writing.acknowledgement", id="a job of many"),
        pytest.param(with_late_answer(late_answer=None), "objects[0].writing.late_answer", id="later, not said how"),
        pytest.param(
            with_late_answer(acknowledgement="at_once"), "objects[0].writing.acknowledgement", id="at once and later"
        ),
        pytest.param(with_late_answer(batch_path="many"), "objects[0].writing.batch_path", id="a batch, and later"),
        *(
            pytest.param(with_late_answer({part: value}), f"objects[0].writing.late_answer.{part}", id=f"later: {part}")
            for part, value in {
                "place_header": "no header",
                "ask_path": "https://evil.example/{key}",
                "state_path": ".".join("abcdefghijkl"),
                "done": [],
                "taken_statuses": [404],
                "ask_seconds": 0,
                "longest_seconds": 1,
                "give_up_hours": 10**6,
            }.items()
        ),
        pytest.param(
            with_late_answer({"place_header": "", "place_path": ""}),
            "objects[0].writing.late_answer.place_path",
            id="later, and nowhere",
        ),
        pytest.param(with_reading(paging={"style": "spiral"}), "objects[0].reading.paging.style", id="a style"),
        pytest.param(
            with_reading(paging={"style": "page"}), "objects[0].reading.paging.position_parameter", id="no page"
        ),
        pytest.param(
            with_reading(paging={"style": "none", "size": 0}), "objects[0].reading.paging.size", id="empty pages"
        ),
        pytest.param(
            with_object(writing={"create_path": "x", "idempotency": "key_header"}),
            "objects[0].writing.idempotency_header",
            id="a key without its header",
        ),
        pytest.param(
            with_object(reading_lines=[{"target": "id", "source": "a"}, {"target": "id", "source": "b"}]),
            "objects[0].reading_lines[1].target",
            id="two lines for one field",
        ),
        pytest.param({**written(), "auth": {"scheme": "bearer"}}, "secrets", id="a sign-in without its secret"),
        pytest.param(
            {**written(), "auth": {"scheme": "client_credentials", "token_path": "http://a.example/t"}},
            "auth.token_path",
            id="a token bought in the open",
        ),
        pytest.param(
            {**written(), "auth": {"scheme": "none", "token_path": "//evil.example/t"}},
            "auth.token_path",
            id="a token bought elsewhere",
        ),
        pytest.param(
            {**written(), "secrets": [{"name": "refresh_token", "label": "x"}]}, "secrets[0].name", id="a name of ours"
        ),
        pytest.param({**written(), "limits": {"at_once": 5000}}, "limits.at_once", id="too much at once"),
        pytest.param(
            {**written(), "error_rules": [{"kind": "rejected", "business_class": "parse", "pattern": "(a+)+$"}]},
            "error_rules[0].pattern",
            id="a slow pattern",
        ),
        pytest.param(
            {
                **written(),
                "error_rules": [{"kind": "rejected", "business_class": "parse", "sentence": "{message:>999999999}"}],
            },
            "error_rules[0].sentence",
            id="a sentence that fills the memory",
        ),
        pytest.param(
            {**written(), "webhook": {"scheme": "hmac", "hmac": {"algorithm": "md5"}}}, "webhook.hmac", id="weak HMAC"
        ),
        pytest.param({**written(), "webhook": {"scheme": "none"}}, "webhook.scheme", id="an unknown scheme"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(document: dict[str, Any], place: str) -> None:
    assert place in places(document)


def test_all_problems_are_told_at_once() -> None:
    assert places({"name": 1, "category": 2, "objects": 3}) == ["name", "category", "objects"]


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        pytest.param(b"{", "not a JSON document", id="cut short"),
        pytest.param(b"[]", "one group of keys", id="a list"),
        pytest.param(b"\xff\xfe", "not a JSON document", id="bytes"),
        pytest.param(b"[" * 5000, "not a JSON document", id="too deep"),
        pytest.param(b" " * (MOST_BYTES + 1), "512 are allowed", id="too large"),
    ],
)
def test_a_file_that_is_no_document_is_told(raw: bytes, words: str) -> None:
    with pytest.raises(DocumentError, match=words):
        parse_document(raw)


@given(st.randoms(use_true_random=False))
def test_whatever_stands_in_a_document_is_answered_and_never_crashes(chance: random.Random) -> None:
    source = chance.choice([registry.manifest("sandbox_erp"), REDMINE])

    assert isinstance(places(spoiled(written(source), chance)), list)


@given(st.randoms(use_true_random=False))
def test_a_document_that_is_read_says_the_same_when_it_is_written_again(chance: random.Random) -> None:
    try:
        manifest = read_document(spoiled(written(), chance, 1), slug="private-x")
    except DocumentError:
        return
    again = orjson.loads(orjson.dumps(write_document(manifest)))

    assert read_document(again, slug="private-x") == manifest
