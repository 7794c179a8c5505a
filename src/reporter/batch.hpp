// One ReportStatusRequest and where it came from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/clock.hpp"
#include "net/tcp_connection.hpp"
#include "proto/codec.hpp"

namespace lars::reporter {

struct batch {
  proto::status_report report;
  std::shared_ptr<net::tcp_connection> from;  // receives the acknowledgement; may be null
  base::time_point received = {};             // when it was read off the wire

  // Its size in memory.
  std::size_t size() const { return sizeof *this + report.results.capacity() * sizeof(proto::call_result); }
};

}  // namespace lars::reporter
