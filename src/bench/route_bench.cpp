#include "bench/route_bench.hpp"

#include <algorithm>
#include <boost/program_options.hpp>
#include <cstdlib>
#include <thread>

#include "base/clock.hpp"
#include "bench/child_roles.hpp"
#include "bench/figures.hpp"
#include "bench/options.hpp"
#include "bench/process_usage.hpp"
#include "bench/route_subscriber.hpp"
#include "storage/sql/open_storage.hpp"

namespace lars::bench {
namespace {

namespace po = boost::program_options;

constexpr std::chrono::seconds answer_patience{60};
// dns pushes after a poll. Growing pauses put each change at another moment between two polls.
constexpr std::chrono::milliseconds first_pause{370};
constexpr std::chrono::milliseconds pause_growth{47};

double milliseconds_since(base::time_point start) {
  return std::chrono::duration<double, std::milli>(base::clock::now() - start).count();
}

// A running dns and its figures so far. The public steps are called in the order of their declaration.
class route_measurement {
public:
  route_measurement(const route_bench_options& options, const route_environment& env)
      : options_(options), env_(env), editor_(storage::open_route_editor(env.storage)) {}

  result<void> start() {
    // Not on the command line, which every user of the machine can read: the URL has a password.
    ::setenv("LARS_STORAGE_URL", env_.storage.url().c_str(), 1);
    const auto begin = base::clock::now();
    auto dns = child_role::start(env_.program, "dns", {"--set", "dns.port=0", "--set", "http.port=0"}, std::nullopt);
    if (!dns) return dns.error();
    dns_ = std::move(*dns);
    auto subscriber = route_subscriber::connect(dns_->port());
    if (!subscriber) return subscriber.error();
    subscriber_ = std::move(*subscriber);
    const auto answer = subscribe({options_.size.modules, 1});
    if (!answer) return answer.error();
    first_answer_ms_ = milliseconds_since(begin);
    return {};
  }

  result<void> change() {
    for (int i = 0; i < options_.changes; ++i) {
      const std::int32_t modid =
          1 + static_cast<std::int32_t>(std::int64_t{options_.size.modules} * i / options_.changes);
      const auto pushed = change_one({modid, 1});
      if (!pushed) return pushed.error();
      pushes_ms_.push_back(*pushed);
      std::this_thread::sleep_for(first_pause + i * pause_growth);
    }
    std::sort(pushes_ms_.begin(), pushes_ms_.end());
    return {};
  }

  void settle() {
    std::this_thread::sleep_for(options_.settle);
    peak_mb_ = peak_memory_of(dns_->pid());
  }

  void idle() {
    const auto database = options_.database ? options_.database : find_database_server();
    const auto dns_before = cpu_time_of(dns_->pid());
    const auto database_before = database ? cpu_time_of(*database) : std::nullopt;
    const auto begin = base::clock::now();
    std::this_thread::sleep_for(options_.idle);
    const auto passed = std::max(base::clock::now() - begin, base::duration(1));
    dns_percent_ = percent(dns_->pid(), dns_before, passed);
    if (database) database_percent_ = percent(*database, database_before, passed);
  }

  figure_row figures() const {
    const figure unknown = std::string("unknown");
    const bool none = pushes_ms_.empty();
    return {{"rows", static_cast<std::int64_t>(options_.size.rows())},
            {"start_to_answer_ms", first_answer_ms_},
            {"commit_to_push_p50_ms", none ? unknown : figure(pushes_ms_[pushes_ms_.size() / 2])},
            {"commit_to_push_max_ms", none ? unknown : figure(pushes_ms_.back())},
            {"peak_memory_mb", peak_mb_},
            {"idle_dns_cpu_percent", dns_percent_ ? figure(*dns_percent_) : unknown},
            {"idle_database_cpu_percent", database_percent_ ? figure(*database_percent_) : unknown}};
  }

private:
  result<proto::route_response> subscribe(route_key key) {
    if (const auto asked = subscriber_->ask(key); !asked) return asked.error();
    auto answer = subscriber_->wait_for([&](const auto& route) { return route.key == key; }, answer_patience);
    if (answer && answer->hosts.empty()) return {errc::no_such_module, std::to_string(key.modid)};
    return answer;
  }

