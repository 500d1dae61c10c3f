"""deploy/k8s against the schema of Kubernetes, by a checker that lives beside this repository, in
../shared/k8s. Where that is not there, this says so and is skipped."""

import subprocess
import sys
import unittest

from kubernetes import OVERLAYS, ROOT, render

SHARED = ROOT.parent / "shared/k8s"
SCHEMA = SHARED / "k8s-1.32.13-definitions.json"
SKIPPED = 77  # exit status, as CMakeLists.txt tells CTest


class SchemaTest(unittest.TestCase):

    def test_every_overlay_is_accepted_without_exceptions(self):
        for overlay in OVERLAYS:
            with self.subTest(overlay):
                result = subprocess.run(
                    [sys.executable, SHARED / "validate.py", "--schema", SCHEMA, "-"],
                    input=render(overlay), capture_output=True, text=True, check=False)
                self.assertEqual(result.returncode, 0, result.stdout + result.stderr)


if __name__ == "__main__":
    if not SCHEMA.exists():
        print(f"{SHARED} is not there: NOT CHECKED against the schema of Kubernetes")
        sys.exit(SKIPPED)
    unittest.main()
