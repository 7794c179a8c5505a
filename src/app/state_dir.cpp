#include "app/state_dir.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/directory.hpp"

namespace lars::app {
namespace {

namespace fs = std::filesystem;

std::string variable(const variables& environment, const char* name) {
  const auto found = environment.find(name);
  return found == environment.end() ? std::string() : found->second;
}

error cannot_use(const fs::path& dir, const std::string& why) {
  return {errc::io_failed, "state directory " + dir.string() + ": " + why + "; choose another with [state] dir"};
}

}  // namespace

result<fs::path> find_state_dir(const std::string& configured, const variables& environment, bool is_root) {
  if (!configured.empty()) return fs::absolute(configured);
  // systemd separates several directories by colons; the first one is for this service.
  const std::string from_systemd = variable(environment, "STATE_DIRECTORY");
  if (!from_systemd.empty()) return fs::absolute(from_systemd.substr(0, from_systemd.find(':')));
  if (is_root) return fs::path("/var/lib/lars");
  // The XDG specification requires relative paths to be ignored.
  const fs::path xdg = variable(environment, "XDG_STATE_HOME");
  if (xdg.is_absolute()) return xdg / "lars";
  const fs::path home = variable(environment, "HOME");
  if (home.is_absolute()) return home / ".local/state/lars";
  return {
      errc::invalid_argument,
      "no state directory: set [state] dir or one of the environment variables STATE_DIRECTORY, XDG_STATE_HOME, HOME"};
}

fs::path find_run_dir(const fs::path& state_dir, bool state_dir_is_chosen, const variables& environment, bool is_root) {
  const std::string from_systemd = variable(environment, "RUNTIME_DIRECTORY");
  if (!from_systemd.empty()) return fs::absolute(from_systemd.substr(0, from_systemd.find(':')));
  if (state_dir_is_chosen) return state_dir;
  if (is_root) return "/run/lars";
  const fs::path xdg = variable(environment, "XDG_RUNTIME_DIR");
  return xdg.is_absolute() ? xdg / "lars" : state_dir;
}

result<void> make_state_dir(const fs::path& dir) {
  if (const auto made = base::make_directory(dir.string()); !made)
    return cannot_use(dir, "cannot create it: " + made.error().detail);
  if (::access(dir.c_str(), W_OK | X_OK) != 0) return cannot_use(dir, std::strerror(errno));
  return {};
}

}  // namespace lars::app
