// The database's own sign that RouteData changed.
#pragma once

#include <cstdint>
#include <optional>

namespace lars::storage {

// Stands still while no row of RouteData changes.
struct change_stamp {
  std::uint64_t number = 0;
  bool exact = false;  // moves with every commit; otherwise a transaction of more than a minute may leave it as it was
  bool operator==(const change_stamp&) const = default;
};

// The sign that a time of the last change gives; both times in seconds, by the database's clock. nullopt while it could
// still miss a commit: MariaDB's time is that of the beginning of the transaction, so another transaction that began in
// the same second may commit later without moving it. One that is open for at most a minute has done so by then.
inline std::optional<change_stamp> stamp_of_time(std::int64_t changed, std::int64_t now) {
  constexpr std::int64_t longest_transaction = 60;
  constexpr std::int64_t slack = 2;  // whole seconds hide up to one, and a commit takes its time
  if (now - changed < longest_transaction + slack) return std::nullopt;
  return change_stamp{static_cast<std::uint64_t>(changed), false};
}

}  // namespace lars::storage
