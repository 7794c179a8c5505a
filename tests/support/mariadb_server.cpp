#include "support/mariadb_server.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <mysql.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>

namespace lars::test {
namespace {

constexpr auto start_patience = std::chrono::seconds(60);
constexpr auto look_again = std::chrono::milliseconds(20);

std::uint16_t free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool good = ::bind(socket, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                    ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  ::close(socket);
  if (!good) throw std::runtime_error("no free port on 127.0.0.1");
  return ntohs(address.sin_port);
}

struct credentials {
  uid_t uid = 0;
  gid_t gid = 0;
};

// The server refuses to run as root, so it gets another user where we are root.
std::optional<credentials> user_to_become() {
  if (geteuid() != 0) return std::nullopt;
  const passwd* const user = getpwnam("mysql");
  if (user == nullptr) throw std::runtime_error("there is no user mysql");
  return credentials{user->pw_uid, user->pw_gid};
}

// Runs in the child after fork(): system calls only, since another thread of the parent may have held a lock. The
// server must not change its user itself: the kernel clears the parent-death signal when credentials change, and the
// server would outlive us.
bool become(const credentials& user) {
  return syscall(SYS_setgroups, 1, &user.gid) == 0 && syscall(SYS_setgid, user.gid) == 0 &&
         syscall(SYS_setuid, user.uid) == 0;
}

// Runs a program as user mysql with its output in `log`.
pid_t spawn(std::vector<std::string> words, const std::string& log) {
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const auto user = user_to_become();
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child < 0) throw std::runtime_error("cannot fork");
  if (child > 0) return child;
  const int output = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  if (user && !become(*user)) _exit(126);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(126);
  // Close inherited descriptors: a connection of the test would otherwise stay open after the test closes it.
  close_range(3, ~0u, CLOSE_RANGE_CLOEXEC);
  execvp(arguments[0], arguments.data());
  _exit(127);
}

struct close_connection {
  void operator()(MYSQL* connection) const { mysql_close(connection); }
};
using connection_ptr = std::unique_ptr<MYSQL, close_connection>;

}  // namespace

mariadb_server::mariadb_server(std::vector<std::string> options) : options_(std::move(options)) {
  std::filesystem::permissions(home_.path(), std::filesystem::perms(0755));
  const auto data = home_.path() / "data";
  std::filesystem::create_directory(data);
  if (const passwd* user = getpwnam("mysql"); user && geteuid() == 0)
    for (const auto& path : {home_.path(), data})
      if (chown(path.c_str(), user->pw_uid, user->pw_gid) != 0)
        throw std::runtime_error("cannot chown " + path.string());
  install();
  start();
}

mariadb_server::~mariadb_server() {
  if (pid_ > 0) kill();
}

mariadb_server& mariadb_server::shared() {
  static mariadb_server server;
  if (server.pid_ <= 0) server.start();
  return server;
}

void mariadb_server::install() const {
  const std::string home = home_.path().string();
  // A server deletes temporary tables that it finds in its tmpdir, so each has one of its own.
  const pid_t child = spawn({"mariadb-install-db", "--no-defaults", "--datadir=" + home + "/data", "--tmpdir=" + home,
                             "--auth-root-authentication-method=normal", "--skip-test-db"},
                            home + "/install.log");
  int status = 0;
  waitpid(child, &status, 0);
  if (status != 0) throw std::runtime_error("mariadb-install-db failed; is mariadb-server installed?");
}

void mariadb_server::start() {
  if (pid_ > 0) return;
  if (port_ == 0) port_ = free_port();
  const std::string home = home_.path().string();
  std::vector<std::string> words({"/usr/sbin/mariadbd", "--no-defaults", "--datadir=" + home + "/data",
                                  "--tmpdir=" + home, "--socket=" + home + "/socket", "--pid-file=" + home + "/pid",
                                  "--bind-address=127.0.0.1", "--port=" + std::to_string(port_), "--skip-log-bin",
                                  "--innodb-buffer-pool-size=64M", "--innodb-log-file-size=16M",
                                  "--innodb-flush-log-at-trx-commit=2", "--innodb-flush-method=nosync",
                                  "--performance-schema=OFF", "--skip-name-resolve"});
  words.insert(words.end(), options_.begin(), options_.end());
  pid_ = spawn(std::move(words), home + "/server.log");
  const auto deadline = std::chrono::steady_clock::now() + start_patience;
  while (!answers()) {
    int status = 0;
    if (waitpid(pid_, &status, WNOHANG) == pid_) {
      pid_ = -1;
      throw std::runtime_error("mariadbd did not start");
    }
    if (std::chrono::steady_clock::now() > deadline) {
      kill();
      throw std::runtime_error("mariadbd does not answer");
    }
    std::this_thread::sleep_for(look_again);
  }
}

std::vector<std::string> mariadb_server::galera_options() {
  constexpr auto provider = "/usr/lib/galera/libgalera_smm.so";
  if (!std::filesystem::exists(provider)) return {};
  return {"--wsrep-on=ON",
          std::string("--wsrep-provider=") + provider,
          "--wsrep-cluster-address=gcomm://",
          "--wsrep-new-cluster",
          "--wsrep-node-address=127.0.0.1",
          "--wsrep-provider-options=gmcast.listen_addr=tcp://127.0.0.1:" + std::to_string(free_port()),
          "--binlog-format=ROW",
          "--innodb-autoinc-lock-mode=2"};
}

bool mariadb_server::answers() const {
  try {
    query("", "select 1");
    return true;
  } catch (const std::runtime_error&) {
    return false;
  }
}

std::string mariadb_server::fresh_database() {
  const std::string name = "lars_test_" + std::to_string(++databases_);
  query("", "create database " + name);
  return name;
}

std::string mariadb_server::url(const std::string& database, const std::string& more) const {
  return "mysql://db=" + database + " user=root host=127.0.0.1 port=" + std::to_string(port_) +
         (more.empty() ? "" : " " + more);
}

text_rows mariadb_server::query(const std::string& database, const std::string& statement) const {
  const connection_ptr connection(mysql_init(nullptr));
  mysql_options(connection.get(), MYSQL_SET_CHARSET_NAME, "utf8mb4");
  const char* name = database.empty() ? nullptr : database.c_str();
  if (!mysql_real_connect(connection.get(), "127.0.0.1", "root", nullptr, name, port_, nullptr, 0) ||
      mysql_real_query(connection.get(), statement.data(), static_cast<unsigned long>(statement.size())) != 0)
    throw std::runtime_error(statement + ": " + mysql_error(connection.get()));
  text_rows rows;
  MYSQL_RES* answer = mysql_store_result(connection.get());
  if (!answer) return rows;
  while (MYSQL_ROW row = mysql_fetch_row(answer)) {
    const unsigned long* sizes = mysql_fetch_lengths(answer);
    rows.emplace_back();
    for (unsigned i = 0; i < mysql_num_fields(answer); ++i)
      rows.back().push_back(row[i] ? std::string(row[i], sizes[i]) : "NULL");
  }
  mysql_free_result(answer);
  return rows;
}

void mariadb_server::stop() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGTERM);
  wait_gone();
}

void mariadb_server::kill() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  wait_gone();
}

// SIGSTOP stops thread by thread: wait until the kernel reports the process as stopped.
void mariadb_server::freeze() {
  ::kill(pid_, SIGSTOP);
  waitpid(pid_, nullptr, WUNTRACED);
}
void mariadb_server::thaw() { ::kill(pid_, SIGCONT); }

void mariadb_server::wait_gone() {
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

}  // namespace lars::test
