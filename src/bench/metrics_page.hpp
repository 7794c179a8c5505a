// A role's /metrics page.
#pragma once

#include <cstdint>
#include <lars/error.hpp>
#include <string>
#include <string_view>

namespace lars::bench {

// One page of the Prometheus text format. Immutable after construction.
class metrics_page {
public:
  // Reads it from 127.0.0.1:port; blocks for five seconds at most. errc::connection_refused, errc::timeout,
  // errc::bad_message.
  static result<metrics_page> fetch(std::uint32_t port);

  explicit metrics_page(std::string text) : text_(std::move(text)) {}

  // The sum of the metric's series whose labels contain `label` (for example `result="host"`); 0 = there are none.
  std::uint64_t sum(std::string_view name, std::string_view label = {}) const;

private:
  std::string text_;
};

}  // namespace lars::bench
