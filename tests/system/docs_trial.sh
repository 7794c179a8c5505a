#!/bin/bash
# Runs the commands of a page on a throw-away copy of this system, with a MariaDB beside them, as their reader would.
# Run as: unshare --mount --net --pid --fork --kill-child bash docs_trial.sh DIRECTORY PACKAGE COMMANDS PREPARATION
# COMMANDS is a bash script; PREPARATION is fresh (nothing installed) or old (the program installed, an old Lars's database
# and configuration files, an old dns that runs until the new one is started: to stop it is said in words).
set -euo pipefail
directory=$1 package=$2 commands=$3 preparation=$4
source "$(dirname "${BASH_SOURCE[0]}")/trial_system.sh"

mkdir -p "$root/run/mysqld" "$root/usr/local/bin"
cp "$package" "$root/srv/"
cp "$commands" "$root/srv/commands.sh"

# There is no systemd in here: what it would do with a unit of ours is done by hand, all else is its own.
cat >"$root/usr/local/bin/systemctl" <<'SHIM'
#!/bin/bash
set -e
stop() { if [[ -e /run/trial-$1 ]]; then kill "$(cat "/run/trial-$1")" && tail --pid="$(cat "/run/trial-$1")" -f /dev/null; rm "/run/trial-$1"; fi; }
start() {
  local command
  if [[ -e /run/old-$1 ]]; then kill "$(cat "/run/old-$1")" && tail --pid="$(cat "/run/old-$1")" -f /dev/null; rm "/run/old-$1"; fi
  command=$(sed -n 's/^ExecStart=//p' "/lib/systemd/system/$1.service")
  STATE_DIRECTORY=/var/lib/lars setpriv --reuid=lars --regid=lars --init-groups $command >"/srv/$1.log" 2>&1 &
  echo $! >"/run/trial-$1"
}
action=$1
shift
units=()
for word in "$@"; do [[ $word == --* ]] || units+=("$word"); done
for unit in "${units[@]}"; do
  case $action in
    enable) /usr/bin/systemctl enable "$unit" 2>/dev/null; stop "$unit"; start "$unit" ;;
    disable) /usr/bin/systemctl disable "$unit" 2>/dev/null; stop "$unit" ;;
    restart) stop "$unit"; start "$unit" ;;
    reload) kill -HUP "$(cat "/run/trial-$unit")" ;;
    *) echo "systemctl $action is not played here" >&2; exit 1 ;;
  esac
done
SHIM
chmod 755 "$root/usr/local/bin/systemctl"

inside mariadb-install-db --no-defaults --user=mysql --datadir=/var/lib/trial-mysql --auth-root-authentication-method=socket \
  --skip-test-db >"$directory/mariadb.log" 2>&1
inside chown mysql /run/mysqld
inside mariadbd --no-defaults --user=mysql --datadir=/var/lib/trial-mysql --socket=/run/mysqld/mysqld.sock \
  --bind-address=127.0.0.1 --port=3306 --innodb-buffer-pool-size=32M >>"$directory/mariadb.log" 2>&1 &
for _ in {1..100}; do inside mariadb -e 'SELECT 1' >/dev/null 2>&1 && break; sleep 0.1; done
inside mkdir -p /var/lib/lars
inside sqlite3 /var/lib/lars/lars.db 'CREATE TABLE one(a)'

if [[ $preparation == old ]]; then
  inside dpkg -i "/srv/$(basename "$package")" >"$directory/dpkg.log" 2>&1
  inside mariadb <"$directory/old.sql"
  mkdir -p "$root/opt/lars/conf"
  database=$'[mysql]\ndb_host = 127.0.0.1\ndb_port = 3306\ndb_user = lars\ndb_passwd = secret\ndb_name = lars_dns\n'
  printf '[reactor]\nmaxConn = 1024\nthreadNum = 5\nip = 127.0.0.1\nport = 7778\n%s' "$database" >"$root/opt/lars/conf/dns.conf"
  printf '[reactor]\nmaxConn = 1024\nthreadNum = 5\nip = 127.0.0.1\nport = 7779\n%s[repoter]\ndb_thread_cnt = 3\n' "$database" \
    >"$root/opt/lars/conf/reporter.conf"
  printf '[reporter]\nip = 127.0.0.1\nport = 7779\n[dnsserver]\nip = 127.0.0.1\nport = 7778\n[loadbalance]\nprobe_num = 10\n' \
    >"$root/opt/lars/conf/agent.conf"
  /usr/bin/python3 "$(dirname "${BASH_SOURCE[0]}")/old_peers.py" 7778 1 1 10.0.0.1:80 2>"$directory/old_dns.log" &
  echo $! >"$root/run/old-lars-dns"
  for _ in {1..100}; do (: </dev/tcp/127.0.0.1/7778) 2>/dev/null && break; sleep 0.1; done
  (: </dev/tcp/127.0.0.1/7778) || { cat "$directory/old_dns.log"; exit 1; }
fi

inside bash -c 'cd /srv && exec bash commands.sh' || { code=$?; tail -n 5 "$root"/srv/*.log; exit $code; }
