// The routes memory as a caller maps it: read-only, and not trusted.
#pragma once

#include <cstdint>
#include <lars/error.hpp>
#include <lars/types.hpp>

#include "balance/table/table_view.hpp"
#include "base/tick_clock.hpp"
#include "share/memory_file.hpp"
#include "share/rounds.hpp"
#include "share/routes_format.hpp"

namespace lars::share {

// Lifetime: longer than every pick from it. Threads: any. It can be read long after its agent has ended.
class routes_map {
public:
  // Maps as much as the memory can grow to. errc::schema_mismatch for another layout version, errc::bad_message where
  // it is no routes memory, errc::system_error where it cannot be mapped.
  static result<routes_map> open(int fd);

  // The module; its record is null where there is none. A module that is_gone() is being removed.
  balance::module_view find(route_key key) const;

  std::uint64_t incarnation() const { return header().incarnation.load(std::memory_order_relaxed); }
  std::uint64_t beat() const { return header().beat.load(std::memory_order_relaxed); }
  // Reads the published round before the epoch, so that the epoch is never older than the round.
  rounds now() const {
    const auto published = this->published();
    const auto ended = beat();
    return {tick(), epoch(), published, ended};
  }
  std::uint32_t tick() const { return static_cast<std::uint32_t>(header().tick.load(std::memory_order_relaxed)); }
  std::uint32_t epoch() const { return static_cast<std::uint32_t>(header().epoch.load(std::memory_order_relaxed)); }
  std::uint32_t published() const {
    return static_cast<std::uint32_t>(header().published.load(std::memory_order_acquire));
  }
  base::tick_rate rate() const { return base::tick_rate(header().tick_rate.load(std::memory_order_relaxed)); }
  bool ended() const { return header().state.load(std::memory_order_relaxed) != 0; }

private:
  const routes_header& header() const { return *reinterpret_cast<const routes_header*>(pages_.data()); }

  mapping pages_;
};

}  // namespace lars::share
