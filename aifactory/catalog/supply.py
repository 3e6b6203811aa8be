"""Whose software this is and under which licence: what a list of components and rules on portability need."""

from collections.abc import Mapping
from functools import cache
from typing import Annotated

from pydantic import Field

from aifactory.catalog.fact import Fact, Source
from aifactory.catalog.read import entries

Licence = Annotated[str, Field(min_length=2)]


class Supply(Fact):
    """Supplier and licence of one release or image.

    Attributes:
        licence: of its source: SPDX identifier or expression; None when nobody has read it.
        image_licence: of the images as they are pulled, where their maker says that it is another than that of the source: a
            ``LicenseRef-`` of SPDX; None when it is the same, or nobody has read it.
        supplier: key of the organization that makes it, in `organizations()`; None when nobody has read it.
        source: where these were read.
    """

    licence: Licence | None = None
    image_licence: Annotated[str, Field(pattern=r"^LicenseRef-[A-Za-z0-9.-]+$")] | None = None
    supplier: str | None = None
    source: Source


@cache
def supplies() -> Mapping[str, Supply]:
    """Return who supplies what, by the key of a release or of an image's role."""
    return entries("supplies.yaml", Supply)
