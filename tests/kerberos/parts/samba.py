"""A Samba domain controller: the nearest thing to AWS Managed Microsoft AD that a test can start."""

import os

from . import expect, machine
from .postgres import Client, Postgres

ADDRESS, DATABASE = "127.0.1.20", "127.0.1.21"
REALM = "CORP.EXAMPLE.COM"
ADMIN_PASSWORD, PASSWORD, CHANGED = "Adm1n-pw-000", "Al1ce-pw-000", "Al1ce-pw-111"
# In a user namespace nobody but root exists: the system volume's owners and security attributes cannot be set, and
# no client here looks at them. Everything else is what `samba-tool domain provision` does.
PROVISION = """
import sys
import samba.provision
from samba.netcmd.main import cmd_sambatool
samba.provision.setsysvolacl = lambda *arguments, **options: None
sys.exit(cmd_sambatool()._run("samba-tool", *sys.argv[1:]))
"""


def stage(report, folder, work):
    """Inside a network namespace. The client's file is `folder`/samba.conf."""
    report.stage = "samba"
    conf = f"{folder}/samba.conf"
    tool, samba = machine.program("samba-tool"), machine.program("samba")
    machine.network(work, ADDRESS, [ADDRESS, DATABASE])
    # Names without a dot are looked up below the domain by some of Samba's own programs.
    machine.must(["hostname", "dc1"])
    home = machine.folder(f"{work}/samba")
    for name in ("run", "logs", "ncalrpc"):
        machine.folder(f"{home}/{name}")
    options = {
        "interfaces": ADDRESS,
        "bind interfaces only": "yes",
        "pid directory": f"{home}/run",
        "ncalrpc dir": f"{home}/ncalrpc",
        "log file": f"{home}/logs/log.%m",
        "server services": "ldap, cldap, kdc, dns, rpc",
        "tls enabled": "no",
        "dns forwarder": "127.0.0.1",
    }
    if machine.mapped():
        options["vfs objects"] = "acl_xattr xattr_tdb"
    provision = ["/usr/bin/python3", "-c", PROVISION] if machine.mapped() else [tool]
    provision += ["domain", "provision", f"--realm={REALM}", "--domain=CORP", "--server-role=dc"]
    provision += ["--dns-backend=SAMBA_INTERNAL", f"--adminpass={ADMIN_PASSWORD}", "--host-name=dc1"]
    # Without a configuration of its own it would read, and refuse, the one of the package.
    empty = machine.write(f"{home}/empty.conf", "[global]\n")
    provision += [f"--host-ip={ADDRESS}", f"--targetdir={home}", f"--configfile={empty}"]
    provision += [f"--option={name}={value}" for name, value in options.items()]
    env = machine.base_env(PYTHONDONTWRITEBYTECODE=1)
    machine.must(provision, env=env, timeout=180)
    smb = f"{home}/etc/smb.conf"

    def manage(*words):
        return machine.must([tool, *words, "-s", smb], env=env, timeout=120)

    report.check("a domain is provisioned", os.path.exists(smb))
    service, keytab_dir = f"postgres/{expect.ENDPOINT}", machine.folder(f"{work}/keytab", machine.server_user())
    manage("user", "create", "alice", PASSWORD)
    manage("user", "create", "pgservice", "Serv1ce-pw-000")
    manage("spn", "add", service, "pgservice")
    # AES only: without it the account's keys are RC4 alone.
    edit = f"{home}/aes.ldif"
    dn = "CN=pgservice,CN=Users,DC=corp,DC=example,DC=com"
    machine.write(edit, f"dn: {dn}\nchangetype: modify\nreplace: msDS-SupportedEncryptionTypes\nmsDS-SupportedEncryptionTypes: 24\n")
    machine.must([machine.program("ldbmodify"), "-H", f"{home}/private/sam.ldb", edit], env=env)
    manage("domain", "passwordsettings", "set", "--min-pwd-age=0")
    manage("domain", "exportkeytab", f"{keytab_dir}/postgres.keytab", f"--principal={service}")
    machine.give(f"{keytab_dir}/postgres.keytab")
    with machine.Servers() as servers:
        controller = servers.start([samba, "-i", "-M", "single", "-s", smb, "-l", f"{home}/logs"], f"{home}/samba.out", env=env)
        for port in (53, 88, 464):
            machine.wait_for(ADDRESS, port, controller)
        postgres = Postgres(work, 5432, keytab_dir)
        postgres.start(servers, [DATABASE], conf)
        postgres.add_role(f"alice@{REALM}")
        checks(report, conf, work)


def checks(report, conf, work):
    alice = f"alice@{REALM}"
    client = Client(work, conf, "samba-alice")
    got, said = client.kinit("alice", PASSWORD)
    report.check("the KDC is found by the domain's name, and alice gets a ticket", got, said)
    ok, said = client.login(alice, expect.ENDPOINT, 5432, DATABASE)
    report.check(f"{alice} logs in, encrypted", ok and said == f"{alice} true true", said)
    tickets = client.tickets()
    service = f"postgres/{expect.ENDPOINT}@{REALM}"
    report.check(f"... with a ticket for {service}", service in tickets, tickets)
    _, types = machine.run([machine.program("klist"), "-e"], env=client.env)
    line = types[types.find(service) :]
    report.check("... encrypted with AES", "aes256-cts-hmac-sha1-96" in line, types)
    got, said = Client(work, conf, "samba-wrong").kinit("alice", "wrong")
    report.check("a wrong password is refused", not got and "Password incorrect" in said, said)
    got, said = Client(work, conf, "samba-lower").kinit("alice@corp.example.com", PASSWORD)
    report.check("a realm in lower case is refused", not got, said)
    upper = Client(work, conf, "samba-upper")
    got, said = upper.kinit("ALICE", PASSWORD)
    report.check("the directory gives a ticket to ALICE too", got, said)
    ok, said = upper.login(alice, expect.ENDPOINT, 5432, DATABASE)
    report.check("... which is not the database's alice (hence the lower-case alias)", not ok, said)
    words = [machine.program("kpasswd"), "alice"]
    code, said = machine.run(words, env=client.env, stdin=f"{PASSWORD}\n{CHANGED}\n{CHANGED}\n")
    report.check("a password is changed at admin_server, port 464", code == 0, said)
    got, said = Client(work, conf, "samba-changed").kinit("alice", CHANGED)
    report.check("... and the new one is taken", got, said)
