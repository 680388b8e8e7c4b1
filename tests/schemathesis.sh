#!/bin/sh
# Asks a running hub what its own API document allows and what it does not, as each role (schemathesis, from PyPI), and
# fails where an answer is not what the document says. Everything is in a temporary folder and on a loopback port.
# SECONDS_EACH bounds the time for each role; SEED is fixed, so that two runs ask the same.
set -eu
cd "$(dirname "$0")/.."

VERSION=4.32.5
SEED=${SEED:-20261120}
SECONDS_EACH=${SECONDS_EACH:-40}
TARGET=${CARGO_TARGET_DIR:-$PWD/target}
VENV=$TARGET/schemathesis-$VERSION

if ! python3 -c 'import venv, ensurepip' 2>/dev/null; then
  echo "schemathesis is skipped: python3 with venv is not installed"
  exit 0
fi
if ! [ -x "$VENV/bin/schemathesis" ]; then
  python3 -m venv "$VENV"
  if ! "$VENV/bin/pip" install --quiet --disable-pip-version-check "schemathesis==$VERSION"; then
    echo "schemathesis is skipped: it cannot be fetched"
    rm -rf "$VENV"
    exit 0
  fi
fi
cargo build --locked --quiet

DIR=$(mktemp -d)
cp tests/schemathesis/* "$DIR"
HUB=
end() {
  [ -z "$HUB" ] || kill "$HUB" 2>/dev/null || true
  [ -z "$HUB" ] || wait "$HUB" 2>/dev/null || true
  rm -rf "$DIR"
}
trap end EXIT
trap 'exit 1' INT TERM

leadbox() {
  env -i PATH="$PATH" HOME="$DIR" LEADBOX_DATA_DIR="$DIR/data" LEADBOX_HUB="${URL:-}" "$TARGET/debug/leadbox" "$@"
}
leadbox hub init >/dev/null
# Not by the function: its process would stand between us and the hub's.
env -i PATH="$PATH" HOME="$DIR" LEADBOX_DATA_DIR="$DIR/data" "$TARGET/debug/leadbox" hub serve --bind 127.0.0.1:0 \
  2>"$DIR/log" &
HUB=$!
ADDRESS=
while [ -z "$ADDRESS" ]; do
  kill -0 "$HUB" || {
    cat "$DIR/log"
    exit 1
  }
  ADDRESS=$(sed -n 's/.*"address":"\([^"]*\)".*/\1/p' "$DIR/log")
done
URL=http://$ADDRESS

"$VENV/bin/python" "$DIR/people.py" "$URL" "$DIR"
export PYTHONDONTWRITEBYTECODE=1
FAILED=0
for ROLE in ${ROLES:-rep manager marketing auditor revops}; do
  echo "== as $ROLE"
  # The rate is below the one that a token is allowed, and the stream is one that never ends by itself. What schemathesis
  # remembers stays in the folder.
  # A machine that is too busy asks nothing in the time, which proves nothing.
  if (
    cd "$DIR"
    LEADBOX_TOKEN=$(cat "$ROLE.token") \
      "$VENV/bin/schemathesis" --config-file schemathesis.toml run "$URL/v1/openapi.json" \
      --checks all --seed "$SEED" --max-time "$SECONDS_EACH" --rate-limit 40/s --generation-database none \
      --exclude-path /v1/stream --no-color --max-failures 20 >report 2>&1
  ) && grep ' generated, ' "$DIR/report"; then
    continue
  fi
  cat "$DIR/report"
  FAILED=1
done
echo "== answers by status"
sed -n 's/.*"message":"answered".*"status":\([0-9]*\).*/\1/p' "$DIR/log" | sort | uniq -c
# Whatever was asked, the log is as it was written, and the hub made no mistake of its own.
leadbox audit verify --token-file "$DIR/auditor.token" || FAILED=1
if grep '"level":"ERROR"' "$DIR/log"; then
  FAILED=1
fi
exit "$FAILED"
