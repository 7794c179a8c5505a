// What an exception of SOCI means to us: the one place that knows the databases' error numbers.
#pragma once

#include <exception>
#include <lars/error.hpp>
#include <string>

namespace lars::storage {

// Throws what MySQL said of a statement that execute() gave it: as SOCI does, with the SQLSTATE, which SOCI leaves out.
[[noreturn]] void throw_mysql_failure(const std::string& text, int number, std::string sql_state);

struct fault {
  error what;
  bool lost = false;   // the connection is of no use any more
  bool again = false;  // the database rolled a transaction back for another's sake: the whole of it may be tried again
  bool refused = false;  // the database read the statement and rejected its values: it will say the same next time
};

// Threads: any thread. `writing` decides how missing privileges read.
fault fault_of(const std::exception& exception, bool writing);

}  // namespace lars::storage
