#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# A swarm over many machines: a Slurm array, one shard per task.
#
#   sbatch --array=1-32 slurm-swarm.sh
#   rollcall-sim merge swarm-results/shard-*.json      # when all are done
#
# SEEDS, RESULTS and ROLLCALL_SIM may be set in the environment.
#SBATCH --job-name=rollcall-swarm
#SBATCH --cpus-per-task=4
#SBATCH --mem=1G
#SBATCH --time=02:00:00
#SBATCH --output=swarm-%A-%a.log
set -eu

seeds=${SEEDS:-1000000}
results=${RESULTS:-swarm-results}
mkdir -p "$results"

exec "${ROLLCALL_SIM:-rollcall-sim}" swarm --seeds "$seeds" --keep-going \
    --threads "${SLURM_CPUS_PER_TASK:-1}" \
    --shard "$((SLURM_ARRAY_TASK_ID - SLURM_ARRAY_TASK_MIN + 1))/$SLURM_ARRAY_TASK_COUNT" \
    --out "$results/shard-$SLURM_ARRAY_TASK_ID.json"
