// Reads how much processor time was used and how much was available: of this process's control group where it has a
// limit, else of the whole machine.
#pragma once

#include <optional>
#include <string>

#include "base/clock.hpp"

namespace lars::client {

// Running sums: differences of two readings are comparable.
struct cpu_time {
  double used = 0;
  double room = 0;  // that was available
};

// Lifetime: its meter's. Threads: one at a time; blocking (files of the kernel).
class cpu_reader {
public:
  // `root` is prefixed to /proc and /sys; `processors` is how many this process may use. Finds the files once.
  cpu_reader(std::string root, double processors);

  // Nothing where the files cannot be read or understood. REQUIRES: `now` never decreases.
  std::optional<cpu_time> read(base::time_point now);

private:
  enum class source { host, group_v2, group_v1 };

  bool find_group(const std::string& mount, std::optional<std::string_view> group, source kind);
  std::optional<double> limit() const;
  std::optional<double> usage() const;

  const std::string root_;
  const double processors_;
  source from_ = source::host;
  std::string group_;       // its directory; in version 1 that of controller cpu
  std::string usage_file_;  // of the group
  double room_ = 0;         // of the group so far
  std::optional<base::time_point> last_;
};

}  // namespace lars::client
