// The route_editor over SQLite and MySQL.
#pragma once

#include <functional>

#include "storage/route_editor.hpp"
#include "storage/route_plan.hpp"
#include "storage/sql/edit_session.hpp"

namespace lars::storage {

// Threads: blocking; one thread at a time. If the connection is lost during the commit, a call returns
// errc::unavailable although the change may have been made; every call can be repeated safely.
class sql_route_editor final : public route_editor {
public:
  explicit sql_route_editor(const storage_config& config);

  result<std::vector<route_row>> list(std::optional<route_key> only) override;
  result<void> add(const route_row& row) override;
  result<void> set(route_key key, endpoint where, const route_patch& patch) override;
  result<void> remove(route_key key, endpoint where) override;
  result<std::size_t> import(std::span<const route_row> rows, std::optional<route_key> replace) override;

private:
  using decide = std::function<result<route_plan>(std::span<const route_row> current)>;

  // Reads the rows of `keys` under the version's lock, calls `make_plan`, executes the plan and announces it.
  result<std::size_t> change(std::span<const route_key> keys, const decide& make_plan);

  edit_session session_;
};

}  // namespace lars::storage