  // Gives the module's first host another weight; returns the milliseconds from the commit to the push.
  result<double> change_one(route_key key) {
    const auto before = subscribe(key);
    if (!before) return before.error();
    const endpoint where = before->hosts.front().where;
    const std::uint32_t weight = before->hosts.front().weight == default_weight ? default_weight + 1 : default_weight;
    if (const auto done = editor_->set(key, where, {.weight = weight}); !done) return done.error();
    const auto committed = base::clock::now();
    const auto is_new = [&](const proto::route_response& route) {
      return route.key == key && std::any_of(route.hosts.begin(), route.hosts.end(), [&](const host& one) {
               return one.where == where && one.weight == weight;
             });
    };
    if (const auto pushed = subscriber_->wait_for(is_new, answer_patience); !pushed) return pushed.error();
    return milliseconds_since(committed);
  }

  static std::optional<double> percent(pid_t pid, std::optional<std::chrono::nanoseconds> before,
                                       base::duration passed) {
    const auto after = cpu_time_of(pid);
    if (!before || !after) return std::nullopt;
    return 100.0 * static_cast<double>((*after - *before).count()) / static_cast<double>(passed.count());
  }

  const route_bench_options& options_;
  const route_environment& env_;
  const std::unique_ptr<storage::route_editor> editor_;
  std::unique_ptr<child_role> dns_;
  std::unique_ptr<route_subscriber> subscriber_;
  double first_answer_ms_ = 0;
  std::vector<double> pushes_ms_;
  double peak_mb_ = 0;
  std::optional<double> dns_percent_;
  std::optional<double> database_percent_;
};

po::options_description route_options() {
  po::options_description description(
      "lars bench route: measure a dns over a large table, from its start to a minute without changes");
  auto add = description.add_options();
  add("modules", po::value<std::int32_t>()->default_value(200000), "modules in the table, 1 to 2000000");
  add("hosts", po::value<std::int32_t>()->default_value(5), "hosts of each module, 1 to 256");
  add("changes", po::value<int>()->default_value(5), "route changes to push, 0 to 1000");
  add("settle", po::value<int>()->default_value(25), "seconds after the changes before memory is read, 0 to 3600");
  add("idle", po::value<int>()->default_value(60), "seconds of watching without changes, 0 to 3600");
  add("database-pid", po::value<pid_t>(), "the database server's process; default: the only one on this machine");
  add("format", po::value<std::string>()->default_value("table"), "table or json");
  add("help", "this text");
  return description;
}

// nullopt for --help. Throws po::error where an option is wrong.
std::optional<route_bench_options> route_options_of(const std::vector<std::string>& args) {
  const auto parsed = parse_options(args, route_options());
  if (parsed.count("help") > 0) return std::nullopt;
  route_bench_options options;
  options.size = {within(parsed, "modules", 1, 2000000), within(parsed, "hosts", 1, 256)};
  options.changes = within(parsed, "changes", 0, 1000);
  options.settle = std::chrono::seconds(within(parsed, "settle", 0, 3600));
  options.idle = std::chrono::seconds(within(parsed, "idle", 0, 3600));
  if (parsed.count("database-pid") > 0) options.database = parsed["database-pid"].as<pid_t>();
  options.json = wants_json(parsed);
  return options;
}

result<figure_row> measure(const route_bench_options& options, const route_environment& env) {
  if (const auto filled = fill_routes(env.storage, options.size, env.err); !filled) return filled.error();
  route_measurement measurement(options, env);
  if (const auto started = measurement.start(); !started) return started.error();
  if (const auto changed = measurement.change(); !changed) return changed.error();
  measurement.settle();
  measurement.idle();
  return measurement.figures();
}

}  // namespace

int route(const route_bench_options& options, const route_environment& env) {
  const auto row = measure(options, env);
  if (!row) {
    env.err << "lars bench route: " << row.error().text() << '\n';
    return 1;
  }
  options.json ? print_json(*row, env.out) : print_table({*row}, env.out);
  return 0;
}

int run_route(const std::vector<std::string>& args, const route_environment& env) {
  try {
    const auto options = route_options_of(args);
    if (options) return route(*options, env);
    env.out << route_options();
    return 0;
  } catch (const po::error& refusal) {
    env.err << "lars bench route: " << refusal.what() << '\n';
    return 2;
  }
}

}  // namespace lars::bench
