// The recorded trace of tests/golden: the expected answers of a module with the policy lars, event by event.
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <lars/types.hpp>
#include <string>
#include <vector>

#include "base/module_settings.hpp"

namespace lars::test {

struct trace_event {
  enum class kind {
    hosts,    // the module's list from now on
    pick,     // is answered with `answer`, and with the host `where` if that is 0
    report,   // of a call to `where`; `good` = it went well
    verdict,  // the report before made `where` this; `good` = idle
    wait,     // so long; all else takes no time
  };
  kind what = kind::pick;
  std::size_t line = 0;  // in the file
  std::vector<endpoint> hosts;
  endpoint where;
  bool good = false;
  std::int32_t answer = 0;
  std::chrono::milliseconds wait{0};
};

struct traced_module {
  std::string name;
  base::module_settings settings;  // the policy, and health in place of the usual one
  std::vector<trace_event> events;
};

// Throws std::runtime_error with the line number if the file contains anything else.
std::vector<traced_module> read_trace(const std::filesystem::path& file);

}  // namespace lars::test
