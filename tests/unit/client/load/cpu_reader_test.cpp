#include "client/load/cpu_reader.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

namespace lars::cpu_reader_test {

using namespace lars::client;
using namespace std::chrono_literals;

namespace {

// A machine's files below a directory that goes with the test.
class machine {
public:
  machine() : root_(std::filesystem::temp_directory_path() / ("lars-cpu-" + std::to_string(::getpid()))) {
    std::filesystem::remove_all(root_);
    file("proc/stat", "cpu  100 0 0 900 0 0 0 0 0 0\n");
  }
  ~machine() { std::filesystem::remove_all(root_); }

  void file(const std::string& name, const std::string& text) {
    std::filesystem::create_directories((root_ / name).parent_path());
    std::ofstream(root_ / name) << text;
  }
  void group_v2(const std::string& name, const std::string& usage, const std::string& limit) {
    file("sys/fs/cgroup" + name + "/cpu.stat", "usage_usec " + usage + "\n");
    file("sys/fs/cgroup" + name + "/cpu.max", limit + " 100000\n");
  }
  cpu_reader reader(double processors = 8) const { return {root_.string(), processors}; }

private:
  const std::filesystem::path root_;
};

const base::time_point start(1h);

}  // namespace

TEST_CASE("without a limit the whole machine's time is read") {
  machine files;
  SECTION("no groups at all") {}
  SECTION("a group that has no limit") {
    files.file("proc/self/cgroup", "0::/service\n");
    files.group_v2("/service", "5000000", "max");
  }
  auto reader = files.reader();
  CHECK(reader.read(start)->used == 100);
  files.file("proc/stat", "cpu  150 0 0 950 0 0 0 0 0 0\n");
  const auto later = reader.read(start + 1s);
  CHECK(later->used == 150);
  CHECK(later->room == 1100);
}

TEST_CASE("a limited group's time is read, and its room grows with time") {
  machine files;
  files.file("proc/self/cgroup", "0::/service\n");
  files.group_v2("/service", "5000000", "150000");
  auto reader = files.reader();
  CHECK(reader.read(start)->used == 5);
  CHECK(reader.read(start)->room == 0);
  CHECK(reader.read(start + 2s)->room == Approx(3));
  SECTION("a limit that changes counts from then on") {
    files.group_v2("/service", "6000000", "50000");
    CHECK(reader.read(start + 3s)->room == Approx(3.5));
  }
  SECTION("a limit that is lifted leaves all processors") {
    files.group_v2("/service", "6000000", "max");
    CHECK(reader.read(start + 3s)->room == Approx(11));
  }
}

TEST_CASE("the nearest limit above counts, with the time of the group that has it") {
  machine files;
  files.file("proc/self/cgroup", "0::/slice/service/leaf\n");
  files.group_v2("/slice/service/leaf", "1000000", "max");
  files.group_v2("/slice", "9000000", "200000");
  CHECK(files.reader().read(start)->used == 9);
}

TEST_CASE("in a container the group is what is mounted, whatever its name is outside") {
  machine files;
  files.file("proc/self/cgroup", "0::/docker/abc\n");
  files.group_v2("", "4000000", "200000");
  CHECK(files.reader().read(start)->used == 4);
}

TEST_CASE("groups of version 1, mounted together or apart") {
  machine files;
  files.file("proc/self/cgroup", "4:cpu,cpuacct:/docker/abc\n");
  std::string usage = "sys/fs/cgroup/cpu,cpuacct/docker/abc/cpuacct.usage";
  std::string mount = "sys/fs/cgroup/cpu,cpuacct";
  SECTION("together") {}
  SECTION("apart") {
    files.file("proc/self/cgroup", "4:cpu:/docker/abc\n5:cpuacct:/docker/abc\n");
    usage = "sys/fs/cgroup/cpuacct/docker/abc/cpuacct.usage";
    mount = "sys/fs/cgroup/cpu";
  }
  files.file(usage, "7000000000\n");
  files.file(mount + "/docker/abc/cpu.cfs_quota_us", "100000\n");
  files.file(mount + "/docker/abc/cpu.cfs_period_us", "100000\n");
  auto reader = files.reader();
  CHECK(reader.read(start)->used == 7);
  CHECK(reader.read(start + 1s)->room == Approx(1));
}

TEST_CASE("a limit above what the machine has limits nothing") {
  machine files;
  files.file("proc/self/cgroup", "0::/service\n");
  files.group_v2("/service", "5000000", "1600000");
  auto reader = files.reader(2);
  reader.read(start);
  CHECK(reader.read(start + 1s)->room == Approx(2));
}

TEST_CASE("files that are not there, or make no sense, tell of nothing") {
  machine files;
  files.file("proc/stat", "rubbish");
  CHECK_FALSE(files.reader().read(start));
  CHECK_FALSE(cpu_reader("/nowhere", 8).read(start));
}

}  // namespace lars::cpu_reader_test
