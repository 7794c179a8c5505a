// Reads how much processor time was used and how much there was: this process's control group's where that is limited,
// else the whole machine's, which then is what it shares.
#pragma once

#include <optional>
#include <string>

#include "base/clock.hpp"

namespace lars::client {

// Sums; what lies between two of them is comparable.
struct cpu_time {
  double used = 0;
  double room = 0;  // what could have been used
};

// Lifetime: its meter's. Threads: one at a time; blocking (files of the kernel).
class cpu_reader {
public:
  // `root` stands before /proc and /sys, `processors` is how many this process may use. Looks once for what to read.
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
  std::string group_;       // its directory; of version 1 that of controller cpu
  std::string usage_file_;  // of the group
  double room_ = 0;         // of the group so far
  std::optional<base::time_point> last_;
};

}  // namespace lars::client
