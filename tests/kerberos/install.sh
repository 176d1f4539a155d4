#!/bin/sh
# Installs what the Kerberos suite needs on Debian 12 or a system like it.
#
#   install.sh KDC_DIR
#
# `krb5-kdc` depends on `krb5-config`, whose post-installation script creates /etc/krb5.conf. A machine that runs
# the suite must keep the file it has, or have none, so the KDC's packages are unpacked into KDC_DIR and never
# configured; the suite is told of that directory with KERBEROS_KDC_DIR. The other packages have no such effect.
set -eu

kdc_dir=${1:?usage: install.sh KDC_DIR}
if [ "$(id -u)" -eq 0 ]; then as_root=; else as_root=sudo; fi

before=$(cksum /etc/krb5.conf 2>/dev/null || echo none)

# No daemon of these packages may start: the suite runs its own, on loopback. A policy-rc.d of the machine stays.
policy=
if [ ! -e /usr/sbin/policy-rc.d ]; then
    policy=/usr/sbin/policy-rc.d
    printf '#!/bin/sh\nexit 101\n' | $as_root tee "$policy" >/dev/null
    $as_root chmod 755 "$policy"
fi
cleanup() { if [ -n "$policy" ]; then $as_root rm -f "$policy"; fi; }
trap cleanup EXIT

$as_root apt-get update -qq
# shellcheck disable=SC2086 # as_root is empty or one word.
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    krb5-user postgresql-15 dnsmasq-base iproute2 samba-ad-dc samba-ad-provision ldb-tools hostname \
    libverto1 libverto-libev1 >/dev/null

mkdir -p "$kdc_dir/debs"
# apt's download helper drops to the user _apt where it can; a directory it may not write to only costs a warning.
(cd "$kdc_dir/debs" && apt-get download -qq krb5-kdc krb5-admin-server)
for deb in "$kdc_dir"/debs/*.deb; do
    dpkg-deb -x "$deb" "$kdc_dir"
done

for program in krb5kdc kdb5_util kadmin.local kadmind; do
    test -x "$kdc_dir/usr/sbin/$program" || { echo "install.sh: $program was not unpacked" >&2; exit 1; }
done
after=$(cksum /etc/krb5.conf 2>/dev/null || echo none)
[ "$before" = "$after" ] || { echo "install.sh: /etc/krb5.conf was changed" >&2; exit 1; }
echo "installed; run the suite with KERBEROS_KDC_DIR=$kdc_dir"
