"""What deploy/k8s renders to, and what its pods see of it: for the tests beside this file."""

import functools
import importlib
import ipaddress
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
MANIFESTS = ROOT / "deploy/k8s"
OVERLAYS = ("base", "overlays/local")


def kubectl():
    """The path of kubectl: the one that ./dev had to get, or else that in PATH."""
    path = os.pathsep.join([str(ROOT / "build/tools"), os.environ["PATH"]])
    program = shutil.which("kubectl", path=path)
    if program is None:
        raise FileNotFoundError("kubectl is not installed; ./dev test gets one")
    return program


@functools.cache
def render(overlay):
    """The overlay's YAML, as `kubectl apply -k` would send it."""
    command = [kubectl(), "kustomize", str(MANIFESTS / overlay)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@functools.cache
def config_messages():
    """The module of padlock/config/v1/config.proto."""
    with tempfile.TemporaryDirectory() as directory:
        subprocess.run(["protoc", f"--python_out={directory}", f"--proto_path={ROOT / 'proto'}",
                        "padlock/config/v1/config.proto"], check=True)
        sys.path.insert(0, directory)
        try:
            return importlib.import_module("padlock.config.v1.config_pb2")
        finally:
            sys.path.remove(directory)


@functools.cache
def documented_secrets():
    """The keys of each Secret by name, from the table in README.md: nothing else tells of them."""
    text = (MANIFESTS / "README.md").read_text()
    rows = re.findall(r"^\| `(padlock-[a-z-]+)` \| ([^|]*`[^|]*) \|", text, re.MULTILINE)
    return {name: re.findall(r"`([^`]+)`", keys) for name, keys in rows}


class Rendered:
    """The objects of one overlay."""

    def __init__(self, overlay):
        self.overlay = overlay
        self.objects = [document for document in yaml.safe_load_all(render(overlay)) if document]

    def all(self, kind):
        return [document for document in self.objects if document["kind"] == kind]

    def get(self, kind, name):
        found = [it for it in self.all(kind) if it["metadata"]["name"] == name]
        if len(found) != 1:
            raise LookupError(f"{self.overlay}: {len(found)} of {kind} {name}")
        return found[0]

    def workloads(self):
        return self.all("Deployment") + self.all("Job") + self.all("CronJob")

    def config(self, program):
        """The parsed configuration of "cert" or "probe"."""
        from google.protobuf import text_format
        deployment = self.get("Deployment", f"padlock-{program}")
        text = self.files(pod_of(deployment))[config_file(container_of(deployment))]
        kind = getattr(config_messages(), f"{program.capitalize()}Config")
        return text_format.Parse(text, kind())

    def files(self, pod):
        """What the pod's container finds where: text by path; None for a Secret's key."""
        sources = {volume["name"]: volume for volume in pod["volumes"]}
        files = {}
        for mount in pod["containers"][0]["volumeMounts"]:
            for key, text in self._content(sources[mount["name"]]).items():
                files[f"{mount['mountPath']}/{key}"] = text
        return files

    def _content(self, volume):
        if "configMap" in volume:
            return self.get("ConfigMap", volume["configMap"]["name"])["data"]
        return dict.fromkeys(documented_secrets()[volume["secret"]["secretName"]])


def template_of(workload):
    """The template of its pods."""
    spec = workload["spec"]
    if workload["kind"] == "CronJob":
        spec = spec["jobTemplate"]["spec"]
    return spec["template"]


def pod_of(workload):
    return template_of(workload)["spec"]


def container_of(workload):
    (container,) = pod_of(workload)["containers"]
    return container


def config_file(container):
    args = container["args"]
    return args[args.index("--config") + 1]


def selects(selector, labels):
    """Whether a selector of labels takes a pod with these."""
    return (selector.get("matchLabels", {}).items() <= labels.items() and
            all(it["operator"] == "In" and labels.get(it["key"]) in it["values"]
                for it in selector.get("matchExpressions", [])))


def ports_of(rules):
    """All (protocol, port) that a NetworkPolicy's rules name."""
    return {(port["protocol"], port["port"]) for rule in rules for port in rule["ports"]}


def lets_reach(rules, address):
    """Whether the ipBlocks of a NetworkPolicy's egress rules hold the address."""
    ip = ipaddress.ip_address(address)
    blocks = [peer["ipBlock"] for rule in rules for peer in rule["to"]]
    return any(ip in ipaddress.ip_network(block["cidr"]) and
               not any(ip in ipaddress.ip_network(gap) for gap in block.get("except", []))
               for block in blocks)
