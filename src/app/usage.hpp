// The texts of --help and version.
#pragma once

#include <ostream>

namespace lars::app {

void print_usage(std::ostream& out);

// One line per key: name, meaning, allowed values, default.
void print_keys(std::ostream& out);

void print_check_config_help(std::ostream& out);
void print_demo_help(std::ostream& out);
void print_bench_help(std::ostream& out);

void print_version(std::ostream& out);

}  // namespace lars::app
