"""Examples that reviewers see above a template's text: what is taken, and what Meta's answers to an upload say."""

from __future__ import annotations

import json

import pytest

from orchestrator.channels import HttpAnswer, NoAnswer
from orchestrator.contract.meta.templates import TemplateDesk, Trouble
from orchestrator.contract.meta.uploads import (
    SIZES_MAX,
    app_of,
    begin,
    handle_of,
    header_format,
    sample_of,
    session_of,
    upload,
    whose_app,
    with_handle,
)
from orchestrator.domain.errors import InputError

JPEG, PNG, PDF, MP4 = b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"%PDF-1.7", b"\x00\x00\x00\x18ftypmp42"
DESK = TemplateDesk(business_account_id="1", token="EAAG", api_version="v23.0", base_url="https://graph.facebook.com/")
IMAGE = {"components": [{"type": "HEADER", "format": "IMAGE"}, {"type": "BODY", "text": "oi"}]}


def answer(document, status=200):
    return HttpAnswer(status, {}, document if isinstance(document, bytes) else json.dumps(document).encode())


@pytest.mark.parametrize(
    ("content", "shown", "kind"),
    [
        (JPEG, "IMAGE", "image/jpeg"),
        (PNG, "IMAGE", "image/png"),
        (MP4, "VIDEO", "video/mp4"),
        (PDF, "DOCUMENT", "application/pdf"),
    ],
)
def test_a_file_is_known_by_how_it_begins(content, shown, kind):
    """Whatever its name ends in."""
    sample = sample_of("nota.bin", content, shown)

    assert (sample.type, sample.name) == (kind, "nota.bin")
    assert "PDF" not in repr(sample)


@pytest.mark.parametrize(
    ("content", "shown"), [(PDF, "IMAGE"), (JPEG, "DOCUMENT"), (b"", "IMAGE"), (b"GIF89a", "IMAGE")]
)
def test_another_kind_of_file_is_not_taken(content, shown):
    """Meta would refuse it after all of it was sent."""
    with pytest.raises(InputError, match="no example"):
        sample_of("nota.jpg", content, shown)


@pytest.mark.parametrize(("content", "shown"), [(PNG, "IMAGE"), (MP4, "VIDEO"), (PDF, "DOCUMENT")])
def test_a_file_has_its_largest_size(content, shown):
    """The last byte that fits, and the one behind it."""
    fits = content.ljust(SIZES_MAX[shown], b"\0")

    assert sample_of("a", fits, shown)
    with pytest.raises(InputError, match="too large"):
        sample_of("a", fits + b"\0", shown)


def test_the_calls_are_those_of_the_documentation():
    """A session is announced with the token as any call, its bytes with OAuth and an offset."""
    sample = sample_of("nota fiscal.pdf", PDF, "DOCUMENT")
    asked, begun = whose_app(DESK), begin(DESK, "42", sample)
    put = upload(DESK, "upload:MTph?sig=ARZ", sample)

    assert (asked.method, asked.url) == ("GET", "https://graph.facebook.com/v23.0/debug_token?input_token=EAAG")
    assert (begun.method, begun.body, begun.headers) == ("POST", b"", {"Authorization": "Bearer EAAG"})
    assert begun.url == (
        "https://graph.facebook.com/v23.0/42/uploads?file_name=nota+fiscal.pdf&file_length=8&file_type=application%2Fpdf"
    )
    assert (put.method, put.url, put.body) == ("POST", "https://graph.facebook.com/v23.0/upload:MTph?sig=ARZ", PDF)
    assert (put.headers["Authorization"], put.headers["file_offset"]) == ("OAuth EAAG", "0")


def test_the_answers_are_read_and_the_handle_stands_in_the_template():
    """In place of whatever stood there."""
    assert app_of(answer({"data": {"app_id": "42"}})) == "42"
    assert session_of(answer({"id": "upload:MTph=="})) == "upload:MTph=="
    handle = handle_of(answer({"h": "4::aW1h:ARY\n"}))

    assert handle == "4::aW1h:ARY"
    shown = with_handle(IMAGE, handle)["components"]
    assert shown == [{**IMAGE["components"][0], "example": {"header_handle": [handle]}}, IMAGE["components"][1]]
    assert header_format(IMAGE) == "IMAGE"
    assert header_format({"components": [{"type": "HEADER", "format": "TEXT"}]}) == ""


@pytest.mark.parametrize("read", [app_of, session_of, handle_of])
@pytest.mark.parametrize(
    "told",
    [
        NoAnswer("timeout", in_doubt=True),
        answer(b"<html>"),
        answer({}),
        answer({"error": {"code": 190, "message": "expired"}}, 401),
        answer({"id": "upload:../../me", "h": "é", "data": {"app_id": "../1"}}),
        answer({"id": 7, "h": [], "data": []}),
    ],
)
def test_an_answer_without_what_was_asked_for_is_trouble(read, told):
    """An id of anything never becomes a part of an address."""
    assert isinstance(read(told), Trouble)
