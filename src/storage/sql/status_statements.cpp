#include "storage/sql/status_statements.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

namespace lars::storage {
namespace {

constexpr std::uint64_t saturation = (std::uint64_t{1} << 62) - 1;  // twice this fits into both databases' integers
constexpr std::int64_t clock_slack = 60;  // seconds that an agent's clock may be ahead of ours

// Appends to a text with reserved memory.
class text_writer {
public:
  explicit text_writer(std::string start) : text_(std::move(start)) { text_.reserve(text_.size() + 64 * 1024); }

  text_writer& operator<<(const char* part) {
    text_ += part;
    return *this;
  }
  template <class Number>
  text_writer& number(Number value) {
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
    text_.append(digits, end);
    return *this;
  }
  // ",(" before every row but the first.
  text_writer& begin_row() {
    text_ += first_ ? "(" : ",(";
    first_ = false;
    return *this;
  }
  template <class Number>
  text_writer& next(Number value) {
    text_ += ',';
    return number(value);
  }
  std::string take() { return std::move(text_); }

private:
  std::string text_;
  bool first_ = true;
};

std::int64_t fitted(std::uint32_t value, integer_column column) {
  if (column == integer_column::signed_32) return static_cast<std::int32_t>(value);
  return value;
}

std::uint32_t fitted_count(std::uint32_t value, integer_column column) {
  constexpr std::uint32_t most = std::numeric_limits<std::int32_t>::max();
  return column == integer_column::signed_32 ? std::min(value, most) : value;
}

// The new value of a column within an upsert, in each database's syntax.
std::string fresh(backend kind, const std::string& column) {
  return kind == backend::mysql ? "VALUES(" + column + ")" : "excluded." + column;
}

const char* on_conflict(backend kind, const char* key) {
  if (kind == backend::mysql) return " ON DUPLICATE KEY UPDATE ";
  return key;
}

// ts comes last: MySQL evaluates from left to right, and the other columns compare with the stored ts.
std::string call_status_update(backend kind, status_rule rule, std::int64_t now) {
  std::string text = on_conflict(kind, " ON CONFLICT(modid, cmdid, ip, port, caller) DO UPDATE SET ");
  const std::string stored = kind == backend::mysql ? "ts" : "ServerCallStatus.ts";
  const std::string wins =
      fresh(kind, "ts") + " >= " + stored + " OR " + stored + " > " + std::to_string(now + clock_slack);
  for (const std::string column : {"succ_cnt", "err_cnt", "overload", "ts"}) {
    text += column + " = ";
    if (rule == status_rule::always) {
      text += fresh(kind, column);
    } else {
      const std::string kept = kind == backend::mysql ? column : "ServerCallStatus." + column;
      text += "CASE WHEN " + wins + " THEN " + fresh(kind, column) + " ELSE " + kept + " END";
    }
    if (column != "ts") text += ", ";
  }
  return text;
}

const std::string& latency_columns() {
  static const std::string names = [] {
    std::string text;
    for (std::size_t i = 0; i < base::latency_buckets; ++i) text += ", latency_" + std::to_string(i);
    return text;
  }();
  return names;
}

std::string history_update(backend kind, bool with_latency) {
  std::string text = on_conflict(kind, " ON CONFLICT(modid, cmdid, ip, port, step, bucket) DO UPDATE SET ");
  const auto stored = [&](const std::string& column) {
    return kind == backend::mysql ? column : "CallHistory." + column;
  };
  const auto add = [&](const std::string& column) {
    return column + " = " + stored(column) + " + " + fresh(kind, column);
  };
  const auto saturate = [&](const std::string& column) {
    const std::string least = kind == backend::mysql ? "LEAST" : "min";
    return column + " = " + least + "(" + stored(column) + ", " + std::to_string(saturation) + ") + " +
           fresh(kind, column);
  };
  text += add("succ") + ", " + add("err") + ", " + saturate("latency_sum_us") + ", " + saturate("cost_sum");
  for (std::size_t i = 0; with_latency && i < base::latency_buckets; ++i)
    text += ", " + add("latency_" + std::to_string(i));
  return text;
}

bool has_latency(const history_row& row) {
  return std::any_of(row.sums.latency.begin(), row.sums.latency.end(), [](std::uint64_t calls) { return calls != 0; });
}

std::string is_one_of(std::span<const base::agent_id> agents) {
  std::string text = "agent_id IN (";
  for (const auto& agent : agents) text += (text.back() == '(' ? "'" : ",'") + agent.hex() + "'";
  return text + ")";
}

void put_key(text_writer& out, const route_key& key) { out.begin_row().number(key.modid).next(key.cmdid); }

}  // namespace

std::string call_status_statement(backend kind, const status_shape& shape, std::span<const call_status_row> rows,
                                  status_rule rule, std::int64_t now) {
  text_writer out(
      "INSERT INTO ServerCallStatus (modid, cmdid, ip, port, caller, succ_cnt, err_cnt, ts, overload) VALUES ");
  for (const auto& row : rows) {
    put_key(out, row.key);
    out.next(fitted(row.where.ip, shape.ip)).next(fitted(row.where.port, shape.port));
    out.next(fitted(row.caller, shape.caller));
    out.next(fitted_count(row.succ, shape.counts)).next(fitted_count(row.err, shape.counts)).next(row.ts);
    out << (row.overload ? ",'1')" : ",'0')");
  }
  return out.take() + call_status_update(kind, rule, now);
}

std::string history_statement(backend kind, std::span<const history_row> rows) {
  // Many callers report no latency, and these columns are most of the row.
  const bool with_latency = std::any_of(rows.begin(), rows.end(), has_latency);
  text_writer out("INSERT INTO CallHistory (modid, cmdid, ip, port, step, bucket, succ, err, latency_sum_us, cost_sum" +
                  (with_latency ? latency_columns() : std::string()) + ") VALUES ");
  for (const auto& row : rows) {
    put_key(out, row.key);
    out.next(row.where.ip).next(row.where.port).next(row.step).next(row.bucket).next(row.sums.succ).next(row.sums.err);
    out.next(std::min(row.sums.latency_sum_us, saturation)).next(std::min(row.sums.cost_sum, saturation));
    if (with_latency)
      for (const std::uint64_t calls : row.sums.latency) out.next(calls);
    out << ")";
  }
  return out.take() + history_update(kind, with_latency);
}

std::string progress_statement(backend kind, std::span<const agent_progress> rows, std::int64_t now) {
  text_writer out("INSERT INTO ReportProgress (agent_id, seq, updated) VALUES ");
  for (const auto& row : rows)
    (out.begin_row() << "'" << row.agent.hex().c_str() << "'").next(row.seq).next(now) << ")";
  // MySQL evaluates from left to right: `updated` compares with the stored seq.
  if (kind == backend::mysql)
    return out.take() +
           " ON DUPLICATE KEY UPDATE updated = IF(seq = VALUES(seq) AND updated = VALUES(updated), updated - 1,"
           " VALUES(updated)), seq = VALUES(seq)";
  return out.take() + " ON CONFLICT(agent_id) DO UPDATE SET seq = excluded.seq, updated = excluded.updated";
}

std::string progress_seed_statement(backend kind, std::span<const base::agent_id> agents, std::int64_t now) {
  text_writer out(kind == backend::mysql ? "INSERT IGNORE INTO ReportProgress (agent_id, seq, updated) VALUES "
                                         : "INSERT OR IGNORE INTO ReportProgress (agent_id, seq, updated) VALUES ");
  for (const auto& agent : agents) (out.begin_row() << "'" << agent.hex().c_str() << "',0").next(now) << ")";
  return out.take();
}

// Tests the age again: an agent may have come back since the rows were selected.
std::string erase_progress_statement(std::span<const base::agent_id> agents, std::int64_t before) {
  return "DELETE FROM ReportProgress WHERE " + is_one_of(agents) + " AND updated < " + std::to_string(before);
}

std::string progress_query(backend kind, std::span<const base::agent_id> agents) {
  return "SELECT agent_id, seq FROM ReportProgress WHERE " + is_one_of(agents) + " ORDER BY agent_id" +
         (kind == backend::mysql ? " FOR UPDATE" : "");
}

}  // namespace lars::storage
