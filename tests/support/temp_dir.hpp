// A temporary directory of a test, removed when the test is over.
#pragma once

#include <filesystem>

namespace lars::test {

// Lifetime: the test's. Errors: throws when the directory cannot be made.
class temp_dir {
public:
  explicit temp_dir(const std::filesystem::path& parent = std::filesystem::temp_directory_path());
  ~temp_dir();
  temp_dir(const temp_dir&) = delete;
  temp_dir& operator=(const temp_dir&) = delete;

  const std::filesystem::path& path() const { return path_; }

private:
  std::filesystem::path path_;
};

}  // namespace lars::test
