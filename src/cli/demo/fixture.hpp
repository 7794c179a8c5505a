// The module of the demo: its servers and their routes.
#pragma once

#include <lars/error.hpp>
#include <lars/types.hpp>
#include <memory>
#include <vector>

#include "cli/demo/backend.hpp"
#include "storage/route_editor.hpp"
#include "storage/storage_config.hpp"

namespace lars::cli::demo {

// Lifetime: the demo's. The destructor removes the routes. Threads: owner context only; blocking.
class fixture {
public:
  // Starts the servers and adds their routes. Retries for up to five seconds while the storage is not ready.
  // errc::system_error if a server cannot listen, else the errors of the storage.
  static result<std::unique_ptr<fixture>> build(const storage::storage_config& storage, std::size_t hosts);

  fixture(const fixture&) = delete;
  fixture& operator=(const fixture&) = delete;
  ~fixture();

  route_key module() const { return module_; }
  std::vector<endpoint> hosts() const;

  // The host that fails and recovers.
  backend& the_host() { return *servers_[servers_.size() / 2]; }

private:
  explicit fixture(std::vector<std::unique_ptr<backend>> servers) : servers_(std::move(servers)) {}
  result<void> add_routes(const storage::storage_config& storage);

  std::vector<std::unique_ptr<backend>> servers_;
  std::unique_ptr<storage::route_editor> editor_;
  route_key module_;
};

}  // namespace lars::cli::demo
