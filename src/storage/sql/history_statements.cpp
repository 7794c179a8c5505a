#include "storage/sql/history_statements.hpp"

#include "base/call_sums.hpp"

namespace lars::storage {
namespace {

std::vector<std::string> sum_columns() {
  std::vector<std::string> columns = {"succ", "err", "latency_sum_us", "cost_sum"};
  for (std::size_t i = 0; i < base::latency_buckets; ++i) columns.push_back("latency_" + std::to_string(i));
  return columns;
}

std::string condition(const history_range& range) {
  return " WHERE step = " + std::to_string(range.step) + " AND bucket >= " + std::to_string(range.begin) +
         " AND bucket < " + std::to_string(range.end);
}

std::string with_modules(const history_range& range) {
  return condition(range) + " AND modid BETWEEN " + std::to_string(range.first) + " AND " + std::to_string(range.last);
}

}  // namespace

std::string roll_up_statement(backend kind, const history_range& range, std::uint32_t to) {
  const bool mysql = kind == backend::mysql;
  std::string names, sums, updates;
  for (const std::string& column : sum_columns()) {
    names += ", " + column;
    sums += ", SUM(" + column + ")";
    updates += (updates.empty() ? "" : ", ") + column + " = ";
    updates += mysql ? "CallHistory." + column + " + VALUES(" + column + ")"
                     : "CallHistory." + column + " + excluded." + column;
  }
  // The outer name of each sum is taken, so the rows that are read have one of their own.
  return "INSERT INTO CallHistory (modid, cmdid, ip, port, step, bucket" + names +
         ") SELECT * FROM (SELECT modid, cmdid" + ", ip, port, " + std::to_string(to) + " AS step, " +
         std::to_string(range.begin) + " AS bucket" + sums + " FROM CallHistory" + with_modules(range) +
         " GROUP BY modid, cmdid, ip, port) AS finer WHERE true" +
         (mysql ? " ON DUPLICATE KEY UPDATE " : " ON CONFLICT(modid, cmdid, ip, port, step, bucket) DO UPDATE SET ") +
         updates;
}

std::string erase_statement(const history_range& range) { return "DELETE FROM CallHistory" + with_modules(range); }

std::string modules_query(const history_range& range) {
  return "SELECT modid, COUNT(*) FROM CallHistory" + condition(range) + " GROUP BY modid ORDER BY modid";
}

std::pair<std::int32_t, std::int32_t> first_piece(std::span<const std::pair<std::int32_t, std::uint64_t>> counts,
                                                  std::uint64_t limit) {
  std::uint64_t rows = counts.front().second;
  std::int32_t last = counts.front().first;
  for (const auto& [modid, count] : counts.subspan(1)) {
    rows += count;
    if (rows > limit) break;
    last = modid;
  }
  return {counts.front().first, last};
}

}  // namespace lars::storage
