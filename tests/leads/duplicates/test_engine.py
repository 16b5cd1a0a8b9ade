"""The engine on plain records: what it takes for one, what it does not, and why it says so."""

from __future__ import annotations

import gzip
import json

import pytest
from django.core.management import CommandError, call_command

from leads.duplicates import files
from leads.duplicates.blocking import candidate_pairs
from leads.duplicates.comparing import COMPARISONS
from leads.duplicates.evaluation import evaluate
from leads.duplicates.matching import compare, find_pairs
from leads.duplicates.records import Record, codes, words
from leads.duplicates.weights import fit, usual

ANNA = Record(
    key=1, given_name="Anna", family_name="Schneider", street="12 Main Street", city="Leeds", postal_code="LS1 4AB"
)


def score(**fields: str) -> float:
    other = {name: getattr(ANNA, name) for name in ("given_name", "family_name", "street", "city", "postal_code")}
    return compare(ANNA, Record(key=2, **{**other, **fields})).score


def test_the_same_person_with_slips_is_one():
    assert score() > 0.999
    assert score(given_name="Ana", family_name="Schnieder", street="12 Main St.") > 0.99
    assert score(given_name="Schneider", family_name="Anna") > 0.99  # the columns were swapped


def test_other_people_are_not():
    assert (
        score(given_name="Peter", family_name="Okafor", street="3 Elm Road", city="York", postal_code="YO1 7HH") < 0.01
    )
    assert score(street="98 Abbey Lane", city="Truro", postal_code="TR1 2XN") < 0.9  # a namesake elsewhere


def test_scripts_are_compared_as_they_are():
    one = Record(key=1, name="株式会社山田製作所", city="大阪")
    assert compare(one, Record(key=2, name="株式会社山田製作所", city="大阪")).score > 0.9
    assert compare(one, Record(key=3, name="佐藤工業", city="東京")).score < 0.1


def test_reasons_add_up_to_the_log_odds():
    match = compare(ANNA, Record(key=2, given_name="Anna", family_name="Snyder", city="Leeds", postal_code="LS1 4AC"))
    assert match.log_odds == pytest.approx(usual().prior + sum(reason.weight for reason in match.reasons))
    assert [abs(reason.weight) for reason in match.reasons] == sorted(
        (abs(reason.weight) for reason in match.reasons), reverse=True
    )
    assert match.similarity("street") is None  # one side says nothing: no evidence


def test_a_machine_merges_only_on_a_name_and_two_anchors():
    same = Record(
        key=2, given_name="Anna", family_name="Schneider", street="12 Main Street", city="Leeds", postal_code="LS1 4AB"
    )
    assert compare(ANNA, same).is_automatic
    spouse = Record(
        key=3, given_name="Karl", family_name="Schneider", street="12 Main Street", city="Leeds", postal_code="LS1 4AB"
    )
    assert not compare(ANNA, spouse).is_automatic
    bare = Record(key=4, given_name="Anna", family_name="Schneider")
    assert not compare(ANNA, bare).is_automatic


def test_an_id_of_the_same_source_that_differs_forbids_the_machine():
    one = Record(key=1, name="Acme", street="1 High St", city="Leeds", postal_code="LS1", external=("erp:1",))
    other = Record(key=2, name="Acme", street="1 High St", city="Leeds", postal_code="LS1", external=("erp:2",))
    assert not compare(one, other).is_automatic
    elsewhere = Record(key=3, name="Acme", street="1 High St", city="Leeds", postal_code="LS1", external=("shop:2",))
    assert compare(one, elsewhere).is_automatic


def test_a_rare_name_counts_more_than_a_common_one():
    crowd = [Record(key=n, given_name="Ann", family_name="Smith", postal_code=str(n)) for n in range(30)]
    rare = [
        Record(key=100, given_name="Xaviera", family_name="Quillfeather"),
        Record(key=101, given_name="Xaviera", family_name="Quillfeather"),
    ]
    common = [
        Record(key=102, given_name="Ann", family_name="Smith"),
        Record(key=103, given_name="Ann", family_name="Smith"),
    ]
    found = {(match.one, match.other): match.log_odds for match in find_pairs([*crowd, *rare, *common])}
    assert found[100, 101] > found.get((102, 103), 0) + 1


