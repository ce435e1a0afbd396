#!/usr/bin/env python3
"""Writes schemas/crd/GROUP/KIND.json: what the custom resources that meshlint checks may hold.

    tools/schemas.py            (needs Go, to fetch the modules, and PyYAML)

The facts come from the CustomResourceDefinitions in pinned Go modules, verified by Go's checksum database: names, types,
enums, required fields and bounds; no descriptions, no CEL rules, no `status`. What no module holds is in
schemas/overlay.yaml, with its source. A file maps each version of a kind to its schema, or to the name of another
version whose schema is the same.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

import yaml

MODULES = {
    "istio.io/api@v1.31.1": ["kubernetes/customresourcedefinitions.gen.yaml"],
    "sigs.k8s.io/gateway-api@v1.6.3": ["config/crd/experimental/*.yaml"],
    "github.com/prometheus-operator/prometheus-operator@v0.85.0": ["example/prometheus-operator-crd/*.yaml"],
}
# A pod template, which Kubernetes checks and changes with each of its versions, is not worth its size.
OPAQUE = {"containers", "initContainers", "volumes", "affinity", "topologySpreadConstraints", "volumeClaimTemplate", "ephemeral"}
KEPT = [
    "type", "format", "enum", "pattern", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf",
    "minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties", "required", "nullable",
    "uniqueItems", "x-kubernetes-preserve-unknown-fields", "x-kubernetes-int-or-string",
]
# An enum of Prometheus holds `=`, which YAML 1.1 has plans with.
yaml.CSafeLoader.add_constructor("tag:yaml.org,2002:value", lambda loader, node: node.value)
ROOT = pathlib.Path(__file__).resolve().parent.parent


def facts(schema):
    """The schema without what is not a constraint."""
    if not isinstance(schema, dict):
        return schema
    kept = {key: schema[key] for key in KEPT if key in schema}
    for key in ("oneOf", "anyOf", "allOf"):
        if key in schema:
            kept[key] = [facts(branch) for branch in schema[key]]
    for key in ("items", "additionalProperties", "not"):
        if key in schema:
            kept[key] = facts(schema[key])
    if "properties" in schema:
        kept["properties"] = {
            name: {"type": value["type"]} if name in OPAQUE and "type" in value else facts(value)
            for name, value in schema["properties"].items()
        }
        # Where there is a default, the API server fills it in before it looks.
        required = [name for name in kept.pop("required", []) if "default" not in schema["properties"].get(name, {})]
        if required:
            kept["required"] = required
    return kept


def definitions():
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["go", "mod", "init", "schemas"], cwd=folder, check=True, capture_output=True)
        for module, patterns in MODULES.items():
            done = subprocess.run(["go", "mod", "download", "-json", module], cwd=folder, capture_output=True, text=True)
            answer = json.loads(done.stdout)
            if "Dir" not in answer:
                sys.exit(f"{module}: {answer.get('Error')}")
            for pattern in patterns:
                for path in sorted(pathlib.Path(answer["Dir"]).glob(pattern)):
                    yield from yaml.load_all(path.read_text(), Loader=yaml.CSafeLoader)
    yield from yaml.safe_load_all((ROOT / "schemas/overlay.yaml").read_text())


def main():
    found = {}
    for crd in definitions():
        if not crd or crd.get("kind") != "CustomResourceDefinition":
            continue
        spec = crd["spec"]
        versions = found.setdefault((spec["group"], spec["names"]["kind"]), {})
        for version in spec["versions"]:
            schema = facts(version["schema"]["openAPIV3Schema"])
            schema.get("properties", {}).pop("status", None)
            same = next((name for name, other in versions.items() if other == schema), None)
            versions[version["name"]] = same or schema
    folder = ROOT / "schemas/crd"
    for old in folder.glob("*/*.json"):
        old.unlink()
    for (group, kind), versions in sorted(found.items()):
        path = folder / group / f"{kind}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(versions, separators=(",", ":"), ensure_ascii=False) + "\n")


main()
