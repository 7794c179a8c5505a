// Translates exceptions of SOCI: the only file that knows the databases' error numbers.
#pragma once

#include <exception>
#include <lars/error.hpp>
#include <string>

namespace lars::storage {

// Throws MySQL's error for a statement of execute(), as SOCI does, but with the SQLSTATE, which SOCI leaves out.
[[noreturn]] void throw_mysql_failure(const std::string& text, int number, std::string sql_state);

struct fault {
  error what;
  bool lost = false;     // drop the connection
  bool again = false;    // the transaction lost against another one; all of it may be retried
  bool refused = false;  // the database rejected the statement's values, and will reject them each time
};

// Threads: any thread. `writing`: a missing privilege then means errc::read_only.
fault fault_of(const std::exception& exception, bool writing);

}  // namespace lars::storage
