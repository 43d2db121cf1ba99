"""The network is pulled out in mid-infusion, in a real browser: what is seen, kept and sent."""

import json
import time
import uuid
from datetime import datetime, timedelta

import pytest
from tests.end_to_end.house import PASSWORD, eventually
from tests.end_to_end.test_4_at_once_and_cut_off import SOON_S, prepared
from tests.end_to_end.test_6_every_page import serious

pytestmark = pytest.mark.browser

_KEPT = """async () => {
    const asked = indexedDB.open("openketamine-outbox");
    await new Promise((done) => (asked.onsuccess = done));
    const read = (name) => new Promise((done) => {
        const all = asked.result.transaction(name).objectStore(name).getAll();
        all.onsuccess = () => done(all.result);
    });
    const [facts, pictures, who] = await Promise.all(["facts", "pictures", "who"].map(read));
    asked.result.close();
    return {facts, who, pictures: pictures.map((one) => one.session)};
}"""
_NO_STORAGE = "Object.defineProperty(indexedDB, 'open', {value: () => { throw new Error('no'); }})"
_THREE_MINUTES_AHEAD = """(() => {
    const Real = Date;
    globalThis.Date = class extends Real {
        constructor(...given) { super(...(given.length ? given : [Real.now() + 180000])); }
        static now() { return Real.now() + 180000; }
    };
})()"""


def with_a_picture(somebody, session):
    """At the console, once this tablet has what it needs to open without a server."""
    somebody.console(session)
    somebody.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    eventually(lambda: session in somebody.page.evaluate(_KEPT)["pictures"], 40)
    return somebody


def lost(somebody):
    return somebody.page.get_by_role("alert").filter(has_text="Link to the server lost")


def rate(somebody, name, number):
    somebody.charting(name)
    sheet = somebody.page.get_by_role("dialog")
    somebody.tap(str(number), sheet)
    sheet.wait_for(state="hidden")


def note(somebody, text):
    somebody.charting("Note")
    sheet = somebody.sheet("Note")
    somebody.write(sheet, "What you want to keep", text)
    somebody.tap("Chart it", sheet)
    sheet.wait_for(state="hidden")


def rows_of(house, session, *kinds):
    """Number, kind, body, when it happened, when it was recorded, origin: as the journal has it."""
    return house.rows(
        "SELECT number, kind, body, at, recorded_at, origin FROM journal_fact"
        " WHERE stream = %s AND kind = ANY(%s) ORDER BY number",
        f"session:{session}",
        list(kinds),
    )


@pytest.fixture(scope="module")
def dube(house):
    """Somebody whose infusion may be stopped for good."""
    return house.session_of("Dube")


@pytest.fixture
def infusing(nora, house, dube):
    """Dube's infusion runs."""
    nora.open("/")
    if nora.state(dube)["phase"] == "planned":
        prepared(nora, house, dube, "Dube")
        assert nora.ask(dube, "start", id=str(uuid.uuid4())).ok
    assert nora.state(dube)["phase"] == "infusing"
    return dube


