"""deploy/k8s against what the programs serve and what their configurations say. Each fact has one
source, the program or its configuration; every other place that repeats it must agree."""

import re
import unittest
from urllib.parse import urlsplit

from kubernetes import (ROOT, Rendered, config_file, container_of, lets_reach, pod_of, ports_of,
                        selects, template_of)

DNS_PORT = 53
HTTP_PORT = 80
HTTPS_PORT = 443
POSTGRESQL_PORT = 5432
RESOLVERS_TOLERATE = 100  # questions a second from one address; ProbeConfig.resolver_limit's default
DEFAULT_LEASE_SECONDS = 30
DEFAULT_PATIENCE_SECONDS = 30  # of Kubernetes, before SIGKILL


class Overlay:
    """What is asked of every overlay."""

    name = None

    @classmethod
    def setUpClass(cls):
        cls.rendered = Rendered(cls.name)
        cls.cert = cls.rendered.config("cert")
        cls.probe = cls.rendered.config("probe")

    def deployment(self, program):
        return self.rendered.get("Deployment", f"padlock-{program}")

    def declared_ports(self, program):
        ports = container_of(self.deployment(program))["ports"]
        return {port["name"]: port["containerPort"] for port in ports}

    def policy_ports(self, name):
        spec = self.rendered.get("NetworkPolicy", name)["spec"]
        return ports_of(spec.get("ingress", []) + spec.get("egress", []))

    def test_containers_declare_the_ports_of_their_configuration(self):
        self.assertEqual(self.declared_ports("cert"),
                         {"grpc": self.cert.grpc.port, "http": self.cert.http.port,
                          "admin": self.cert.admin.port})
        self.assertEqual(self.declared_ports("probe"), {"admin": self.probe.admin.port})

    def test_programs_listen_on_all_addresses_of_their_pod(self):
        for endpoint in (self.cert.grpc, self.cert.http, self.cert.admin, self.probe.admin):
            self.assertEqual(endpoint.address, "0.0.0.0")

    # A replica without its database must leave the Service, and must not be restarted.
    def test_health_probes_ask_the_admin_port_for_paths_that_it_serves(self):
        paths = {"startup": "/livez", "liveness": "/livez", "readiness": "/readyz"}
        source = (ROOT / "services/base/admin_server.cc").read_text()
        served = set(re.findall(r'request\.path == "(.+?)"', source))
        self.assertLessEqual(set(paths.values()), served)
        for program in ("cert", "probe"):
            container = container_of(self.deployment(program))
            for kind, path in paths.items():
                self.assertEqual(container[f"{kind}Probe"]["httpGet"],
                                 {"path": path, "port": "admin"})

    def test_prometheus_is_told_of_the_admin_port(self):
        for program, config in {"cert": self.cert, "probe": self.probe}.items():
            metadata = self.deployment(program)["spec"]["template"]["metadata"]
            self.assertEqual(metadata["annotations"], {"prometheus.io/scrape": "true",
                                                       "prometheus.io/port": str(config.admin.port),
                                                       "prometheus.io/path": "/metrics"})

    # CAs ask for http-01 tokens at port 80 (RFC 8555, 8.3), and the edge passes that on.
    def test_services_lead_to_the_ports_that_are_served(self):
        grpc = {"name": "grpc", "port": self.cert.grpc.port, "targetPort": "grpc"}
        http = {"name": "http", "port": HTTP_PORT, "targetPort": "http"}
        self.assertEqual({service["metadata"]["name"]: service["spec"]["ports"]
                          for service in self.rendered.all("Service")},
                         {"padlock-cert": [grpc], "padlock-cert-replicas": [grpc],
                          "padlock-cert-http": [http]})

    def test_workers_dial_every_replica_by_the_name_that_callers_use(self):
        coordinator = self.probe.coordinator
        self.assertEqual(coordinator.port, self.cert.grpc.port)
        (replicas,) = coordinator.hosts
        namespace = self.deployment("cert")["metadata"]["namespace"]
        for host, is_headless in (replicas, True), (coordinator.tls_server_name, False):
            service = self.rendered.get("Service", host.split(".")[0])
            self.assertEqual(host, f"{service['metadata']['name']}.{namespace}.svc")
            self.assertEqual(service["spec"].get("clusterIP") == "None", is_headless)

    def test_policies_let_in_what_is_served_and_no_more(self):
        grpc, admin = ("TCP", self.cert.grpc.port), ("TCP", self.cert.admin.port)
        http = ("TCP", self.cert.http.port)
        self.assertEqual(self.policy_ports("padlock-cert-ingress"), {grpc, http, admin})
        self.assertEqual(self.policy_ports("padlock-probe-to-cert"), {grpc})
        self.assertEqual(self.policy_ports("padlock-probe-ingress"),
                         {("TCP", self.probe.admin.port)})

    def test_policies_let_out_to_the_ports_in_the_configurations(self):
        database = self.cert.database
        self.assertNotIn(" port=", str(database))  # the default is meant
        self.assertEqual(self.policy_ports("padlock-to-postgresql"), {("TCP", POSTGRESQL_PORT)})
        self.assertEqual(self.policy_ports("padlock-cert-to-ca"),
                         {("TCP", urlsplit(ca.directory_url).port or HTTPS_PORT)
                          for ca in self.cert.certificate_authorities})
        nameservers = {server.port for server in self.cert.delegation_zone.servers}
        asked = {resolver.endpoint.port or DNS_PORT for resolver in self.probe.resolvers}
        asked.add(self.probe.authoritative_port or DNS_PORT)
        for policy, ports in {"padlock-cert-to-nameservers": nameservers,
                              "padlock-probe-to-internet-dns": asked}.items():
            both = {(protocol, port) for protocol in ("TCP", "UDP") for port in ports}
            self.assertEqual(self.policy_ports(policy), both)
        self.assertEqual(self.policy_ports("padlock-probe-to-web"),
                         {("TCP", self.probe.http_port or HTTP_PORT),
                          ("TCP", self.probe.https_port or HTTPS_PORT)})

    def test_pods_are_given_the_time_that_their_programs_take_to_stop(self):
        lease = self.cert.lease_duration.seconds or DEFAULT_LEASE_SECONDS
        for program, steps in {"cert": lease, "probe": 0}.items():
            source = (ROOT / f"services/{program}/main.cc").read_text()
            (drain,) = re.findall(r"kDrainTime = absl::Seconds\((\d+)\)", source)
            pod = pod_of(self.deployment(program))
            hooks = container_of(self.deployment(program)).get("lifecycle", {})
            waiting = hooks.get("preStop", {}).get("sleep", {}).get("seconds", 0)
            patience = pod.get("terminationGracePeriodSeconds", DEFAULT_PATIENCE_SECONDS)
            self.assertGreater(patience, waiting + steps + int(drain))

    def test_workers_run_in_a_perspective_that_is_counted(self):
        counted = [perspective.name for perspective in self.cert.agreement.perspectives]
        self.assertIn(self.probe.perspective, counted)

    def test_as_many_resolvers_are_asked_as_must_agree(self):
        self.assertGreaterEqual(len(self.probe.resolvers), self.cert.agreement.recursive_quorum)

    def jobs(self):
        """What runs beside the service, or before it."""
        return self.rendered.all("Job") + self.rendered.all("CronJob")

    def test_jobs_read_the_configuration_of_the_service(self):
        service = self.deployment("cert")
        text = self.rendered.files(pod_of(service))[config_file(container_of(service))]
        for job in self.jobs():
            self.assertEqual(self.rendered.files(pod_of(job))[config_file(container_of(job))], text)
            self.assertEqual(container_of(job)["image"], container_of(service)["image"])

    # `recover` under a service that runs would take its claims away.
    def test_only_the_migration_starts_by_itself(self):
        self.assertEqual([job["metadata"]["name"] for job in self.rendered.all("Job")],
                         ["padlock-migrate"])
        for template in self.rendered.all("CronJob"):
            self.assertIs(template["spec"]["suspend"], True)
            self.assertEqual(template["spec"]["schedule"], "0 0 31 2 *")

    def test_what_operators_run_sees_the_files_of_the_service(self):
        files = set(self.rendered.files(pod_of(self.deployment("cert"))))
        for template in self.rendered.all("CronJob"):
            self.assertEqual(set(self.rendered.files(pod_of(template))), files)

    def test_the_account_is_rolled_over_at_a_ca_that_is_configured(self):
        args = container_of(self.rendered.get("CronJob", "padlock-rollover-account"))["args"]
        self.assertIn(args[args.index("--ca") + 1],
                      [ca.name for ca in self.cert.certificate_authorities])

    def test_policies_let_out_who_needs_it(self):
        asks_cas = {"padlock-cert", "padlock-recover", "padlock-rollover-account"}
        for policy, names in {
                "padlock-to-postgresql": asks_cas | {"padlock-migrate", "padlock-rotate-keys"},
                "padlock-cert-to-ca": asks_cas, "padlock-cert-to-nameservers": {"padlock-cert"},
                "padlock-probe-to-internet-dns": {"padlock-probe"}}.items():
            selector = self.rendered.get("NetworkPolicy", policy)["spec"]["podSelector"]
            selected = {it["metadata"]["name"] for it in self.rendered.workloads()
                        if selects(selector, template_of(it)["metadata"]["labels"])}
            self.assertEqual(selected, names, policy)


