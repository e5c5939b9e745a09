#include "handlers/address_rules.h"

#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace taskgate::handlers {
namespace {

struct Block4 {
  std::array<std::uint8_t, 4> first;
  int bits;
};

struct Block6 {
  std::array<std::uint8_t, 6> first;  // the rest is zero
  int bits;
};

constexpr std::array<Block4, 18> special4{{
    {{0, 0, 0, 0}, 8},         // this network
    {{10, 0, 0, 0}, 8},        // private
    {{100, 64, 0, 0}, 10},     // shared (carrier-grade NAT; a cloud's metadata)
    {{127, 0, 0, 0}, 8},       // loopback
    {{168, 63, 129, 16}, 32},  // a cloud's host agent, on an address that looks public
    {{169, 254, 0, 0}, 16},    // link-local (metadata of most clouds)
    {{172, 16, 0, 0}, 12},     // private
    {{192, 0, 0, 0}, 24},      // protocol assignments
    {{192, 0, 2, 0}, 24},      // documentation
    {{192, 31, 196, 0}, 24},   // AS112
    {{192, 52, 193, 0}, 24},   // AMT
    {{192, 88, 99, 0}, 24},    // 6to4 relays
    {{192, 168, 0, 0}, 16},    // private
    {{192, 175, 48, 0}, 24},   // AS112
    {{198, 18, 0, 0}, 15},     // benchmarks
    {{198, 51, 100, 0}, 24},   // documentation
    {{203, 0, 113, 0}, 24},    // documentation
    {{224, 0, 0, 0}, 3},       // multicast, reserved, broadcast
}};

// Of IPv6 only 2000::/3 is given out at all; within it:
constexpr std::array<Block6, 4> special6{{
    {{0x20, 0x01, 0x00, 0x00}, 23},  // protocol assignments, Teredo, ORCHID
    {{0x20, 0x01, 0x0d, 0xb8}, 32},  // documentation
    {{0x20, 0x02}, 16},              // 6to4: carries an IPv4 address
    {{0x3f, 0xff}, 20},              // documentation
}};
constexpr Block6 global6{{0x20}, 3};

template <std::size_t Size>
bool begins_with(const std::uint8_t* address, const std::array<std::uint8_t, Size>& first, int bits) {
  for (std::size_t index = 0; index < Size && bits > 0; ++index, bits -= 8) {
    const auto mask = static_cast<std::uint8_t>(bits >= 8 ? 0xFF : 0xFF << (8 - bits));
    if ((address[index] & mask) != first[index]) return false;
  }
  return true;
}

bool is_public4(const std::uint8_t* address) {
  return std::none_of(special4.begin(), special4.end(),
                      [address](const Block4& block) { return begins_with(address, block.first, block.bits); });
}

bool is_public6(const std::uint8_t* address) {
  return begins_with(address, global6.first, global6.bits) &&
         std::none_of(special6.begin(), special6.end(),
                      [address](const Block6& block) { return begins_with(address, block.first, block.bits); });
}

}  // namespace

bool is_public_address(const sockaddr* address, std::size_t length) {
  sockaddr_in ip4{};
  sockaddr_in6 ip6{};
  if (length >= sizeof ip4 && address->sa_family == AF_INET) {
    std::memcpy(&ip4, static_cast<const void*>(address), sizeof ip4);
    std::array<std::uint8_t, 4> bytes{};
    std::memcpy(bytes.data(), &ip4.sin_addr, bytes.size());
    return is_public4(bytes.data());
  }
  if (length >= sizeof ip6 && address->sa_family == AF_INET6) {
    std::memcpy(&ip6, static_cast<const void*>(address), sizeof ip6);
    return is_public6(ip6.sin6_addr.s6_addr);
  }
  return false;
}

}  // namespace taskgate::handlers
