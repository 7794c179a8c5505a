// The statements that maintain CallHistory. Built from integers only. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "storage/storage_config.hpp"

namespace lars::storage {

// Rows of one step whose bucket is in [begin, end) and whose modid is in [first, last].
struct history_range {
  std::uint32_t step = 0;
  std::int64_t begin = 0;
  std::int64_t end = 0;
  std::int32_t first = 0;
  std::int32_t last = 0;
};

// Adds up the range's rows into rows of step `to` in the bucket `begin`.
std::string roll_up_statement(backend kind, const history_range& range, std::uint32_t to);

std::string erase_statement(const history_range& range);

// "modid and its number of rows", by modid, of a range over all modids.
std::string modules_query(const history_range& range);

// The first and last of the leading modids whose rows are at most `limit` in sum, but at least one modid.
// REQUIRES: counts not empty, by modid.
std::pair<std::int32_t, std::int32_t> first_piece(std::span<const std::pair<std::int32_t, std::uint64_t>> counts,
                                                  std::uint64_t limit);

}  // namespace lars::storage
