# Shared by tests/run and tests/bench/run: packages, a temporary Postgres, and a clean-up that leaves no process behind.
# To be sourced. A function that cannot set something up prints why on standard error and fails.

scratch=""  # one folder for all that a run leaves behind, removed at its end
memory=""   # another in memory, for the Postgres that runs, where the machine has room
postgres="" # the folder with initdb and pg_ctl, once known
database="" # the data folder of the Postgres that runs, when one does
group=""    # the process group that runs, when one does

# Cleans up when the script ends for any reason.
clean_up_at_the_end() {
  trap clean_up EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  scratch=$(mktemp -d "${TMPDIR:-/tmp}/curfew-tests.XXXXXX")
  chmod 711 "$scratch" # the database's user passes through, and reads nothing
  export TMPDIR=$scratch
}

complain() {
  printf '%s: %s\n' "$0" "$1" >&2
  return 1
}

install_packages() {
  ((EUID == 0)) || complain "not installed: $*; install with: sudo apt-get install $*" || return
  printf '== installing %s\n' "$*"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$@" </dev/null
}

# --- The temporary Postgres: for this machine only, without a password, safe to lose. ---

# Debian keeps initdb and pg_ctl in one folder per version, outside PATH.
find_postgres() {
  postgres=$(printf '%s\n' /usr/lib/postgresql/*/bin/initdb | sort -V | tail -n 1)
  [[ -x $postgres ]] || postgres=$(command -v initdb) || return 1
  postgres=${postgres%/initdb}
}

# Takes extra options for the server.
start_postgres() {
  find_postgres || complain "the package postgresql brought no initdb" || return
  # Each test creates and drops a database, which is three hundred files.
  if has_room_in_memory; then memory=$(mktemp -d /dev/shm/curfew-tests.XXXXXX) && chmod 711 "$memory"; fi
  local folder=${memory:-$scratch}/postgres port options
  mkdir -m 700 "$folder"
  ((EUID != 0)) || chown postgres: "$folder"
  if ! as_database_user "$postgres/initdb" --pgdata="$folder/data" --username=curfew \
    --auth=trust --encoding=UTF8 --locale=C.UTF-8 --no-sync >"$scratch/initdb.log" 2>&1; then
    cat "$scratch/initdb.log" >&2
    complain "initdb failed" || return
  fi
  # Tries ports until the server starts: checking for a free one first would be a race.
  for port in $(shuf --input-range=20000-32000 --head-count=5); do
    options="-p $port -k $folder -c listen_addresses=127.0.0.1 $*"
    database=$folder/data
    if as_database_user "$postgres/pg_ctl" start --pgdata="$database" --silent --wait \
      --log="$folder/log" --options="$options" >/dev/null 2>&1; then
      export CURFEW_TEST_POSTGRES="postgres://curfew@127.0.0.1:$port/postgres"
      printf '== Postgres: %s\n' "$CURFEW_TEST_POSTGRES"
      return
    fi
    database=""
  done
  as_database_user cat "$folder/log" >&2
  complain "Postgres did not start"
}

# Four gigabytes for the databases, and as much for the tests themselves.
has_room_in_memory() {
  local room free
  room=$(df --output=avail -k /dev/shm 2>/dev/null | tail -n 1)
  free=$(awk '/^MemAvailable:/ { print $2 }' /proc/meminfo 2>/dev/null)
  ((${room:-0} >= 4 << 20 && ${free:-0} >= 8 << 20))
}

# Postgres refuses to run as root.
as_database_user() {
  if ((EUID == 0)); then (cd / && exec runuser -u postgres -- "$@"); else "$@"; fi
}

# --- Running and ending ---

# Job control gives the command its own process group, so that an interrupted run can end all of it: a child that
# outlives the run would keep its port and its database.
in_own_group() {
  local status=0
  set -m
  "$@" </dev/null &
  set +m
  group=$!
  wait "$group" || status=$?
  end_group # what the command itself left running
  return "$status"
}

end_group() {
  local ending=$group
  [[ -n $ending ]] || return 0
  group=""
  for _ in {1..100}; do
    kill -TERM -- "-$ending" 2>/dev/null || return 0 # nobody is left
    wait "$ending" 2>/dev/null || true
    sleep 0.1
  done
  kill -KILL -- "-$ending" 2>/dev/null || true
}

clean_up() {
  local status=$?
  trap '' INT TERM HUP # a second Ctrl-C must not leave a server behind
  end_group
  if [[ -n $database ]]; then
    as_database_user "$postgres/pg_ctl" stop --pgdata="$database" --mode=immediate --silent || true
  fi
  [[ -z $memory ]] || rm -rf "$memory"
  [[ -z $scratch ]] || rm -rf "$scratch"
  exit "$status"
}
