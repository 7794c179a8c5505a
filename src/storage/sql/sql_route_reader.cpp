#include "storage/sql/sql_route_reader.hpp"

#include <soci/soci.h>

#include <algorithm>
#include <chrono>

#include "log/log.hpp"
#include "storage/sql/route_query.hpp"
#include "storage/sql/schema.hpp"
#include "storage/sql/settings_query.hpp"

namespace lars::storage {
namespace {

constexpr std::size_t page_rows = 4096;
constexpr std::size_t ranges_a_statement = 200;
constexpr std::uint64_t ranges_a_sum = 64;

// No statement of a reader takes longer on a healthy database.
constexpr std::chrono::seconds route_patience{5};

change_mark read_mark(soci::session& sql) {
  change_mark mark;
  long long version = 0, last = 0;
  sql << "select coalesce((select version from RouteVersion where id = 1), 0),"
         " coalesce((select max(id) from RouteChange), 0)",
      soci::into(version), soci::into(last);
  mark.version = version;
  mark.last_change_id = static_cast<std::uint64_t>(last);
  return mark;
}

std::vector<change_row> read_changes(soci::session& sql, const std::string& condition) {
  std::vector<change_row> rows;
  long long id = 0, modid = 0, cmdid = 0, version = 0;
  soci::statement changes = (sql.prepare << "select id, modid, cmdid, coalesce(version, 0) from RouteChange where " +
                                                condition + " and " + has_module + " order by id",
                             soci::into(id), soci::into(modid), soci::into(cmdid), soci::into(version));
  changes.execute();
  while (changes.fetch())
    rows.push_back({static_cast<std::uint64_t>(id), {low_signed(modid), low_signed(cmdid)}, version});
  return rows;
}

// Collects rows and passes them on in pages.
template <class Row>
class pages {
public:
  explicit pages(const std::function<void(std::span<const Row>)>& page) : page_(page) {}

  // Swaps, so that the reader of the next row can reuse the memory of an old one.
  void add(Row& row) {
    if (rows_.empty()) rows_.resize(page_rows);
    std::swap(rows_[filled_], row);
    if (++filled_ < page_rows) return;
    page_(rows_);
    filled_ = 0;
  }

