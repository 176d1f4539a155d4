"""Two realms that trust each other, a database in the first, and users of both."""

from . import expect, machine
from .kdc import Realm
from .postgres import Client, Postgres

ALICE, BOB, CAROL = "alice@EXAMPLE.COM", "bob@ONPREM.COM", "carol@EXAMPLE.COM"
PASSWORDS = {ALICE: "Alice-pw-1", BOB: "Bob-pw-1", CAROL: "Carol-pw-1"}


class Site:
    """What AWS and the on-premises network stand for: EXAMPLE.COM with a cluster, ONPREM.COM with users."""

    def __init__(self, servers, work, kdcs, database, endpoints):
        """`kdcs`: realm -> (address, port); `database`: (addresses, port); `endpoints`: names with a service ticket."""
        self.work = work
        self.addresses, self.port = database
        self.example, self.onprem = [Realm(name, work, *kdcs[name]) for name in ("EXAMPLE.COM", "ONPREM.COM")]
        for realm in (self.example, self.onprem):
            # The guide's trust can be two-way; both keys exist in both realms.
            realm.add_trust("krbtgt/EXAMPLE.COM@ONPREM.COM", "trust-secret-1")
            realm.add_trust("krbtgt/ONPREM.COM@EXAMPLE.COM", "trust-secret-2")
        for principal, password in PASSWORDS.items():
            realm = self.example if principal.endswith("@EXAMPLE.COM") else self.onprem
            realm.add_user(principal, password)
        keytab = f"{self.example.dir}/postgres.keytab"
        for endpoint in endpoints:
            self.example.add_service(f"postgres/{endpoint}@EXAMPLE.COM", keytab)
        self.example.start(servers)
        self.onprem.start(servers)
        postgres = Postgres(work, self.port, self.example.dir)
        postgres.start(servers, self.addresses, self.example.env["KRB5_CONFIG"])
        postgres.add_role(ALICE)
        postgres.add_role(BOB)
        postgres.add_role("ALICE@EXAMPLE.COM")
        postgres.add_role(CAROL, directory_user=False)
        self._clients = 0

    def client(self, conf):
        self._clients += 1
        return Client(self.work, conf, f"client-{self._clients}")

    def ticket(self, conf, principal):
        """A client that has a ticket; raises when there is none."""
        client = self.client(conf)
        got, said = client.kinit(principal, PASSWORDS[principal])
        if not got:
            raise RuntimeError(f"kinit {principal}: {said}")
        return client

    def try_login(self, conf, principal, host, hostaddr="", **settings):
        """(logged in, what was said), from the password on."""
        client = self.client(conf)
        got, said = client.kinit(principal, PASSWORDS[principal])
        return client.login(principal, host, self.port, hostaddr, **settings) if got else (False, said)


def stage(report, folder, work):
    """Everything that a login needs except DNS: the endpoint's name goes with `hostaddr`, as psql allows."""
    report.stage = "mit"
    kdc_ports = expect.ports(folder)
    ports, no_mapping = f"{folder}/ports.conf", f"{folder}/no-mapping.conf"
    (database_port,) = machine.free_ports(1)
    kdcs = {realm: ("127.0.0.1", port) for realm, port in kdc_ports.items()}
    with machine.Servers() as servers:
        site = Site(servers, work, kdcs, (["127.0.0.1"], database_port), [expect.ENDPOINT])
        logins(report, site, ports)
        refusals(report, site, ports)
        said = site.try_login(no_mapping, ALICE, expect.ENDPOINT, "127.0.0.1")
        report.check("without rds_realm, a user of the directory's own realm logs in (by referral)", said[0], said[1])
        ok, said = site.try_login(no_mapping, BOB, expect.ENDPOINT, "127.0.0.1", gssencmode="require")
        report.check(
            "without rds_realm, an on-premises user does not (so the mapping is what lets bob in)",
            not ok and "krbtgt/CLUSTER-ABC.US-EAST-1.RDS.AMAZONAWS.COM@ONPREM.COM not found" in said,
            said,
        )
        broken(report, site, ports, work)


