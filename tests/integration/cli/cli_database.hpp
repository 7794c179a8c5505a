// A database for one test of commands, and the commands on it.
#pragma once

#include <sqlite3.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "cli/command.hpp"

namespace lars::test {

// A directory with a database made by `lars migrate`.
class cli_database {
public:
  cli_database() {
    std::string name = (std::filesystem::temp_directory_path() / "lars-cli-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    dir_ = name;
    REQUIRE(run("migrate", {}) == 0);
  }
  cli_database(const cli_database&) = delete;
  cli_database& operator=(const cli_database&) = delete;
  ~cli_database() { std::filesystem::remove_all(dir_); }

  int run(const std::string& command, const std::vector<std::string>& args) {
    std::ostringstream out, err;
    const int code = cli::run(command, args, {config(), {0x7f000001, 9}, out, err});
    out_ = out.str();
    err_ = err.str();
    return code;
  }

  storage::storage_config config() const { return {storage::backend::sqlite, (dir_ / "lars.db").string()}; }

  // The table as CSV, without its header.
  std::string rows() {
    REQUIRE(run("route", {"export"}) == 0);
    return out_.substr(out_.find('\n') + 1);
  }

  // As a program or a person beside us does.
  void query(const std::string& statement) {
    sqlite3* database = nullptr;
    REQUIRE(::sqlite3_open(config().connect.c_str(), &database) == SQLITE_OK);
    const int code = ::sqlite3_exec(database, statement.c_str(), nullptr, nullptr, nullptr);
    ::sqlite3_close(database);
    REQUIRE(code == SQLITE_OK);
  }

  std::string write(const std::string& text) {
    const auto path = dir_ / "routes.csv";
    std::ofstream(path, std::ios::binary) << text;
    return path.string();
  }

  const std::string& out() const { return out_; }
  const std::string& err() const { return err_; }

private:
  std::filesystem::path dir_;
  std::string out_, err_;
};

}  // namespace lars::test
