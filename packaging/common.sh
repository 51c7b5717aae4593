# What the scripts of this folder have in common: sourced by them, never run.
# shellcheck shell=bash
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' "$root/Cargo.toml" | head -n 1)

# Everything that bears a date bears that of the commit, so that whoever builds it again gets the
# same bytes.
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

# The C compiler and linker, the same bytes on every machine: what they make does not depend on the
# distribution that this runs on, and can be for any architecture and for an old glibc.
zig_packages='ziglang==0.17.1 cargo-zigbuild==0.24.0'

zig_tools() {
  if [[ $(cat "$tools/zig/wanted" 2>/dev/null) != "$zig_packages" ]]; then
    rm -rf "$tools/zig"
    python3 -m venv "$tools/zig"
    # shellcheck disable=SC2086 # two packages, two words
    "$tools/zig/bin/pip" install --quiet $zig_packages
    printf '%s\n' "$zig_packages" >"$tools/zig/wanted"
  fi
  export PATH="$tools/zig/bin:$PATH"
}

# cargo_tool NAME VERSION: installs it if this version is not there yet.
cargo_tool() {
  # A tool is built for this machine, whatever is being packaged.
  env -u CARGO_BUILD_TARGET -u CARGO_ENCODED_RUSTFLAGS -u RUSTFLAGS -u CARGO_TARGET_DIR \
    cargo install --quiet --locked --root "$tools" "$1" --version "$2"
  export PATH="$tools/bin:$PATH"
}
