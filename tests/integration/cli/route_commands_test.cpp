#include <catch2/catch.hpp>

#include "cli_database.hpp"

namespace lars::route_commands_test {

using database = lars::test::cli_database;

TEST_CASE("a route is added, changed, listed and removed") {
  database db;
  CHECK(db.run("route", {"add", "1", "-2", "10.0.0.1:80", "--weight", "50", "--zone", "a,b"}) == 0);
  CHECK(db.run("route", {"add", "1", "-2", "10.0.0.2:80"}) == 0);
  CHECK(db.rows() == "1,-2,10.0.0.1,80,50,\"a,b\",up\n1,-2,10.0.0.2,80,100,,up\n");
  CHECK(db.run("route", {"set", "1", "-2", "10.0.0.1:80", "--state", "drain"}) == 0);
  CHECK(db.run("route", {"list", "1", "-2", "--format", "json"}) == 0);
  CHECK(db.out().find(R"({"modid":1,"cmdid":-2,"ip":"10.0.0.1","port":80,"weight":50,"zone":"a,b","state":"drain"})") !=
        std::string::npos);
  CHECK(db.run("route", {"remove", "1", "-2", "10.0.0.1:80"}) == 0);
  CHECK(db.rows() == "1,-2,10.0.0.2,80,100,,up\n");
}

TEST_CASE("a host that is not there is not found") {
  database db;
  CHECK(db.run("route", {"set", "1", "1", "10.0.0.1:80", "--weight", "1"}) == 3);
  CHECK(db.run("route", {"remove", "1", "1", "10.0.0.1:80"}) == 3);
}

TEST_CASE("what was exported is imported as it was") {
  database db;
  db.run("route", {"add", "1", "1", "10.0.0.1:80", "--zone", "a \"b\", c"});
  db.run("route", {"add", "-1", "1", "10.0.0.2:80", "--weight", "0"});
  db.run("route", {"set", "-1", "1", "10.0.0.2:80", "--state", "down"});
  const auto before = db.rows();
  const auto file = db.write("modid,cmdid,ip,port,weight,zone,state\n" + before);
  db.run("route", {"remove", "1", "1", "10.0.0.1:80"});
  db.run("route", {"remove", "-1", "1", "10.0.0.2:80"});
  CHECK(db.rows().empty());
  CHECK(db.run("route", {"import", file}) == 0);
  CHECK(db.rows() == before);
}

TEST_CASE("a mistake in a file leaves every route as it was and names the line") {
  database db;
  db.run("route", {"add", "1", "1", "10.0.0.1:80"});
  const auto before = db.rows();
  const auto file = db.write("modid,cmdid,ip,port\n1,1,10.0.0.2,80\n1,1,10.0.0.3,80000\n");
  CHECK(db.run("route", {"import", file}) == 1);
  CHECK(db.err().find("line 3: port is '80000'") != std::string::npos);
  CHECK(db.rows() == before);
}

TEST_CASE("replacing a module removes its other hosts and no other module's") {
  database db;
  db.run("route", {"add", "1", "-1", "10.0.0.1:80"});
  db.run("route", {"add", "2", "2", "10.0.0.1:80"});
  const auto file = db.write("modid,cmdid,ip,port\n1,-1,10.0.0.2,80\n");
  CHECK(db.run("route", {"import", file, "--replace", "1", "-1"}) == 0);
  CHECK(db.rows() == "1,-1,10.0.0.2,80,100,,up\n2,2,10.0.0.1,80,100,,up\n");
}

TEST_CASE("a file that cannot be read fails") {
  database db;
  CHECK(db.run("route", {"import", "/nonexistent/routes.csv"}) == 1);
  CHECK(db.run("route", {"import", "/"}) == 1);
}

TEST_CASE("migrations of an up to date database are all applied and none is missing") {
  database db;
  CHECK(db.run("migrate", {"--status", "--format", "csv"}) == 0);
  CHECK(db.out().find("number,name,state\n1,") == 0);
  CHECK(db.out().find("missing") == std::string::npos);
  CHECK(db.run("migrate", {"--dry-run"}) == 0);
  CHECK(db.out().empty());
}

TEST_CASE("hosts that nobody can call are refused with the reason") {
  database db;
  CHECK(db.run("route", {"add", "1", "1", "0.0.0.0:80"}) == 2);
  CHECK(db.err().find("0.0.0.0 is not a host address") != std::string::npos);
  CHECK(db.run("route", {"add", "1", "1", "224.0.0.1:80"}) == 2);
  CHECK(db.err().find("224.0.0.1 is a multicast address") != std::string::npos);
  CHECK(db.run("route", {"add", "1", "1", "255.255.255.255:80"}) == 2);
  CHECK(db.run("route", {"import", db.write("modid,cmdid,ip,port\n1,1,10.0.0.1,80\n1,1,239.1.1.1,80\n")}) == 1);
  CHECK(db.err().find("line 3: ip 239.1.1.1 is a multicast address") != std::string::npos);
  CHECK(db.rows().empty());
  CHECK(db.run("route", {"add", "1", "1", "127.0.0.1:80"}) == 0);
}

TEST_CASE("rows that a hand wrote wrong are named, not exported, and repaired") {
  database db;
  db.run("route", {"add", "1", "1", "10.0.0.1:80", "--zone", "eu"});
  db.run("route", {"add", "1", "1", "10.0.0.2:80"});
  db.run("route", {"add", "1", "1", "10.0.0.3:80"});
  CHECK(db.run("route", {"list", "--format", "csv"}) == 0);
  CHECK(db.out().starts_with("modid,cmdid,ip,port,weight,zone,state\n"));
  db.query("update RouteData set zone = cast(x'4dfc1b5b33316d' as text) where id = 1");
  db.query("update RouteData set serverport = 'http' where id = 2");
  CHECK(db.run("route", {"list"}) == 0);
  CHECK(db.out().find("M\\xfc\\x1b[31m") != std::string::npos);
  CHECK(db.out().find("zone must be printable UTF-8") != std::string::npos);
  CHECK(db.out().find("serverport holds no port (1 to 65535)") != std::string::npos);
  CHECK(db.err() == "lars: 2 of 3 rows have invalid values; dns ignores 1 of them\n");
  CHECK(db.run("route", {"list", "--format", "json"}) == 0);
  CHECK(db.out().find(R"("id":1,"refused":"zone must be printable UTF-8"})") != std::string::npos);
  CHECK(db.out().find(R"("id":3,"refused":null})") != std::string::npos);
  CHECK(db.rows() == "1,1,10.0.0.1,80,100,,up\n1,1,10.0.0.3,80,100,,up\n");
  CHECK(db.run("route", {"set", "1", "1", "10.0.0.1:80", "--zone", "eu"}) == 0);
  const auto file = db.write("modid,cmdid,ip,port,weight,zone,state\n" + db.rows());
  CHECK(db.run("route", {"import", file, "--replace", "1", "1"}) == 0);
  CHECK(db.run("route", {"list"}) == 0);
  CHECK(db.err().empty());
}

}  // namespace lars::route_commands_test
