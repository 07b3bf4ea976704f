#!/usr/bin/env bash
# Runs the suite wherever brushwork is to run: each configuration in a clean clone with an environment of its own.
#
#   scripts/test_matrix.sh                                all configurations, some minutes each
#   scripts/test_matrix.sh avx2 oldest                    only these
#   PYTEST="tests/terms -x" scripts/test_matrix.sh avx2   only this part of the suite
#
# Prints a table, and below it the names of what failed; ends with 1 if anything did. FOLDER keeps the logs (a temporary
# one by default). PYTHON is the interpreter, OLDEST the oldest torch. PyPI's builds for Linux are those for CUDA: some
# gigabytes each for `oldest` and `newest`.
set -uo pipefail

ROOT=$(cd "$(dirname "$0")/.." && pwd)
FOLDER=${FOLDER:-$(mktemp -d -t brushwork-matrix.XXXXXX)}
PYTHON=${PYTHON:-python3}
OLDEST=${OLDEST:-$(sed -nE 's/^ *"torch>=([0-9.]+)".*/\1.0/p' "$ROOT/pyproject.toml")}
ALL="as-it-is avx2 default no-compiler one-thread two-threads oldest newest"

# What a configuration sets. Each worker of pytest computes on one thread; where threads are tested, one worker has them.
settings() {
    case $1 in
        as-it-is) ;;
        avx2) echo ATEN_CPU_CAPABILITY=avx2 ONEDNN_MAX_CPU_ISA=AVX2 BRUSHWORK_KERNELS=avx2 ;;
        default) echo ATEN_CPU_CAPABILITY=default ONEDNN_MAX_CPU_ISA=SSE41 BRUSHWORK_KERNELS=generic ;;
        no-compiler) echo BRUSHWORK_NO_KERNELS=1 ;;
        one-thread) echo OMP_NUM_THREADS=1 WORKERS=0 ;;
        two-threads) echo OMP_NUM_THREADS=2 WORKERS=0 ;;
        oldest) echo "TORCH=torch==$OLDEST" ;;
        newest) echo TORCH=torch ;;
        *) echo "There is no configuration $1; expected some of: $ALL." >&2 && return 2 ;;
    esac
}

# Makes a clean clone with its environment. Another torch wants its own release of sympy.
prepare() {
    git clone --quiet "$ROOT" . || return
    if [ -n "${TORCH:-}" ]; then
        sed -i -e "s/^torch==.*/$TORCH/" -e '/^sympy==/d' constraints.txt
    fi
    make --no-print-directory PYTHON="$PYTHON" .venv/installed-dev || return
    .venv/bin/python -c 'import torch; print("torch", torch.__version__, torch.backends.cpu.get_cpu_capability())'
}

run() {
    (
        mkdir -p "$FOLDER/$1" && cd "$FOLDER/$1" || exit
        # shellcheck disable=SC2046 # several words
        export OMP_NUM_THREADS=1 WORKERS=auto $(settings "$1")
        # shellcheck disable=SC2086 # several words
        prepare && .venv/bin/python -m pytest --numprocesses "$WORKERS" --maxprocesses 8 -rfE ${PYTEST:-}
    ) > "$FOLDER/$1.log" 2>&1
}

# Prints a number of pytest's last line, as `passed` or `failed` stand behind it.
count() {
    grep -E '^[0-9]+ [a-z]+.* in [0-9.]+s' "$FOLDER/$1.log" | tail -1 | sed -nE "s/(^|.* )([0-9]+) $2.*/\2/p"
}

row() {
    printf '%-12s %7s %7s %7s %8s  %s\n' "$@"
}

# shellcheck disable=SC2086 # several words
set -- ${*:-$ALL}
for name; do settings "$name" > /dev/null || exit 2; done
unset TORCH WORKERS
echo "Logs are in $FOLDER."
row "" passed failed skipped seconds torch
failed=0
for name; do
    begun=$SECONDS
    run "$name" || failed=1
    torch=$(sed -n 's/^torch //p' "$FOLDER/$name.log" | tail -1)
    row "$name" "$(count "$name" passed)" "$(count "$name" failed)" "$(count "$name" skipped)" $((SECONDS - begun)) "$torch"
    rm -rf "${FOLDER:?}/$name"
done
for name; do
    sed -nE "s/^(FAILED|ERROR) /$name: /p" "$FOLDER/$name.log"
done
exit "$failed"
