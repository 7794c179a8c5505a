#include "bench/report_bench.hpp"

#include <signal.h>

#include <boost/program_options.hpp>
#include <cstdlib>
#include <thread>

#include "base/clock.hpp"
#include "bench/bare_reports.hpp"
#include "bench/child_roles.hpp"
#include "bench/figures.hpp"
#include "bench/options.hpp"
#include "bench/process_usage.hpp"
#include "storage/sql/open_storage.hpp"

namespace lars::bench {
namespace {

namespace po = boost::program_options;

constexpr std::chrono::seconds acknowledgement_patience{60};  // limit without an acknowledgement
constexpr std::chrono::milliseconds before_freeze{1000};

using reports_of_agents = std::vector<std::vector<proto::status_report>>;

std::uint64_t calls_in(const reports_of_agents& agents) {
  std::uint64_t calls = 0;
  for (const auto& reports : agents)
    for (const auto& report : reports)
      for (const auto& result : report.results) calls += result.delta.calls();
  return calls;
}

result<std::uint64_t> calls_in_history(storage::status_reader& reader) {
  const auto rows = reader.history(std::nullopt, 0, base::unix_seconds() + 7200, storage::hour_step);
  if (!rows) return rows.error();
  std::uint64_t calls = 0;
  for (const auto& row : *rows) calls += row.sums.calls();
  return calls;
}

// Sends with one thread per agent. Returns the first failure, if any.
result<void> send_all(std::uint32_t port, const reports_of_agents& agents, std::chrono::seconds wait) {
  std::vector<std::unique_ptr<report_agent>> connected;
  for (const auto& reports : agents) {
    auto agent = report_agent::connect(port, reports);
    if (!agent) return agent.error();
    connected.push_back(*std::move(agent));
  }
  std::vector<result<void>> outcomes(agents.size());
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < agents.size(); ++i)
    threads.emplace_back([&, i] { outcomes[i] = connected[i]->run(wait); });
  for (auto& thread : threads) thread.join();
  for (const auto& outcome : outcomes)
    if (!outcome) return outcome;
  return {};
}

// Stops the database's process for `time`, from another thread.
std::thread freeze(pid_t database, std::chrono::seconds time) {
  return std::thread([database, time] {
    std::this_thread::sleep_for(before_freeze);
    ::kill(database, SIGSTOP);
    std::this_thread::sleep_for(time);
    ::kill(database, SIGCONT);
  });
}

double per_row_us(std::optional<std::chrono::nanoseconds> used, std::size_t rows) {
  return used && rows > 0 ? static_cast<double>(used->count()) / 1e3 / static_cast<double>(rows) : 0;
}

class report_measurement {
public:
  report_measurement(const report_bench_options& options, const route_environment& env)
      : options_(options),
        env_(env),
        reader_(storage::open_status_reader(env.storage)),
        database_(options.database ? options.database : find_database_server()) {
    for (std::size_t i = 0; i < options.size.agents; ++i)
      agents_.push_back(make_reports(options.size, i, static_cast<std::uint32_t>(base::unix_seconds())));
  }

  result<void> run() {
    const auto before = calls_in_history(*reader_);
    if (!before) return before.error();
    // Not on the command line, which every user of the machine can read: the URL has a password.
    ::setenv("LARS_STORAGE_URL", env_.storage.url().c_str(), 1);
    const auto reporter = child_role::start(
        env_.program, "reporter", {"--set", "reporter.port=0", "--set", "http.port=0", "--set", "log.level=warn"},
        std::nullopt);
    if (!reporter) return reporter.error();
    if (auto measured = measure(**reporter); !measured) return measured;
    const auto after = calls_in_history(*reader_);
    if (!after) return after.error();
    const std::uint64_t sent = calls_in(agents_);
    if (*after - *before != sent)
      return {errc::system_error, "the history grew by " + std::to_string(*after - *before) + " calls, " +
                                      std::to_string(sent) + " were sent"};
    return {};
  }

  result<void> compare() {
    const auto bare = write_bare_reports(env_.storage, options_.size);
    if (!bare) return bare.error();
    bare_ = *bare;
    return {};
  }

