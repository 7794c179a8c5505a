// The route_reader over SQLite and MySQL.
#pragma once

#include "storage/route_reader.hpp"
#include "storage/sql/session.hpp"
#include "storage/sql/statements.hpp"

namespace lars::storage {

// Threads: blocking; one thread at a time. Also reads a database with the schema of older programs: weight, zone and
// state then have their defaults, and no module has settings.
class sql_route_reader final : public route_reader {
public:
  explicit sql_route_reader(const storage_config& config);

  void interrupt() override { session_.interrupt(); }
  void renew() override { session_.renew(); }
  result<change_mark> poll() override;
  result<std::vector<change_row>> changes_after(std::uint64_t after) override;
  result<std::optional<std::vector<change_count>>> count_changes(id_span ids) override;
  result<std::vector<change_row>> changes_in(std::span<const std::uint64_t> ranges) override;
  result<change_mark> load(const std::function<void(std::span<const route_row>)>& routes,
                           const std::function<void(std::span<const settings_row>)>& settings) override;
  result<module_rows> rows_of(std::span<const route_key> keys) override;
  result<bool> has_routes() override;
  result<std::vector<settings_row>> all_settings() override;
  result<std::optional<change_stamp>> read_change_stamp() override;
  result<std::vector<range_sum>> range_sums() override;
  result<std::vector<std::pair<std::uint64_t, route_key>>> modules_in(std::span<const std::uint64_t> ranges) override;

private:
  change_mark mark(soci::session& sql) const;
  const schema_shape& shape(soci::session& sql);
  template <class T>
  result<T> checked(result<T> outcome);
  backend kind() const { return session_.config().kind; }

  session session_;
  schema_shape shape_;
  std::uint32_t shape_generation_ = 0;  // the session's generation when shape_ was read; 0 = read it again
  bool old_schema_logged_ = false;
};

}  // namespace lars::storage
