// The database's own stamp of the last change to RouteData.
#pragma once

#include <cstdint>
#include <optional>

namespace lars::storage {

// Stays the same while no row of RouteData changes.
struct change_stamp {
  std::uint64_t number = 0;
  bool exact = false;  // every commit moves it; otherwise a transaction of more than a minute may not
  bool operator==(const change_stamp&) const = default;
};

// Makes a stamp from the time of the last change; both times are Unix seconds by the database's clock. Returns nullopt
// while a later commit could still carry the same time: MariaDB stamps a table with the time its transaction began, so
// a transaction of the same second may commit later without moving the stamp. After a minute all but the longest ended.
inline std::optional<change_stamp> stamp_of_time(std::int64_t changed, std::int64_t now) {
  constexpr std::int64_t longest_transaction = 60;
  constexpr std::int64_t slack = 2;  // whole seconds hide up to one, and a commit takes its time
  if (now - changed < longest_transaction + slack) return std::nullopt;
  return change_stamp{static_cast<std::uint64_t>(changed), false};
}

}  // namespace lars::storage
