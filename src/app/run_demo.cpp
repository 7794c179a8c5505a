#include "app/run_demo.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "app/application.hpp"
#include "app/process.hpp"
#include "app/refusal.hpp"
#include "app/settings.hpp"
#include "app/standard_output.hpp"
#include "cli/demo/demo.hpp"
#include "log/log.hpp"

namespace lars::app {
namespace {

namespace fs = std::filesystem;

// Creates a temporary directory and removes it in the destructor.
class temporary_directory {
public:
  temporary_directory() : name_((fs::temp_directory_path() / "lars-demo-XXXXXX").string()) {
    created_ = ::mkdtemp(name_.data()) != nullptr;
  }
  ~temporary_directory() {
    std::error_code ignored;
    if (created_) fs::remove_all(name_, ignored);
  }
  temporary_directory(const temporary_directory&) = delete;
  temporary_directory& operator=(const temporary_directory&) = delete;

  bool created() const { return created_; }
  const std::string& name() const { return name_; }

private:
  std::string name_;
  bool created_ = false;
};

// Loads the configuration, but overrides the keys with which the demo would touch a database, files or agents in use.
result<settings> demo_settings(const command_line& line, const std::string& directory) {
  setting_sources sources = line.sources({role_kind::dns, role_kind::reporter, role_kind::agent});
  sources.presets = {"dns.port=0", "reporter.port=0", "agent.port=0", "http.port=0", "log.level=warn",
                     // The demo shows isolation under the original policy, which picks hosts in turn.
                     "loadbalance.policy=lars"};
  const std::string state_dir = "state.dir=" + directory;
  sources.sets.insert(sources.sets.end(), {"storage.url=sqlite3://lars.db", state_dir, "agent.run_dir="});
  auto configuration = load_settings(sources);
  if (configuration) configuration->agent_dns_is_set = configuration->agent_reporter_is_set = false;
  return configuration;
}

std::vector<std::string> hints(const std::string& directory, endpoint agent, std::uint32_t http_port) {
  const std::string program = fs::proximate(fs::read_symlink("/proc/self/exe")).string();
  const std::string agent_option = " --set agent.port=" + std::to_string(agent.port);
  const std::string state_option = " --set state.dir=" + directory;
  return {program + " get-host {M} {C}" + agent_option,
          program + " get-route {M} {C}" + agent_option,
          program + " simulate {M} {C} --calls 1000" + agent_option + " --set http.port=" + std::to_string(http_port),
          program + " status {M} {C} --watch" + state_option,
          "curl -s http://127.0.0.1:" + std::to_string(http_port) + "/metrics",
          program + " route list" + state_option,
          program + " route set {M} {C} {HOST} --state drain" + state_option};
}

int play(const command_line& line, const settings& configuration, std::ostream& out, std::ostream& err) {
  const std::atomic<bool>& stop = flag_stop_signals();
  application roles(configuration);
  if (const auto bound = roles.listen(); !bound) return refuse_start(bound.error(), err);
  roles.start();

  const endpoint agent{configuration.agent_to_ask().ip, roles.port_of("agent")};
  cli::demo::demo_options options;
  options.once = !line.rest.empty();
  options.live = !options.once && is_terminal(out);
  return cli::demo::run(options, configuration.storage, agent,
                        hints(configuration.state_dir.string(), agent, roles.port_of("http")), out, stop);
}

}  // namespace

int run_demo(const command_line& line, std::ostream& out, std::ostream& err) {
  for (const std::string& argument : line.rest)
    if (argument != "--once") return refuse_usage("demo: unexpected argument '" + argument + "'", err);
  const temporary_directory directory;
  if (!directory.created()) return refuse_start({errc::io_failed, directory.name() + ": " + std::strerror(errno)}, err);
  const auto configuration = demo_settings(line, directory.name());
  if (!configuration) return refuse_configuration(configuration.error(), err);
  raise_open_files();
  if (const auto opened = log::configure(configuration->log); !opened) return refuse_start(opened.error(), err);
  return play(line, *configuration, out, err);
}

}  // namespace lars::app
