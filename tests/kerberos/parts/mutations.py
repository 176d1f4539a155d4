"""Each rule of the grammar broken once: a suite that would not notice is worth nothing."""

from . import libkrb5, machine


def _mutations(good, work):
    """(what is broken, the broken bytes). `good` is the guide's second sample, or a file like it."""
    first, rest = good.split("\n", 1)
    kdc, suffix = "  kdc = onprem.com\n", " .rds.amazonaws.com = EXAMPLE.COM\n"
    block = good[good.index(" ONPREM.COM = {") : good.index("[domain_realm]")]
    include = machine.write(f"{work}/included.conf", "[libdefaults]\n default_realm = EVIL.TEST\n")

    def swap(old, new):
        return good.replace(old, new, 1)

    return [
        ("the first section is indented", " " + good),
        ("a byte order mark", "\ufeff" + good),
        ("a line break before the first section", "\n" + good),
        ("a comment before the first section", "# made by hand\n" + good),
        ("module before the first section", "module /nonexistent.so:init\n" + good),
        ("include at column 0", f"include {include}\n" + good),
        ("include in the middle", swap("[realms]\n", f"include {include}\n[realms]\n")),
        ("an indented include", swap("[realms]\n", f" include {include}\n[realms]\n")),
        ("CRLF line ends", good.replace("\n", "\r\n")),
        ("no line break at the end", good[:-1]),
        ("a lone CR in a value", swap(kdc, "  kdc = onprem.com\rx\n")),
        ("a NUL in a value", swap(kdc, "  kdc = onprem.com\0x\n")),
        ("a section name in upper case", good.replace("[libdefaults]", "[LIBDEFAULTS]")),
        ("a misspelt section", good.replace("[domain_realm]", "[domain_realms]")),
        ("a misspelt key", swap("default_realm", "default-realm")),
        ("no default realm", f"{first}\n" + rest.split("\n", 1)[1]),
        ("the default realm in lower case", swap("default_realm = EXAMPLE.COM", "default_realm = example.com")),
        ("a trailing comment on a realm", swap("default_realm = EXAMPLE.COM", "default_realm = EXAMPLE.COM # x")),
        ("a trailing comment on a KDC", swap(kdc, "  kdc = onprem.com # x\n")),
        ("a quoted value that both families read differently", swap(kdc, '  kdc = "onprem.com:88"\n')),
        ("an empty value", swap(kdc, "  kdc =\n")),
        ("a value that opens a section", swap(kdc, "  kdc = {\n")),
        ("a blank in a tag", swap("  admin_server", "  admin server")),
        ("a tag without =", swap(kdc, "  kdc onprem.com\n")),
        ("a missing }", swap(block, block.replace(" }\n", ""))),
        ("an extra }", swap("[domain_realm]", " }\n[domain_realm]")),
        ("text after ]", swap("[realms]", "[realms] x")),
        ("a final mark on a tag", swap("  kdc = onprem.com", "  kdc* = onprem.com")),
        ("a block on one line", swap(block, " ONPREM.COM = { kdc = onprem.com }\n")),
        ("a realm in lower case", swap(" ONPREM.COM = {", " onprem.com = {")),
        ("a realm's block twice", swap("[domain_realm]", block + "[domain_realm]")),
        ("a key twice", swap(suffix, suffix + " .rds.amazonaws.com = ONPREM.COM\n")),
        ("a KDC twice", swap(kdc, kdc + kdc)),
        ("two KDCs in one value", swap(kdc, "  kdc = onprem.com, dc2.onprem.com\n")),
        ("a transport", swap(kdc, "  kdc = tcp/onprem.com\n")),
        ("a URL", swap(kdc, "  kdc = kdc://onprem.com\n")),
        ("a port that is none", swap(kdc, "  kdc = onprem.com:abc\n")),
        ("a port too high", swap(kdc, "  kdc = onprem.com:65536\n")),
        ("a KDC left out", swap(kdc, "")),
        ("the admin server left out", swap("  admin_server = onprem.com\n", "")),
        ("a KDC of another realm", swap(kdc, "  kdc = example.com\n")),
        ("an upper-case key", swap(" .rds.amazonaws.com", " .RDS.amazonaws.com")),
        ("a wildcard key", swap(" .rds.amazonaws.com", " *.rds.amazonaws.com")),
        ("a key with a trailing dot", swap(" .rds.amazonaws.com", " .rds.amazonaws.com.")),
        ("an address as a key", swap(" onprem.com = ONPREM.COM", " 10.0.0.1 = ONPREM.COM")),
        ("a key without its dotted form", swap(" .onprem.com = ONPREM.COM\n", "")),
        ("a domain without its own name", swap(" onprem.com = ONPREM.COM\n", "")),
        ("a mapping left out", swap(suffix, "")),
        ("a mapping to the wrong realm", swap(suffix, suffix.replace("EXAMPLE", "ONPREM"))),
        ("a mapping to a lower-case realm", swap(suffix, suffix.replace("EXAMPLE.COM", "example.com"))),
        ("a line that clients split", swap(kdc, f"  kdc = onprem.com{' ' * 2100}  admin_server = evil.test\n")),
    ]


def stage(report, folder, work, meaning):
    """Breaks `folder`/trust.conf in every way and asks whether the comparison with its meaning sees it."""
    report.stage = "mutations"
    library = libkrb5.Library()
    with open(f"{folder}/trust.conf", encoding="ascii", newline="") as file:
        good = file.read()
    report.check("the file as it is has no fault", not libkrb5.faults(library, f"{folder}/trust.conf", meaning))
    path = f"{work}/mutation.conf"
    silent = 0
    for name, text in _mutations(good, work):
        if text == good:
            report.check(name, False, "the mutation changed nothing")
            continue
        with open(path, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        found = libkrb5.faults(library, path, meaning)
        silent += not any("krb5_init_context" in fault for fault in found)
        report.check(f"caught: {name}", found, "no fault was seen")
    report.check(f"{silent} of them load without an error (why a file that loads proves nothing)", silent > 20, silent)
