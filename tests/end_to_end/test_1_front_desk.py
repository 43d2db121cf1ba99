"""The front desk brings people in from bundles, and learns what was not understood."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.end_to_end import bundles

pytestmark = pytest.mark.browser
SYNTHEA = sorted((Path(__file__).parents[3] / "shared" / "data" / "fhir").glob("*.json"))


def import_file(somebody, path):
    somebody.open("/people/import/")
    somebody.page.get_by_label("FHIR R4 Bundle").set_input_files(path)
    somebody.button("Import").click()
    return somebody.page.get_by_role("main")


def counted(main, what):
    """The number that stands beside these words."""
    line = main.get_by_role("term").filter(has_text=re.compile(f"^{what}$")).locator("..")
    return int(line.get_by_role("definition").inner_text())


def people(house):
    return house.rows(
        "SELECT (SELECT count(*) FROM patients_person), count(*) FROM patients_bundleimport"
    )


def test_the_front_desk_imports_a_person_and_sees_what_was_not_understood(fran, house, tmp_path):
    path = tmp_path / "signe.json"
    path.write_text(bundles.good())
    main = import_file(fran, path)
    main.get_by_text("New person", exact=True).wait_for()
    assert (counted(main, "Understood"), counted(main, "Not needed here")) == (4, 1)
    assert counted(main, "Not understood") == 1
    listed = main.get_by_role("listitem").filter(has_text="Condition/nameless").inner_text()
    assert len(listed) > len("Condition/nameless ")
    main.get_by_role("link", name="Open this person").click()
    assert "AALTO" in fran.region("Patient").inner_text()
    # The front desk sees who it is, not what is wrong with them.
    assert "Penicillin" not in fran.page.content()
    assert "depressive" not in fran.page.content()


@pytest.mark.hazard("HZ-05")
def test_a_bundle_delivered_twice_is_there_once_and_a_newer_one_is_a_new_version(
    fran, house, tmp_path
):
    path = tmp_path / "ada.json"
    someone = bundles.patient("E2E-TWICE", ("Twice", "Ada"))
    path.write_text(bundles.bundle(someone, bundles.weight(70)))
    import_file(fran, path).get_by_text("New person", exact=True).wait_for()
    before = people(house)
    import_file(fran, path).get_by_role("link", name="Open this person").wait_for()
    assert people(house) == before
    path.write_text(bundles.bundle(someone, bundles.weight(69)))
    import_file(fran, path).get_by_text("New version of the record", exact=True).wait_for()
    assert people(house) == [(before[0][0], before[0][1] + 1)]


@pytest.mark.parametrize("wrong", ["two patients", "no patient", "cut off", "born tomorrow"])
def test_a_bad_bundle_is_refused_in_one_sentence_and_changes_nothing(fran, house, tmp_path, wrong):
    raw, word = bundles.bad(datetime.now(UTC).date())[wrong]
    path = tmp_path / "bad.json"
    path.write_text(raw)
    before = people(house)
    main = import_file(fran, path)
    said = main.get_by_role("alert")
    said.wait_for()
    assert said.count() == 1
    sentence = said.inner_text()
    assert word in sentence
    assert sentence.count(".") <= 2, sentence
    assert "Traceback" not in fran.page.content()
    assert people(house) == before


@pytest.mark.hazard("HZ-09")
def test_a_negative_weight_is_named_and_never_used(fran, priya, tmp_path):
    path = tmp_path / "negative.json"
    path.write_text(
        bundles.bundle(bundles.patient("E2E-NEG", ("Negrin", "Ada")), bundles.weight(-71))
    )
    main = import_file(fran, path)
    said = main.get_by_role("listitem").filter(has_text="Observation/weight-1").inner_text()
    assert "-71 kg is not possible" in said
    address = main.get_by_role("link", name="Open this person").get_attribute("href")
    priya.open(address)
    assert "Weight Not known" in " ".join(priya.region("Patient").inner_text().split())
    assert "71" not in priya.region("Measurements").inner_text()


@pytest.mark.skipif(not SYNTHEA, reason="the shared records are not beside this clone")
def test_a_record_of_another_system_with_thousands_of_entries_is_imported(fran, priya):
    main = import_file(fran, SYNTHEA[0])
    main.get_by_role("link", name="Open this person").wait_for()
    assert counted(main, "Understood") > 10
    address = main.get_by_role("link", name="Open this person").get_attribute("href")
    priya.open(address)
    assert priya.region("Conditions").get_by_role("row").count() > 0
