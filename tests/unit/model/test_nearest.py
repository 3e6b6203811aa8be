from aifactory.model import nearest


class TestNearest:
    """Prevents hints that mislead: a near miss is named, a far one is not, and few choices are all named."""

    def test_a_near_miss_is_named(self) -> None:
        assert nearest("instnces", ["instances", "storage_gib"]) == "instances"

    def test_case_does_not_matter(self) -> None:
        assert nearest("ADOPT", ["adopt", "helm"]) == "adopt"

    def test_few_choices_are_all_named(self) -> None:
        assert nearest("zzz", ["b", "a"]) == "a or b"

    def test_many_far_choices_are_not(self) -> None:
        assert nearest("zzz", ["aaaa", "bbbb", "cccc", "dddd", "eeee"]) == ""

    def test_nothing_to_choose_from(self) -> None:
        assert nearest("x", []) == ""
