#include "cli/demo/view.hpp"

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <sstream>

#include "base/endpoint.hpp"

namespace lars::cli::demo {
namespace {

constexpr double bar_width = 100;  // columns of a bar for 100 %

std::string fixed(double value, int digits) {
  std::ostringstream text;
  text << std::fixed << std::setprecision(digits) << value;
  return text.str();
}

double seconds(base::duration span) { return std::chrono::duration<double>(span).count(); }

std::string bar(double share) {
  std::string text;
  for (long i = std::lround(share * bar_width); i > 0; --i) text += "█";
  return text;
}

// The state of a host, in words; empty if it is normal.
std::string remark(const picture& now, const host_line& host) {
  std::string words;
  if (host.where == now.the_host && now.failing) words += "  fails";
  if (host.isolated) words += "  isolated";
  return words;
}

}  // namespace

void view::say(const std::string& sentence) {
  wipe();
  out_ << sentence << std::endl;
}

void view::draw(const picture& now) { live_ ? draw_live(now) : draw_line(now); }

void view::draw_live(const picture& now) {
  wipe();
  out_ << "\n  " << fixed(seconds(now.since_start), 1) << " s  " << now.title << "  " << fixed(now.calls_per_second, 0)
       << " calls/s\n";
  for (const auto& host : now.hosts) {
    out_ << "  " << std::left << std::setw(18) << base::format_endpoint(host.where) << std::right << std::setw(5)
         << fixed(host.share * 100, 1) << " %  ok " << std::setw(6) << host.succeeded << "  failed " << std::setw(4)
         << host.failed << "  " << bar(host.share) << remark(now, host) << '\n';
  }
  out_ << std::flush;
  drawn_lines_ = now.hosts.size() + 2;
}

void view::draw_line(const picture& now) {
  out_ << std::setw(5) << fixed(seconds(now.since_start), 1) << " s  " << std::setw(4) << fixed(now.calls_per_second, 0)
       << " calls/s  ";
  for (const auto& host : now.hosts)
    out_ << ' ' << host.where.port << ": " << fixed(host.share * 100, 1) << " %" << remark(now, host) << ' ';
  out_ << ' ' << now.title << std::endl;
}

void view::wipe() {
  // Move the cursor to the first line of the picture and erase everything below.
  if (drawn_lines_ > 0) out_ << "\x1b[" << drawn_lines_ << "F\x1b[J";
  drawn_lines_ = 0;
}

}  // namespace lars::cli::demo
