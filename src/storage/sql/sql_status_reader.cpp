#include "storage/sql/sql_status_reader.hpp"

#include <soci/soci.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <string>
#include <tuple>

#include "storage/sql/database_clock.hpp"
#include "storage/sql/schema.hpp"
#include "storage/sql/statements.hpp"
#include "storage/sql/status_schema.hpp"

namespace lars::storage {
namespace {

constexpr std::chrono::seconds status_patience{30};

std::string module_condition(std::optional<route_key> only) {
  if (!only) return "true";
  return "modid = " + std::to_string(only->modid) + " and cmdid = " + std::to_string(only->cmdid);
}

// True for rows whose columns hold numbers; other rows, written by hand, are ignored.
std::string has_numbers(backend kind, std::initializer_list<const char*> columns) {
  std::string text = has_module;
  for (const std::string column : columns)
    text += " and " + (kind == backend::mysql ? column + " is not null" : "typeof(" + column + ") = 'integer'");
  return text;
}

std::string has_status(backend kind) {
  return has_numbers(kind, {"ip", "port", "caller", "succ_cnt", "err_cnt", "ts"});
}

std::uint32_t low(long long number) { return static_cast<std::uint32_t>(number); }

route_key key_of(long long modid, long long cmdid) {
  return {static_cast<std::int32_t>(low(modid)), static_cast<std::int32_t>(low(cmdid))};
}

std::string history_query(backend kind, std::optional<route_key> only, std::int64_t from, std::int64_t to,
                          std::uint32_t step) {
  const std::string wide = std::to_string(step);
  const std::string unit = "(case when step < " + wide + " then " + wide + " else step end)";
  std::string query = "select modid, cmdid, ip, port, " + unit + " as unit, bucket - bucket % " + unit + " as start";
  const auto add_sum = [&query](const std::string& column) { query += ", coalesce(sum(" + column + "), 0)"; };
  for (const char* column : {"succ", "err", "latency_sum_us", "cost_sum"}) add_sum(column);
  for (std::size_t i = 0; i < base::latency_buckets; ++i) add_sum("latency_" + std::to_string(i));
  // Lists the steps, so that a query over all modules can use the index on (step, bucket).
  const std::string index = !only && kind == backend::mysql ? " force index (history_age)" : "";
  return query + " from CallHistory" + index + " where " + module_condition(only) + " and " +
         has_numbers(kind, {"ip", "port"}) + " and step in (10, 60, 3600) and bucket >= " + std::to_string(from) +
         " and bucket < " + std::to_string(to) +
         " group by modid, cmdid, ip, port, unit, start order by modid, cmdid, ip, port, start, unit";
}

}  // namespace

sql_status_reader::sql_status_reader(const storage_config& config) : session_(config, {.answer = status_patience}) {}

result<std::vector<call_status_row>> sql_status_reader::statuses(std::optional<route_key> only) {
  return session_.snapshot([&](soci::session& sql) -> result<std::vector<call_status_row>> {
    if (!read_status_shape(sql, kind())) return not_migrated();
    std::vector<call_status_row> found;
    long long modid = 0, cmdid = 0;
    long long ip = 0, port = 0, caller = 0, succ = 0, err = 0, ts = 0;
    std::string overload;
    soci::statement rows =
        (sql.prepare << "select modid, cmdid, ip, port, caller, succ_cnt, err_cnt, ts, coalesce(overload, '')"
                        " from ServerCallStatus where " +
                            module_condition(only) + " and " + has_status(kind()),
         soci::into(modid), soci::into(cmdid), soci::into(ip), soci::into(port), soci::into(caller), soci::into(succ),
         soci::into(err), soci::into(ts), soci::into(overload));
    rows.execute();
    while (rows.fetch())
      found.push_back(
          {key_of(modid, cmdid), {low(ip), low(port)}, low(caller), low(succ), low(err), ts, overload == "1"});
    // Sorted here, because some databases store addresses signed.
    std::sort(found.begin(), found.end(), [](const call_status_row& a, const call_status_row& b) {
      return std::tie(a.key, a.where, a.caller) < std::tie(b.key, b.where, b.caller);
    });
    return found;
  });
}

result<std::vector<history_row>> sql_status_reader::history(std::optional<route_key> only, std::int64_t from,
                                                            std::int64_t to, std::uint32_t step) {
  return session_.snapshot([&](soci::session& sql) -> result<std::vector<history_row>> {
    const auto shape = read_status_shape(sql, kind());
    if (!shape || !shape->tracked) return not_migrated();
    std::vector<history_row> found;
    history_row row;
    long long modid = 0, cmdid = 0;
    long long ip = 0, port = 0, unit = 0, start = 0;
    std::array<unsigned long long, 4 + base::latency_buckets> sums{};
    soci::statement rows(sql);
    rows.exchange(soci::into(modid));
    rows.exchange(soci::into(cmdid));
    for (long long* number : {&ip, &port, &unit, &start}) rows.exchange(soci::into(*number));
    for (unsigned long long& sum : sums) rows.exchange(soci::into(sum));
    rows.alloc();
    rows.prepare(history_query(kind(), only, from, to, step));
    rows.define_and_bind();
    rows.execute();
    while (rows.fetch()) {
      // A negative sum is invalid.
      for (unsigned long long& sum : sums)
        if (sum >> 63 != 0) sum = 0;
      row = {key_of(modid, cmdid), {low(ip), low(port)}, low(unit), start, {sums[0], sums[1], sums[2], sums[3], {}}};
      std::copy(sums.begin() + 4, sums.end(), row.sums.latency.begin());
      found.push_back(row);
    }
    return found;
  });
}

result<std::uint64_t> sql_status_reader::unreadable_statuses() {
  return session_.snapshot([&](soci::session& sql) -> result<std::uint64_t> {
    if (!read_status_shape(sql, kind())) return not_migrated();
    long long rows = 0;
    sql << "select count(*) from ServerCallStatus where coalesce(not (" + has_status(kind()) + "), true)",
        soci::into(rows);
    return static_cast<std::uint64_t>(rows);
  });
}

result<std::int64_t> sql_status_reader::now() {
  return session_.plain([&](soci::session& sql) -> result<std::int64_t> { return database_time(sql, kind()); });
}

result<std::optional<std::uint64_t>> sql_status_reader::rows_written() {
  if (kind() != backend::mysql) return std::optional<std::uint64_t>();
  return session_.plain([&](soci::session& sql) -> result<std::optional<std::uint64_t>> {
    std::string name, value;
    sql << "show global status like 'Handler_write'", soci::into(name), soci::into(value);
    return std::optional<std::uint64_t>(std::stoull(value));
  });
}

}  // namespace lars::storage
