// What --help and version print.
#pragma once

#include <ostream>

namespace lars::app {

void print_usage(std::ostream& out);

// One line a key: name, default, what is allowed, meaning.
void print_keys(std::ostream& out);

void print_check_config_help(std::ostream& out);
void print_demo_help(std::ostream& out);
void print_bench_help(std::ostream& out);

void print_version(std::ostream& out);

}  // namespace lars::app
