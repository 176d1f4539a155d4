"""What the MIT library itself reads from a file. That a file loads says nothing: many wrong ones do."""

import ctypes
import json
import os

from . import machine


class Library:
    """The few functions of libkrb5 that tell what a client would do."""

    def __init__(self):
        try:
            self.lib = ctypes.CDLL("libkrb5.so.3")
        except OSError as error:
            raise machine.Missing(f"libkrb5.so.3 is not installed: {machine.APT}") from error
        pointer, text = ctypes.c_void_p, ctypes.c_char_p
        out = ctypes.POINTER
        for name, result, parameters in [
            ("krb5_init_context", ctypes.c_int32, [out(pointer)]),
            ("krb5_free_context", None, [pointer]),
            ("krb5_get_default_realm", ctypes.c_int32, [pointer, out(pointer)]),
            ("krb5_free_default_realm", None, [pointer, pointer]),
            ("krb5_get_host_realm", ctypes.c_int32, [pointer, text, out(out(text))]),
            ("krb5_free_host_realm", ctypes.c_int32, [pointer, out(text)]),
            ("krb5_get_profile", ctypes.c_int32, [pointer, out(pointer)]),
            ("profile_get_values", ctypes.c_long, [pointer, out(text), out(out(text))]),
            ("profile_get_relation_names", ctypes.c_long, [pointer, out(text), out(out(text))]),
            ("profile_get_subsection_names", ctypes.c_long, [pointer, out(text), out(out(text))]),
            ("profile_free_list", None, [out(text)]),
            ("profile_release", None, [pointer]),
            ("krb5_string_to_deltat", ctypes.c_int32, [text, out(ctypes.c_int32)]),
            ("krb5_string_to_enctype", ctypes.c_int32, [text, out(ctypes.c_int32)]),
        ]:
            function = getattr(self.lib, name)
            function.restype, function.argtypes = result, parameters

    def read(self, path, hosts):
        """Everything that the library knows after loading `path`; a text where it refuses the file."""
        os.environ["KRB5_CONFIG"] = path
        context = ctypes.c_void_p()
        code = self.lib.krb5_init_context(ctypes.byref(context))
        if code:
            return f"krb5_init_context says {code}"
        profile = ctypes.c_void_p()
        try:
            default = ctypes.c_void_p()
            code = self.lib.krb5_get_default_realm(context, ctypes.byref(default))
            seen = {"default_realm": None if code else ctypes.string_at(default).decode()}
            if not code:
                self.lib.krb5_free_default_realm(context, default)
            seen["hosts"] = {host: self._host_realm(context, host) for host in hosts}
            code = self.lib.krb5_get_profile(context, ctypes.byref(profile))
            if code:
                return f"krb5_get_profile says {code}"
            seen["libdefaults"] = self._relations(profile, "libdefaults")
            seen["domain_realm"] = self._relations(profile, "domain_realm")
            realms = self._list("profile_get_subsection_names", profile, "realms")
            seen["realms"] = [[realm, self._relations(profile, "realms", realm)] for realm in realms]
            # A block on one line is a relation of [realms], not a realm.
            seen["stray"] = self._list("profile_get_relation_names", profile, "realms")
            return seen
        finally:
            if profile:
                self.lib.profile_release(profile)
            self.lib.krb5_free_context(context)

    def seconds(self, text):
        value = ctypes.c_int32()
        code = self.lib.krb5_string_to_deltat(text.encode(), ctypes.byref(value))
        return None if code else value.value

    def knows_enctype(self, name):
        return self.lib.krb5_string_to_enctype(name.encode(), ctypes.byref(ctypes.c_int32())) == 0

    def _host_realm(self, context, host):
        realms = ctypes.POINTER(ctypes.c_char_p)()
        if self.lib.krb5_get_host_realm(context, host.encode(), ctypes.byref(realms)):
            return None
        first = (realms[0] or b"").decode()
        self.lib.krb5_free_host_realm(context, realms)
        return first

    def _list(self, function, profile, *names):
        keys = (ctypes.c_char_p * (len(names) + 1))(*[name.encode() for name in names], None)
        found = ctypes.POINTER(ctypes.c_char_p)()
        if getattr(self.lib, function)(profile, keys, ctypes.byref(found)):
            return []
        values, position = [], 0
        while found[position] is not None:
            values.append(found[position].decode(errors="replace"))
            position += 1
        self.lib.profile_free_list(found)
        return values

    def _relations(self, profile, *section):
        names = self._list("profile_get_relation_names", profile, *section)
        return {name: self._list("profile_get_values", profile, *section, name) for name in names}


