#include "bench/route_fill.hpp"

#include <algorithm>
#include <vector>

#include "storage/migrate/migrations.hpp"
#include "storage/sql/open_storage.hpp"

namespace lars::bench {
namespace {

constexpr std::int32_t modules_at_once = 20000;

std::vector<storage::route_row> rows_of(std::int32_t first, std::int32_t last, std::int32_t hosts) {
  std::vector<storage::route_row> rows;
  for (std::int32_t modid = first; modid <= last; ++modid)
    for (std::int32_t i = 0; i < hosts; ++i)
      rows.push_back({0, {modid, 1}, {filled_host(modid, i), default_weight, host_state::up}});
  return rows;
}

result<std::uint64_t> count_rows(const storage::storage_config& storage) {
  const auto sums = storage::open_route_reader(storage)->range_sums();
  if (!sums) return sums.error();
  std::uint64_t rows = 0;
  for (const auto& sum : *sums) rows += sum.rows;
  return rows;
}

}  // namespace

endpoint filled_host(std::int32_t modid, std::int32_t i) {
  // 10.0.0.0/8 has room for 65,536 modules of up to 256 hosts; further modules use another port. Larger modules share
  // hosts.
  const auto number = static_cast<std::uint32_t>(modid);
  return {0x0A000000u + ((number & 0xFFFF) << 8) + static_cast<std::uint32_t>(i), 8000 + (number >> 16)};
}

result<void> fill_routes(const storage::storage_config& storage, table_size size, std::ostream& err) {
  if (const auto migrated = storage::migrate(storage, storage::migrate_policy::only_if_empty); !migrated)
    return migrated.error();
  const auto rows = count_rows(storage);
  if (!rows) return rows.error();
  if (*rows == size.rows()) return {};
  if (*rows > 0)
    return {errc::invalid_argument, "RouteData of " + storage.shown() + " holds " + std::to_string(*rows) +
                                        " rows; the measurement needs an empty table, or one with the " +
                                        std::to_string(size.rows()) + " rows of an earlier run"};
  err << "filling " << storage.shown() << " with " << size.rows() << " rows\n";
  const auto editor = storage::open_route_editor(storage);
  for (std::int32_t first = 1; first <= size.modules; first += modules_at_once) {
    const auto last = std::min(size.modules, first + modules_at_once - 1);
    if (const auto added = editor->import(rows_of(first, last, size.hosts), std::nullopt); !added) return added.error();
  }
  return {};
}

}  // namespace lars::bench
