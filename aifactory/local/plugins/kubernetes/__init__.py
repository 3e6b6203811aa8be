"""A stand-in for the `kubernetes` resource plugin (pulumi-kubernetes 4), for local regions only.

It speaks the engine's `ResourceProvider` protocol and applies objects by server-side apply. What it does,
row by row, stands in docs/kubernetes-stand-in.md; the same rows can be run against the official plugin.

Modules, from the wire to the cluster:

- `provider`: the gRPC methods; decode, call, encode
- `settings`, `guard`, `session`: the provider's configuration, where it may be used at all, and one open
  provider
- `checks`, `changes`, `custom`, `reading`, `deletion`: check, diff, create and update, read, delete of one
  object
- `objects`, `annotations`, `work`, `state`: objects, their annotations, one resource at work, what is
  recorded
- `diff`, `immutable`: what changed, and what of that needs a replacement
- `ownership`, `apply`: whose object it is, and server-side apply with words
- `planned`, `preview`: what this run intends to make, and dry runs
- `waits`, `readiness`, `waitfor`, `jsonpath`, `reasons`: waiting, and saying in words why it did not end well
- `client`, `discovery`, `failures`, `redaction`: requests, kinds of the API server, its errors, secrets in
  them
- `release`, `charts`, `helm`: `helm.sh/v3:Release` by running Helm
- `yamldecode`: the function behind `yaml` v1
"""
