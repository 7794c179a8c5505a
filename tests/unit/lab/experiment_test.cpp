#include "lab/experiment.hpp"

#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <sstream>

#include "lab/policy_plot.hpp"
#include "lab/result_rows.hpp"
#include "lab/scenario_reader.hpp"
#include "lab/svg_plot.hpp"

namespace lars::experiment_test {

using namespace lars::lab;

namespace {

scenario small() {
  const auto read = read_scenario(
      "[scenario]\nunit = 10\noffered = 20, 40\nagents = 4\nwarm_up = 2s\nmeasured = 4s\n"
      "policies = rr, random, lc, p2c:weights=static, ralb\n"
      "[servers slow]\ncount = 3\ncores = 2\nservice = 20ms\n"
      "[servers fast]\ncount = 2\ncores = 2\nservice = 10ms\n"
      "[limiter]\ntarget = 0.55\n[published]\nrr = 20:19, 40:31\n",
      "small", "small.ini");
  REQUIRE(read);
  return *read;
}

std::vector<result_row> rows(std::uint32_t threads, std::vector<std::string> ablations = {}) {
  const auto plan = small();
  auto contestants = contestants_of(plan, ablations);
  REQUIRE(contestants);
  std::size_t calls = 0;
  const auto cells =
      run_experiment({*contestants, plan.offered, 3, threads}, [&calls](std::size_t done, std::size_t total) {
        CHECK(done == ++calls);
        CHECK(total >= done);
      });
  CHECK(calls == contestants->size() * plan.offered.size() * 3);
  return rows_of(plan, cells);
}

std::string json(const std::vector<result_row>& all) {
  std::ostringstream out;
  print_result_json(all, out);
  return out.str();
}

}  // namespace

TEST_CASE("the same seeds give the same bytes with any number of threads") {
  const auto once = json(rows(1, {"aligned", "divided"}));
  CHECK(json(rows(1, {"aligned", "divided"})) == once);
  CHECK(json(rows(4, {"aligned", "divided"})) == once);
}

TEST_CASE("seeds differ, and the interval shows it") {
  const auto all = rows(2);
  REQUIRE(all.size() == 10);
  for (const auto& row : all) {
    CHECK(row.seeds == 3);
    CHECK(row.figures[0].mean > 10);
    CHECK(row.figures[0].half_width > 0);
  }
}

TEST_CASE("JSON is a list of rows that begin as promised, CSV has a heading and as many lines") {
  const auto all = rows(2);
  const auto text = json(all);
  const auto parsed = boost::json::parse(text).as_array();
  REQUIRE(parsed.size() == 10);
  std::vector<std::string> names;
  for (const auto& member : parsed[0].as_object()) names.emplace_back(member.key());
  CHECK(std::vector<std::string>(names.begin(), names.begin() + 8) ==
        std::vector<std::string>{"scenario", "policy", "offered", "goodput", "p50_ms", "p99_ms", "p999_ms",
                                 "error_rate"});
  CHECK(parsed[0].at("offered").is_number());
  CHECK(parsed[0].at("server_qps").as_array().size() == 5);
  std::ostringstream csv;
  print_result_csv(all, csv);
  const auto lines = csv.str();
  CHECK(std::count(lines.begin(), lines.end(), '\n') == 11);
  CHECK(lines.find("scenario,policy,offered,goodput") == 0);
}

TEST_CASE("an unknown policy, parameter or ablation is refused with a list of the known ones") {
  auto plan = small();
  plan.policies = {"rr", "p2q"};
  CHECK(contestants_of(plan, {}).error().detail.find("p2c, round_robin") != std::string::npos);
  plan.policies = {"p2c:tau=1ns"};
  CHECK(contestants_of(plan, {}).error().detail.find("100ms .. 10m") != std::string::npos);
  plan.policies = {"p2c:tau"};
  CHECK(contestants_of(plan, {}).error().detail.find("NAME:KEY=VALUE") != std::string::npos);
  plan.policies = {};
  CHECK(contestants_of(plan, {"none"}).error().detail.find("aligned, misaligned, divided, corrected") !=
        std::string::npos);
}

TEST_CASE("a run that throws ends the experiment with what it threw") {
  const auto plan = small();
  const contestant bad{"bad", [](std::uint64_t) -> std::unique_ptr<caller> { throw std::runtime_error("no room"); },
                       plan};
  CHECK_THROWS_WITH(run_experiment({{bad}, {20}, 3, 2}, [](std::size_t, std::size_t) {}), "no room");
}

TEST_CASE("the plot has curves, published points and a legend, and each tag is closed") {
  std::ostringstream out;
  write_policy_plot(small(), rows(2), out);
  const std::string svg = out.str();
  CHECK(svg.find("<svg ") == 0);
  CHECK(svg.find("rr, published") != std::string::npos);
  CHECK(svg.find("polyline") != std::string::npos);
  CHECK(svg.find("nan") == std::string::npos);
  std::vector<std::string> open;
  for (std::size_t at = svg.find('<'); at != std::string::npos; at = svg.find('<', at + 1)) {
    const auto end = svg.find('>', at);
    REQUIRE(end != std::string::npos);
    const auto tag = svg.substr(at + 1, end - at - 1);
    const auto name = tag.substr(tag[0] == '/' ? 1 : 0, tag.find_first_of(" /", 1) - (tag[0] == '/' ? 1 : 0));
    if (tag[0] == '/') {
      REQUIRE_FALSE(open.empty());
      CHECK(open.back() == tag.substr(1));
      open.pop_back();
    } else if (tag.back() != '/') {
      open.push_back(name);
    }
  }
  CHECK(open.empty());
}

TEST_CASE("names in a plot cannot break it, and a single point has axes too") {
  std::ostringstream out;
  write_svg({"a < b & \"c\"", "x", "y"}, {{"<p>", {{5, 5, 0}}, true, 0}}, out);
  CHECK(out.str().find("a &lt; b &amp; &quot;c&quot;") != std::string::npos);
  CHECK(out.str().find("&lt;p&gt;") != std::string::npos);
}

TEST_CASE("marks of an axis are round numbers around the values") {
  CHECK(axis_marks(927, 1061, 8) == std::vector<double>{920, 940, 960, 980, 1000, 1020, 1040, 1060, 1080});
  CHECK(axis_marks(0, 10, 5) == std::vector<double>{0, 2, 4, 6, 8, 10});
  CHECK(axis_marks(0.31, 0.49, 4).size() == 5);
}

}  // namespace lars::experiment_test
