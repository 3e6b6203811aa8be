"""Codes of countries and their parts: aliases, and what is never taken for something else."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aifactory.catalog import canonical, country_name, country_of, is_country, is_subdivision
from aifactory.catalog.jurisdiction import subdivision_name


class TestCanonical:
    """Prevents one country under two codes, and two countries under one."""

    @pytest.mark.parametrize(
        ("code", "meant"),
        [
            ("DE", "DE"),
            ("de", "DE"),
            (" fr ", "FR"),
            ("EL", "GR"),
            ("el", "GR"),
            ("UK", "GB"),
            ("uk", "GB"),
            ("GB", "GB"),
            ("HK", "HK"),
            ("MO", "MO"),
            ("TW", "TW"),
            ("CN-HK", "HK"),
            ("CN-MO", "MO"),
            ("CN-TW", "TW"),
            ("CN-BJ", "CN-BJ"),
            ("DE-BB", "DE-BB"),
            ("de-bb", "DE-BB"),
            ("UK-ENG", "GB-ENG"),
            ("EL-I", "GR-I"),
            ("US-VA", "US-VA"),
        ],
    )
    def test_aliases_and_parts(self, code: str, meant: str) -> None:
        assert canonical(code) == meant

    @pytest.mark.parametrize(
        "code", ["", "D", "DEU", "Germany", "XX", "EU", "AA", "DE-", "DE-XX", "XX-YY", "D1", "DE_BB", "276"]
    )
    def test_what_iso_does_not_have_is_unknown(self, code: str) -> None:
        assert canonical(code) is None
        assert country_of(code) is None
        assert country_name(code) is None

    @given(st.text(max_size=8))
    def test_whatever_somebody_writes_comes_out_canonical_or_not_at_all(self, code: str) -> None:
        known = canonical(code)
        if known is not None:
            assert is_country(known) or is_subdivision(known)
            assert canonical(known) == known


class TestCountryOf:
    """Prevents that Hong Kong, Macau or Taiwan are taken for China."""

    @pytest.mark.parametrize(
        ("code", "country"),
        [
            ("DE-BB", "DE"),
            ("DE", "DE"),
            ("US-VA", "US"),
            ("UK-ENG", "GB"),
            ("CN-HK", "HK"),
            ("CN-TW", "TW"),
            ("CN-NX", "CN"),
        ],
    )
    def test_of_a_part_it_is_the_whole(self, code: str, country: str) -> None:
        assert country_of(code) == country


class TestPredicates:
    """Prevents facts with codes that nobody compares with."""

    @pytest.mark.parametrize(
        ("code", "so"), [("GB", True), ("UK", False), ("gb", False), ("EL", False), ("TW", True), ("DE-BB", False)]
    )
    def test_is_country(self, code: str, so: bool) -> None:
        assert is_country(code) is so

    @pytest.mark.parametrize(
        ("code", "so"), [("DE-BB", True), ("DE", False), ("CN-HK", False), ("US-VA", True), ("de-bb", False)]
    )
    def test_is_subdivision(self, code: str, so: bool) -> None:
        assert is_subdivision(code) is so


class TestNames:
    """Prevents reports that call a country by its code only, or by an official name that nobody knows."""

    @pytest.mark.parametrize(
        ("code", "name"),
        [
            ("DE", "Germany"),
            ("UK", "United Kingdom"),
            ("TW", "Taiwan"),
            ("EL", "Greece"),
            ("DE-BB", "Germany"),
            ("CN-HK", "Hong Kong"),
        ],
    )
    def test_countries(self, code: str, name: str) -> None:
        assert country_name(code) == name

    @pytest.mark.parametrize(
        ("code", "name"), [("DE-BB", "Brandenburg"), ("US-VA", "Virginia"), ("DE", None), ("XX-YY", None)]
    )
    def test_subdivisions(self, code: str, name: str | None) -> None:
        assert subdivision_name(code) == name


class TestCost:
    """Prevents that every command reads a file of half a megabyte that few of them need."""

    def test_importing_the_catalog_and_reading_its_facts_loads_no_names(self) -> None:
        program = (
            "import sys; from aifactory.catalog import *; locations(), blocs(), hosts(); print('pycountry' in sys.modules)"
        )
        done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
        assert done.stdout.strip() == "False"
