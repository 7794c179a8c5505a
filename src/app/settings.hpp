// The settings of the program: the setting table converted to the types of its users.
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
  std::vector<role_kind> roles;     // roles to run; empty for a command
  std::size_t threads = 1;          // of the io pool
  std::filesystem::path state_dir;  // absolute; empty only if it is not needed
  dns::dns_config dns;
  reporter::reporter_config reporter;
  agent::agent_config agent;
  bool agent_dns_is_set = false;       // false: the agent uses the dns of its process, if any
  bool agent_reporter_is_set = false;  // false: the agent uses the reporter of its process, if any
  http::server_config http;
  bool http_port_is_set = false;  // false: use any free port if the default is in use
  storage::storage_config storage;
  bool storage_is_set = false;  // false: the default database
  log::log_config log;

  bool runs(role_kind role) const { return contains(roles, role); }
  bool uses_storage() const { return runs(role_kind::dns) || runs(role_kind::reporter); }
  // True if the roles keep a SQLite file or saved routes in the state directory.
  bool needs_state_dir() const;
  // The address of the agent for callers on this machine: loopback if it is bound to all addresses.
  endpoint agent_to_ask() const;
  // Its HTTP addresses to try. If no port is set: the default of an agent alone, then that of an agent with a dns.
  std::vector<endpoint> agent_http_to_ask() const;
};

// errc::invalid_argument: an invalid database URL, or a state directory is needed and not known.
// `cores` is the number of cores of the machine, 0 if unknown.
result<settings> make_settings(const setting_table& table, const std::vector<role_kind>& roles,
                               const variables& environment, bool is_root, std::size_t cores);

// make_settings() for this process.
result<settings> load_settings(const setting_table& table, const setting_sources& sources);

// gather() and make_settings() for this process.
result<settings> load_settings(const setting_sources& sources);

log::log_config make_log_config(const setting_table& table);

// Lowers the connection limits to fit into `descriptors` open files, so that a full server refuses connections instead
// of running out of files. Returns true if it lowered any.
bool fit_connections(settings& to, std::size_t descriptors);

}  // namespace lars::app
