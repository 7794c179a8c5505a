// The statements that write status, many rows each. They are built from integers alone, so nothing a peer says can
// change what a statement means. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "storage/sql/statements.hpp"
#include "storage/status_row.hpp"
#include "storage/storage_config.hpp"

namespace lars::storage {

// Rows that one statement is given at most: long enough to be worth its way.
inline constexpr std::size_t rows_a_status_statement = 500;

// The longest texts of the statements below.
inline constexpr statement_size call_status_size{1024, 128};
inline constexpr statement_size history_size{2048, 512};
inline constexpr statement_size progress_size{frame_bytes, 80};  // and of whatever names agents alone

// What an integer column holds.
enum class integer_column {
  signed_32,    // the wire's number as it is: addresses from 128.0.0.0 up are negative
  unsigned_32,  // the address as a number
  wide,         // 64 bits: likewise
};

// What was found out about the status tables of the database at hand.
struct status_shape {
  bool tracked = true;  // CallHistory and ReportProgress are there
  integer_column ip = integer_column::wide;
  integer_column port = integer_column::wide;
  integer_column caller = integer_column::wide;
  integer_column counts = integer_column::unsigned_32;  // succ_cnt and err_cnt; larger numbers are cut
  std::size_t statement_bytes = longest_statement;      // what the server takes
  bool operator==(const status_shape&) const = default;
};

// When a row of ServerCallStatus gives way.
enum class status_rule {
  always,        // to whatever comes
  unless_newer,  // to what is as new or newer by its agent's clock; a time from the future protects nothing
};

// As many rows of a statement of that size as the server takes, at least one.
inline std::size_t rows_a_statement(const status_shape& shape, statement_size size) {
  return values_a_statement(shape.statement_bytes, size, rows_a_status_statement);
}

// REQUIRES of all: at least one row.
// `now`: Unix seconds.
std::string call_status_statement(backend kind, const status_shape& shape, std::span<const call_status_row> rows,
                                  status_rule rule, std::int64_t now);

// Adds to the sums that stand there. Sums of latency and cost stop growing near 2^62 rather than overflow.
std::string history_statement(backend kind, std::span<const history_row> rows);

// Replaces what stands there. A row of MySQL changes even where its seq stays and was noted in this very second: what
// does not change is no part of what a cluster certifies at the commit.
std::string progress_statement(backend kind, std::span<const agent_progress> rows, std::int64_t now);

// Makes rows with seq 0 for agents that have none.
std::string progress_seed_statement(backend kind, std::span<const base::agent_id> agents, std::int64_t now);

// Deletes the rows of these agents that are still as old. `before`: Unix seconds.
std::string erase_progress_statement(std::span<const base::agent_id> agents, std::int64_t before);

// Selects agent_id and seq; in MySQL the rows stay locked until the transaction ends.
std::string progress_query(backend kind, std::span<const base::agent_id> agents);

}  // namespace lars::storage
