"""A finding reaches a prescriber who reads something else; the next is told if nobody answers.

The server is killed between the two: the clock is in the database.
"""

import re
import uuid
from datetime import UTC, datetime

import pytest
from tests.end_to_end.house import eventually
from tests.end_to_end.wire import Monitor

SAYS = "MOAA/S 1 of 5"
RAISED = (
    "SELECT body->>'finding_id' FROM journal_fact WHERE stream = %s AND kind = 'finding_raised' "
    "AND body->>'summary' LIKE %s ORDER BY number DESC LIMIT 1"
)
ABOUT = (
    "SELECT body->'names', body->>'step', body->>'answer', number FROM journal_fact "
    "WHERE stream = %s AND kind = %s AND body->>'finding_id' = %s ORDER BY number"
)


@pytest.fixture
def session(house):
    return house.session_of("Karim")


def about(house, session, kind):
    """What became of this one finding; the house has others by now."""
    stream = f"session:{session}"
    ((finding,),) = house.rows(RAISED, stream, f"%{SAYS}%")
    return house.rows(ABOUT, stream, kind, finding)


def told(house, session):
    return [(names, step) for names, step, *_ in about(house, session, "person_called")]


def charts_hardly_wakes(nora):
    nora.charting("Sedation")
    sheet = nora.sheet("Sedation, MOAA/S")
    nora.press(sheet.get_by_role("button", name=re.compile("^1")).first)


def all_of_it(bar):
    """The bar shows one line, the worst call of the house, until somebody asks for the others."""
    bar.get_by_role("button", name=re.compile("^(More|and [0-9]+ more)$")).click(timeout=120_000)
    return bar


@pytest.mark.hazard("HZ-19")
def test_a_prescriber_is_told_on_any_page_then_the_next_and_an_answer_is_seen_at_the_chair(
    house, session, nora, priya, staffroom, complaints
):
    priya.open("/knowledge/")
    nora.console(session)
    charts_hardly_wakes(nora)
    bar = priya.region("Calls for you")
    all_of_it(bar).get_by_text(f"Sedation by {SAYS}").first.wait_for(timeout=120_000)
    assert "Karim" not in bar.inner_text()
    assert told(house, session)[0][0] == ["Dr Priya Raman"]

    with complaints.link_may_break():
        killed = house.kill("web")
        house.wait_for_another("web", killed)
        eventually(lambda: len(told(house, session)) >= 2, 120)
        row = nora.region("Findings").get_by_role("listitem").filter(has_text=SAYS).first
        row.get_by_text("Dr Miriam Adeyemi").first.wait_for(timeout=120_000)
    assert [step for _, step in told(house, session)][:2] == ["0", "2"]

    miriam = staffroom.window("miriam").open("/vials/")
    with complaints.link_may_break():
        bar = all_of_it(miriam.region("Calls for you"))
        of_the_chair = bar.get_by_role("listitem").filter(has_text=SAYS).first
        of_the_chair.wait_for(timeout=120_000)
        miriam.tap("I come", of_the_chair)
        row.get_by_text("Dr Miriam Adeyemi comes").first.wait_for(timeout=120_000)
    ((*_, said, answered),) = about(house, session, "call_answered")
    assert said == "coming"
    assert max(number for *_, number in about(house, session, "person_called")) < answered


TONES = """(() => {
    window.tones = [];
    const make = AudioContext.prototype.createOscillator;
    AudioContext.prototype.createOscillator = function () {
        const one = make.call(this);
        const start = one.start.bind(one);
        one.start = (at) => (window.tones.push(one.frequency.value), start(at));
        return one;
    };
})()"""
RISING = [523, 659, 784, 659, 784]


