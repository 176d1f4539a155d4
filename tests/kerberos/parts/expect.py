"""The files that the suite is given, and what each must mean. README.md says how each is asked for."""

import json

ENDPOINT = "mycluster.cluster-abc.us-east-1.rds.amazonaws.com"
SUFFIXES = [".rds.amazonaws.com", ".amazonaws.com.cn", ".amazon.com"]
CANONICAL = {"dns_lookup_realm": "false", "dns_canonicalize_hostname": "false", "rdns": "false"}


def ports(folder):
    """The ports of the KDCs in ports.conf: whoever rendered the file chose them."""
    with open(f"{folder}/manifest.json", encoding="utf-8") as file:
        return json.load(file)["kdc_ports"]


def _meaning(realms, rds=True, **libdefaults):
    first = next(iter(realms))
    domains = {}
    for realm in realms:
        domains[f".{realm.lower()}"] = domains[realm.lower()] = realm
    if rds:
        domains.update(dict.fromkeys(SUFFIXES, first))
    blocks = []
    for realm, kdc in realms.items():
        blocks.append([realm, {"kdc": [kdc], "admin_server": [kdc.split(":")[0]]}])
    return {"libdefaults": {"default_realm": first, **libdefaults}, "realms": blocks, "domain_realm": domains}


def meanings(kdc_ports):
    """name of a file -> its meaning, in the shape that `libkrb5.faults` takes."""
    named = {"EXAMPLE.COM": "example.com", "ONPREM.COM": "onprem.com"}
    local = {realm: f"127.0.0.1:{port}" for realm, port in kdc_ports.items()}
    return {
        "sample.conf": _meaning({"EXAMPLE.COM": "example.com"}, rds=False),
        "trust.conf": _meaning(named),
        "hardened.conf": _meaning(named, **CANONICAL),
        "fallback.conf": _meaning(named, dns_canonicalize_hostname="fallback"),
        "ports.conf": _meaning(local, dns_lookup_kdc="false"),
        "no-mapping.conf": _meaning(local, rds=False, dns_lookup_kdc="false"),
        "samba.conf": _meaning({"CORP.EXAMPLE.COM": "corp.example.com"}, **CANONICAL),
    }


def samples():
    """AWS, "Setting up Kerberos authentication for PostgreSQL DB clusters", step 8, without blanks at a line's end."""
    one = """\
[libdefaults]
 default_realm = EXAMPLE.COM
[realms]
 EXAMPLE.COM = {
  kdc = example.com
  admin_server = example.com
 }
[domain_realm]
 .example.com = EXAMPLE.COM
 example.com = EXAMPLE.COM
"""
    two = one.replace(
        "[domain_realm]", " ONPREM.COM = {\n  kdc = onprem.com\n  admin_server = onprem.com\n }\n[domain_realm]"
    )
    two += " .onprem.com = ONPREM.COM\n onprem.com = ONPREM.COM\n"
    two += "".join(f" {suffix} = EXAMPLE.COM\n" for suffix in SUFFIXES)
    return {"sample.conf": one, "trust.conf": two}
