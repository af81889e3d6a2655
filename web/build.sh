#!/bin/sh
# Builds the page into the folder given: sh build.sh OUTDIR
# Called by every Maven build, so it does nothing when nothing changed.
set -eu

if [ $# -ne 1 ]; then
  echo "usage: sh build.sh OUTDIR" >&2
  exit 2
fi
cd "$(dirname "$0")"
case $1 in
  /*) out=$1 ;;
  *) echo "build.sh: OUTDIR must be an absolute path, not '$1'." >&2; exit 2 ;;
esac

if [ -f "$out/index.html" ] && [ -z "$(find src index.html vite.config.mjs tsconfig.json \
    package.json package-lock.json build.sh -newer "$out/index.html" | head -n 1)" ]; then
  exit 0
fi

if ! command -v node >/dev/null 2>&1 || ! command -v npm >/dev/null 2>&1 ||
  ! node -e 'const [a, b] = process.versions.node.split(".").map(Number);
      process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)'; then
  echo "The web page needs Node 20.19 or later with npm to build: install it from your system's packages or nodejs.org." >&2
  exit 1
fi

if ! cmp -s package-lock.json node_modules/.installed-lock; then
  npm ci --no-audit --no-fund --loglevel=error
  cp package-lock.json node_modules/.installed-lock
fi

# Built beside the old one and swapped in, so that a failed build leaves the last good page.
fresh=$out.new
rm -rf "$fresh"
trap 'rm -rf "$fresh"' EXIT
node node_modules/typescript/bin/tsc --noEmit
node node_modules/vite/bin/vite.js build --logLevel warn --outDir "$fresh" --emptyOutDir
rm -rf "$out"
mkdir -p "$(dirname "$out")"
mv "$fresh" "$out"
