"""Recorded answers and notices: read as they are written, and refused with the name of the file where they are not."""

from __future__ import annotations

import json

import pytest

from orchestrator.channels import DeviceAnswers, HttpAnswer, SmtpAnswer
from orchestrator.testing import recorded_in

ANSWER = {"what": "taken", "answer": {"status": 200, "headers": {"Retry-After": "7"}, "body": {"id": 1}}, "means": {}}


def read(tmp_path, said):
    (tmp_path / "one.json").write_text(json.dumps(said), "utf-8")
    return recorded_in(tmp_path)


def test_answers_of_each_kind_are_read(tmp_path):
    """Header names become lower-case, as the transport gives them."""
    answer, devices, reply = read(
        tmp_path,
        [
            ANSWER,
            {"what": "two", "answers": [{"status": 404}, {"status": 201, "body_base64": "/w=="}], "means": {}},
            {"what": "nobody", "smtp": {"code": 550, "text": "5.1.1"}, "means": {}, "found": True},
        ],
    )

    assert answer.answer == HttpAnswer(200, {"retry-after": "7"}, b'{"id": 1}')
    assert devices.answer == DeviceAnswers((HttpAnswer(404, {}, b""), HttpAnswer(201, {}, b"\xff")))
    assert (reply.answer, reply.of_look_up) == (SmtpAnswer(550, "5.1.1"), True)


def test_a_notice_is_read_byte_by_byte(tmp_path):
    """What was signed must not change on the way through a file."""
    (notice,) = read(tmp_path, {"what": "told", "at": 7, "notice": {"headers": {"X-A": "1"}, "body": "é "}})

    assert (notice.notice.method, notice.notice.headers, notice.notice.body) == ("POST", {"x-a": "1"}, "é ".encode())
    assert notice.at == 7


@pytest.mark.parametrize("said", [{"what": "nothing"}, {"answer": {"status": 200}, "means": {}}, [1], {"notice": {}}])
def test_what_is_none_of_them_is_named(tmp_path, said):
    """Nobody looks for it in forty files."""
    with pytest.raises(ValueError, match=r"one\.json is no recorded answer or notice"):
        read(tmp_path, said)
