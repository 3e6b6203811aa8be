"""The operators' custom resource definitions: fetched from pinned Go modules, cached, installed into a cluster.

A region on one machine runs none of the operators (there are no containers), but its API server checks every object
against the operators' own schemas, so that a preview and an `up` mean what they would mean on a real cluster.
"""

from .collection import REFERENCE_VARIABLE, collect, load_schema, reference_from_environment, schema_of
from .installation import InstalledCrd, install
from .sources import Table, table
from .store import Crd

__all__ = [
    "REFERENCE_VARIABLE",
    "Crd",
    "InstalledCrd",
    "Table",
    "collect",
    "install",
    "load_schema",
    "reference_from_environment",
    "schema_of",
    "table",
]
