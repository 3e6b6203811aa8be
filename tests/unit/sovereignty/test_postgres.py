"""Where the data of a database goes."""

from typing import Any

import pytest

from aifactory.model import DatabaseSpec, ObjectStoreSpec, validate
from aifactory.sovereignty.flow import HERE, Flow, FlowKind, registry_host
from aifactory.sovereignty.postgres import postgres_flows
from tests.unit.render.postgres_objects import AWS, BACKED, S3, database


def flows(store: dict[str, Any] | None = None, **values: Any) -> tuple[Flow, ...]:
    spec = validate(DatabaseSpec, {"namespace": "data", "data_class": "personal"} | values, "database")
    return postgres_flows("billing", spec, validate(ObjectStoreSpec, store, "store") if store else None)


def of(kind: FlowKind, store: dict[str, Any] | None = None, **values: Any) -> list[Flow]:
    return [flow for flow in flows(store, **values) if flow.kind is kind]


class TestData:
    """Prevents data that goes somewhere no rule has looked at."""

    def test_it_lies_on_volumes_here_and_nobody_knows_whether_they_are_encrypted(self) -> None:
        (flow,) = of(FlowKind.STORAGE, storage_class="fast")
        assert (flow.destination, flow.encrypted, flow.note) == (HERE, None, "storage class fast")

    @pytest.mark.parametrize(("instances", "note"), [(2, "1 standby"), (3, "2 standbys")])
    def test_standbys_hold_copies(self, instances: int, note: str) -> None:
        (flow,) = of(FlowKind.REPLICA, instances=instances)
        assert (flow.destination, flow.encrypted, flow.note) == (HERE, True, note)

    def test_one_instance_has_no_copy(self) -> None:
        assert of(FlowKind.REPLICA, instances=1) == []

    def test_backups_say_where_and_by_whom(self) -> None:
        (flow,) = of(FlowKind.BACKUP, S3, **BACKED)
        assert (flow.destination, flow.encrypted) == ("s3://backups/eu", True)
        assert flow.note == "in DE, run by self at https://s3.lan:9000, kept 30d"

    def test_a_clouds_store_has_no_endpoint_to_name(self) -> None:
        (flow,) = of(FlowKind.BACKUP, AWS, **BACKED)
        assert flow.note == "in DE, run by aws, kept 30d"

    def test_without_backups_there_is_no_such_flow(self) -> None:
        assert of(FlowKind.BACKUP) == []

    def test_clients_are_named(self) -> None:
        (flow,) = of(FlowKind.REQUEST, clients=["ai", "web"])
        assert (flow.destination, flow.note, flow.encrypted) == (HERE, "clients in ai, web", True)
        assert of(FlowKind.REQUEST) == []

    def test_each_carries_block_and_class(self) -> None:
        for flow in flows(S3, clients=["ai"], pooler={}, **BACKED):
            assert flow.block == "database billing"
            assert flow.data_class == (None if flow.kind is FlowKind.IMAGE_PULL else "personal")

    def test_an_unknown_class_stays_unknown(self) -> None:
        assert {flow.data_class for flow in flows(S3, data_class=None, clients=["ai"], **BACKED)} == {None}


class TestImages:
    """Prevents code from a registry that no rule has looked at."""

    def images(self, value: Any) -> set[str]:
        if isinstance(value, dict):
            own = {str(v) for k, v in value.items() if k in {"image", "imageName"} and isinstance(v, str)}
            return own.union(*(self.images(v) for v in value.values()))
        return set().union(*(self.images(v) for v in value)) if isinstance(value, list) else set()

    @pytest.mark.parametrize("values", [{}, {"pooler": {}}, {"pooler": {}} | BACKED])
    def test_every_image_that_is_rendered_has_its_flow(self, values: dict[str, Any]) -> None:
        store = S3 if "backup" in values else None
        rendered = {registry_host(image) for image in self.images(database(store, **values))}
        pulled = {flow.destination for flow in of(FlowKind.IMAGE_PULL, store, **values)}
        assert rendered
        assert rendered <= pulled

    def test_volumes_and_stores_that_are_rendered_have_theirs(self) -> None:
        kinds = {o["kind"] for o in database(S3, **BACKED)}
        flown = {flow.kind for flow in flows(S3, **BACKED)}
        assert {"Cluster", "ObjectStore"} <= kinds
        assert {FlowKind.STORAGE, FlowKind.BACKUP} <= flown
