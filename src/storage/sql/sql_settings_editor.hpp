// The settings_editor over SQLite and MySQL.
#pragma once

#include "storage/settings_editor.hpp"
#include "storage/sql/edit_session.hpp"

namespace lars::storage {

// Threads: blocking; one thread at a time. If the connection is lost during the commit, a call returns
// errc::unavailable although the change may have been made; every call can be repeated safely.
class sql_settings_editor final : public settings_editor {
public:
  explicit sql_settings_editor(const storage_config& config) : session_(config) {}

  result<std::vector<settings_row>> list(std::optional<route_key> only) override;
  result<void> set(route_key key, const decision& decide) override;
  result<void> remove(route_key key) override;

private:
  edit_session session_;
};

}  // namespace lars::storage
