// What the program runs with: the setting table in the types of those who use it.
#pragma once

#include <cstddef>
#include <filesystem>
#include <lars/error.hpp>
#include <vector>

#include "agent/local/agent_config.hpp"
#include "app/role_list.hpp"
#include "app/setting_sources.hpp"
#include "app/setting_table.hpp"
#include "dns/dns_config.hpp"
#include "http/server.hpp"
#include "log/log.hpp"
#include "reporter/reporter_config.hpp"
#include "storage/storage_config.hpp"

namespace lars::app {

// Immutable after construction.
struct settings {
  std::vector<role_kind> roles;     // those to run; empty for a command
  std::size_t threads = 1;          // of the io pool
  std::filesystem::path state_dir;  // absolute; empty only where nobody needs it
  dns::dns_config dns;
  reporter::reporter_config reporter;
  agent::agent_config agent;
  bool agent_dns_is_set = false;       // false: in a combined process the agent asks the dns beside it
  bool agent_reporter_is_set = false;  // false: likewise it tells the reporter beside it
  http::server_config http;
  bool http_port_is_set = false;  // false: where the default is taken, any free port will do
  storage::storage_config storage;
  bool storage_is_set = false;  // false: it is the default
  log::log_config log;

  bool runs(role_kind role) const { return contains(roles, role); }
  bool uses_storage() const { return runs(role_kind::dns) || runs(role_kind::reporter); }
  // True when SQLite's file or the saved routes lie in the state directory of a process with these roles.
  bool needs_state_dir() const;
  // Where callers on this machine reach the agent: loopback where it is bound to every address.
  endpoint agent_to_ask() const;
  // Likewise its HTTP port; where none is set, that of an agent alone, then that of one beside a dns.
  std::vector<endpoint> agent_http_to_ask() const;
};

// errc::invalid_argument: a URL that names no database, or no state directory where one is needed.
// `cores` is how many the machine has, 0 where it does not tell.
result<settings> make_settings(const setting_table& table, const std::vector<role_kind>& roles,
                               const variables& environment, bool is_root, std::size_t cores);

// make_settings() for this process, of what gather() found.
result<settings> load_settings(const setting_table& table, const setting_sources& sources);

// gather() and make_settings() for this process.
result<settings> load_settings(const setting_sources& sources);

log::log_config make_log_config(const setting_table& table);

// Makes the limits of connections fit into `descriptors` open files, so that a full server refuses strangers instead of
// starving itself. True when they had to be lowered.
bool fit_connections(settings& to, std::size_t descriptors);

}  // namespace lars::app
