// Addresses of the interface of old, beside those of libc. What its calls do is tested with an agent (test_library).
#include <arpa/inet.h>
#include <lars_api.h>

#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <string_view>

namespace lars::lars_api_test {

namespace {

std::string text_of(std::uint32_t ip) {
  char text[lars_address::most_size];
  return {text, lars_address::write(ip, text)};
}

std::string libc_text_of(std::uint32_t ip) {
  char text[INET_ADDRSTRLEN] = "";
  const in_addr address{htonl(ip)};
  ::inet_ntop(AF_INET, &address, text, sizeof text);
  return text;
}

}  // namespace

TEST_CASE("addresses are written as inet_ntop() writes them, and read again") {
  std::mt19937 random(1);
  for (int i = 0; i < 100'000; ++i) {
    const std::uint32_t ip =
        i < 1024 ? static_cast<std::uint32_t>(i % 256) << (i / 256 * 8) : static_cast<std::uint32_t>(random());
    const auto text = text_of(ip);
    REQUIRE(text == libc_text_of(ip));
    std::uint32_t back = ~ip;
    REQUIRE(lars_address::read(text, back));
    REQUIRE(back == ip);
  }
}

TEST_CASE("what inet_pton() does not take for an address is none, and leaves the number alone") {
  const std::string with_end("1.2.3.4\0", 8);
  for (const std::string& text : {std::string(),
                                  std::string("."),
                                  std::string("1"),
                                  std::string("1.2.3"),
                                  std::string("1.2.3."),
                                  std::string("1.2.3.4."),
                                  std::string("1.2.3.4.5"),
                                  std::string(".1.2.3.4"),
                                  std::string("1..3.4"),
                                  std::string("256.1.1.1"),
                                  std::string("1.2.3.256"),
                                  std::string("1.2.3.99999999999"),
                                  std::string("01.2.3.4"),
                                  std::string("1.2.3.00"),
                                  std::string(" 1.2.3.4"),
                                  std::string("1.2.3.4 "),
                                  std::string("+1.2.3.4"),
                                  std::string("-1.2.3.4"),
                                  std::string("a.b.c.d"),
                                  std::string("1.2.3.4x"),
                                  std::string("::1"),
                                  with_end}) {
    CAPTURE(text);
    in_addr address{};
    std::uint32_t ip = 77;
    CHECK_FALSE(lars_address::read(text, ip));
    CHECK(ip == 77);
    CHECK((text == with_end || ::inet_pton(AF_INET, text.c_str(), &address) != 1));
  }
}

TEST_CASE("texts of a few characters are addresses to both or to neither") {
  std::mt19937 random(2);
  constexpr std::string_view characters = "0125.";
  for (int i = 0; i < 200'000; ++i) {
    std::string text(random() % 10 + 5, ' ');
    for (auto& one : text) one = characters[random() % characters.size()];
    in_addr address{};
    std::uint32_t ip = 0;
    const bool libc = ::inet_pton(AF_INET, text.c_str(), &address) == 1;
    CAPTURE(text);
    REQUIRE(lars_address::read(text, ip) == libc);
    if (libc) REQUIRE(ip == ntohl(address.s_addr));
  }
}

}  // namespace lars::lars_api_test
