#include "app/key_table.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <vector>

#include "balance/health/health_settings.hpp"
#include "balance/policy/registry.hpp"

namespace lars::app {
namespace {

using enum value_kind;

constexpr double max_port = 65535;
constexpr double max_first_port = 65533;  // two more follow it
constexpr double max_count = 1'000'000;
constexpr double max_seconds = 86'400;
constexpr double day = 86'400;

// clang-format off
constexpr std::array keys_before_balance = {
  key_spec{"dns", "ip", ipv4, "", "127.0.0.1", "address to bind; 0.0.0.0 = all addresses", "[reactor] ip of a dns"},
  key_spec{"dns", "port", integer, "", "7778", "TCP port; 0 = any free port", "[reactor] port of a dns", 0, max_port},
  key_spec{"dns", "poll_interval_ms", integer, "ms", "200", "interval at which the database is polled for changes", "", 10, 60'000, "", true},
  key_spec{"dns", "reconcile_interval_s", integer, "s", "10", "interval of full comparisons with the database, which find the changes that polling misses", "", 1, 3'600, "", true},
  key_spec{"dns", "max_connections", integer, "", "10000", "maximum number of agent connections", "[reactor] maxConn of a dns", 1, max_count},
  key_spec{"dns", "max_subscriptions", integer, "", "10000000", "maximum number of subscriptions, one per agent and module; beyond it, the agent with the most is disconnected", "", 1'000, 1'000'000'000},
  key_spec{"dns", "answers_mb", integer, "MiB", "256", "memory for answers that agents have not read yet; beyond it, an agent gets more only after reading its own", "", 1, 65'536},
  key_spec{"dns", "threads", integer, "", "0", "threads that serve connections; 0 = one per core, at most 4", "[reactor] threadNum of a dns", 0, 1'000},

  key_spec{"agent", "ip", ipv4, "", "127.0.0.1", "address to bind; 0.0.0.0 = all addresses", ""},
  key_spec{"agent", "port", integer, "", "8888", "first of three consecutive UDP ports; 0 = any three free ports", "", 0, max_first_port},
  key_spec{"agent", "dns", endpoints, "", "127.0.0.1:7778", "dns servers to get routes from; empty = use saved routes only", "[dnsserver] ip, port"},
  key_spec{"agent", "reporter", endpoints, "", "127.0.0.1:7779", "reporters to send call results to; empty = none, and calls are not counted", "[reporter] ip, port of an agent"},
  key_spec{"agent", "report_interval_ms", integer, "ms", "1000", "interval at which results are sent", "", 50, 60'000, "", true},
  key_spec{"agent", "spool_mb", integer, "MiB", "64", "disk space for results that wait for a reporter; beyond it, the oldest are merged", "", 2, 65'536},
  key_spec{"agent", "run_dir", path, "", "", "directory of the socket through which callers get the shared memory, and of the lock file that keeps a second agent out; empty = $RUNTIME_DIRECTORY, else the state directory if [state] dir is set, else /run/lars for root, else $XDG_RUNTIME_DIR/lars, else the state directory", ""},
  key_spec{"agent", "group", name, "", "", "group whose processes may share memory with the agent; empty = the agent's own group", ""},
  key_spec{"agent", "routes_mb", integer, "MiB", "512", "limit of shared memory for routes; modules beyond it are served over UDP only", "", 1, 65'536},
  key_spec{"agent", "max_callers", integer, "", "4096", "maximum number of connections that share memory; one process may have a quarter of them, but at least 64; other callers use UDP", "", 1, max_count},
  key_spec{"agent", "caller_mb", integer, "MiB", "64", "counter memory per connection; one process may have four times as much; calls without room for a counter use UDP", "", 1, 4'096},
  key_spec{"agent", "tick_ms", integer, "ms", "10", "interval at which the counters in shared memory are read", "", 1, 100},

  key_spec{"reporter", "ip", ipv4, "", "127.0.0.1", "address to bind; 0.0.0.0 = all addresses", "[reactor] ip of a reporter"},
  key_spec{"reporter", "port", integer, "", "7779", "TCP port; 0 = any free port", "[reactor] port of a reporter", 0, max_port},
  key_spec{"reporter", "max_connections", integer, "", "10000", "maximum number of agent connections", "[reactor] maxConn of a reporter", 1, max_count},
  key_spec{"reporter", "threads", integer, "", "0", "threads that serve connections; 0 = one per core, at most 4", "[reactor] threadNum of a reporter", 0, 1'000},
  key_spec{"reporter", "writers", integer, "", "2", "database connections that write results", "[repoter] db_thread_cnt", 1, 64},
  key_spec{"reporter", "queue_mb", integer, "MiB", "64", "memory for results that wait for the database; beyond it, agents keep their results", "", 1, 65'536},

  key_spec{"history", "keep_10s", duration, "", "2h", "how long CallHistory keeps steps of 10 s; older ones are merged into minutes", "", 60, 400 * day, "", true},
  key_spec{"history", "keep_1m", duration, "", "2d", "how long CallHistory keeps minutes; older ones are merged into hours", "", 60, 400 * day, "", true},
  key_spec{"history", "keep_1h", duration, "", "400d", "how long CallHistory keeps hours; older ones are deleted", "", 60, 4000 * day, "", true},

  key_spec{"http", "ip", ipv4, "", "127.0.0.1", "address to bind; 0.0.0.0 = all addresses", ""},
  key_spec{"http", "port", integer, "", "7780", "TCP port for metrics and health; 0 = any free port; if not set, 7781 for a reporter without a dns in its process, 7782 for an agent alone", "", 0, max_port},
  key_spec{"http", "max_connections", integer, "", "256", "maximum number of connections", "", 1, 10'000},

  key_spec{"storage", "url", url, "", "sqlite3://lars.db", "database of routes and results; a relative SQLite path is relative to the state directory", "[mysql] db_host, db_port, db_user, db_passwd, db_name"},

  key_spec{"state", "dir", path, "", "", "directory for the files of the roles; empty = $STATE_DIRECTORY, else /var/lib/lars for root, else $XDG_STATE_HOME/lars, else ~/.local/state/lars", ""},

};

constexpr std::array keys_after_balance = {
  key_spec{"loadbalance", "update_timeout", integer, "s", "15", "the route of a module in use is requested again when it is older than this", "same name", 1, max_seconds, "", true},

  key_spec{"log", "level", choice, "", "info", "lowest severity that is logged", "", 0, 0, "debug|info|warn|error", true},
  key_spec{"log", "format", choice, "", "text", "one line per event: text for people, json for programs", "", 0, 0, "text|json", true},
  key_spec{"log", "file", path, "", "", "file to append log lines to; empty = stderr", "", 0, 0, "", true},
};
// clang-format on

// [loadbalance] begins with the policies and thresholds that there are.
std::vector<key_spec> make_keys() {
  static const std::string policies = balance::policy_names("|");
  std::vector<key_spec> all(keys_before_balance.begin(), keys_before_balance.end());
  all.push_back({"loadbalance", "policy", choice, "", balance::all_policies().front()->name,
                 "load balancing policy of modules without settings of their own", "", 0, 0, policies, true});
  for (const auto& one : balance::all_health_settings())
    all.push_back({"loadbalance", one.name, one.whole ? integer : real, one.unit, one.fallback, one.meaning,
                   "same name", one.least, one.most, "", true});
  all.insert(all.end(), keys_after_balance.begin(), keys_after_balance.end());
  return all;
}

const std::vector<key_spec>& keys() {
  static const std::vector<key_spec> all = make_keys();
  return all;
}

std::string whole(double number) { return std::to_string(static_cast<long long>(number)); }

std::string comma_separated(std::string_view choices) {
  std::string text;
  for (const char letter : choices) text += letter == '|' ? ", " : std::string(1, letter);
  return text;
}

}  // namespace

std::span<const key_spec> all_keys() { return keys(); }

bool is_section(std::string_view section) {
  return std::ranges::any_of(keys(), [&](const key_spec& key) { return key.section == section; });
}

const key_spec* find_key(std::string_view section, std::string_view name) {
  const auto found =
      std::ranges::find_if(keys(), [&](const key_spec& key) { return key.section == section && key.name == name; });
  return found == keys().end() ? nullptr : &*found;
}

std::string key_names(std::string_view section) {
  std::string names;
  for (const key_spec& key : keys()) {
    if (key.section != section) continue;
    if (!names.empty()) names += ", ";
    names += key.name;
  }
  return names;
}

std::string section_names() {
  std::string names;
  std::string_view last;
  for (const key_spec& key : keys()) {
    if (key.section == last) continue;
    last = key.section;
    if (!names.empty()) names += ' ';
    names.append("[").append(last).append("]");
  }
  return names;
}

std::string shown_name(const key_spec& key) { return "[" + std::string(key.section) + "] " + std::string(key.name); }

std::string variable_name(const key_spec& key) {
  std::string name = "LARS_" + std::string(key.section) + "_" + std::string(key.name);
  for (char& letter : name) letter = static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
  return name;
}

std::string allowed(const key_spec& key) {
  switch (key.kind) {
    case ipv4:
      return "IPv4 address a.b.c.d";
    case integer:
      return "whole number " + whole(key.least) + " .. " + whole(key.most);
    case real:
      return "number " + whole(key.least) + " .. " + whole(key.most);
    case endpoints:
      return "comma-separated list of IPv4:port";
    case duration:
      return "whole number with unit s, m, h or d: " + whole(key.least) + "s .. " + whole(key.most / day) + "d";
    case choice:
      return "one of " + comma_separated(key.choices);
    case path:
      return "path";
    case name:
      return "name";
    case url:
      return "sqlite3://PATH or mysql://db=... user=... password=... host=... port=...";
  }
  return {};
}

std::string shown_default(const key_spec& key) { return key.fallback.empty() ? "none" : std::string(key.fallback); }

}  // namespace lars::app
