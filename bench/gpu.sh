#!/usr/bin/env bash
# All that is to be measured on an NVIDIA GPU, in at most 10 minutes; every part writes JSON into a folder.
#
#   bench/gpu.sh [FOLDER]              on the GPU; FOLDER is bench/results/gpu unless named
#   bench/gpu.sh --rehearse [FOLDER]   everything small on the CPU, to see that it runs
#
# Needs brushwork with the extra video, and the peers: pip install --no-deps -r requirements-peers.txt.
# A part that fails or takes too long does not keep the others from running; the exit code then is 1.
set -uo pipefail
cd "$(dirname "$0")/.."
mode=(--device cuda)
closures=(--device cuda --sizes 512 1024 2048 4096 --closures 8)
patience=1
if [ "${1:-}" = --help ] || [ "${1:-}" = -h ]; then
    sed -n '2,8s/^# \{0,1\}//p' bench/gpu.sh
    exit
fi
if [ "${1:-}" = --rehearse ]; then
    shift
    mode=(--rehearse)
    closures=(--device cpu --sizes 64 --closures 2)
    patience=10 # a busy machine
fi
folder=${1:-bench/results/gpu}
case $folder in -*) echo "there is no option $folder: see bench/gpu.sh --help" >&2; exit 2 ;; esac
mkdir -p "$folder"
failed=0

part() { # SECONDS SCRIPT ARGUMENTS...
    local limit=$(($1 * patience))
    shift
    echo "== $*"
    timeout --kill-after=5 "$limit" "${PYTHON:-python}" "$@" || { echo "== failed: $1 (exit code $?)"; failed=1; }
}

part 150 bench/gpu/correctness.py "${mode[@]}" --out "$folder/correctness.json"
part 210 bench/compare.py --parts pace --peers neural-style "${closures[@]}" --out "$folder/closures.json"
part 100 bench/gpu/drafts.py "${mode[@]}" --out "$folder/drafts.json"
part 120 bench/gpu/largest.py "${mode[@]}" --seconds 90 --out "$folder/largest.json"
exit $failed