class BaseTest(Overlay, unittest.TestCase):
    name = "base"

    # They may leave the cluster by one address.
    def test_all_workers_together_ask_a_resolver_no_more_than_it_tolerates(self):
        workers = self.rendered.get("HorizontalPodAutoscaler", "padlock-probe")["spec"]["maxReplicas"]
        part = self.probe.resolver_limit.queries_per_second
        self.assertGreater(part, 0)
        self.assertLessEqual(workers * part, RESOLVERS_TOLERATE)

    def test_policies_let_out_to_the_nameservers_of_the_delegation_zone_alone(self):
        policy = self.rendered.get("NetworkPolicy", "padlock-cert-to-nameservers")
        (rule,) = policy["spec"]["egress"]
        self.assertEqual([peer["ipBlock"]["cidr"] for peer in rule["to"]],
                         [f"{it.address}/32" for it in self.cert.delegation_zone.servers])

    def test_workers_reach_resolvers_and_roots_and_no_private_address(self):
        policy = self.rendered.get("NetworkPolicy", "padlock-probe-to-internet-dns")
        rules = policy["spec"]["egress"]
        web = self.rendered.get("NetworkPolicy", "padlock-probe-to-web")["spec"]["egress"]
        for server in ([it.endpoint.address for it in self.probe.resolvers] +
                       [it.address for it in self.probe.root_servers]):
            self.assertTrue(lets_reach(rules, server), server)
            self.assertTrue(lets_reach(web, server), server)
        for address in ("10.0.0.1", "127.0.0.1", "169.254.169.254", "172.16.0.1", "192.168.0.1",
                        "::1", "fc00::1", "fe80::1", "64:ff9b::a00:1", "2002:a00:1::1"):
            self.assertFalse(lets_reach(rules, address), address)
            self.assertFalse(lets_reach(web, address), address)


class LocalTest(Overlay, unittest.TestCase):
    name = "overlays/local"


if __name__ == "__main__":
    unittest.main()
