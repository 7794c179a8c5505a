#include "client/load/orca.hpp"

#include <algorithm>
#include <charconv>

#include "balance/load/load_check.hpp"
#include "client/load/orca_json.hpp"
#include "client/load/orca_text.hpp"

namespace lars::client {
namespace {

constexpr std::string_view blanks = " \t\r\n";
constexpr std::string_view text_prefix = "TEXT ";
constexpr std::string_view json_prefix = "JSON ";
constexpr double most_in_flight = 1e15;  // a double holds every whole number up to here

bool parse_form(std::string_view value, orca_fields& fields) {
  if (value.starts_with(text_prefix)) return parse_orca_text(value.substr(text_prefix.size()), fields);
  if (value.starts_with(json_prefix)) return parse_orca_json(value.substr(json_prefix.size()), fields);
  return false;
}

double first_positive(double one, double other) { return one > 0 ? one : other; }

// Appends to a buffer that is large enough.
class writer {
public:
  explicit writer(std::span<char> out) : out_(out) {}

  void text(std::string_view what) {
    std::ranges::copy(what, out_.begin() + static_cast<std::ptrdiff_t>(size_));
    size_ += what.size();
  }

  // Four decimals, more than can be measured.
  void number(double value) {
    // No std::round(): C programs that link the static library do not link libm.
    const auto rounded = static_cast<double>(static_cast<std::int64_t>(value * 1e4 + 0.5)) / 1e4;
    ended_at(std::to_chars(next(), end(), rounded, std::chars_format::fixed).ptr);
  }
  void number(std::uint64_t value) { ended_at(std::to_chars(next(), end(), value).ptr); }

  std::size_t size() const { return size_; }

private:
  char* next() { return out_.data() + size_; }
  char* end() { return out_.data() + out_.size(); }
  void ended_at(const char* stop) { size_ = static_cast<std::size_t>(stop - out_.data()); }

  std::span<char> out_;
  std::size_t size_ = 0;
};

}  // namespace

std::optional<host_load> parse_orca(std::string_view value) {
  if (value.size() > longest_orca) return std::nullopt;
  const auto first = value.find_first_not_of(blanks);
  if (first == std::string_view::npos) return std::nullopt;
  value = value.substr(first, value.find_last_not_of(blanks) - first + 1);
  orca_fields fields;
  if (!parse_form(value, fields)) return std::nullopt;
  using enum orca_fields::field;
  const auto utilization = first_positive(fields[application_utilization], fields[cpu_utilization]);
  const auto qps = first_positive(fields[rps_fractional], fields[rps]);
  return host_load{balance::plausible(balance::load_report{utilization, qps, fields[eps]}),
                   static_cast<std::uint64_t>(balance::plausible(fields[in_flight], most_in_flight))};
}

std::size_t render_orca(const host_load& load, orca_form form, std::span<char> out) {
  const bool json = form == orca_form::json;
  writer to(out);
  const auto metric = [&](std::string_view before, std::string_view name, auto value) {
    to.text(before);
    to.text(json ? "\"" : "");
    to.text(name);
    to.text(json ? "\":" : "=");
    to.number(value);
  };
  const std::string_view between = json ? "," : ", ";
  to.text(json ? "JSON {" : "TEXT ");
  metric("", "cpu_utilization", load.report.utilization);
  if (load.report.qps > 0) metric(between, "rps_fractional", load.report.qps);
  if (load.report.eps > 0) metric(between, "eps", load.report.eps);
  const auto in_flight = std::min(load.in_flight, static_cast<std::uint64_t>(most_in_flight));
  if (load.in_flight > 0 && json) metric(",\"named_metrics\":{", "in_flight", in_flight);
  if (load.in_flight > 0 && !json) metric(between, "named_metrics.in_flight", in_flight);
  if (json) to.text(load.in_flight > 0 ? "}}" : "}");
  return to.size();
}

}  // namespace lars::client
