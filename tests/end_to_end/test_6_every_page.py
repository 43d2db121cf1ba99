"""Every page as the person whose work it is: accessible, strict, and said to be no real clinic."""

import pytest
from axe_playwright_python.sync_playwright import Axe

pytestmark = pytest.mark.browser


RESULTS = ("/results/", "/results/people/?number=iv-depression.treated", "/results/export/")


@pytest.fixture(scope="module")
def pages(house):
    """Who opens which pages."""
    lindgren, karim, holt = (house.session_of(one) for one in ("Lindgren", "Karim", "Holt"))
    person = dict(house.rows("SELECT family, id FROM patients_person"))
    vial = house.rows("SELECT id FROM pharmacy_vial ORDER BY lot")[0][0]
    nora = house.rows("SELECT id FROM staff_staff WHERE username = 'nora'")[0][0]
    protocol = "iv-depression"
    return {
        "fran": ["/", "/people/", "/people/import/", f"/people/{person['Holt']}/"],
        "priya": [
            *(f"/people/{person[one]}/" for one in ("Barrett", "Morrow")),
            *(f"/people/{person[one]}/evaluation/{protocol}/" for one in ("Barrett", "Quintana")),
            f"/sessions/{holt}/plan/",
            f"/sessions/{karim}/report/",
            "/knowledge/",
            f"/people/{person['Barrett']}/notes/",
            f"/people/{person['Barrett']}/papers/",
            f"/people/{person['Barrett']}/papers/letter/",
            "/openings/",
            *(f"/people/{person[one]}/course/" for one in ("Karim", "Barrett")),
            "/tasks/",
        ],
        "nora": [
            "/staff/own/",
            "/",
            *(f"/sessions/{one}/" for one in (lindgren, karim, holt)),
            "/vials/",
            f"/vials/{vial}/",
            "/devices/",
            "/duty/",
            "/walls/",
            f"/people/{person['Karim']}/course/score/phq-9/",
        ],
        "miriam": [
            "/responses/",
            "/knowledge/rules/AL-SPO2-3/",
            "/staff/",
            f"/staff/{nora}/",
            "/staff/rota/",
            "/staff/accounts/",
            "/staff/access/",
            *RESULTS,
        ],
        "ines": ["/vials/", "/vials/receive/"],
        "aude": ["/", f"/sessions/{karim}/report/", "/results/"],
        "theo": [f"/sessions/{karim}/", f"/people/{person['Barrett']}/therapy/"],
        "sam": ["/home/", "/staff/accounts/"],
    }


def serious(page):
    """Findings of axe that keep somebody out."""
    return [
        f"{one['id']}: {node['target']}"
        for one in Axe().run(page).response["violations"]
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"][:3]
    ]


def look(window, path, found):
    """What is wrong with one page."""
    answer = window.page.goto(f"{window.house.url}{path}")
    if path.startswith("/sessions/") and path.count("/") == 3:
        window.region("Vital signs").get_by_text("ago").first.wait_for()
    if path == "/":
        window.page.get_by_role("status").filter(has_text="Live").wait_for()
    wrong = serious(window.page)
    if "DEMONSTRATION" not in window.page.get_by_role("complementary").inner_text():
        wrong.append("does not say that it is a demonstration")
    if "DEMONSTRATION" not in window.page.title():
        wrong.append("its title does not say that it is a demonstration")
    policy = answer.headers.get("content-security-policy", "")
    if "script-src 'self'" not in policy or "unsafe" in policy:
        wrong.append(f"policy {policy!r}")
    if answer.status != 200:
        wrong.append(f"status {answer.status}")
    if wrong:
        found[f"{window.name} {path}"] = wrong


@pytest.mark.hazard("HZ-15")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_accessible_strict_and_says_that_it_is_a_demonstration(
    staffroom, pages, scheme
):
    found = {}
    look(staffroom.stranger(scheme=scheme), "/account/login/", found)
    for who, paths in pages.items():
        window = staffroom.window(who, scheme=scheme, tablet=who == "nora")
        for path in paths:
            look(window, path, found)
        window.page.context.close()
    assert found == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_results_fit_a_phone_and_keep_nobody_out(staffroom, scheme):
    window = staffroom.window("miriam", scheme=scheme)
    window.page.set_viewport_size({"width": 390, "height": 844})
    found = {}
    for path in RESULTS:
        look(window, path, found)
        wide = window.page.evaluate("document.documentElement.scrollWidth")
        if wide > 390:
            found[f"{path} on a phone"] = [f"{wide} px wide"]
    window.page.context.close()
    assert found == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_sheet_of_the_console_is_accessible(staffroom, house, scheme):
    nora = staffroom.window("nora", tablet=True, scheme=scheme).console(
        house.session_of("Lindgren")
    )
    found = {}
    nora.button("Vitals").wait_for()
    charted = ("Vitals", "Sedation", "Nausea", "Event", "Medicine", "Oxygen", "Care", "Note")
    for name in (*charted, "Attach a device"):
        nora.charting(name) if name in charted else nora.tap(name)
        dialog = nora.page.get_by_role("dialog")
        dialog.wait_for()
        if wrong := serious(nora.page):
            found[name] = wrong
        nora.tap("Close", dialog)
        dialog.wait_for(state="hidden")
    assert found == {}


def test_the_keyboard_alone_charts_a_blood_pressure(staffroom, house):
    session = house.session_of("Lindgren")
    known = len(house.facts(session, "observation_charted"))
    nora = staffroom.window("nora").console(session)
    nora.button("Vitals").wait_for()
    keys = nora.page.keyboard

    def focused():
        return nora.page.evaluate(
            "document.activeElement.labels?.[0]?.textContent ?? document.activeElement.textContent"
        )

    def tab_to(name):
        for _ in range(120):
            if focused() == name:
                return
            keys.press("Tab")
        raise AssertionError(f"the keyboard does not reach {name}")

    tab_to("Vitals")
    keys.press("Enter")
    nora.sheet("Vital signs by hand").wait_for()
    for label, number in (("Systolic", "127"), ("Diastolic", "79")):
        tab_to(label)
        keys.type(number)
    keys.press("Enter")
    nora.sheet("Vital signs by hand").wait_for(state="hidden")
    nora.page.get_by_text("all sent").wait_for()
    (charted,) = house.facts(session, "observation_charted")[known:]
    values = {name: float(value) for name, value in charted["values"].items()}
    assert values == {"systolic": 127, "diastolic": 79}


@pytest.mark.hazard("HZ-16")
def test_a_person_without_the_right_reads_in_one_page_that_it_is_not_theirs(staffroom, house):
    session = house.session_of("Lindgren")
    for who, path in (
        ("fran", f"/sessions/{session}/"),
        ("ines", "/people/"),
        ("sam", "/vials/"),
        ("aude", "/people/import/"),
    ):
        window = staffroom.window(who)
        answer = window.page.goto(f"{house.url}{path}")
        assert answer.status == 403, (who, path)
        assert window.page.get_by_text("not part of your role").is_visible()
        assert "Lindgren" not in window.page.content()
