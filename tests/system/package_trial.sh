#!/bin/bash
# Installs the packages on a throw-away copy of this system, starts what can be started, upgrades, removes and purges it.
# Run as: unshare --mount --net --pid --fork bash package_trial.sh DIRECTORY OLD.deb NEW.deb LIBRARY.deb LIBRARY-DEV.deb
# Prints "ok STEP" for each step; the first thing that is wrong ends it. Nothing outside DIRECTORY changes.
set -euo pipefail
directory=$1 old=$2 new=$3 library=$4 library_dev=$5
source "$(dirname "${BASH_SOURCE[0]}")/trial_system.sh"

step() { echo "ok $*"; }
as_lars() { (exec_as_lars "$@"); }
eventually() { for _ in {1..100}; do if "$@" >/dev/null 2>&1; then return; fi; sleep 0.1; done; echo "never: $*"; cat "$directory"/*.log; return 1; }
ready() { inside python3 -c "import urllib.request as u; u.urlopen('http://127.0.0.1:$1/readyz', timeout=2)"; }
start() {
  # Its own process, to be signalled.
  exec_as_lars /usr/bin/lars "--role=$1" --config "/etc/lars/$1.conf" >"$directory/$1.out" 2>"$directory/$1.log" &
  pids[$1]=$!
}
declare -A pids

cp "$old" "$root/srv/old.deb"
cp "$new" "$root/srv/new.deb"
cp "$library" "$root/srv/library.deb"
cp "$library_dev" "$root/srv/library_dev.deb"

inside dpkg -i /srv/old.deb >"$directory/dpkg.log" 2>&1 || { cat "$directory/dpkg.log"; exit 1; }
[[ $(inside stat -c '%U:%G %a' /etc/lars /etc/lars/dns.conf /var/lib/lars | tr '\n' ' ') == "root:lars 750 root:lars 640 lars:lars 750 " ]]
step installed

[[ -z $(inside systemd-analyze verify /lib/systemd/system/lars-{dns,reporter,agent}.service 2>&1) ]]
step units verified
inside man -l /usr/share/man/man1/lars.1.gz 2>/dev/null | grep -q 'route add' || inside zgrep -q 'route add' /usr/share/man/man1/lars.1.gz
step manual
inside bash -c 'source /usr/share/bash-completion/completions/lars
  COMP_WORDS=(lars --set agent.re) COMP_CWORD=2; _lars; [[ " ${COMPREPLY[*]} " == *" agent.report_interval_ms= "* ]]
  COMP_WORDS=(lars hi) COMP_CWORD=1; _lars; [[ ${COMPREPLY[*]} == history ]]
  COMP_WORDS=(lars --role = re) COMP_CWORD=3; _lars; [[ ${COMPREPLY[*]} == reporter ]]'
step completion

for role in dns reporter agent; do start $role; done
eventually ready 7780
as_lars lars route add 1 1 10.0.0.7:8080
eventually as_lars lars get-host 1 1
eventually ready 7781
eventually ready 7782
as_lars lars report 1 1 10.0.0.7:8080 0
told() { as_lars lars status 1 1 | grep -q 10.0.0.7; }
eventually told
step started

echo '; ours' >>"$root/etc/lars/agent.conf"
inside dpkg -i /srv/new.deb >"$directory/dpkg.log" 2>&1 || { cat "$directory/dpkg.log"; exit 1; }
[[ $(inside lars version) == "lars $(dpkg-deb -f "$new" Version | sed 's/+.*//')" ]]
grep -q '^; ours' "$root/etc/lars/agent.conf"
[[ $(as_lars lars get-host 1 1) == 10.0.0.7:8080 ]]  # the old agent goes on
kill "${pids[agent]}"
wait "${pids[agent]}"
start agent
eventually ready 7782
[[ $(as_lars lars get-host 1 1) == 10.0.0.7:8080 ]]
step upgraded

inside dpkg -i /srv/library.deb /srv/library_dev.deb >"$directory/dpkg.log" 2>&1 || { cat "$directory/dpkg.log"; exit 1; }
cat >"$root/srv/ask.c" <<'END'
#include <lars/lars.h>
#include <stdio.h>
int main(void) {
  lars_t* lars = lars_open(NULL);
  lars_call_t call = LARS_CALL_INIT;
  if (lars_pick(lars, 1, 1, NULL, &call) != LARS_OK || lars_succeed(lars, &call) != LARS_OK) return 1;
  printf("%x:%u\n", (unsigned)call.ip, (unsigned)call.port);
  lars_close(lars);
  return 0;
}
END
inside bash -c 'cd /srv && gcc ask.c $(pkg-config --cflags --libs lars) -o ask'
[[ $(as_lars /srv/ask) == a000007:8080 ]]
inside dpkg -P liblars-dev liblars1 >"$directory/dpkg.log" 2>&1
if as_lars /srv/ask 2>/dev/null; then exit 1; fi
step libraries

echo line >"$root/var/log/lars/agent.log"
inside chown lars:adm /var/log/lars/agent.log
inside logrotate -f /etc/logrotate.d/lars
[[ -s $root/var/log/lars/agent.log.1 ]]
step rotated

for role in agent reporter dns; do kill "${pids[$role]}"; wait "${pids[$role]}"; done
step stopped
inside dpkg -r lars >"$directory/dpkg.log" 2>&1
[[ ! -e $root/usr/bin/lars && -e $root/etc/lars/agent.conf && -e $root/var/lib/lars/lars.db ]]
step removed
rm "$root"/etc/lars/*.conf
inside dpkg -i /srv/new.deb >"$directory/dpkg.log" 2>&1 || { cat "$directory/dpkg.log"; exit 1; }
[[ ! -e $root/etc/lars/agent.conf && $(inside stat -c '%U:%G %a' /etc/lars) == "root:lars 750" ]]
inside dpkg -r lars >"$directory/dpkg.log" 2>&1
step installed without configuration
inside dpkg -P lars >"$directory/dpkg.log" 2>&1
[[ ! -e $root/etc/lars/agent.conf && ! -e $root/var/lib/lars && ! -e $root/etc/logrotate.d/lars ]]
inside id lars >/dev/null
step purged
