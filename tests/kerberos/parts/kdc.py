"""A realm: an MIT KDC on loopback with its own files."""

import glob
import os

from . import machine


class Realm:
    """One realm's database and KDC.

    Its krb5.conf has no [domain_realm]: a KDC that has one issues referrals from it and so hides a mapping that is
    missing, or wrong, in the client's file.
    """

    def __init__(self, name, work, address, port):
        self.name, self.address, self.port = name, address, port
        # Below 1024 it must stay root, which is what it is in a network of our own.
        self.user = machine.server_user() if port >= 1024 else None
        self.dir = machine.folder(f"{work}/kdc-{name}", self.user)
        kdc_dir = os.environ.get("KERBEROS_KDC_DIR", "")
        libraries = glob.glob(f"{kdc_dir}/usr/lib/*-linux-gnu") if kdc_dir else glob.glob("/usr/lib/*-linux-gnu")
        plugins = f"{libraries[0]}/krb5/plugins/kdb" if libraries else ""
        conf = machine.write(
            f"{self.dir}/krb5.conf",
            f"[libdefaults]\n default_realm = {name}\n dns_lookup_kdc = false\n"
            f"[realms]\n {name} = {{\n  kdc = {address}:{port}\n }}\n",
        )
        profile = machine.write(
            f"{self.dir}/kdc.conf",
            f"[kdcdefaults]\n kdc_listen = {address}:{port}\n kdc_tcp_listen = {address}:{port}\n"
            f"[realms]\n {name} = {{\n  database_name = {self.dir}/principal\n  key_stash_file = {self.dir}/stash\n"
            f"  acl_file = {self.dir}/kadm5.acl\n  max_life = 10h\n  max_renewable_life = 7d\n"
            "  supported_enctypes = aes256-cts-hmac-sha1-96:normal aes128-cts-hmac-sha1-96:normal\n }\n"
            f"[dbmodules]\n db_module_dir = {plugins}\n"
            f"[logging]\n kdc = FILE:{self.dir}/kdc.log\n",
        )
        machine.write(f"{self.dir}/kadm5.acl", "")
        self.env = machine.base_env(KRB5_CONFIG=conf, KRB5_KDC_PROFILE=profile, KRB5RCACHEDIR=self.dir)
        if kdc_dir and libraries:
            self.env["LD_LIBRARY_PATH"] = libraries[0]
        create = [machine.program("kdb5_util"), "-r", name, "-P", "masterpw", "create", "-s"]
        machine.must(create, env=self.env, user=self.user)

    def admin(self, query):
        """One query of kadmin.local. It exits with 0 even for a query that failed, so the output is looked at."""
        argv = [machine.program("kadmin.local"), "-r", self.name, "-q", query]
        output = machine.must(argv, env=self.env, user=self.user)
        if any(word in output for word in ("add_principal:", "ktadd:", "Unknown", "while ")):
            raise RuntimeError(f"kadmin.local {query}: {output.strip()}")

    def add_user(self, name, password):
        self.admin(f"addprinc -pw {password} {name}")

    def add_trust(self, principal, password):
        """One key of a trust: `krbtgt/TO@FROM`, with the same password, number and types in both realms."""
        self.admin(f"addprinc -pw {password} -kvno 1 -e aes256-cts-hmac-sha1-96:normal {principal}")

    def add_service(self, principal, keytab):
        self.admin(f"addprinc -randkey {principal}")
        self.admin(f"ktadd -k {keytab} {principal}")
        machine.give(keytab)

    def start(self, servers):
        argv = [machine.program("krb5kdc"), "-n", "-r", self.name]
        process = servers.start(argv, f"{self.dir}/krb5kdc.out", env=self.env, user=self.user)
        machine.wait_for(self.address, self.port, process)
