"""One walk of a prescriber: person, evaluation, answers, override, record, what changed, print,
plan, signature. And the same without scripts, and on a page that is not true any more."""

import re

import pytest
from tests.end_to_end import bundles
from tests.end_to_end.house import PASSWORD
from tests.end_to_end.pdf import pages_of
from tests.end_to_end.test_2_prescriber import answer_all, open_questions
from tests.end_to_end.test_6_every_page import serious

pytestmark = pytest.mark.browser
WORDS = "Agreed with psychiatry; pressure every 5 minutes, stop at 180/110."
# As long as another system makes them: it must fit a phone.
MAOI = "maoi-6dfd90ab-93d6-4bed-a5eb-c9312dff275e"
EVIL = "Hay fever <script>document.title='owned'</script>"


def medicine(text):
    return {
        "resourceType": "MedicationStatement",
        "id": MAOI,
        "status": "active",
        "medicationCodeableConcept": {"text": text},
    }


def height(cm):
    code = {"coding": [{"system": "http://loinc.org", "code": "8302-2"}]}
    quantity = {"value": cm, "unit": "cm", "code": "cm"}
    return {**bundles.weight(70), "id": "height", "code": code, "valueQuantity": quantity}


def ottilie(number, given="Ottilie"):
    """Somebody with a rule that may be overridden, and with markup where a word should be."""
    return bundles.bundle(
        bundles.patient(number, ("Vane", given)),
        bundles.condition("depression", "370143000", "Major depressive disorder"),
        bundles.condition("evil", "21719001", EVIL),
        bundles.weight(64),
        height(170),
        medicine("Tranylcypromine 10 MG Oral Tablet"),
    )


def arrives(somebody, raw, file="person.json"):
    """The person comes in through the page of the front desk; their own page is open then."""
    somebody.open("/people/import/")
    file = {"name": file, "mimeType": "application/json", "buffer": raw.encode()}
    somebody.page.get_by_label("FHIR R4 Bundle").set_input_files(file)
    somebody.button("Import").click()
    somebody.page.get_by_role("link", name="Open this person").click()
    somebody.page.get_by_role("heading", level=1).wait_for()
    return somebody.page.url.replace(somebody.house.url, "").split("#")[0]


def open_evaluation(somebody, person):
    somebody.open(f"{person}evaluation/iv-depression/")
    somebody.page.get_by_role("heading", name="Evaluation", level=1).wait_for()


def fill_override(somebody, rule, password=PASSWORD):
    main = somebody.page.get_by_role("main")
    form = main.locator("details.override").filter(has_text=rule).first
    if form.get_attribute("open") is None:
        form.locator("summary").first.click()
    form.get_by_label("Reason").select_option("specialist-agrees")
    form.get_by_label("In your words").fill(WORDS)
    form.get_by_label("Your password").fill(password)
    return form.get_by_role("button", name=f"Override {rule}")


