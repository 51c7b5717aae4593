# Shared by the scripts of this folder: sourced by them, never run.
# shellcheck shell=bash
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)

# manifest KEY: the first value of this key in Cargo.toml.
manifest() { sed -n "s/^$1 = \"\(.*\)\"\$/\1/p" "$root/Cargo.toml" | head -n 1; }

# shellcheck disable=SC2034 # what some of the scripts use
{
  version=$(manifest version)
  description=$(manifest description)
  licence=$(manifest license)
  # Where the sources are, and who maintains a package: the release sets both.
  source_url=${ENVSECRETS_SOURCE_URL:-https://envsecrets.invalid}
  maintainer=${ENVSECRETS_MAINTAINER:-The envsecrets maintainers <maintainers@envsecrets.invalid>}
  revision=$(git -C "$root" rev-parse HEAD 2>/dev/null) || revision=unknown
}

# Everything with a date has that of the commit, so that a second build gives the same bytes.
if [[ -z ${SOURCE_DATE_EPOCH:-} ]]; then
  SOURCE_DATE_EPOCH=$(git -C "$root" log -1 --format=%ct 2>/dev/null) ||
    SOURCE_DATE_EPOCH=$(stat -c %Y "$root/CHANGELOG.md")
fi
export SOURCE_DATE_EPOCH TZ=UTC LC_ALL=C

# Tools are kept between runs.
tools=${ENVSECRETS_PACKAGING_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/envsecrets-packaging}

say() { printf 'packaging: %s\n' "$*" >&2; }

die() {
  printf 'packaging: error: %s\n' "$*" >&2
  exit 1
}

# python_packages NAME: installs what packaging/NAME.requirements.txt lists, by the hashes in it, below $tools.
python_packages() {
  local wanted=$root/packaging/$1.requirements.txt
  cmp -s "$wanted" "$tools/$1/requirements.txt" && return
  rm -rf "${tools:?}/$1"
  python3 -m venv "$tools/$1"
  "$tools/$1/bin/pip" install --quiet --require-hashes --requirement "$wanted"
  cp "$wanted" "$tools/$1/requirements.txt"
}

# The C compiler and linker, the same bytes on every machine: what they make does not depend on the
# distribution that this runs on, and can be for any architecture and for an old glibc.
zig_tools() {
  python_packages zig
  export PATH="$tools/zig/bin:$PATH"
}

# settle TARGET PLACE [PROGRAM]: puts PROGRAM into PLACE as `envsecrets`, or builds it there.
settle() {
  if [[ -n ${3:-} ]]; then
    mkdir -p "$2"
    install -m 0755 "$3" "$2/envsecrets"
  else
    "$root/packaging/build" "$1" "$2"
  fi
}

# pack DIRECTORY NAME…: writes a tar archive to standard output, the same bytes for every user and at
# any time.
pack() {
  local directory=$1
  shift
  tar --create --format=ustar --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 \
    --numeric-owner --mode=u+rwX,go+rX,go-w --directory="$directory" "$@"
}

# lay_out TARGET ROOT ZSH: installs the documentation below ROOT as a distribution does: man pages,
# completions (those for zsh into the directory ZSH), changelog, examples, third-party licences.
lay_out() {
  local target=$1 share=$2/usr/share zsh=$2$3 doc=$2/usr/share/doc/envsecrets
  install -D -m 0644 -t "$share/man/man1" "$root"/packaging/man/*.1
  install -D -m 0644 -t "$share/man/man7" "$root"/packaging/man/*.7
  install -D -m 0644 "$root/packaging/completions/envsecrets.bash" \
    "$share/bash-completion/completions/envsecrets"
  install -D -m 0644 "$root/packaging/completions/_envsecrets" "$zsh/_envsecrets"
  install -D -m 0644 "$root/packaging/completions/envsecrets.fish" \
    "$share/fish/vendor_completions.d/envsecrets.fish"
  install -D -m 0644 "$root/README.md" "$doc/README.md"
  install -D -m 0644 "$root/CHANGELOG.md" "$doc/changelog"
  install -d "$doc/examples/systemd"
  install -m 0644 "$root"/packaging/systemd/* "$doc/examples/systemd"
  install -m 0644 "$root/packaging/envsecrets.schema.json" "$doc"
  install -D -m 0644 -t "$doc/schemas" "$root"/packaging/schemas/*
  "$root/packaging/materials" "$target" --licences "$doc/THIRD-PARTY"
  chmod 0644 "$doc/THIRD-PARTY"
  gzip --best --no-name "$share"/man/man*/*.[17] "$doc/changelog" "$doc/THIRD-PARTY"
}

# releases: what changed in each release, from CHANGELOG.md: `VERSION DATE`, then `  * TEXT` lines.
releases() {
  awk '
    function flush() { if (text != "") print "  * " text; text = "" }
    /^## \[[0-9]/ { flush(); gsub(/[\[\]]/, ""); print $2, $4; on = 1; next }
    /^#/ { flush(); next }
    !on || /^\[/ { next }
    /^- / { flush(); text = substr($0, 3); next }
    /^  / { sub(/^ +/, " "); text = text $0; next }
    END { flush() }' "$root/CHANGELOG.md"
}

# glibc PROGRAM: the oldest glibc that has all that the program needs.
glibc() {
  readelf --version-info --wide "$1" | grep -o 'GLIBC_[0-9.]*' | sort -Vu | tail -n 1 | cut -d _ -f 2
}