def realm_of(host, domain_realm):
    """The realm of a host by the documented rule: the host itself, then every suffix, the longest first."""
    name = host
    while True:
        if name in domain_realm:
            return domain_realm[name]
        if name.startswith("."):
            name = name[1:]
        elif "." in name:
            name = name[name.index(".") :]
        else:
            return ""


def form(data):
    """What is wrong with the bytes of a file, whatever a client makes of them."""
    faults = []
    if not data.startswith(b"[libdefaults]\n"):
        faults.append("it does not begin with [libdefaults]")
    if not data.endswith(b"\n"):
        faults.append("it does not end in a line break")
    if any(byte != 0x0A and not 0x20 <= byte < 0x7F for byte in data):
        faults.append("it has a character outside printable ASCII")
    if any(byte in b'*"#;' for byte in data):
        faults.append("it has a mark that clients read differently")
    if any(len(line) > 2047 or line != line.rstrip() or not line for line in data[:-1].split(b"\n")):
        faults.append("it has an empty line, blanks at a line's end, or a line that clients split")
    return faults


def faults(library, path, meaning):
    """How the file differs from `meaning` (libdefaults, realms, domain_realm): a list of sentences, empty when right."""
    with open(path, "rb") as file:
        found = form(file.read())
    wanted = meaning["domain_realm"]
    hosts = {key if not key.startswith(".") else f"host-1{key}" for key in wanted}
    seen = library.read(path, sorted(hosts))
    if isinstance(seen, str):
        return found + [seen]

    def compare(what, is_, should):
        if is_ != should:
            found.append(f"{what}: {is_!r}, not {should!r}")

    compare("the default realm", seen["default_realm"], meaning["libdefaults"]["default_realm"])
    compare("[libdefaults]", seen["libdefaults"], {key: [value] for key, value in meaning["libdefaults"].items()})
    # The library sorts the realms; their order means nothing to a client, that of the values of a relation does.
    compare("[realms]", dict(seen["realms"]), {name: relations for name, relations in meaning["realms"]})
    compare("relations outside a realm", seen["stray"], [])
    compare("[domain_realm]", seen["domain_realm"], {key: [value] for key, value in wanted.items()})
    for host in sorted(hosts):
        compare(f"the realm of {host}", seen["hosts"][host], realm_of(host, wanted))
    for name in ("ticket_lifetime", "renew_lifetime"):
        text = meaning["libdefaults"].get(name)
        if text is not None and library.seconds(text) != _seconds(text):
            found.append(f"{name} = {text} is {library.seconds(text)} s to the library")
    for name in ("default_tkt_enctypes", "permitted_enctypes"):
        for enctype in meaning["libdefaults"].get(name, "").split():
            if not library.knows_enctype(enctype):
                found.append(f"{enctype} is not known to the library")
    return found


def _seconds(text):
    total, number = 0, ""
    for character in text:
        if character.isdigit():
            number += character
        elif character != " ":
            total += int(number) * {"d": 86400, "h": 3600, "m": 60, "s": 1}[character]
            number = ""
    return total


def corpus(report, folder):
    """Every file of a folder against the meaning beside it: NAME.conf and NAME.json."""
    library = Library()
    names = sorted(name[: -len(".json")] for name in os.listdir(folder) if name.endswith(".json"))
    wrong, hosts = [], 0
    for name in names:
        with open(f"{folder}/{name}.json", encoding="utf-8") as file:
            meaning = json.load(file)
        hosts += len(meaning["domain_realm"])
        found = faults(library, f"{folder}/{name}.conf", meaning)
        if found:
            wrong.append(f"{name}.conf: {'; '.join(found)}")
    report.check("the corpus has files", len(names) >= 100, f"{len(names)} files in {folder}")
    report.check(f"{len(names)} files by chance, {hosts} mappings, are read as they were meant", not wrong, "\n".join(wrong))
