# Sourced by ./run and the scripts beside this one, with the top of the tree as the working directory.

build_packages=(
  g++ cmake ninja-build ccache mold pkg-config git
  libuv1-dev libssl-dev libidn-dev libtomlplusplus-dev prometheus-cpp-dev libpg-query-dev nlohmann-json3-dev
  libmicrohttpd-dev libcurl4-openssl-dev libpq-dev libhiredis-dev libgtest-dev file dpkg-dev)
demo_packages=(postgresql postgresql-contrib redis-server python3)
test_packages=("${demo_packages[@]}" pgbouncer openssl patroni etcd-server python3-etcd)
redis_bench_packages=(redis-server redis-tools nutcracker haproxy python3)
lint_packages=(clang clang-format clang-tidy)
fuzz_packages=(clang libclang-rt-14-dev)

jobs=$(nproc)

# A precompiled header holds the time of its making, which ccache must not mind.
export CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime

say() { printf '\n== %s\n' "$*"; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

missing_packages() {
  local name
  for name in "$@"; do
    dpkg-query -W -f '${db:Status-Status}\n' "$name" 2>/dev/null | grep -qx installed || echo "$name"
  done
}

# Installs those of the named packages that are not there. Nothing is asked, and no service is started: Debian would
# create and start a PostgreSQL, a Redis and a PgBouncer on their default ports.
need_packages() {
  command -v dpkg-query >/dev/null || { echo "not a Debian: install these yourself: $*" >&2; return; }
  local missing
  mapfile -t missing < <(missing_packages "$@")
  [ ${#missing[@]} -eq 0 ] && return
  say "installing ${missing[*]}"
  as_root env DEBIAN_FRONTEND=noninteractive sh -euc '
    policy=/usr/sbin/policy-rc.d
    if [ ! -e $policy ]; then
      trap "rm -f $policy" EXIT
      printf "#!/bin/sh\nexit 101\n" > $policy
      chmod 755 $policy
    fi
    apt-get update -q
    case " $* " in *" postgresql "*)
      apt-get install -yq --no-install-recommends postgresql-common
      echo "create_main_cluster = false" >> /etc/postgresql-common/createcluster.conf
    esac
    apt-get install -yq --no-install-recommends "$@"' install "${missing[@]}"
}

# build FOLDER [-DNAME=VALUE...] [TARGET...]: configures the folder when it is new, then builds; all when no target.
build() {
  local folder=$1 options=() targets=()
  shift
  local argument
  for argument in "$@"; do
    case $argument in -D*) options+=("$argument") ;; *) targets+=("$argument") ;; esac
  done
  if [ ! -e "$folder/build.ninja" ]; then
    command -v ccache >/dev/null && options+=(-DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
    command -v mold >/dev/null && options+=(-DCMAKE_EXE_LINKER_FLAGS=-fuse-ld=mold)
    cmake -S . -B "$folder" -G Ninja "${options[@]}"
  fi
  ninja -C "$folder" "${targets[@]}"
}

# Every C++ file that git knows or would add, each ended by a zero byte.
cpp_files() { git ls-files -z --cached --others --exclude-standard -- '*.h' '*.cc'; }
