#!/bin/sh
# The county's own certificate authority, the hub's certificate and one for each clinic. Keep ca.key off the nodes.
# Usage: certificates.sh DIR HUB_NAMES CLINIC…    HUB_NAMES as OpenSSL writes them: DNS:hub.county.example,IP:10.1.0.10
set -eu
dir=$1 names=$2
shift 2
mkdir -p "$dir"
cd "$dir"
umask 077
if [ ! -f ca.key ]; then
  openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.crt -days 3650 -subj "/O=county/CN=county exchange CA" \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=keyCertSign,cRLSign 2>/dev/null
fi
certificate() { # name, subjectAltName, use
  openssl req -newkey rsa:2048 -nodes -keyout "$1.key" -out "$1.csr" -subj "/O=county/CN=$1" 2>/dev/null
  printf 'subjectAltName=%s\nextendedKeyUsage=%s\n' "$2" "$3" > "$1.ext"
  openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -out "$1.crt" -extfile "$1.ext" -days 825 2>/dev/null
  rm "$1.csr" "$1.ext"
}
[ -f hub.key ] || certificate hub "$names" serverAuth
for clinic; do [ -f "$clinic.key" ] || certificate "$clinic" "DNS:$clinic" clientAuth; done
