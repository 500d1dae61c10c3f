"""deploy/k8s handed to the programs that it starts: every workload's arguments, and its
configuration with exactly the files that its pod mounts. PADLOCK_BUILD names the build's folder."""

import base64
import functools
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

from kubernetes import ROOT, Rendered, config_file, container_of, documented_secrets, pod_of

MOUNTS = "/etc/padlock"
WRONG_CONFIGURATION = 1  # exit status; of wrong usage it is another
TIMEOUT_SECONDS = 30


@functools.cache
def secrets():
    """Contents for every key of every Secret."""
    with tempfile.TemporaryDirectory() as directory:
        key, certificate = pathlib.Path(directory, "key"), pathlib.Path(directory, "certificate")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=padlock", "-keyout", key,
                        "-out", certificate], check=True, capture_output=True)
        pem = certificate.read_bytes()
        return {"ca.crt": pem, "tls.crt": pem, "tls.key": key.read_bytes(), "kek-1": bytes(32),
                "secret": base64.b64encode(bytes(32)), "pg_service.conf": b""}


class Overlay:
    """What is asked of every overlay."""

    name = None

    @classmethod
    def setUpClass(cls):
        cls.rendered = Rendered(cls.name)

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.root = pathlib.Path(directory.name)

    def lay_out(self, workload):
        """Writes what the workload's pod sees below self.root."""
        for path, text in self.rendered.files(pod_of(workload)).items():
            file = self.root / path[1:]
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(secrets()[file.name] if text is None else text.encode())

    def run_program(self, workload, *arguments):
        image = container_of(workload)["image"].split("/")[-1].split(":")[0]
        folder = {"padlock-cert": "cert", "padlock-probe": "probe"}[image]
        program = pathlib.Path(os.environ["PADLOCK_BUILD"]) / "services" / folder / image
        return subprocess.run([program, *arguments], capture_output=True, text=True,
                              timeout=TIMEOUT_SECONDS, check=False)

    def test_every_configuration_is_good_with_the_files_that_its_pod_mounts(self):
        for workload in self.rendered.workloads():
            if workload["kind"] == "Job":
                continue  # migrate reads its connection alone
            self.lay_out(workload)
            config = str(self.root) + config_file(container_of(workload))
            result = self.run_program(workload, "--config", config, "check-config")
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertIn("The configuration is good.\n", result.stderr)

    def test_check_config_names_the_field_that_is_wrong(self):
        for name in "padlock-cert", "padlock-probe":
            workload = self.rendered.get("Deployment", name)
            self.lay_out(workload)
            config = self.root / config_file(container_of(workload))[1:]
            config.write_text(re.sub(r"\bport: 748\d", "port: 0", config.read_text()))
            result = self.run_program(workload, "--config", config, "check-config")
            self.assertEqual(result.returncode, WRONG_CONFIGURATION)
            self.assertEqual(result.stderr, "admin.port: must be from 1 to 65535\n")

    # Without its files a program that has understood its arguments says which one it misses.
    def test_programs_understand_their_arguments(self):
        for workload in self.rendered.workloads():
            arguments = [word.replace(MOUNTS, f"{self.root}{MOUNTS}")
                         for word in container_of(workload)["args"]]
            result = self.run_program(workload, *arguments)
            self.assertEqual(result.returncode, WRONG_CONFIGURATION, result.stderr)
            self.assertIn(str(self.root) + config_file(container_of(workload)), result.stderr)

    def test_every_workload_does_what_its_name_says(self):
        words = {workload["metadata"]["name"]: container_of(workload)["args"][0]
                 for workload in self.rendered.workloads()}
        self.assertEqual(words, {"padlock-cert": "serve", "padlock-migrate": "migrate",
                                 "padlock-probe": "--config", "padlock-recover": "recover",
                                 "padlock-rollover-account": "rollover-account",
                                 "padlock-rotate-keys": "rotate-keys"})

    # check-config opens no connection, so these are not among the files that it reads.
    def test_files_that_libpq_reads_are_mounted(self):
        for workload in self.rendered.workloads():
            if workload["metadata"]["name"] == "padlock-probe":
                continue
            mounted = self.rendered.files(pod_of(workload))
            environment = {it["name"]: it["value"] for it in container_of(workload)["env"]}
            self.assertIn(environment["PGSERVICEFILE"], mounted)
            roots = re.findall(r"sslrootcert=(\S+?)\"", str(self.rendered.config("cert").database))
            self.assertEqual(len(roots), 4)
            self.assertLessEqual(set(roots), set(mounted))

    def test_connections_are_those_of_the_roles_that_the_migrations_grant_to(self):
        migrations = ROOT / "services/cert/store/migrations"
        granted = {role for file in migrations.glob("*.sql")
                   for role in re.findall(r"\bpadlock_(?:cert|claim)\b", file.read_text())}
        database = self.rendered.config("cert").database
        for text, role in {database.connection_string: "padlock_cert",
                           database.listen_connection_string: "padlock_cert",
                           database.claim_connection_string: "padlock_claim"}.items():
            self.assertIn(role, granted)
            self.assert_connects_as(text, role)
        self.assert_connects_as(database.owner_connection_string, "padlock_owner")

    def assert_connects_as(self, text, role):
        words = dict(word.split("=") for word in text.split())
        self.assertEqual(words["user"], role)
        self.assertEqual(words["service"], role.replace("_", "-"))
        self.assertIn(f"[{words['service']}]", (ROOT / "deploy/k8s/README.md").read_text())
        self.assertEqual(words["sslmode"], "verify-full")

    def test_every_secret_is_documented_and_used(self):
        used = {volume["secret"]["secretName"] for workload in self.rendered.workloads()
                for volume in pod_of(workload)["volumes"] if "secret" in volume}
        self.assertEqual(used, set(documented_secrets()))

    def test_the_migration_job_has_no_private_key(self):
        files = self.rendered.files(pod_of(self.rendered.get("Job", "padlock-migrate")))
        secret = {pathlib.Path(path).name for path, text in files.items() if text is None}
        self.assertEqual(secret, {"ca.crt", "pg_service.conf"})

    def test_only_the_migration_job_has_the_password_of_the_owner(self):
        holders = [workload["metadata"]["name"] for workload in self.rendered.workloads()
                   if "padlock-database-owner" in str(pod_of(workload)["volumes"])]
        self.assertEqual(holders, ["padlock-migrate"])


class BaseTest(Overlay, unittest.TestCase):
    name = "base"


class LocalTest(Overlay, unittest.TestCase):
    name = "overlays/local"


if __name__ == "__main__":
    unittest.main()
