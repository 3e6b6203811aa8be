"""A shell script that fills the registry of a region: POSIX, by digest; run again it changes nothing; no secret is in it."""

import shlex
from collections.abc import Iterator
from typing import Final

from aifactory.errors import Problem, SpecError
from aifactory.mirror.gather import Listing, refuse_unreachable
from aifactory.mirror.item import Item, Kind, Way

_HEAD: Final = """\
set -eu

# Log in beforehand (crane auth login, skopeo login, oras login; helm registry login): nothing here knows a password.
tool=${MIRROR_TOOL:-}
if [ -z "$tool" ]; then
  for candidate in crane skopeo oras; do
    if command -v "$candidate" >/dev/null 2>&1; then
      tool=$candidate
      break
    fi
  done
fi
case "$tool" in
  crane | skopeo | oras) ;;
  *)
    echo "needs crane, skopeo or oras on the PATH, or one of them in MIRROR_TOOL" >&2
    exit 2
    ;;
esac

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
"""

_IMAGES: Final = """\
# digest_of IMAGE: the digest of what a registry has under that name, of all architectures.
digest_of() {
  case "$tool" in
    crane) crane digest "$1" ;;
    skopeo) skopeo inspect --raw "docker://$1" >"$work/manifest" && skopeo manifest-digest "$work/manifest" ;;
    oras) oras resolve "$1" ;;
  esac
}

# copy FROM TO: all architectures, to the byte, so that digests stay.
copy() {
  case "$tool" in
    crane) crane copy "$1" "$2" ;;
    skopeo) skopeo copy --all --preserve-digests "docker://$1" "docker://$2" ;;
    oras) oras cp "$1" "$2" ;;
  esac
}

# image NAME TAG DIGEST TARGET: with an empty digest it is what the tag means today, which is said.
image() {
  digest=$3
  if [ -z "$digest" ]; then
    digest=$(digest_of "$1:$2")
    echo "unpinned: $1:$2 is $digest now" >&2
  fi
  if [ "$(digest_of "$4" 2>/dev/null || true)" = "$digest" ]; then
    echo "is there: $4"
    return
  fi
  copy "$1@$digest" "$4"
  found=$(digest_of "$4")
  if [ "$found" != "$digest" ]; then
    echo "$4 has $found and not $digest: it was changed on its way" >&2
    exit 1
  fi
  echo "copied: $4"
}
"""

_CHARTS: Final = """\
# chart NAME VERSION TARGET: a chart in a registry, to the same name and version in another.
chart() {
  if helm show chart "$3" --version "$2" >/dev/null 2>&1; then
    echo "is there: $3 $2"
    return
  fi
  rm -rf "$work/chart"
  mkdir "$work/chart"
  helm pull "$1" --version "$2" --destination "$work/chart"
  helm push "$work/chart"/*.tgz "${3%/*}"
  echo "copied: $3 $2"
}
"""


def script(found: Listing) -> str:
    """Return the script that copies everything to where the region takes it from, in the order of the list.

    Args:
        found: what the region refers to.

    Raises:
        SpecError: the region has no registry to fill, or something can come to it by no way.
    """
    refuse_unreachable(found)
    if found.registry is None or not found.registry.places:
        rule = f"region {found.region} takes everything from where its makers keep it, so there is nothing to fill"
        raise SpecError("mirror script", [Problem("registry", "", rule, "registry: {mirror: HOST/PATH}")])
    parts = [_title(found), _HEAD]
    kinds = {item.kind for item in found.to_copy}
    if kinds - {Kind.CHART}:
        parts.append(_IMAGES)
    if Kind.CHART in kinds:
        parts.append(_CHARTS)
    return "\n".join([*parts, "\n".join(_calls(found)) + "\n"])


def _title(found: Listing) -> str:
    places = ", ".join(found.registry.places) if found.registry else ""
    return (
        "#!/bin/sh\n"
        f"# Fills {places} for the region {found.region}; made of factory.yaml by `aifactory mirror script`.\n"
        "# It copies what is not there yet and holds every copy against its digest; run again, it changes nothing.\n"
    )


def _calls(found: Listing) -> Iterator[str]:
    for item in found.to_copy:
        yield _call(item)
    if not found.to_copy:
        yield 'echo "there is nothing to copy"'
    for item in found.items:
        if item.way is Way.INDEX:
            operator = item.used_by[0].removeprefix("operator ")
            chart = _comment(item.reference)
            yield f"# {chart} lies in an index, where no registry reaches it: aifactory operators fetch {operator}"
    for gap in found.gaps:
        yield f"# not copied, {_comment(gap.used_by)}: {_comment(gap.why)}"


def _call(item: Item) -> str:
    if item.kind is Kind.CHART:
        return f"chart {_words(item.name, item.tag, item.target)}"
    return f"image {_words(item.name, item.tag, item.digest or '', f'{item.target}:{item.target_tag}')}"


def _words(*words: str) -> str:
    return " ".join(shlex.quote(word) for word in words)


def _comment(text: str) -> str:
    """Return a text that stays in its comment, whatever is in it."""
    return " ".join(text.split())
