"""Sovereign AI factories on Pulumi; see README.md.

Public names are imported on first use (PEP 562), so that `import aifactory` loads neither Pulumi nor a cloud SDK:
a policy check in an editor or a CI job that only reads factory.yaml starts in milliseconds.
"""

from typing import TYPE_CHECKING

__version__ = "0.1.0"
