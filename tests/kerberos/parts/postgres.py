"""PostgreSQL with the roles and rules of an Aurora cluster that is joined to a directory."""

import os

from . import machine

STATUS = (
    "select coalesce(principal, '-') || ' ' || gss_authenticated || ' ' || encrypted "
    "from pg_stat_gssapi where pid = pg_backend_pid()"
)


class Postgres:
    """A server in which members of rds_ad log in with GSSAPI, encrypted, and nobody else without a password."""

    def __init__(self, work, port, keytab_dir):
        self.port = port
        self.user = machine.server_user()
        self.dir = machine.folder(f"{work}/postgres", self.user)
        self.data = f"{self.dir}/data"
        # In a user namespace we are called root, which PostgreSQL refuses to be: one more namespace renames us.
        self.prefix = ["unshare", "--user", "--map-user=1000", "--map-group=1000"] if machine.mapped() else []
        self.keytab = f"{keytab_dir}/postgres.keytab"
        argv = [machine.program("initdb"), "-D", self.data, "-U", "admin", "-A", "trust", "-E", "UTF8", "--no-sync"]
        machine.must(self.prefix + argv, user=self.user)
        machine.write(
            f"{self.data}/pg_hba.conf",
            "host all admin 127.0.0.0/8 trust\n"
            "hostgssenc all +rds_ad 127.0.0.0/8 gss include_realm=1\n"
            "host all +rds_ad 127.0.0.0/8 reject\n"
            "host all all 127.0.0.0/8 scram-sha-256\n",
        )

    def start(self, servers, addresses, kdc_conf):
        settings = {
            "listen_addresses": ",".join(addresses),
            "port": self.port,
            "unix_socket_directories": "",
            "krb_server_keyfile": self.keytab,
            "fsync": "off",
            "log_connections": "on",
        }
        argv = [machine.program("postgres"), "-D", self.data]
        for name, value in settings.items():
            argv += ["-c", f"{name}={value}"]
        env = machine.base_env(KRB5_CONFIG=kdc_conf, KRB5RCACHEDIR=self.dir)
        process = servers.start(self.prefix + argv, f"{self.dir}/server.log", env=env, user=self.user)
        machine.wait_for(addresses[0], self.port, process)
        self.admin_address = addresses[0]
        # It takes connections before it has finished starting, and refuses them.
        machine.wait_until(lambda: self.query("select 1")[0] == 0, process, "PostgreSQL")
        self.sql("create role rds_ad")

    def query(self, statement):
        """(exit code, what was said)."""
        target = f"host={self.admin_address} port={self.port} user=admin dbname=postgres gssencmode=disable"
        return machine.run([machine.program("psql"), "-X", "-At", "-v", "ON_ERROR_STOP=1", target, "-c", statement])

    def sql(self, statement):
        code, said = self.query(statement)
        if code != 0:
            raise RuntimeError(f"{statement}: {said.strip()}")

    def add_role(self, name, directory_user=True):
        self.sql(f'create role "{name}" login')
        if directory_user:
            self.sql(f'grant rds_ad to "{name}"')


class Client:
    """A user's programs, with a given krb5.conf and a ticket cache of their own."""

    def __init__(self, work, conf, name):
        self.dir = machine.folder(f"{work}/clients")
        self.cache = f"{self.dir}/{name}.ccache"
        self.env = machine.base_env(KRB5_CONFIG=conf, KRB5CCNAME=f"FILE:{self.cache}")
        if os.path.exists(self.cache):
            os.remove(self.cache)

    def kinit(self, principal, password):
        """(got a ticket, what was said)."""
        code, output = machine.run([machine.program("kinit"), principal], env=self.env, stdin=f"{password}\n")
        return code == 0, output

    def tickets(self):
        code, output = machine.run([machine.program("klist")], env=self.env)
        return output if code == 0 else ""

    def login(self, role, host, port, hostaddr="", **settings):
        """(logged in, the line of pg_stat_gssapi or what was said). It never asks for a password."""
        words = {"host": host, "port": port, "user": role, "dbname": "postgres", **settings}
        if hostaddr:
            words["hostaddr"] = hostaddr
        target = " ".join(f"{key}={value}" for key, value in words.items())
        argv = [machine.program("psql"), "-X", "-w", "-At", target, "-c", STATUS]
        code, output = machine.run(argv, env=self.env)
        return code == 0, output.strip()
