"""A webhook against a real receiver: taken in the end, or said that it was not."""

import logging
from dataclasses import replace

import pytest

from cost_pipeline.core.errors import EnvironmentFailedError, UsageError
from cost_pipeline.dispatch.alerts import Alert, Telling, Told, plan
from cost_pipeline.dispatch.webhook import Webhook, send, webhook_of

QUICK = {"base": 0.0, "longest": 0.0, "timeout": 5.0}


@pytest.mark.parametrize("first", [(), (500,), (503, 429, 500)])
def test_a_document_is_sent_until_it_is_taken(receivers, first):
    with receivers.Receiver(*first) as receiver:
        send(Webhook(receiver.hook, "HOOK", **QUICK), {"text": "é"}, key="k")
    assert receiver.taken == [{"text": "é"}]
    assert receiver.keys == ["k"]
    assert receiver.calls == len(first) + 1


@pytest.mark.parametrize(("status", "calls"), [(500, 4), (404, 1), (302, 1), (400, 1)])
def test_what_is_not_taken_is_told_without_its_address(receivers, caplog, status, calls):
    caplog.set_level(logging.DEBUG)
    with (
        receivers.Receiver(*[status] * 9) as receiver,
        pytest.raises(EnvironmentFailedError, match=f"answered {status}") as raised,
    ):
        send(Webhook(receiver.hook, "HOOK", **QUICK), {}, key="k")
    assert receiver.calls == calls
    assert raised.value.code == "ALERT_NOT_SENT"
    assert "HOOK" in raised.value.where
    assert "s3cret" not in f"{raised.value.as_json()} {caplog.text}"


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/s3cret", "http://[s3cret"])
def test_nobody_at_the_address_is_told_without_it(url):
    webhook = Webhook(url, "HOOK", attempts=2, **QUICK)
    with pytest.raises(EnvironmentFailedError, match="was not taken") as raised:
        send(webhook, {}, key="k")
    assert "s3cret" not in f"{raised.value.as_json()} {webhook!r}"


@pytest.mark.parametrize("environment", [{}, {"HOOK": ""}, {"HOOK": "s3cret"}])
def test_an_environment_without_an_address_is_wrong_use(environment):
    with pytest.raises(UsageError, match="HOOK") as raised:
        webhook_of("HOOK", environment)
    assert raised.value.code == "NO_WEBHOOK"
    assert "s3cret" not in str(raised.value.as_json())


RED = Alert("check/a", "a: drift", "a column", "permanent", "WARN", "r1")
DOWN = Alert("check/b", "b: fetched", "503", "transient", "WARN", "r1")


def noted(*alerts):
    return {alert.key: Told(alert.title, alert.digest) for alert in alerts}


def test_permanent_and_transient_are_told_apart():
    first, second = plan([DOWN, RED], {}, ())
    assert (first.kind, first.alerts) == ("permanent", (RED,))
    assert (second.kind, second.alerts) == ("transient", (DOWN,))


def test_what_was_told_is_told_again_only_if_it_changed():
    assert plan([RED, DOWN], noted(RED, DOWN), ()) == []
    elsewhere = replace(RED, run_id="r2")
    assert plan([elsewhere], noted(RED), ()) == []
    (telling,) = plan([replace(RED, message="two columns")], noted(RED), ())
    assert telling.alerts[0].message == "two columns"


def test_what_is_well_again_is_told_once():
    (telling,) = plan([], noted(RED), {"check/a"})
    assert (telling.kind, telling.over) == ("resolved", (("check/a", "a: drift"),))
    assert plan([], {"check/a": Told("a: drift", "")}, {"check/a"}) == []
    # Neither red nor well: its run is under way, or nobody looked.
    assert plan([], noted(RED), ()) == []
    # Red once more: told once more.
    assert plan([RED], {"check/a": Told("a: drift", "")}, ())[0].alerts == (RED,)


def test_a_message_is_fit_for_chat_and_for_programs():
    many = tuple(replace(RED, key=f"check/{n}", title=f"c{n}") for n in range(25))
    telling = Telling("permanent", many)
    body = telling.body("northern_lights", text_only=False)
    opening = "cost_pipeline, northern_lights: 25 to be mended by somebody\n- c0: a column\n"
    assert body["text"].startswith(opening)
    assert body["text"].endswith("... and 5 more")
    assert (body["class"], len(body["alerts"])) == ("permanent", 25)
    assert body["alerts"][0]["run_id"] == "r1"
    assert telling.body("x", text_only=True).keys() == {"text"}
    assert telling.key == Telling("permanent", many[::-1]).key
    assert telling.key != Telling("permanent", many[:3]).key
