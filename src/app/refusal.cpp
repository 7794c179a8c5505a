#include "app/refusal.hpp"

#include "cli/command.hpp"

namespace lars::app {

int refuse_usage(const std::string& why, std::ostream& err) {
  err << "lars: " << why << "; see lars --help\n";
  return cli::exit_usage;
}

int refuse_configuration(const error& why, std::ostream& err) {
  err << "lars: " << why.detail << '\n';
  return cli::exit_bad_configuration;
}

int refuse_start(const error& why, std::ostream& err) {
  err << "lars: " << (why.detail.empty() ? why.text() : why.detail) << '\n';
  return cli::exit_failed;
}

}  // namespace lars::app
