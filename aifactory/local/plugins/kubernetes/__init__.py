"""A stand-in for the `kubernetes` resource plugin (pulumi-kubernetes 4), for local regions only.

It speaks the engine's `ResourceProvider` protocol and applies objects by server-side apply. What it does,
row by row, stands in docs/kubernetes-stand-in.md; the same rows run against the official plugin.

Modules, from the wire to the cluster:

- `provider`: the gRPC methods; decode, call, encode
- `settings`, `guard`: the provider's configuration, and where the stand-in may be used at all
- `custom`: check, diff, create, update, read and delete of one Kubernetes object
- `objects`, `annotations`, `state`: what an object, its annotations and its recorded state look like
- `diff`, `immutable`: what changed, and what of that needs a replacement
- `ownership`, `apply`, `delete`, `patches`: changes on the API server
- `planned`, `preview`: what this run intends to make, and dry runs
- `waits`, `readiness`, `waitfor`, `jsonpath`, `reasons`: waiting, and saying in words why it did not end well
- `client`, `discovery`, `failures`, `redaction`: requests, kinds of the API server, its errors, secrets in
  them
- `release`, `helm`: `helm.sh/v3:Release` by running Helm
- `yamldecode`: the functions behind `yaml` v1
"""