  figure_row figures() const {
    const double rate = static_cast<double>(rows_) / wall_.count();
    const double bare_rate = static_cast<double>(bare_.rows) / bare_.wall.count();
    return {{"results", static_cast<std::int64_t>(options_.size.results)},
            {"seconds", wall_.count()},
            {"results_per_s", static_cast<double>(options_.size.results) / wall_.count()},
            {"rows", static_cast<std::int64_t>(rows_)},
            {"rows_per_s", rate},
            {"reporter_us_per_row", per_row_us(reporter_cpu_, rows_)},
            {"database_us_per_row", per_row_us(database_cpu_, rows_)},
            {"reporter_peak_mb", peak_mb_},
            {"bare_rows_per_s", bare_rate},
            {"bare_us_per_row", per_row_us(bare_.cpu, bare_.rows)},
            {"of_bare", rate / bare_rate}};
  }

private:
  result<void> measure(const child_role& reporter) {
    const auto rows_before = reader_->rows_written();
    const auto database_before = database_ ? cpu_time_of(*database_) : std::nullopt;
    const auto reporter_before = reporter.cpu_time();
    const auto begin = base::clock::now();
    std::thread freezer;
    if (options_.frozen.count() > 0) freezer = freeze(*database_, options_.frozen);
    const auto sent = send_all(reporter.port(), agents_, acknowledgement_patience + options_.frozen);
    wall_ = base::clock::now() - begin;
    if (freezer.joinable()) freezer.join();
    if (!sent) return sent;
    reporter_cpu_ = reporter.cpu_time() - reporter_before;
    if (database_before) database_cpu_ = *cpu_time_of(*database_) - *database_before;
    peak_mb_ = peak_memory_of(reporter.pid());
    const auto rows_after = reader_->rows_written();
    // A database that counts no rows: take the number of results.
    const bool counted = rows_before && rows_after && *rows_before && *rows_after;
    rows_ = counted ? **rows_after - **rows_before : options_.size.results;
    return {};
  }

  const report_bench_options& options_;
  const route_environment& env_;
  const std::unique_ptr<storage::status_reader> reader_;
  const std::optional<pid_t> database_;
  reports_of_agents agents_;
  std::chrono::duration<double> wall_{0};
  std::size_t rows_ = 0;
  std::chrono::nanoseconds reporter_cpu_{0};
  std::optional<std::chrono::nanoseconds> database_cpu_;
  double peak_mb_ = 0;
  bare_figures bare_;
};

po::options_description report_options() {
  po::options_description description(
      "lars bench report: send results of many agents through a reporter into the database");
  auto add = description.add_options();
  add("agents", po::value<std::size_t>()->default_value(20), "number of agents, each with a connection, 1 to 1000");
  add("results", po::value<std::size_t>()->default_value(500'000), "results to send, 1 to 100000000");
  add("keys", po::value<std::size_t>()->default_value(200'000), "primary keys of these results, 1 to 10000000");
  add("seed", po::value<std::uint64_t>()->default_value(1), "seed of their random order");
  add("frozen-seconds", po::value<int>()->default_value(0),
      "stop the database's process for this long in the middle, 0 to 60");
  add("database-pid", po::value<pid_t>(), "the database server's process; default: the only one on this machine");
  add("format", po::value<std::string>()->default_value("table"), "table or json");
  add("help", "this text");
  return description;
}

// nullopt for --help. Throws po::error where an option is wrong.
std::optional<report_bench_options> report_options_of(const std::vector<std::string>& args) {
  const auto parsed = parse_options(args, report_options());
  if (parsed.count("help") > 0) return std::nullopt;
  report_bench_options options;
  options.size.agents = within<std::size_t>(parsed, "agents", 1, 1000);
  options.size.results = within<std::size_t>(parsed, "results", 1, 100'000'000);
  options.size.keys = within<std::size_t>(parsed, "keys", 1, 10'000'000);
  options.size.seed = parsed["seed"].as<std::uint64_t>();
  options.frozen = std::chrono::seconds(within(parsed, "frozen-seconds", 0, 60));
  if (parsed.count("database-pid") > 0) options.database = parsed["database-pid"].as<pid_t>();
  if (options.frozen.count() > 0 && !options.database && !find_database_server())
    throw po::error("--frozen-seconds needs --database-pid: there is not exactly one database server on this machine");
  options.json = wants_json(parsed);
  return options;
}

}  // namespace

int report(const report_bench_options& options, const route_environment& env) {
  report_measurement measurement(options, env);
  auto done = measurement.run();
  if (done) done = measurement.compare();
  if (!done) {
    env.err << "lars bench report: " << done.error().text() << '\n';
    return 1;
  }
  options.json ? print_json(measurement.figures(), env.out) : print_table({measurement.figures()}, env.out);
  return 0;
}

int run_report(const std::vector<std::string>& args, const route_environment& env) {
  try {
    const auto options = report_options_of(args);
    if (options) return report(*options, env);
    env.out << report_options();
    return 0;
  } catch (const po::error& refusal) {
    env.err << "lars bench report: " << refusal.what() << '\n';
    return 2;
  }
}

}  // namespace lars::bench
