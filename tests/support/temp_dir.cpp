#include "support/temp_dir.hpp"

#include <cstdlib>
#include <stdexcept>
#include <string>

namespace lars::test {

temp_dir::temp_dir(const std::filesystem::path& parent) {
  std::string name = (parent / "lars_test_XXXXXX").string();
  if (!mkdtemp(name.data())) throw std::runtime_error("cannot make a directory like " + name);
  path_ = name;
}

temp_dir::~temp_dir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace lars::test
