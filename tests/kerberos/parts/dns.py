"""The same site behind real DNS, on the ports of the guide's samples: what an endpoint that is an alias does."""

from . import expect, machine
from .mit import ALICE, BOB, PASSWORDS, Site

ALIAS = expect.ENDPOINT
PLAIN = "plain.cluster-abc.us-east-1.rds.amazonaws.com"
INSTANCE = "mydb-1.abc.us-east-1.rds.amazonaws.com"
PTR = "ip-127-0-0-5.ec2.internal"


def stage(report, folder, work):
    """Inside a network namespace. EXAMPLE.COM's KDC is at example.com:88, as the guide writes it."""
    report.stage = "dns"
    machine.network(work, "127.0.0.2", [])
    with machine.Servers() as servers:
        names = [
            machine.program("dnsmasq"),
            # Stays as it was started: it could not become another user in a user namespace.
            "--no-daemon",
            "--log-facility=-",
            "--conf-file=/dev/null",
            "--no-resolv",
            "--no-hosts",
            "--pid-file=",
            "--bind-interfaces",
            "--listen-address=127.0.0.2",
            "--host-record=example.com,127.0.0.11",
            "--host-record=onprem.com,127.0.0.12",
            f"--host-record={INSTANCE},127.0.0.5",
            f"--cname={ALIAS},{INSTANCE}",
            f"--ptr-record=5.0.0.127.in-addr.arpa,{PTR}",
            f"--host-record={PTR},127.0.0.5",
            # An address without a reverse record.
            f"--address=/{PLAIN}/127.0.0.6",
            "--local=/in-addr.arpa/",
        ]
        machine.wait_for("127.0.0.2", 53, servers.start(names, f"{work}/dnsmasq.log"))
        kdcs = {"EXAMPLE.COM": ("127.0.0.11", 88), "ONPREM.COM": ("127.0.0.12", 88)}
        site = Site(servers, work, kdcs, (["127.0.0.5", "127.0.0.6"], 5432), [ALIAS, PLAIN])
        checks(report, folder, site)


def checks(report, folder, site):
    def conf(name):
        return f"{folder}/{name}.conf"

    for name, principal in [("sample", ALICE), ("trust", ALICE), ("trust", BOB)]:
        client = site.client(conf(name))
        got, said = client.kinit(principal, PASSWORDS[principal])
        report.check(f"{name}.conf finds {principal}'s KDC by its domain's name", got, said)
    for name, principal in [("sample", ALICE), ("trust", ALICE), ("trust", BOB)]:
        ok, said = site.try_login(conf(name), principal, PLAIN)
        report.check(f"{name}.conf logs {principal} in where the endpoint is no alias", ok and "true true" in said, said)
    for name, principal in [("sample", ALICE), ("trust", ALICE), ("trust", BOB)]:
        ok, said = site.try_login(conf(name), principal, ALIAS, gssencmode="require")
        report.check(
            f"{name}.conf keeps {principal} out where it is one: the client asks for the name that reverse DNS gives",
            not ok and "krbtgt/EC2.INTERNAL@" in said,
            said,
        )
    for name in ("hardened", "fallback"):
        for principal in (ALICE, BOB):
            ok, said = site.try_login(conf(name), principal, ALIAS)
            report.check(f"{name}.conf logs {principal} in there", ok and said == f"{principal} true true", said)
            ok, said = site.try_login(conf(name), principal, PLAIN)
            report.check(f"{name}.conf logs {principal} in where the endpoint is no alias", ok, said)