@pytest.mark.hazard("HZ-01")
@pytest.mark.hazard("HZ-05")
def test_cut_off_in_mid_infusion_reloaded_and_stopped_all_of_it_arrives_once_and_in_order(
    nora, staffroom, house, infusing, complaints
):
    session, page = infusing, with_a_picture(nora, infusing).page
    with complaints.link_may_break():
        page.context.set_offline(True)
        cut = time.monotonic()
        lost(nora).wait_for()
        assert time.monotonic() - cut <= SOON_S
        rate(nora, "Nausea", 7)
        nora.charting("Vitals")
        sheet = nora.sheet("Vital signs by hand")
        for key in "15896":
            nora.tap(key, sheet)
        nora.tap("Chart it", sheet)
        page.get_by_role("button", name="2 unsent").wait_for()
        # The page is loaded anew, and there is nobody to load it from.
        page.reload()
        lost(nora).wait_for()
        assert "DUBE" in nora.region("Patient").inner_text().upper()
        assert "live" not in nora.region("Vital signs").inner_text()
        assert "by hand" in nora.region("Vital signs").inner_text()
        assert serious(page) == []
        infusion = nora.region("Infusion")
        infusion.get_by_text("running", exact=True).wait_for()
        page.get_by_role("button", name="2 unsent").wait_for()
        nora.tap("Stop", infusion)
        nora.tap("Stop now", nora.sheet("Stop the infusion for good"))
        infusion.get_by_text("ended", exact=True).wait_for()
        given = infusion.inner_text()
        page.wait_for_timeout(1500)
        assert infusion.inner_text() == given, "the pump stands, and the screen counts on"
        # A colleague at another tablet, who has a link, charts meanwhile.
        wes = staffroom.window("wes", tablet=True).console(session)
        rate(wes, "Pain", 2)
        wes.page.get_by_text("all sent").wait_for()
        note(nora, "Stopped at her own wish")
        page.get_by_role("button", name="4 unsent").wait_for()
        nora.tap("Waste the rest", nora.region("Now"))
        assert "drug book" in nora.sheet("Waste the rest: waits for the server").inner_text()
        nora.tap("I see", page.get_by_role("dialog"))
        assert house.facts(session, "infusion_stopped") == []
        page.context.set_offline(False)
        page.get_by_text("all sent").wait_for(timeout=60_000)
        lost(nora).wait_for(state="hidden", timeout=60_000)
    kinds = ("observation_charted", "infusion_stopped", "note_charted")
    mine = [one for one in rows_of(house, session, *kinds) if one[5].startswith("offline ")]
    assert [one[1] for one in mine] == [kinds[0], kinds[0], kinds[1], kinds[2]]
    assert [float(v) for one in mine[:2] for v in one[2]["values"].values()] == [7, 158, 96]
    assert [one[3] for one in mine] == sorted(one[3] for one in mine)
    for _, _, _, at, recorded, origin in mine:
        assert at < recorded
        assert abs(datetime.fromisoformat(origin.split()[1]) - at) < timedelta(seconds=5)
    (pain,) = [one for one in rows_of(house, session, kinds[0]) if "pain" in one[2]["values"]]
    assert pain[5] == "console"
    events = nora.region("Events")
    events.get_by_text("recorded offline").first.wait_for()
    assert events.get_by_text("on this device only").count() == 0
    # By when it happened, not by when it came: the pain that arrived first stands in its place.
    told = nora.state(session)["events"]
    mine_by_time = [one["kind"] for one in told if one["kind"] in kinds][-5:]
    assert mine_by_time == [kinds[0], kinds[0], kinds[1], kinds[0], kinds[2]]
    assert nora.state(session)["drug"]["given_ug"] > 0


@pytest.mark.hazard("HZ-01")
def test_a_page_that_is_opened_while_the_server_is_down_shows_what_the_tablet_kept(
    nora, house, complaints
):
    session = house.session_of("Lindgren")
    page = with_a_picture(nora, session).page
    with complaints.link_may_break():
        house.kill("web")
        page.reload()
        lost(nora).wait_for(timeout=45_000)
        assert "LINDGREN" in nora.region("Patient").inner_text().upper()
        lost(nora).wait_for(state="hidden", timeout=60_000)
        nora.region("Vital signs").get_by_text("live, ").first.wait_for(timeout=45_000)


@pytest.mark.hazard("HZ-05")
def test_what_the_server_cannot_accept_stands_in_words_until_somebody_settled_it(nora, house):
    session = house.session_of("Lindgren")
    page = nora.console(session).page
    refused = {"error": "body.text: expected fewer words"}
    page.context.route("**/facts", lambda route: route.fulfill(status=400, json=refused))
    words = f"Says the ceiling breathes {uuid.uuid4().hex[:6]}"
    note(nora, words)
    place = nora.region("Needs attention")
    place.get_by_text(words).wait_for()
    assert "expected fewer words" in place.inner_text()
    page.reload()
    place.get_by_text(words).wait_for()
    assert serious(page) == []
    with page.expect_download() as coming:
        nora.tap("Save to file", place)
    saved = json.loads(coming.value.path().read_text())
    (entry,) = saved["entries"]
    assert words in entry["reads"]
    assert entry["fact"]["body"] == {"text": words}
    assert entry["not_accepted_because"] == refused["error"]
    nora.tap("Let it go", place)
    nora.tap("Cancel", nora.sheet("Let this entry go"))
    place.get_by_text(words).wait_for()
    page.context.unroute("**/facts")
    nora.tap("Chart as a note", place)
    place.wait_for(state="hidden")
    notes = eventually(
        lambda: [n for n in house.facts(session, "note_charted") if words in n["text"]]
    )
    assert len(notes) == 1
    assert "expected fewer words" in notes[0]["text"]


