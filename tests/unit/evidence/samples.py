"""A region with something of everything, for tests of evidence: allowed, denied, unknown, waived, in several countries."""

from datetime import date
from pathlib import Path
from typing import Any

import yaml

from aifactory.evidence.bundle import catalog_version
from aifactory.evidence.case import Case, Provenance
from aifactory.evidence.collect import collect
from aifactory.evidence.observed import Observed
from aifactory.evidence.state import StackState
from aifactory.model import load_factory

ON = date(2026, 11, 22)
MADE = Provenance("c0ffee", False, "d" * 64, "Ada", "2026-11-22T10:00:00Z", catalog_version())

FACTORY = """\
version: 1
name: acme
data_classes:
  customer-records: {description: "who our customers are, and what they bought", personal: true}
  prompts: {description: "what people ask a model, and what it answers", personal: true}
profiles:
  corporate:
    title: "From where we are helped"
    dated: 2026-01-01
    review_by: 2027-06-30
    statements:
      help:
        rule: support
        says: Whoever helps us is in the EEA.
        source: Acme, policy of 2026-01-01, section 3
        within: {blocs: [eea]}
transfers:
  logs-us:
    countries: [US]
    data_classes: [prompts]
    recipient: aws
    mechanism: scc
    reference: contract C-2026-14 with assessment TIA-7
    since: 2026-01-01
    until: 2026-12-31
regions:
  frankfurt:
    site: {provider: aws, location: eu-central-1, country: DE, operator: aws}
    profiles: [eu-gdpr, eu-dora, us-gpu-export, corporate]
    state: {backend: "s3://acme-state?region=eu-central-1", secrets_provider: passphrase, country: DE, operator: aws}
    cluster: {kind: existing, context: prod, managed: true}
    access: {kind: runner, countries: [DE, PL], identity: {operator: microsoft, country: IE}}
    operators:
      cert-manager: {install: adopt}
      cloudnative-pg: {install: helm}
      barman-cloud: {install: helm}
      gpu-operator: {install: helm}
      node-feature-discovery: {install: helm}
      llm-d: {install: adopt}
    namespaces: {ai: {gpu_quota: 4}, data: {}}
    gpu_pools:
      h100: {accelerator: h100-sxm-80gb, nodes: 2, gpus_per_node: 8}
    gpu_operator: {platform: eks-al2023}
    keys:
      backups: {custody: customer, country: DE, operator: aws}
    storage_classes:
      default: {encrypted: true, key: backups}
      archive: {encrypted: true}
    object_stores:
      backups:
        destination: s3://acme-backups/postgres
        endpoint: https://s3.eu-central-2.amazonaws.com
        country: CH
        operator: aws
        identity: workload
        role: "arn:aws:iam::1:role/backup"
        location: aws/eu-central-2
        key: backups
    databases:
      billing:
        namespace: data
        instances: 3
        storage_gib: 20
        backup: {store: backups}
        pooler: {}
        data_class: customer-records
    gateway: {class_name: istio, issuer: factory-ca, domain: fra.acme.internal}
    models:
      assistant:
        namespace: ai
        source: pvc://weights/assistant
        claim_gib: 200
        gpus_per_replica: 1
        data_class: prompts
        licence: Apache-2.0
    telemetry:
      sinks:
        central: {signals: [logs, metrics], endpoint: "https://logs.acme.internal", country: DE, operator: self,
          data_class: prompts, retention_days: 30}
        traces: {signals: [traces], endpoint: "https://otel.example.com", country: US, operator: aws, data_class: prompts,
          retention_days: 7}
    support:
      aws: {vendor: aws, countries: [IE, IN], access: remote, reference: contract C-9}
    exit: {target: "the region at our own data centre", plan: docs/exit.md, tested: 2026-05-01}
    export: {end_users: [self]}
"""

WAIVERS = """\
version: 1
waivers:
  support-india:
    rule: support
    subject: frankfurt/support aws
    reason: approved by the board until the contract ends
    approver: Jane Doe, CISO
    approved: 2026-10-01
    expires: 2026-12-15
    controls: ["somebody of ours watches every session"]
  old:
    rule: residency
    subject: frankfurt/database legacy/storage
    reason: the old database stays until it is moved
    approver: Jane Doe, CISO
    approved: 2026-01-01
    expires: 2026-02-01
    controls: ["it is read by nobody"]
"""


def write(directory: Path, *, factory: str = FACTORY, waivers: str | None = WAIVERS) -> Path:
    """Write factory.yaml, with waivers beside it, and return its path."""
    path = directory / "factory.yaml"
    path.write_text(factory, encoding="utf-8")
    if waivers is not None:
        (directory / "waivers.yaml").write_text(waivers, encoding="utf-8")
    return path


def changed(**region: Any) -> str:
    """Return the factory with keys of its region changed; None takes one out."""
    values = yaml.safe_load(FACTORY)
    here = values["regions"]["frankfurt"] | region
    values["regions"]["frankfurt"] = {key: value for key, value in here.items() if value is not None}
    return yaml.safe_dump(values, sort_keys=False)


def case(
    directory: Path,
    *,
    factory: str = FACTORY,
    waivers: str | None = WAIVERS,
    region: str = "frankfurt",
    on: date = ON,
    state: StackState | None = None,
    observed: Observed | None = None,
) -> Case:
    """Return the case of the region."""
    path = write(directory, factory=factory, waivers=waivers)
    return collect(load_factory(path), region, on, file=path, provenance=MADE, state=state, observed=observed)