@pytest.mark.hazard("HZ-04")
@pytest.mark.hazard("HZ-10")
def test_the_whole_walk_from_a_person_to_a_signed_order(staffroom, house, nora):
    priya = staffroom.window("priya")
    page, main = priya.page, priya.page.get_by_role("main")
    person = arrives(priya, ottilie("E2E-8001"))
    assert "owned" not in page.title()
    open_evaluation(priya, person)
    assert main.get_by_text("Set aside by a prescriber").count() == 0

    # Each fact leads to its place in the chart, and back.
    finding = main.get_by_role("article").filter(has_text="DDI-09")
    finding.get_by_role("link", name="Tranylcypromine 10 MG").click()
    page.wait_for_url(re.compile(f"#fact-MedicationStatement-{MAOI}$"))
    assert page.locator(f"#fact-MedicationStatement-{MAOI}").is_visible()
    page.go_back()
    main.get_by_role("heading", name="Evaluation", level=1).wait_for()

    priya.button("Record this evaluation").click()
    page.get_by_text("The evaluation is recorded").wait_for()
    assert priya.region("Since the last evaluation").get_by_text("Nothing changed.").is_visible()

    assert answer_all(page) >= 5
    since = priya.region("Since the last evaluation")
    assert re.search(r"What came since \(\d+\)", since.inner_text())

    # Nora writes down what Priya's page does not show: nothing is signed over it.
    press = fill_override(priya, "DDI-09")
    open_evaluation(nora, person)
    nora.page.locator("details.answered").filter(has_text="Mania").locator("summary").click()
    nora.page.get_by_role("group", name="Mania, now or in the past").get_by_role(
        "button", name="In the past"
    ).click()
    nora.page.get_by_text("Nora Lindqvist, today").first.wait_for()
    press.click()
    refused = main.get_by_role("alert").filter(has_text="was answered “in the past” by Nora")
    refused.wait_for()
    assert main.get_by_label("In your words").first.input_value() == WORDS
    assert house.rows(
        "SELECT count(*) FROM journal_fact WHERE stream = %s AND kind = 'finding_overridden'",
        f"person:{person.strip('/').split('/')[-1]}",
    ) == [(0,)]

    # What stops now is set aside, one after the other, on the page as it is.
    for _ in range(6):
        forms = main.locator("details.override").filter(has_text="Override this rule")
        rules = re.findall(r"Override ([A-Z][A-Z0-9-]+)", " ".join(forms.all_inner_texts()))
        rules += re.findall(r"this rule\s+([A-Z][A-Z0-9-]+)", " ".join(forms.all_text_contents()))
        if not rules:
            break
        fill_override(priya, rules[0]).click()
        page.get_by_text("is overridden. It stays on the page.").wait_for()
    assert main.get_by_text("Set aside by a prescriber").is_visible()
    assert serious(page) == []

    priya.button("Record this evaluation").click()
    page.get_by_text("The evaluation is recorded").wait_for()
    link = since.get_by_role("link", name="Print it").get_attribute("href")
    printed = page.request.get(f"{house.url}{link}")
    assert printed.headers["content-type"] == "application/pdf"
    assert pages_of(printed.body()) >= 1

    priya.button("Open the session").click()
    page.get_by_role("heading", name="Plan", level=1).wait_for()
    assert main.get_by_text("milligrams of ketamine into the vein over").is_visible()
    page.get_by_label("Dose in mg/kg").fill("1.8")
    priya.button("Propose it").click()
    assert "You asked for 1.8 mg/kg" in priya.region("What you asked for").inner_text()
    assert "per kilogram" in priya.region("What limited it").inner_text()
    assert serious(page) == []
    page.go_back()
    page.get_by_label("Your password").fill(PASSWORD)
    main.get_by_role("button", name=re.compile("^Sign 3")).click()
    page.get_by_text("The plan is signed.").wait_for()
    (signed,) = house.facts(house.session_of("Vane"), "plan_signed")
    assert signed["dose_ug"] == 32_000, "0.5 mg/kg of 64 kg: the wish was left by going back"
    assert main.get_by_text("made up to").is_visible(), "a signed plan says how it is made ready"


def test_the_same_without_scripts(staffroom, house):
    priya = staffroom.window("priya", java_script_enabled=False)
    page, main = priya.page, priya.page.get_by_role("main")
    person = arrives(priya, ottilie("E2E-8002", "Odile"))
    open_evaluation(priya, person)
    before = open_questions(page)
    assert before > 5
    group = main.get_by_role("group").filter(has=page.get_by_role("button", name="Not known"))
    group.first.get_by_role("button").first.click()
    assert open_questions(page) == before - 1

    pressure = main.get_by_role("textbox", name="What is the blood pressure today")
    pressure.fill("banana")
    priya.button("Save").first.click()
    said = main.get_by_role("alert").inner_text()
    assert said == (
        "Blood pressure today: expected systolic over diastolic in mmHg, such as 128/76, "
        "got 'banana'."
    )
    assert pressure.input_value() == "banana"
    pressure.fill("118/74")
    priya.button("Save").first.click()
    assert open_questions(page) == before - 2

    fill_override(priya, "DDI-09", "not-the-password").click()
    assert main.get_by_role("alert").filter(has_text="not your password").is_visible()
    fill_override(priya, "DDI-09").click()
    assert page.get_by_text("DDI-09 is overridden. It stays on the page.").is_visible()
    assert house.rows(
        "SELECT body->>'reason' FROM journal_fact WHERE kind = 'finding_overridden' "
        "AND stream = %s",
        f"person:{person.strip('/').split('/')[-1]}",
    ) == [(WORDS,)]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(390, 844), (1180, 820), (1440, 900)])
def test_nothing_is_cut_off_on_a_phone_a_tablet_or_a_desk(staffroom, house, scheme, size):
    priya = staffroom.window("priya", scheme=scheme)
    priya.page.set_viewport_size({"width": size[0], "height": size[1]})
    (barrett,), (vane,) = house.rows(
        "SELECT id FROM patients_person WHERE mrn = 'E2E-8002' OR family = 'Barrett' "
        "ORDER BY family"
    )
    session = house.session_of("Holt")
    people = [f"/people/{one}/evaluation/iv-depression/" for one in (barrett, vane)]
    for path in (*people, f"/people/{vane}/", f"/sessions/{session}/plan/"):
        priya.open(path)
        wide = priya.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= size[0], (path, wide)
        assert serious(priya.page) == []
