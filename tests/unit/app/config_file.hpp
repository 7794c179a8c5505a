// A configuration file of one test, gone with the object.
#pragma once

#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

class config_file {
public:
  explicit config_file(const std::string& text) {
    const int made = ::mkstemp(name_.data());
    if (made >= 0) ::close(made);
    std::ofstream(name_) << text;
  }
  ~config_file() { std::filesystem::remove(name_); }
  config_file(const config_file&) = delete;
  config_file& operator=(const config_file&) = delete;

  const std::string& name() const { return name_; }

private:
  std::string name_ = (std::filesystem::temp_directory_path() / "lars_conf_XXXXXX").string();
};
