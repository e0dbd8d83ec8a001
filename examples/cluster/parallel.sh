#!/bin/bash
# Walks a tree by GNU parallel, in rounds, one process of pdu a job. See docs/CLUSTER.md.
#
#   parallel.sh ROOT SCAN [OPTION OF PDU]...
#
# SCAN is a directory on a disk that all machines reach under the same path, such as scan/tree=home/day=2026-11-25; outside
# ROOT, or it is counted too. Run it again after any failure: it goes on where it was. Environment: NODES is a file of ssh
# logins (parallel --sshloginfile; default: this machine), JOBS the number of jobs on each, BUDGET the entries or the time
# of a job, PDU the program. Tested with GNU parallel 20221122 and coreutils 9.1.
set -euo pipefail
root=$(realpath -s "$1")
scan=$(realpath -m "$2")
shift 2
[ -d "$root" ]
pdu="${PDU:-pdu} --format=parquet -x --budget=${BUDGET:-1000000} ${*@Q}"
lists=$(mktemp -d)
trap 'rm -rf "$lists"' EXIT
mkdir -p "$scan"

# The name of a part is the hash of its list, so that it is the same in every run.
part() { local hash; hash=$(sha256sum <"$1"); echo "$scan/part-${hash:0:16}.parquet"; }

parts=0
printf '%s\0' "$root" >"$lists/0"
while [ -n "$(ls "$lists")" ]; do
  # A part that is there is done. The list of each other one goes into SCAN, where all machines can read it.
  for list in "$lists"/*; do
    part=$(part "$list")
    if [ ! -e "$part" ]; then
      cp "$list" "$part.list.new" && mv "$part.list.new" "$part.list"
      echo "$part"
    fi
  done | parallel ${NODES:+--sshloginfile "$NODES"} -j "${JOBS:-2}" --retries 3 \
    "$pdu -o {} --rest={}.rest --files0-from={}.list; test -e {} && rm -f {}.list"
  # The directories that are left, in eight lists a part, are the next round.
  next=$(mktemp -d -p "$lists")
  for list in "$lists"/*; do
    [ -f "$list" ] || continue
    part=$(part "$list")
    split -e -n r/8 -t '\0' "$part.rest" "$next/$((parts += 1))."
    rm "$list"
  done
  find "$next" -type f -exec mv -t "$lists" {} +
  rmdir "$next"
done
echo "$parts parts in $scan"
