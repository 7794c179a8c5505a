// The statements that write status, many rows each. They are built from integers only, so an agent cannot inject SQL.
// Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "storage/sql/statements.hpp"
#include "storage/status_row.hpp"
#include "storage/storage_config.hpp"

namespace lars::storage {

// The most rows of one statement: enough to make the round trip worth it.
inline constexpr std::size_t rows_a_status_statement = 500;

// The maximal text lengths of the statements below.
inline constexpr statement_size call_status_size{1024, 128};
inline constexpr statement_size history_size{2048, 512};
inline constexpr statement_size progress_size{frame_bytes, 80};  // also of the other statements that list agents

// What an integer column holds.
enum class integer_column {
  signed_32,    // as on the wire: addresses from 128.0.0.0 up are negative
  unsigned_32,  // the unsigned number
  wide,         // 64 bits: the unsigned number too
};

// The columns of the database's status tables, and the limits of its server.
struct status_shape {
  bool tracked = true;  // CallHistory and ReportProgress exist
  integer_column ip = integer_column::wide;
  integer_column port = integer_column::wide;
  integer_column caller = integer_column::wide;
  integer_column counts = integer_column::unsigned_32;  // succ_cnt and err_cnt; larger numbers are cut
  std::size_t statement_bytes = longest_statement;      // that the server accepts
  bool operator==(const status_shape&) const = default;
};

// When a stored row of ServerCallStatus is replaced.
enum class status_rule {
  always,        // by any row
  unless_newer,  // by a row of the same or a later time of the agent's clock, and if the stored time lies in the future
};

// How many rows of this size one statement may have; at least one.
inline std::size_t rows_a_statement(const status_shape& shape, statement_size size) {
  return values_a_statement(shape.statement_bytes, size, rows_a_status_statement);
}

// REQUIRES of all: at least one row.
// `now`: Unix seconds.
std::string call_status_statement(backend kind, const status_shape& shape, std::span<const call_status_row> rows,
                                  status_rule rule, std::int64_t now);

// Adds to the stored sums. Sums of latency and cost saturate near 2^62 rather than overflow.
std::string history_statement(backend kind, std::span<const history_row> rows);

// Replaces the stored rows. In MySQL a row changes even if its seq stays the same within one second: a Galera cluster
// certifies only rows that changed.
std::string progress_statement(backend kind, std::span<const agent_progress> rows, std::int64_t now);

// Adds rows with seq 0 for agents that have none.
std::string progress_seed_statement(backend kind, std::span<const base::agent_id> agents, std::int64_t now);

// Deletes the rows of these agents that were last written before the Unix second `before`.
std::string erase_progress_statement(std::span<const base::agent_id> agents, std::int64_t before);

// Selects agent_id and seq; in MySQL the rows stay locked until the transaction ends.
std::string progress_query(backend kind, std::span<const base::agent_id> agents);

}  // namespace lars::storage
