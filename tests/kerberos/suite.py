#!/usr/bin/python3
"""Proves krb5.conf files with real clients, KDCs and databases. See README.md beside this file."""

import argparse
import os
import signal
import sys

sys.dont_write_bytecode = True

from parts import dns, expect, libkrb5, machine, mit, mutations, samba  # noqa: E402
from parts.report import Report  # noqa: E402

STAGES = ["files", "corpus", "mutations", "mit", "dns", "samba"]


def files(report, folder, meanings):
    """The bytes of the guide's samples, and what libkrb5 makes of every file."""
    report.stage = "files"
    for name, text in expect.samples().items():
        with open(f"{folder}/{name}", "rb") as file:
            found = file.read()
        report.check(f"{name} is the guide's sample, byte for byte", found == text.encode(), found)
    library = libkrb5.Library()
    for name, meaning in meanings.items():
        found = libkrb5.faults(library, f"{folder}/{name}", meaning)
        report.check(f"libkrb5 reads {name} as it was meant", not found, "\n".join(found))


def namespaced(report, name, options):
    """Runs one stage again inside a network namespace."""
    report.stage = name
    programs = ["psql", "initdb", "kinit", "ip"]
    programs += {"dns": ["krb5kdc", "dnsmasq"], "samba": ["samba", "samba-tool", "ldbmodify", "hostname"]}[name]
    for program in programs:
        machine.program(program)
    arguments = ["--files", options.files, "--work", options.work, "--stage", name]
    command, env = machine.enter(os.path.abspath(__file__), arguments)
    report.nested(command, env)


def run_stage(report, name, options, meanings, work):
    if name == "files":
        files(report, options.files, meanings)
    elif name == "corpus":
        report.stage = "corpus"
        libkrb5.corpus(report, options.corpus)
    elif name == "mutations":
        mutations.stage(report, options.files, work, meanings["trust.conf"])
    elif name == "mit":
        mit.stage(report, options.files, work)
    elif machine.NAMESPACE_FLAG not in os.environ:
        namespaced(report, name, options)
    else:
        {"dns": dns, "samba": samba}[name].stage(report, options.files, work)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", required=True, help="folder with manifest.json and the files of README.md")
    parser.add_argument("--work", required=True, help="empty folder for servers' files; other users must be able to enter it")
    parser.add_argument("--corpus", help="folder with NAME.conf and NAME.json: files by chance and what they mean")
    parser.add_argument("--stage", action="append", choices=STAGES, help="only this stage; may be given again")
    options = parser.parse_args()
    # Ends the servers on the way out.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    options.files, options.work = os.path.abspath(options.files), os.path.abspath(options.work)
    report = Report()
    meanings = expect.meanings(expect.ports(options.files))
    stages = options.stage or [name for name in STAGES if name != "corpus" or options.corpus]
    for name in stages:
        report.stage = name
        try:
            work = machine.folder(f"{options.work}/{name}")
            run_stage(report, name, options, meanings, work)
        except machine.Missing as missing:
            report.missing(missing)
        except machine.Denied as denied:
            report.skip(denied)
        except Exception as error:  # A stage that breaks is a failure; the others still run.
            report.check("the stage ran to its end", False, f"{type(error).__name__}: {error}")
    if machine.NAMESPACE_FLAG in os.environ:
        return 0 if report.counts["failed"] == 0 else 1
    return report.close()


if __name__ == "__main__":
    sys.exit(main())
