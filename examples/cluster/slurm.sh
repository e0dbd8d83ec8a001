#!/bin/bash
# Walks a tree by array jobs of Slurm, in rounds. See docs/CLUSTER.md.
#
#   slurm.sh ROOT SCAN [OPTION OF PDU]...
#
# Run it where sbatch is, for as long as the scan takes. SCAN is a directory on a disk that all nodes reach under the same
# path, such as scan/tree=home/day=2026-11-25; outside ROOT, or it is counted too. Run it again after any failure: it goes
# on where it was. Environment: MOST_TASKS is the most tasks of a round, BUDGET the entries or the time of a part, PDU the
# program; SBATCH_PARTITION, SBATCH_ACCOUNT and so on are sbatch's own. Tested with a stand-in for sbatch and coreutils 9.1.
set -euo pipefail

if [ -n "${SLURM_ARRAY_TASK_ID:-}" ]; then
  # A task of a round: every TASKS-th line of the list of parts, from its own number on.
  scan=$1
  shift
  awk -v first="$SLURM_ARRAY_TASK_ID" -v step="$TASKS" 'NR % step == first % step' "$scan/round" | while read -r part; do
    [ -e "$part" ] || "${PDU:-pdu}" --format=parquet -x -o "$part" --budget="${BUDGET:-1000000}" --rest="$part.rest" \
      --files0-from="$part.list" "$@" || [ -e "$part" ]
  done
  exit
fi

root=$(realpath -s "$1")
scan=$(realpath -m "$2")
shift 2
[ -d "$root" ]
lists=$(mktemp -d)
trap 'rm -rf "$lists"' EXIT
mkdir -p "$scan"

# The name of a part is the hash of its list, so that it is the same in every run.
part() { local hash; hash=$(sha256sum <"$1"); echo "$scan/part-${hash:0:16}.parquet"; }

parts=0
printf '%s\0' "$root" >"$lists/0"
while [ -n "$(ls "$lists")" ]; do
  # A part that is there is done. The list of each other one goes into SCAN, where all nodes can read it.
  for list in "$lists"/*; do
    part=$(part "$list")
    if [ ! -e "$part" ]; then
      cp "$list" "$part.list"
      echo "$part"
    fi
  done >"$scan/round"
  todo=$(wc -l <"$scan/round")
  if [ "$todo" -gt 0 ]; then
    export TASKS=$((todo < ${MOST_TASKS:-500} ? todo : ${MOST_TASKS:-500}))
    sbatch --wait --requeue --job-name=pdu --output=/dev/null --array="1-$TASKS" "$0" "$scan" "$@"
  fi
  # The directories that are left, in eight lists a part, are the next round.
  next=$(mktemp -d -p "$lists")
  for list in "$lists"/*; do
    [ -f "$list" ] || continue
    part=$(part "$list")
    [ -e "$part" ] || { echo "$part was not written" >&2; exit 1; }
    rm -f "$part.list" "$list"
    split -e -n r/8 -t '\0' "$part.rest" "$next/$((parts += 1))."
  done
  find "$next" -type f -exec mv -t "$lists" {} +
  rmdir "$next"
done
rm -f "$scan/round"
echo "$parts parts in $scan"
