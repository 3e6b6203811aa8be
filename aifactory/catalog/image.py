"""Images that blocks run."""

from typing import Annotated

from pydantic import Field

from aifactory.catalog.fact import Fact, Source


class Image(Fact):
    """A container image.

    Attributes:
        reference: registry, repository and tag.
        digest: ``sha256:...`` once somebody has read it from the registry, else None.
        source: where the reference was read.
    """

    reference: Annotated[str, Field(pattern=r"^[a-z0-9.-]+\.[a-z]+/[a-z0-9._/-]+:[A-Za-z0-9._-]+$")]
    digest: Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")] | None = None
    source: Source

    @property
    def pinned(self) -> bool:
        """Whether the image is pinned by digest and so cannot change under the same name."""
        return self.digest is not None

    @property
    def pull(self) -> str:
        """What a container's `image` field gets: with the digest when there is one."""
        return f"{self.reference}@{self.digest}" if self.digest else self.reference