def test_blocking_bounds_the_pairs_and_keeps_lists_apart():
    records = [Record(key=n, family_name="Lee", given_name=f"N{n}", source=n % 2) for n in range(200)]
    assert len(list(candidate_pairs(records, across=False))) <= 200 * 30
    twins = [Record(key=1, emails=("a@b.co",)), Record(key=2, emails=("a@b.co",))]
    assert list(candidate_pairs(twins, across=False)) == [(0, 1)]
    assert list(candidate_pairs(twins, across=True)) == []


def test_across_two_lists_each_record_has_one_partner():
    lists = [Record(key=(0, "a"), name="Blue Heron Bakery", city="York")] + [
        Record(key=(1, key), name="Blue Heron Bakery", city="York", source=1) for key in "bc"
    ]
    assert len(find_pairs(lists, across=True)) == 1


def test_weights_without_pairs_are_the_usual_ones():
    assert fit([]) is usual()
    assert all(sum(comparison.same) == pytest.approx(1) for comparison in COMPARISONS)
    assert all(sum(comparison.other) == pytest.approx(1) for comparison in COMPARISONS)


def test_words_and_codes():
    assert words("O\N{RIGHT SINGLE QUOTATION MARK}Brien  Street") == ("obrien", "st")
    assert codes("Panasonic KX-TS208W and KXTS208W, 40 inch") == {"kxts208w"}


# --- Files -----------------------------------------------------------------------------------------------------------


def test_dialects_are_seen(tmp_path):
    plain = tmp_path / "a.csv"
    plain.write_bytes("\ufeffid;Nom;Ville\n1;Société Générale;Paris\n".encode())
    zipped = tmp_path / "b.csv.gz"
    zipped.write_bytes(gzip.compress('id|name|price\n1|TV 27" wide|1,299.00\n'.encode("latin-1")))
    (one,) = files.records_of(files.read_table(plain), 0)
    (two,) = files.records_of(files.read_table(zipped), 1)
    assert (one.family_name, one.city) == ("Société Générale", "Paris")
    assert (two.name, two.amount) == ('TV 27" wide', 1299.0)


def test_the_command_prints_one_json_line_last(tmp_path, capsys):
    people = tmp_path / "people.csv"
    people.write_text(
        "rec_id, given_name, surname, postcode, soc_sec_id\n"
        "rec-1-org, Maria, Fernandes, 4000, 1\nrec-1-dup-0, Maria, Fernandez, 4000, 2\n"
        "rec-2-org, Tom, Brown, 2000, 3\n"
    )
    call_command("duplicates_evaluate", str(people))
    measured = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert measured["f1"] == 1.0
    assert measured.keys() >= {"precision", "recall", "f1", "seconds", "automatic"}


def test_a_national_number_is_no_help():
    table = files.Table(("rec_id", "surname", "soc_sec_id"), (("rec-1-org", "Brown", "123"),))
    assert "123" not in str(files.records_of(table, 0)[0])


def test_columns_nobody_knows_are_words_about_the_thing():
    table = files.Table(("id", "label", "dob"), (("1", "red widget 4000x", "1990"),))
    (record,) = files.records_of(table, 0)
    assert (record.details, record.key) == ("red widget 4000x", (0, "1"))


def test_without_truth_it_says_so(tmp_path):
    people = tmp_path / "people.csv"
    people.write_text("id,name\n1,Ann\n2,Bob\n")
    with pytest.raises(CommandError, match="No true pairs"):
        call_command("duplicates_evaluate", str(people))


@pytest.mark.shared_data
def test_febrl_reaches_the_bars(shared_data):
    measured = evaluate([shared_data / "dedup/febrl/dataset1.csv"])
    assert measured["f1"] >= 0.975
    assert measured["automatic"]["precision"] >= 0.995
    assert measured["automatic"]["recall"] >= 0.83


@pytest.mark.shared_data
def test_restaurants_reach_the_bar(shared_data):
    folder = shared_data / "dedup/fodors-zagats"
    assert evaluate([folder / "restaurantProfiles.csv"], folder / "duplicates.csv")["f1"] >= 0.923


@pytest.mark.shared_data
@pytest.mark.slow
def test_articles_reach_the_bar(shared_data):
    folder = shared_data / "dedup/abt-buy"
    assert evaluate([folder / "abt.csv.gz", folder / "buy.csv", folder / "gt.csv"])["f1"] >= 0.870
