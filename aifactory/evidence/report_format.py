"""The formats of a report, without what writes them: options of commands need the names alone."""

from enum import StrEnum


class ReportFormat(StrEnum):
    """How findings are written down."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    """Static Analysis Results Interchange Format 2.1.0: what code hosts and editors show beside the lines."""
    MARKDOWN = "markdown"
    OSCAL = "oscal"
    """Assessment results of NIST's Open Security Controls Assessment Language."""
