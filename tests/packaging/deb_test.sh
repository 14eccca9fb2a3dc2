#!/bin/sh
# deb_test.sh BUILD_FOLDER VERSION: makes the Debian package, unpacks it, and tries what is in it: the program serves too.
set -eu
build=$1
version=$2
command -v dpkg-shlibdeps >/dev/null && command -v cpack >/dev/null || exit 77

work=$(mktemp -d)
gateway=
trap '[ -z "$gateway" ] || kill -KILL "$gateway" 2>/dev/null; rm -rf "$work"' EXIT
fail() {
  echo "$*" >&2
  exit 1
}

cpack --config "$build/CPackConfig.cmake" -B "$work" >"$work/cpack.log" 2>&1 || { cat "$work/cpack.log"; exit 1; }
package=$(ls "$work"/*.deb)
dpkg-deb -I "$package"
dpkg-deb -x "$package" "$work/root"
dpkg-deb -e "$package" "$work/control"

[ "$(dpkg-deb -f "$package" Version)" = "$version" ] || fail "the package's version is not $version"
for library in libc6 libcurl4 libssl3 libuv1; do
  dpkg-deb -f "$package" Depends | grep -q "$library" || fail "the package does not depend on $library"
done
while read -r conffile; do
  [ -f "$work/root$conffile" ] || fail "the package lacks its own $conffile"
done <"$work/control/conffiles"
for script in postinst prerm postrm; do
  sh -n "$work/control/$script"
done
[ -f "$work/root/usr/lib/systemd/system/forebay.service" ] || fail "no systemd unit"

cd "$work"  # where no forebay.toml is
program=$work/root/usr/bin/forebay
"$program" --version | grep -F "$version" || fail "forebay --version does not say $version"
"$program" --help >/dev/null
"$program" check --config "$work/root/etc/forebay/forebay.toml" >"$work/settings" || fail "the installed settings do not pass the check"
grep -q 6432 "$work/settings" || fail "forebay check does not show the port"
"$program" check --json --config "$work/root/etc/forebay/forebay.toml" | python3 -m json.tool >/dev/null || fail "forebay check --json prints no JSON"
echo 'wrong = 1' >>"$work/root/etc/forebay/forebay.toml"
status=0
"$program" check --config "$work/root/etc/forebay/forebay.toml" >/dev/null 2>&1 || status=$?
[ $status = 2 ] || fail "forebay check ended with $status for a wrong setting, not with 2"

# It starts, answers and stops in good order.
cat >"$work/smoke.toml" <<'END'
[listen]
postgres = ["127.0.0.1:0"]
http = ["127.0.0.1:0"]
[postgres]
auth_type = "trust"
[postgres.databases.app]
hosts = ["127.0.0.1:1"]
END
# eventually COMMAND...: whether it succeeds within 20 s.
eventually() {
  tries=0
  until "$@"; do
    tries=$((tries + 1))
    [ $tries -lt 200 ] || return 1
    sleep 0.1
  done
}
: >"$work/log"
"$program" --config "$work/smoke.toml" 2>>"$work/log" &
gateway=$!
eventually grep -q ' ready$' "$work/log" || fail "the gateway does not get ready: $(cat "$work/log")"
http=$(sed -n 's/.*listening: http 127\.0\.0\.1://p' "$work/log")
get='import sys, urllib.request; urllib.request.urlopen(sys.argv[1], timeout=20)'
python3 -c "$get" "http://127.0.0.1:$http/livez" || fail "/livez does not answer 200"
kill -TERM "$gateway"
status=0
wait "$gateway" || status=$?
gateway=
[ $status = 0 ] || fail "the gateway ended with $status: $(cat "$work/log")"
