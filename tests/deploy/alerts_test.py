"""deploy/k8s/components/alerts against docs/metrics.md, which says what each alert means."""

import os
import re
import subprocess
import tempfile
import unittest

import yaml

from kubernetes import MANIFESTS, OVERLAYS, ROOT, Rendered, kubectl

# Of calls, which no finding tells of (absl::StatusCode).
STATUS_CODES = {"INTERNAL", "UNKNOWN", "DATA_LOSS"}


def render_beside_base(component):
    """What an overlay of the base makes that takes the component in."""
    with tempfile.TemporaryDirectory() as directory:
        there = {name: os.path.relpath(MANIFESTS / name, os.path.realpath(directory))
                 for name in ("base", component)}
        with open(f"{directory}/kustomization.yaml", "w", encoding="utf-8") as file:
            yaml.safe_dump({"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization",
                            "namespace": "padlock", "resources": [there["base"]],
                            "components": [there[component]]}, file)
        result = subprocess.run([kubectl(), "kustomize", directory], check=True,
                                capture_output=True, text=True)
        return list(yaml.safe_load_all(result.stdout))


class AlertsTest(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.page = (ROOT / "docs/metrics.md").read_text()
        (cls.object,) = [it for it in render_beside_base("components/alerts")
                         if it["kind"] == "PrometheusRule"]
        (group,) = cls.object["spec"]["groups"]
        cls.rules = group["rules"]

    def test_every_alert_is_documented_and_every_documented_one_is_there(self):
        documented = re.findall(r"^\| `(Padlock\w+)` \|", self.page, re.MULTILINE)
        self.assertEqual([rule["alert"] for rule in self.rules], documented)

    def test_alerts_ask_for_metrics_that_there_are(self):
        shown = set(re.findall(r"`(padlock_(?:cert|probe)_[a-z_]+)`", self.page))
        for rule in self.rules:
            used = set(re.findall(r"padlock_[a-z_]+", rule["expr"]))
            self.assertTrue(used, rule["alert"])
            self.assertLessEqual({name.removesuffix("_count") for name in used}, shown)

    def test_alerts_ask_for_codes_that_there_are(self):
        findings = re.findall(r"^### `(\w+)`", (ROOT / "docs/findings.md").read_text(), re.MULTILINE)
        for rule in self.rules:
            for codes in re.findall(r'code=~?"([A-Z_|]+)"', rule["expr"]):
                self.assertLessEqual(set(codes.split("|")), STATUS_CODES.union(findings))

    def test_alerts_say_how_urgent_they_are_and_what_is_the_matter(self):
        for rule in self.rules:
            self.assertIn(rule["labels"]["severity"], {"page", "ticket"})
            self.assertRegex(rule["annotations"]["summary"], r"\.$")
            self.assertEqual(rule["expr"].count("("), rule["expr"].count(")"), rule["alert"])

    def test_they_lie_beside_what_they_watch(self):
        self.assertEqual(self.object["metadata"]["namespace"], "padlock")

    # Whose objects need a CRD; the schema of Kubernetes does not know them either.
    def test_nobody_needs_the_prometheus_operator_who_does_not_ask_for_it(self):
        for overlay in OVERLAYS:
            self.assertEqual(Rendered(overlay).all("PrometheusRule"), [])


if __name__ == "__main__":
    unittest.main()