def logins(report, site, conf):
    for principal in (ALICE, BOB):
        client = site.client(conf)
        got, said = client.kinit(principal, PASSWORDS[principal])
        report.check(f"{principal} gets a ticket", got, said)
        ok, said = client.login(principal, expect.ENDPOINT, site.port, "127.0.0.1")
        report.check(f"{principal} logs in", ok, said)
        report.check("... authenticated by GSSAPI, encrypted, as this principal", said == f"{principal} true true", said)
        service = f"postgres/{expect.ENDPOINT}@EXAMPLE.COM"
        tickets = client.tickets()
        report.check(f"... with a ticket for {service}", service in tickets, tickets)
    report.check("... over the trust", "krbtgt/EXAMPLE.COM@ONPREM.COM" in tickets, tickets)
    client = site.client(conf)
    got, said = client.kinit("alice", PASSWORDS[ALICE])
    report.check("default_realm completes a user without a realm", got and f"principal: {ALICE}" in client.tickets(), said)


def refusals(report, site, conf):
    def refused(name, outcome, word):
        ok, said = outcome
        report.check(name, not ok and word in said, said)

    def kinit(principal, password):
        return site.client(conf).kinit(principal, password)

    refused("a wrong password is refused", kinit(ALICE, "wrong"), "Password incorrect")
    refused("a user of another realm is not found", kinit("alice@ONPREM.COM", "x"), "not found in Kerberos database")
    refused("a realm that the file does not have is refused", kinit("alice@NOWHERE.TEST", "x"), "Cannot find KDC")
    refused("a realm in lower case is refused", kinit("alice@example.com", PASSWORDS[ALICE]), "Cannot find KDC")
    alice, bob = site.ticket(conf, ALICE), site.ticket(conf, BOB)
    port, here, there = site.port, expect.ENDPOINT, "127.0.0.1"
    refused("bob is not alice", bob.login(ALICE, here, port, there), "authentication failed")
    refused("alice is not bob", alice.login(BOB, here, port, there), "authentication failed")
    refused("a role in another case is refused", alice.login("ALICE@EXAMPLE.COM", here, port, there), "authentication failed")
    carol = site.ticket(conf, CAROL)
    refused("a role without rds_ad is refused", carol.login(CAROL, here, port, there), "no password supplied")
    plain = alice.login(ALICE, here, port, there, gssencmode="disable")
    refused("without encryption there is no login", plain, "rejects connection")
    wrong = alice.login(ALICE, here, port, there, krbsrvname="ftp", gssencmode="require")
    refused("another service's name is refused", wrong, "not found in Kerberos database")
    empty = site.client(conf).login(ALICE, here, port, there, gssencmode="require")
    refused("without a ticket there is no login", empty, "GSSAPI")


def broken(report, site, conf, work):
    """Files that load without a word and do not log in: what a comparison of strings would not have shown."""
    with open(conf, encoding="ascii") as file:
        good = file.read()
    suffix = " .rds.amazonaws.com = EXAMPLE.COM\n"
    port = good[good.index("127.0.0.1:") :].split("\n")[0]
    block = good[good.index(" EXAMPLE.COM = {") : good.index(" ONPREM.COM = {")]
    lost, unknown = "not found in Kerberos database", "KDC for realm"
    for name, principal, text, word in [
        ("a mapping to a lower-case realm", BOB, good.replace(suffix, suffix.replace("EXAMPLE.COM", "example.com")), lost),
        ("a mapping in upper case", BOB, good.replace(suffix, suffix.replace("rds.amazonaws", "RDS.AMAZONAWS")), lost),
        ("a mapping to the wrong realm", BOB, good.replace(suffix, suffix.replace("EXAMPLE.COM", "ONPREM.COM")), lost),
        ("a mapping with a wildcard", BOB, good.replace(suffix, suffix.replace(" .rds", " *.rds")), lost),
        ("another KDC's port", ALICE, good.replace(port, "127.0.0.1:1"), "contact any KDC for realm"),
        ("a realm block on one line", ALICE, good.replace(block, f" EXAMPLE.COM = {{ kdc = {port} }}\n"), unknown),
        ("a transport before the host", ALICE, good.replace(f"kdc = {port}", f"kdc = kdc://{port}"), "Invalid argument"),
    ]:
        path = machine.write(f"{work}/broken.conf", text)
        ok, said = site.try_login(path, principal, expect.ENDPOINT, "127.0.0.1", gssencmode="require")
        report.check(f"{name} keeps {principal} out", text != good and not ok and word in said, said)
