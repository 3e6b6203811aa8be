"""The one backend that is made here: a directory that its owner alone can read."""

from pathlib import Path
from typing import Final

from aifactory.backends.address import Address
from aifactory.errors import AifactoryError

OWNER_ONLY: Final = 0o700


def make_directory(address: Address) -> tuple[Path, bool]:
    """Make the directory of a ``file://`` backend, and return it with whether it was made now.

    Args:
        address: the backend; a relative path is one from where Pulumi is run, as Pulumi has it.

    Raises:
        AifactoryError: it is there and others may read it, or it cannot be made. Nothing is changed then: what else lies in
            there may be read by others for a reason.
    """
    place = Path(address.name).expanduser()
    try:
        if not place.exists():
            place.mkdir(mode=OWNER_ONLY, parents=True)
            # Whatever the umask took away.
            place.chmod(OWNER_ONLY)
            return place, True
        mode = place.stat().st_mode
    except OSError as error:
        raise AifactoryError(f"{place} cannot be made: {error.strerror or type(error).__name__}") from None
    if not place.is_dir():
        raise AifactoryError(f"{place} is no directory", fix="state.backend: file:// and a path that is not there yet")
    if mode & 0o077:
        why = "state holds every output of the region, and what is encrypted in it is encrypted under a passphrase at most"
        raise AifactoryError(f"others may read {place}", why=why, fix=f"chmod 700 {place}, or a directory of its own")
    return place, False
