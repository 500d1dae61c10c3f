"""deploy/Dockerfile against the manifests that run its images, and against ./dev."""

import json
import re
import shutil
import subprocess
import tempfile
import unittest

from kubernetes import OVERLAYS, ROOT, Rendered, container_of, pod_of

# What a checkout needs and a build from an archive does not.
ONLY_CHECKOUTS = {"git", "ca-certificates", "publicsuffix"}


def stages():
    """The instructions of each stage by its name, as lists of words."""
    text = (ROOT / "deploy/Dockerfile").read_text()
    text = re.sub(r"^#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", " ")
    result = {}
    for words in filter(None, map(str.split, text.splitlines())):
        if words[0] == "FROM":
            stage = result.setdefault(words[3], [])
        if result:
            stage.append(words)
    return result


def packages(instructions):
    """What the stage installs."""
    names = set()
    for words in instructions:
        if "install" in words:
            rest = words[words.index("install") + 1:]
            names |= {word for word in rest[:rest.index("&&")] if not word.startswith("-")}
    return names


class ImagesTest(unittest.TestCase):

    def setUp(self):
        self.stages = stages()

    def values(self, stage, instruction):
        return [words[1:] for words in self.stages[stage] if words[0] == instruction]

    def test_builds_with_the_packages_that_dev_installs(self):
        text = (ROOT / "dev").read_text()
        wanted = re.search(r"BUILD_PACKAGES=\(([^)]*)\)", text).group(1).split()
        self.assertEqual(packages(self.stages["build"]), set(wanted) - ONLY_CHECKOUTS)

    def test_configures_with_what_is_copied(self):
        with tempfile.TemporaryDirectory() as source:
            for origin, target in self.values("build", "COPY"):
                if (ROOT / origin).is_dir():
                    shutil.copytree(ROOT / origin, f"{source}/{target}")
                else:
                    shutil.copy(ROOT / origin, f"{source}/{target}")
            configured = subprocess.run(
                ["cmake", "-S", source, "-B", f"{source}/build", "-G", "Ninja",
                 "-D", "BUILD_TESTING=OFF"], capture_output=True, text=True, check=False)
        self.assertEqual(configured.returncode, 0, configured.stderr)

    def test_images_hold_no_compiler_and_no_headers(self):
        for stage in ("runtime", "cert", "probe", "cli"):
            for package in packages(self.stages[stage]):
                self.assertRegex(package, r"^(lib[a-z0-9+.-]*\d|ca-certificates)$")
                self.assertNotRegex(package, r"-dev$")

    def test_images_run_as_the_user_of_the_pods(self):
        for overlay in OVERLAYS:
            for workload in Rendered(overlay).workloads():
                context = pod_of(workload)["securityContext"]
                user = f"{context['runAsUser']}:{context['runAsGroup']}"
                for stage in ("cert", "probe", "cli"):
                    self.assertEqual(self.values(stage, "USER")[-1], [user])

    def test_images_start_the_program_of_their_name(self):
        for stage, program in {"cert": "padlock-cert", "probe": "padlock-probe",
                               "cli": "padlock"}.items():
            self.assertEqual(self.values(stage, "ENTRYPOINT"), [[json.dumps([program])]])

    def test_images_do_by_themselves_what_the_pods_ask_of_them(self):
        rendered = Rendered("base")
        for stage in ("cert", "probe"):
            container = container_of(rendered.get("Deployment", f"padlock-{stage}"))
            (command,) = self.values(stage, "CMD")
            self.assertEqual(json.loads(" ".join(command)), container["args"])
            (ports,) = self.values(stage, "EXPOSE")
            self.assertEqual(ports, [str(port["containerPort"]) for port in container["ports"]])

    def test_the_context_holds_what_is_copied_and_no_more(self):
        lines = (ROOT / ".dockerignore").read_text().splitlines()
        kept = [line[1:] for line in lines if line.startswith("!")]
        copied = [words[1] for words in self.stages["build"] if words[0] == "COPY"]
        self.assertIn("*", lines)
        self.assertEqual(kept, copied)


if __name__ == "__main__":
    unittest.main()