def test_sound_is_off_until_it_is_turned_on_and_a_pause_counts_down_and_is_on_record(
    house, session, staffroom
):
    nora = staffroom.window("nora", tablet=True)
    nora.page.add_init_script(TONES)
    nora.console(session)
    # Something of high priority that is new: whatever was seen or paused before is silent.
    fact = {"id": str(uuid.uuid4()), "kind": "adverse_event_charted"}
    fact |= {"at": datetime.now(UTC).isoformat(), "body": {"event": "chest pain", "severity": 2}}
    assert nora.chart(session, fact).ok
    eventually(lambda: nora.state(session)["sound"]["priority"] == "high")
    nora.page.get_by_text("Sound off", exact=True).wait_for()
    heard = lambda: nora.page.evaluate("window.tones")  # noqa: E731
    assert heard() == []
    nora.tap("Turn on sound")
    nora.page.get_by_text("Sound on", exact=True).wait_for()
    eventually(lambda: len(heard()) >= 10)
    assert heard()[:10] == [*RISING, *RISING], "two bursts of five, rising: a person, high"

    known = len(house.facts(session, "sound_paused"))
    nora.tap("Pause sound 2 min")
    nora.page.get_by_text(re.compile(r"Sound paused (2:00|1:\d\d)")).wait_for()
    eventually(lambda: len(house.facts(session, "sound_paused")) > known)
    so_far = len(heard())
    nora.page.wait_for_timeout(11_000)  # longer than from one burst to the next
    assert len(heard()) == so_far
    nora.tap("End the pause")
    nora.button("Pause sound 2 min").wait_for()
    eventually(lambda: len(heard()) > so_far)
    nora.tap("Turn off sound")


@pytest.mark.hazard("HZ-06")
def test_a_machine_sounds_flat_where_a_person_sounds_rising(house, staffroom):
    """A monitor that spoke and fell silent: technical, medium, three tones of one height."""
    session, device = house.session_of("Ferreira"), f"E2E-{uuid.uuid4().hex[:6]}"
    nora = staffroom.window("nora", tablet=True)
    nora.page.add_init_script(TONES)
    nora.console(session)
    nora.tap("Turn on sound")
    for one in nora.state(session)["findings"]:
        seen = {"finding_id": one["finding_id"]}
        assert nora.chart(session, said("finding_acknowledged", seen)).ok
    for one in nora.state(session)["devices"]:
        assert nora.ask(session, "detach", id=str(uuid.uuid4()), device_id=one["device_id"]).ok
    assert nora.ask(session, "attach", id=str(uuid.uuid4()), device_id=device).ok
    with Monitor(house, device, house.mrn_of("Ferreira")) as monitor:
        calm = {"heart_rate": 72, "spo2": 98, "respiratory_rate": 14}
        eventually(lambda: monitor.say(f"f{uuid.uuid4().hex[:12]}", **calm) == "AA", 60)
    eventually(lambda: nora.state(session)["sound"]["nature"] == "technical", 60)
    nora.page.evaluate("window.tones.length = 0")
    heard = eventually(lambda: nora.page.evaluate("window.tones"), 60)
    assert set(heard) == {440}
    nora.region("Findings").get_by_text("technical **", exact=True).first.wait_for()
    assert nora.ask(session, "detach", id=str(uuid.uuid4()), device_id=device).ok
    nora.tap("Turn off sound")


def said(kind, body):
    """A fact as the console posts it."""
    now = datetime.now(UTC).isoformat()
    return {"id": str(uuid.uuid4()), "kind": kind, "at": now, "body": body}


def test_a_wall_shows_the_board_without_a_sign_in_and_says_when_it_is_stale(
    house, nora, staffroom, complaints
):
    nora.open("/walls/")
    nora.page.get_by_label("Where it hangs").fill("Nurses' room")
    nora.tap("Get a code")
    code = nora.page.locator(".wall-code").inner_text()
    wall = staffroom.stranger(scheme="dark").open("/wall/")
    wall.page.get_by_label("Code").fill(code)
    wall.tap("Show the board here")
    wall.page.get_by_text("AK", exact=True).first.wait_for()
    shown = wall.page.locator("#board").inner_text()
    assert "AK" in shown
    assert "Karim" not in shown
    with complaints.link_may_break():
        wall.page.context.set_offline(True)
        wall.page.get_by_text(re.compile("^Stale: no word from the server")).wait_for(
            timeout=120_000
        )
        wall.page.context.set_offline(False)
        wall.page.locator("#wall-stale").wait_for(state="hidden", timeout=120_000)
