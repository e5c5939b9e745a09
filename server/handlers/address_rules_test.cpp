#include "handlers/address_rules.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <string>

namespace taskgate::handlers {
namespace {

bool is_public(const std::string& text) {
  sockaddr_in ip4{};
  ip4.sin_family = AF_INET;
  if (::inet_pton(AF_INET, text.c_str(), &ip4.sin_addr) == 1) {
    return is_public_address(reinterpret_cast<const sockaddr*>(&ip4), sizeof ip4);
  }
  sockaddr_in6 ip6{};
  ip6.sin6_family = AF_INET6;
  EXPECT_EQ(::inet_pton(AF_INET6, text.c_str(), &ip6.sin6_addr), 1) << text;
  return is_public_address(reinterpret_cast<const sockaddr*>(&ip6), sizeof ip6);
}

TEST(AddressRules, PermitsTheInternet) {
  for (const char* address :
       {"1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255",
        "128.0.0.1", "168.63.129.15", "169.253.255.255", "172.15.255.255", "172.32.0.0", "192.167.255.255",
        "198.17.255.255", "198.20.0.0", "223.255.255.255", "2600::1", "2a00:1450:4001::200e", "2001:4860::8888"}) {
    EXPECT_TRUE(is_public(address)) << address;
  }
}

TEST(AddressRules, RefusesEverythingElse) {
  for (const char* address :
       {"0.0.0.0",     "0.1.2.3",         "10.0.0.1",         "10.255.255.255",  "100.64.0.1",      "100.100.100.200",
        "127.0.0.1",   "127.255.255.254", "168.63.129.16",    "169.254.169.254", "172.16.0.1",      "172.31.255.255",
        "192.0.0.192", "192.0.2.1",       "192.168.1.1",      "198.18.0.1",      "198.19.255.255",  "198.51.100.7",
        "203.0.113.7", "224.0.0.1",       "239.255.255.250",  "240.0.0.1",       "255.255.255.255", "::",
        "::1",         "::127.0.0.1",     "::ffff:127.0.0.1", "::ffff:8.8.8.8",  "64:ff9b::7f00:1", "100::1",
        "2001::1",     "2001:db8::1",     "2002:7f00:1::",    "3fff::1",         "fc00::1",         "fd00:ec2::254",
        "fe80::1",     "fec0::1",         "ff02::1",          "4000::1"}) {
    EXPECT_FALSE(is_public(address)) << address;
  }
}

TEST(AddressRules, RefusesOtherFamiliesAndCutAddresses) {
  sockaddr_un local{};
  local.sun_family = AF_UNIX;
  EXPECT_FALSE(is_public_address(reinterpret_cast<const sockaddr*>(&local), sizeof local));
  sockaddr_in ip4{};
  ip4.sin_family = AF_INET;
  ::inet_pton(AF_INET, "8.8.8.8", &ip4.sin_addr);
  EXPECT_FALSE(is_public_address(reinterpret_cast<const sockaddr*>(&ip4), 4));
}

}  // namespace
}  // namespace taskgate::handlers
