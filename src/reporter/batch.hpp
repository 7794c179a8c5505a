// One ReportStatusRequest on its way through a reporter.
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
  std::shared_ptr<net::tcp_connection> from;  // who is told of the commit; null in tests
  base::time_point came = {};                 // when it was read off the wire

  // What it costs in memory.
  std::size_t size() const { return sizeof *this + report.results.capacity() * sizeof(proto::call_result); }
};

}  // namespace lars::reporter