@pytest.mark.hazard("HZ-05")
@pytest.mark.hazard("HZ-16")
def test_who_signs_out_with_unsent_entries_leaves_them_and_nothing_else(
    staffroom, house, cookies, complaints
):
    session = house.session_of("Lindgren")
    wes = with_a_picture(staffroom.window("wes", tablet=True), session)
    page, words = wes.page, f"Before the break {uuid.uuid4().hex[:6]}"
    with complaints.link_may_break():
        page.context.route("**/facts", lambda route: route.abort())
        note(wes, words)
        page.get_by_role("button", name="1 unsent").wait_for()
        asked, context = [], page.context
        page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
        with page.expect_event("close"):
            page.close(run_before_unload=True)
        assert asked == ["beforeunload"]
        page = wes.page = context.new_page()
        page.context.route("**/facts", lambda route: route.abort())
        wes.console(session)
        page.get_by_role("button", name="1 unsent").wait_for()
        wes.tap("Sign out")
        sheet = wes.sheet("Sign out")
        assert "1 entry is on this tablet only" in sheet.inner_text()
        wes.tap("Sign out", sheet)
        page.get_by_text("1 entry waits on this tablet").wait_for()
    assert "Wes Okafor" in page.get_by_role("main").inner_text()
    kept = page.evaluate(_KEPT)
    assert (kept["pictures"], kept["who"]) == ([], [])
    assert [one["body"]["text"] for one in kept["facts"]] == [words]
    page.context.unroute("**/facts")
    page.get_by_label("Username").fill("wes")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "login" not in url)
    cookies["wes"] = page.context.storage_state()
    # From the board, without opening the session again.
    sent = eventually(
        lambda: [n for n in house.facts(session, "note_charted") if n["text"] == words]
    )
    assert len(sent) == 1


@pytest.mark.hazard("HZ-16")
def test_who_signs_out_without_a_link_leaves_no_picture_and_the_server_hears_of_it(
    staffroom, house, cookies, complaints
):
    session = house.session_of("Lindgren")
    wes = with_a_picture(staffroom.window("wes", tablet=True), session)
    page = wes.page
    with complaints.link_may_break():
        page.context.set_offline(True)
        lost(wes).wait_for()
        wes.tap("Sign out")
        wes.tap("Sign out of this tablet", wes.sheet("Sign out"))
        page.get_by_role("heading", name="Signed out").wait_for()
        assert page.evaluate(_KEPT)["pictures"] == []
        page.goto(f"{house.url}/sessions/{session}/")
        page.get_by_role("heading", name="Signed out").wait_for()
        page.context.set_offline(False)
        cookies.pop("wes", None)
        page.goto(f"{house.url}/people/")
        page.get_by_role("heading", name="Sign in").wait_for(timeout=30_000)


@pytest.mark.hazard("HZ-05")
def test_a_private_window_says_that_it_keeps_nothing_and_charts_all_the_same(staffroom, house):
    session = house.session_of("Lindgren")
    nora = staffroom.window("nora", tablet=True)
    nora.page.add_init_script(_NO_STORAGE)
    nora.console(session)
    nora.page.get_by_text("This tablet keeps nothing").wait_for()
    words = f"From a private window {uuid.uuid4().hex[:6]}"
    note(nora, words)
    eventually(lambda: [n for n in house.facts(session, "note_charted") if n["text"] == words])


@pytest.mark.hazard("HZ-05")
def test_a_tablet_whose_clock_is_wrong_says_so_and_charts_the_right_time(staffroom, house):
    session = house.session_of("Lindgren")
    nora = staffroom.window("nora", tablet=True)
    nora.page.add_init_script(_THREE_MINUTES_AHEAD)
    nora.console(session)
    nora.page.get_by_text("The clock of this tablet is 3 min ahead").wait_for()
    nora.region("Vital signs").get_by_text("live, ").first.wait_for()
    words = f"By the server's clock {uuid.uuid4().hex[:6]}"
    note(nora, words)

    def charted():
        return [one for one in rows_of(house, session, "note_charted") if one[2]["text"] == words]

    (row,) = eventually(charted)
    assert abs(row[4] - row[3]) < timedelta(seconds=20)
