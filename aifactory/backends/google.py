"""State in Google Cloud Storage, keys in Cloud KMS: in one location, under the customer's key, closed to everybody."""

from collections.abc import Iterator

from aifactory.backends.address import Address, KeyKind, SecretsProvider
from aifactory.backends.shell import Step, quoted, refuse_unless, unless
from aifactory.model import Custody


def key_location(provider: SecretsProvider) -> str:
    """Return the location of a key of Cloud KMS, which stands in its name; empty for other keys.

    Args:
        provider: who encrypts secrets.
    """
    return provider.key.split("/")[3] if provider.kind is KeyKind.GOOGLE else ""


def key_step(provider: SecretsProvider, custody: Custody | None) -> Step:
    """Return what makes the key ring and the key; of a key that is held outside, only whether it is there.

    Args:
        provider: the key.
        custody: who is to hold it; None: nobody said.
    """
    _, project, _, location, _, ring, _, name = provider.key.split("/")
    at = f"--location {location} --project {project}"
    there = f"gcloud kms keys describe {name} --keyring {ring} {at}"
    title = f"The key {name} in {location}"
    if custody is Custody.EXTERNAL:
        return Step(title, (f"{there} >/dev/null",))
    level = " --protection-level hsm" if custody is Custody.HSM else ""
    return Step(
        title,
        (
            *unless(f"gcloud kms keyrings describe {ring} {at}", f"gcloud kms keyrings create {ring} {at}"),
            *unless(there, f"gcloud kms keys create {name} --keyring {ring} {at} --purpose encryption{level}"),
        ),
    )


def bucket_steps(address: Address, provider: SecretsProvider, location: str) -> Iterator[Step]:
    """Yield what makes the bucket, and what closes it.

    Args:
        address: the backend.
        provider: who encrypts secrets; a key of Cloud KMS encrypts the bucket too.
        location: Google's name of the place.
    """
    bucket = quoted(f"gs://{address.name}")
    if provider.kind is KeyKind.GOOGLE:
        project = f"project={provider.key.split('/')[1]}"
        key = f"key={quoted(provider.key)}"
        allow = 'gcloud storage service-agent --project="$project" --authorize-cmek="$key"'
        yield Step("The key of the bucket, which Cloud Storage's own account may use", (project, key, allow))
    else:
        lines = (
            'project="${STATE_PROJECT:?the project of the bucket}"',
            'key="${STATE_KEY:?the name of a key of yours for the bucket: state is not secrets alone}"',
        )
        yield Step("The key of the bucket", lines)
    create = (
        f'gcloud storage buckets create {bucket} --project="$project" --location={quoted(location)} '
        '--uniform-bucket-level-access --public-access-prevention --default-encryption-key="$key"'
    )
    describe = f"gcloud storage buckets describe {bucket}"
    yield Step(f"The bucket {address.name} in {location}, closed and encrypted", unless(describe, create))
    found = f"[ \"$({describe} --format='value(location)')\" = {quoted(location.upper())} ]"
    words = f"the bucket {address.name} is not in {location}: state would lie in another jurisdiction"
    yield Step("It must be there, also when it was made before", refuse_unless(found, words))
    yield Step("What is overwritten or deleted can be had back", (f"gcloud storage buckets update {bucket} --versioning",))
