"""Claims that are common in writing: each has a verdict, our own words, and evidence for each."""

import pytest

from openketamine.knowledge import documents

VERDICTS = {"wrong", "both wrong", "not shown", "mixed", "exaggerated"}
VERDICTS |= {"too simple", "confused", "out of place"}
CLAIMS = documents("claims")


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_every_claim_has_a_verdict_and_evidence(claim):
    assert claim.body["verdict"] in VERDICTS
    assert claim.body["claim"].endswith(".")
    assert claim.body["summary"]
    for point in claim.body["what_is_known"]:
        assert point["sources"]
        assert point["evidence"] in ("R", "B", "P")


def test_the_claims_of_the_clinical_file_are_all_there():
    assert len(CLAIMS) >= 17


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_every_source_of_a_claim_is_known(claim):
    from openketamine.knowledge import sources

    cited = {source["id"] for point in claim.body["what_is_known"] for source in point["sources"]}
    assert cited <= set(sources())
