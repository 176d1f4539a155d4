"""What the machine offers: programs, an unprivileged user for servers, namespaces; and servers ended by their pid."""

import glob
import os
import pwd
import shutil
import socket
import subprocess
import time

APT = "run tests/kerberos/install.sh DIR and set KERBEROS_KDC_DIR=DIR"
NAMESPACE_FLAG = "KERBEROS_INSIDE"


class Missing(Exception):
    """A program that the machine does not have."""


class Denied(Exception):
    """Something that the machine does not let us do. No package would help."""


def program(name, *folders):
    """The path of a program, looked for in `folders`, in KERBEROS_KDC_DIR and in the usual places."""
    kdc = os.environ.get("KERBEROS_KDC_DIR")
    candidates = list(folders)
    if kdc:
        candidates += [f"{kdc}/usr/sbin", f"{kdc}/usr/bin"]
    candidates += sorted(glob.glob("/usr/lib/postgresql/*/bin"), reverse=True)
    candidates += ["/usr/sbin", "/usr/bin", "/sbin", "/bin"]
    for folder in candidates:
        path = f"{folder}/{name}"
        if os.access(path, os.X_OK):
            return path
    raise Missing(f"{name} is not installed: {APT}")


def base_env(**more):
    """The environment of every program that is run: nothing of the caller's Kerberos or PostgreSQL settings."""
    env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", "HOME": "/nonexistent"}
    env.update({key: str(value) for key, value in more.items()})
    return env


def run(argv, env=None, stdin="", timeout=60, user=None):
    """Runs a program to its end and returns (exit code, both outputs)."""
    done = subprocess.run(
        argv,
        env=env or base_env(),
        input=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=timeout,
        check=False,
        **_as(user),
    )
    return done.returncode, done.stdout


def must(argv, **options):
    """Runs a program that prepares a check; raises when it fails, because no check after it would mean anything."""
    code, output = run(argv, **options)
    if code != 0:
        raise RuntimeError(f"{' '.join(argv)} ended with {code}: {output.strip()}")
    return output


def server_user():
    """The user for servers that refuse to be root, or None where the suite is not root."""
    return "nobody" if os.geteuid() == 0 and not mapped() else None


def mapped():
    """Inside a user namespace made by `enter`, where this user is called root and no other exists."""
    return os.environ.get(NAMESPACE_FLAG) == "mapped"


def _as(user):
    if user is None:
        return {}
    entry = pwd.getpwnam(user)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def folder(path, user=None):
    """A new folder that the server's user owns."""
    os.makedirs(path, mode=0o755, exist_ok=True)
    if user:
        entry = pwd.getpwnam(user)
        os.chown(path, entry.pw_uid, entry.pw_gid)
    return path


def give(path):
    """Hands a file to the user that servers run as."""
    if server_user():
        entry = pwd.getpwnam(server_user())
        os.chown(path, entry.pw_uid, entry.pw_gid)


def write(path, text):
    with open(path, "w", encoding="ascii") as file:
        file.write(text)
    os.chmod(path, 0o644)
    return path


def enter(script, arguments):
    """The command line that runs `script` in its own network and mount namespace; Denied where that cannot be."""
    if shutil.which("unshare") is None or shutil.which("ip") is None:
        raise Missing("unshare (util-linux) and ip (iproute2) are needed for a network of the suite's own")
    root = os.geteuid() == 0
    flags = ["--net", "--mount", "--uts", "--ipc"] if root else ["--user", "--map-root-user", "--net", "--mount", "--uts"]
    if subprocess.run(["unshare", *flags, "true"], capture_output=True, check=False).returncode != 0:
        raise Denied("this machine does not let us make a network namespace")
    env = dict(os.environ, **{NAMESPACE_FLAG: "root" if root else "mapped"})
    return ["unshare", *flags, "/usr/bin/python3", script, *arguments], env


def network(work, nameserver, addresses):
    """Inside the namespace: the loopback device with its addresses, and a resolver of our own."""
    must(["ip", "link", "set", "lo", "up"])
    for address in addresses:
        # 127.0.0.0/8 is local in any case; servers that list interfaces want to see the address.
        must(["ip", "address", "add", f"{address}/32", "dev", "lo"])
    resolv = write(f"{work}/resolv.conf", f"nameserver {nameserver}\noptions timeout:1 attempts:1\n")
    must(["mount", "--bind", resolv, os.path.realpath("/etc/resolv.conf")])


def free_ports(count):
    """Ports that nobody listens on at this moment."""
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def wait_until(ready, process, name, seconds=60):
    """Waits until `ready()`; raises when the server ends or never is. A machine under load takes its time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(f"{name} ended with {process.returncode}")
        if ready():
            return
        time.sleep(0.05)
    raise RuntimeError(f"{name} is not ready after {seconds} s")


def wait_for(address, port, process):
    """Waits until a server takes connections."""

    def answers():
        try:
            socket.create_connection((address, port), timeout=1).close()
            return True
        except OSError:
            return False

    wait_until(answers, process, f"the server for {address}:{port}")


class Servers:
    """Servers that end with the stage, the last one first, each by its own pid."""

    def __init__(self):
        self._running = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process, log in reversed(self._running):
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            log.close()

    def start(self, argv, log, env=None, user=None):
        file = open(log, "ab")
        process = subprocess.Popen(
            argv, env=env or base_env(), stdin=subprocess.DEVNULL, stdout=file, stderr=file, **_as(user)
        )
        self._running.append((process, file))
        return process
