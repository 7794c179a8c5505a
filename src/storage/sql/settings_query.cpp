#include "storage/sql/settings_query.hpp"

#include <soci/soci.h>

#include <algorithm>

namespace lars::storage {

void each_settings(soci::session& sql, const schema_shape& shape, const std::string& condition,
                   const std::function<void(settings_row&)>& each) {
  if (!shape.settings) return;
  settings_row row;
  long long modid = 0, cmdid = 0, version = 0;
  const std::string enough = std::to_string(settings_limit + 1);
  soci::statement rows = (sql.prepare << "select modid, cmdid, coalesce(substr(settings, 1, " + enough +
                                             "), ''), coalesce(version, 0) from ModuleSettings where " + has_module +
                                             (condition.empty() ? "" : " and (" + condition + ")"),
                          soci::into(modid), soci::into(cmdid), soci::into(row.text), soci::into(version));
  rows.execute();
  while (rows.fetch()) {
    row.key = {low_signed(modid), low_signed(cmdid)};
    row.version = version;
    each(row);
  }
}

std::vector<settings_row> settings_of(soci::session& sql, const schema_shape& shape, std::span<const route_key> keys) {
  std::vector<settings_row> found;
  while (!keys.empty()) {
    const auto some = keys.first(std::min(keys.size(), values_a_statement(shape, key_bytes, keys_a_statement)));
    keys = keys.subspan(some.size());
    each_settings(sql, shape, keys_condition(some, true), [&](settings_row& row) { found.push_back(row); });
  }
  return found;
}

}  // namespace lars::storage
