// A dns and an agent that a measurement starts for itself, over a database of its own.
#pragma once

#include <chrono>
#include <filesystem>
#include <lars/error.hpp>
#include <lars/types.hpp>
#include <memory>
#include <ostream>
#include <vector>

#include "bench/child_roles.hpp"
#include "bench/metrics_page.hpp"
#include "bench/process_usage.hpp"
#include "bench/route_fill.hpp"
#include "client/caller.hpp"
#include "storage/storage_config.hpp"

namespace lars::bench {

struct own_agent_config {
  std::filesystem::path program;  // the lars executable
  table_size size;                // modules 1 1 to N 1
  std::string policy;             // of the modules; empty = as configured
  bool reporter = false;          // starts a reporter too, so that the agent counts the calls to each host
};

// Roles as child processes, an SQLite database and the agent's run directory in one temporary directory.
// Lifetime: the destructor stops the roles and removes the directory. Threads: owner context only; blocking.
class own_agent {
public:
  // errc::system_error, errc::timeout when a role does not start, or the errors of the storage.
  static result<std::unique_ptr<own_agent>> start(const own_agent_config& config, std::ostream& progress);

  own_agent(const own_agent&) = delete;
  own_agent& operator=(const own_agent&) = delete;
  ~own_agent();

  const storage::storage_config& storage() const { return storage_; }
  std::vector<route_key> modules() const;
  const child_role& role() const { return *agent_; }
  endpoint where() const;  // the first of its UDP ports

  // The configuration of a caller that uses this transport.
  client::caller_config through(client::transport transport) const;

  result<metrics_page> metrics() const { return metrics_page::fetch(http_port_); }

  // Bytes of its heap, its routes and the mapped files of its state directory, without the counters of callers.
  std::uint64_t own_memory(const metrics_page& metrics) const;

private:
  own_agent(std::filesystem::path dir, storage::storage_config storage, table_size size)
      : dir_(std::move(dir)), storage_(std::move(storage)), size_(size) {}
  result<void> start_roles(const own_agent_config& config);

  const std::filesystem::path dir_;
  const storage::storage_config storage_;
  const table_size size_;
  std::unique_ptr<child_role> dns_;
  std::unique_ptr<child_role> reporter_;
  std::unique_ptr<child_role> agent_;
  std::uint32_t http_port_ = 0;
};

}  // namespace lars::bench
