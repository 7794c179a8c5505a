#include "cli/demo/fixture.hpp"

#include <algorithm>
#include <chrono>
#include <thread>

#include "base/clock.hpp"
#include "storage/sql/open_storage.hpp"

namespace lars::cli::demo {
namespace {

constexpr std::chrono::seconds patience{5};
constexpr std::chrono::milliseconds try_again{100};

// Finds the first module of 1/1, 1/2, … without hosts, so that no existing route changes.
result<route_key> free_module(storage::route_editor& editor) {
  const auto rows = editor.list(std::nullopt);
  if (!rows) return rows.error();
  route_key key{1, 1};
  while (std::ranges::count(*rows, key, &storage::route_row::key) > 0) ++key.cmdid;
  return key;
}

}  // namespace

result<std::unique_ptr<fixture>> fixture::build(const storage::storage_config& storage, std::size_t hosts) {
  std::vector<std::unique_ptr<backend>> servers;
  for (std::size_t i = 0; i < hosts; ++i) {
    auto server = backend::start();
    if (!server) return server.error();
    servers.push_back(std::move(*server));
  }
  std::unique_ptr<fixture> built(new fixture(std::move(servers)));
  const auto until = base::clock::now() + patience;
  while (true) {
    const auto added = built->add_routes(storage);
    if (added) return built;
    if (base::clock::now() >= until) return added.error();
    std::this_thread::sleep_for(try_again);
  }
}

result<void> fixture::add_routes(const storage::storage_config& storage) {
  auto editor = storage::open_route_editor(storage);
  const auto module = free_module(*editor);
  if (!module) return module.error();
  std::vector<storage::route_row> rows;
  for (const auto& where : hosts()) rows.push_back({0, *module, {where, default_weight, host_state::up}});
  if (const auto imported = editor->import(rows, std::nullopt); !imported) return imported.error();
  module_ = *module;
  editor_ = std::move(editor);
  return {};
}

std::vector<endpoint> fixture::hosts() const {
  std::vector<endpoint> all;
  for (const auto& server : servers_) all.push_back(server->where());
  std::ranges::sort(all);
  return all;
}

fixture::~fixture() {
  if (!editor_) return;
  // If the storage is not available any more, five routes to closed ports remain in it. They are harmless.
  for (const auto& where : hosts()) [[maybe_unused]] const auto removed = editor_->remove(module_, where);
}

}  // namespace lars::cli::demo
