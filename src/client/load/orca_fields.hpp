// The fields of an ORCA load report that are used, in its text and its JSON form.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace lars::client {

// Lifetime: one parse. Threads: owner context only.
class orca_fields {
public:
  enum field : std::size_t {
    cpu_utilization,
    application_utilization,
    rps_fractional,
    rps,  // the old name of rps_fractional, a whole number
    eps,
    in_flight,  // a named metric of our own
    field_count,
  };

  // False where the field is there already: the report is ambiguous. Other names are ignored. `name` may be in JSON's
  // camelCase.
  bool set(std::string_view name, double value) { return set_as(number_of(name, false), value); }
  bool set_named_metric(std::string_view name, double value) { return set_as(number_of(name, true), value); }

  static bool knows(std::string_view name) { return number_of(name, false) != field_count; }

  double operator[](field which) const { return values_[which]; }

private:
  struct spelling {
    field which;
    std::string_view plain;
    std::string_view camel_case;
    bool named_metric;
  };
  static constexpr std::array<spelling, field_count> spellings{{
      {cpu_utilization, "cpu_utilization", "cpuUtilization", false},
      {application_utilization, "application_utilization", "applicationUtilization", false},
      {rps_fractional, "rps_fractional", "rpsFractional", false},
      {rps, "rps", "rps", false},
      {eps, "eps", "eps", false},
      {in_flight, "in_flight", "in_flight", true},
  }};

  static std::size_t number_of(std::string_view name, bool named_metric) {
    for (const auto& one : spellings)
      if (one.named_metric == named_metric && (one.plain == name || one.camel_case == name)) return one.which;
    return field_count;
  }

  bool set_as(std::size_t which, double value) {
    if (which == field_count) return true;
    if (given_[which]) return false;
    given_[which] = true;
    values_[which] = value;
    return true;
  }

  std::array<double, field_count> values_{};
  std::array<bool, field_count> given_{};
};

}  // namespace lars::client
