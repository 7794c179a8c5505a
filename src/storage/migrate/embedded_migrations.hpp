// The migrations of sql/, compiled in, so that the program needs no files at run time.
#pragma once

#include <span>

#include "storage/storage_config.hpp"

namespace lars::storage {

struct embedded_migration {
  int number;        // from the file's name, counting from 1 without gaps
  const char* name;  // the rest of the file's name
  const char* sql;   // one or more statements
};

// In ascending order of number. Threads: any thread; the data are constant.
std::span<const embedded_migration> embedded_migrations(backend kind);

}  // namespace lars::storage