  void finish() {
    if (filled_ > 0) page_(std::span(rows_).first(filled_));
  }

private:
  const std::function<void(std::span<const Row>)>& page_;
  std::vector<Row> rows_;
  std::size_t filled_ = 0;
};

// The first id from `least` on.
std::optional<std::uint64_t> first_id(soci::session& sql, std::uint64_t least) {
  long long id = 0;
  soci::indicator known = soci::i_null;
  sql << "select min(id) from RouteData where id >= " + std::to_string(least), soci::into(id, known);
  if (known != soci::i_ok) return std::nullopt;
  return static_cast<std::uint64_t>(id);
}

// One statement for each stretch of ids: a statement over millions of rows would take seconds, and a database that does
// not answer for long counts as lost.
std::vector<range_sum> sum_in_database(soci::session& sql, backend kind, const schema_shape& shape) {
  std::vector<range_sum> sums;
  std::uint64_t next = 0;
  while (const auto first = first_id(sql, next)) {
    const std::uint64_t begin = *first / range_width * range_width;
    next = begin + ranges_a_sum * range_width;
    long long range = 0, rows = 0, sum = 0;
    soci::statement groups =
        (sql.prepare << "select " + range_of_id(kind) + " as part, count(*), cast(sum(crc32(" + row_text(shape) +
                            ")) as unsigned) from RouteData where id between " + std::to_string(begin) + " and " +
                            std::to_string(next - 1) + (shape.loose ? std::string(" and ") + has_module : "") +
                            " group by part order by part",
         soci::into(range), soci::into(rows), soci::into(sum));
    groups.execute();
    while (groups.fetch())
      sums.push_back(
          {static_cast<std::uint64_t>(range), static_cast<std::uint64_t>(rows), static_cast<std::uint64_t>(sum)});
  }
  return sums;
}

// SQLite has no CRC32; as it runs in this process, computing it here costs no more.
std::vector<range_sum> sum_here(soci::session& sql, backend kind, const schema_shape& shape) {
  std::vector<range_sum> sums;
  each_route(sql, kind, shape, "order by id", [&](const route_row& row) {
    if (!row.has_module()) return;
    const std::uint64_t range = row.id / range_width;
    if (sums.empty() || sums.back().range != range) sums.push_back({range, 0, 0});
    ++sums.back().rows;
    sums.back().crc_sum += row_crc(row);
  });
  return sums;
}

std::optional<change_stamp> mysql_stamp(soci::session& sql) {
  long long changed = 0, now = 0;
  soci::indicator known = soci::i_null;
  sql << "select unix_timestamp(update_time), unix_timestamp(now()) from information_schema.tables"
         " where table_schema = database() and lower(table_name) = 'routedata'",
      soci::into(changed, known), soci::into(now);
  if (!sql.got_data() || known != soci::i_ok) return std::nullopt;
  return stamp_of_time(changed, now);
}

std::optional<change_stamp> sqlite_stamp(soci::session& sql) {
  long long version = 0;
  sql << "pragma data_version", soci::into(version);
  return change_stamp{static_cast<std::uint64_t>(version), true};
}

}  // namespace

sql_route_reader::sql_route_reader(const storage_config& config)
    : session_(config, {.answer = route_patience, .leave_demoted = true, .follow_cluster = true}) {}

// An old schema is read again each time: somebody may upgrade it while we run.
const schema_shape& sql_route_reader::shape(soci::session& sql) {
  if (shape_generation_ == session_.generation() && shape_.extended && shape_.settings) return shape_;
  shape_ = read_shape(sql, kind());
  shape_generation_ = session_.generation();
  if (!(shape_.extended && shape_.settings) && !old_schema_logged_) {
    old_schema_logged_ = true;
    log::warn("storage.old_schema", {{"storage", session_.config().shown()}, {"remedy", "lars migrate"}});
  }
  return shape_;
}

// After an error, read the schema again: a table may have been restored in an older form.
template <class T>
result<T> sql_route_reader::checked(result<T> outcome) {
  if (!outcome) shape_generation_ = 0;
  return outcome;
}

change_mark sql_route_reader::mark(soci::session& sql) const {
  change_mark now = read_mark(sql);
  now.source = session_.generation();
  return now;
}

result<change_mark> sql_route_reader::poll() {
  return session_.plain([this](soci::session& sql) -> result<change_mark> { return mark(sql); });
}

result<std::vector<change_row>> sql_route_reader::changes_after(std::uint64_t after) {
  return session_.plain([&](soci::session& sql) -> result<std::vector<change_row>> {
    return read_changes(sql, "id > " + std::to_string(after));
  });
}

// SQLite assigns ids while nobody else can write, so none appears late. A shift costs a third of a division, and there
// is no condition on modules to evaluate for each row.
result<std::optional<std::vector<change_count>>> sql_route_reader::count_changes(id_span ids) {
  using counts = std::optional<std::vector<change_count>>;
  if (kind() == backend::sqlite) return counts();
  return session_.plain([&](soci::session& sql) -> result<counts> {
    static_assert(range_width == 1u << 10);
    std::vector<change_count> found;
    unsigned long long range = 0, rows = 0;
    soci::statement groups =
        (sql.prepare << "select id >> 10 as part, count(*) from RouteChange where id between " +
                            std::to_string(ids.first) + " and " + std::to_string(ids.last) + " group by part",
         soci::into(range), soci::into(rows));
    groups.execute();
    while (groups.fetch()) found.push_back({range, rows});
    return counts(std::move(found));
  });
}

result<std::vector<change_row>> sql_route_reader::changes_in(std::span<const std::uint64_t> ranges) {
  return session_.plain([&](soci::session& sql) -> result<std::vector<change_row>> {
    std::vector<change_row> rows;
    const std::size_t most = values_a_statement(shape(sql), range_bytes, ranges_a_statement);
    in_pieces(ranges, most, [&](std::span<const std::uint64_t> some) {
      const auto found = read_changes(sql, "(" + ranges_condition(some) + ")");
      rows.insert(rows.end(), found.begin(), found.end());
    });
    return rows;
  });
}

result<change_mark> sql_route_reader::load(const std::function<void(std::span<const route_row>)>& routes,
                                           const std::function<void(std::span<const settings_row>)>& settings) {
  return checked(session_.snapshot([&](soci::session& sql) -> result<change_mark> {
    const change_mark now = mark(sql);
    const auto& known = shape(sql);
    pages<settings_row> of_settings(settings);
    each_settings(sql, known, "", [&](settings_row& row) { of_settings.add(row); });
    of_settings.finish();
    pages<route_row> of_routes(routes);
    each_route(sql, kind(), known, "order by id", [&](route_row& row) { of_routes.add(row); });
    of_routes.finish();
    return now;
  }));
}

result<module_rows> sql_route_reader::rows_of(std::span<const route_key> keys) {
  return checked(session_.snapshot([&](soci::session& sql) -> result<module_rows> {
    const auto& known = shape(sql);
    return module_rows{routes_of(sql, kind(), known, keys), settings_of(sql, known, keys)};
  }));
}

result<bool> sql_route_reader::has_routes() {
  return session_.plain([](soci::session& sql) -> result<bool> { return first_id(sql, 0).has_value(); });
}

result<std::vector<settings_row>> sql_route_reader::all_settings() {
  return checked(session_.snapshot([&](soci::session& sql) -> result<std::vector<settings_row>> {
    std::vector<settings_row> all;
    each_settings(sql, shape(sql), "", [&](settings_row& row) { all.push_back(row); });
    return all;
  }));
}

result<std::optional<change_stamp>> sql_route_reader::read_change_stamp() {
  return session_.plain([&](soci::session& sql) -> result<std::optional<change_stamp>> {
    auto stamp = kind() == backend::mysql ? mysql_stamp(sql) : sqlite_stamp(sql);
    // Another connection may lead to another server, and SQLite starts counting again for each.
    if (stamp) stamp->number |= std::uint64_t{session_.generation()} << 40;
    return stamp;
  });
}

result<std::vector<range_sum>> sql_route_reader::range_sums() {
  return session_.snapshot([&](soci::session& sql) -> result<std::vector<range_sum>> {
    return (kind() == backend::mysql ? sum_in_database : sum_here)(sql, kind(), shape(sql));
  });
}

result<std::vector<std::pair<std::uint64_t, route_key>>> sql_route_reader::modules_in(
    std::span<const std::uint64_t> ranges) {
  using found_in = std::pair<std::uint64_t, route_key>;
  return session_.snapshot([&](soci::session& sql) -> result<std::vector<found_in>> {
    std::vector<found_in> found;
    const std::size_t most = values_a_statement(shape(sql), range_bytes, ranges_a_statement);
    for (auto rest = ranges; !rest.empty();) {
      const auto some = rest.first(std::min(rest.size(), most));
      rest = rest.subspan(some.size());
      long long range = 0, modid = 0, cmdid = 0;
      soci::statement modules =
          (sql.prepare << "select distinct " + range_of_id(kind()) + ", modid, cmdid from RouteData where (" +
                              ranges_condition(some) + ") and " + has_module,
           soci::into(range), soci::into(modid), soci::into(cmdid));
      modules.execute();
      while (modules.fetch())
        found.emplace_back(static_cast<std::uint64_t>(range), route_key{low_signed(modid), low_signed(cmdid)});
    }
    return found;
  });
}

}  // namespace lars::storage
