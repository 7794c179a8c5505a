// What a role tells of itself over HTTP.
#pragma once

#include <cstdint>
#include <lars/error.hpp>
#include <string>
#include <string_view>

namespace lars::bench {

// One page of the Prometheus text format. Immutable after construction.
class metrics_page {
public:
  // Of 127.0.0.1:port; blocking, for five seconds at most. errc::connection_refused, errc::timeout, errc::bad_message.
  static result<metrics_page> fetch(std::uint32_t port);

  explicit metrics_page(std::string text) : text_(std::move(text)) {}

  // The sum of a metric's series, of those alone whose labels contain `label` (as `result="host"`); 0 without any.
  std::uint64_t sum(std::string_view name, std::string_view label = {}) const;

private:
  std::string text_;
};

}  // namespace lars::bench
