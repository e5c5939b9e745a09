#include "net/trusted_proxies.h"

#include <charconv>
#include <stdexcept>

#include "net/field_list.h"

namespace taskgate::net {

namespace {

namespace ip = boost::asio::ip;

// IPv4 addresses are compared in their IPv4-mapped form, so that one list serves both families.
ip::address_v6::bytes_type comparable(const ip::address& address) {
  if (address.is_v6()) return address.to_v6().to_bytes();
  return ip::make_address_v6(ip::v4_mapped, address.to_v4()).to_bytes();
}

ip::address unmapped(const ip::address& address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped()) return ip::make_address_v4(ip::v4_mapped, address.to_v6());
  return address;
}

// One entry of X-Forwarded-For: "203.0.113.9", "203.0.113.9:1234", "2001:db8::1", "[2001:db8::1]:1234".
std::optional<ip::address> parse_forwarded(std::string_view entry) {
  entry = trimmed(entry);
  if (entry.starts_with('[')) {
    const auto end = entry.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    entry = entry.substr(1, end - 1);
  } else if (const auto colon = entry.find(':'); colon != std::string_view::npos && entry.rfind(':') == colon) {
    entry = entry.substr(0, colon);
  }
  boost::system::error_code ec;
  const auto address = ip::make_address(std::string(entry), ec);
  if (ec) return std::nullopt;
  return unmapped(address);
}

// All values of a repeatable list header, in order.
std::vector<std::string_view> list_entries(const Headers& headers, std::string_view name) {
  std::vector<std::string_view> entries;
  for (const auto& [field, value] : headers.all()) {
    if (!equal_ignoring_case(field, name)) continue;
    std::string_view rest = value;
    for (;;) {
      const auto comma = rest.find(',');
      entries.push_back(rest.substr(0, comma));
      if (comma == std::string_view::npos) break;
      rest.remove_prefix(comma + 1);
    }
  }
  return entries;
}

}  // namespace

TrustedProxies::TrustedProxies(const std::vector<std::string>& blocks) {
  for (const auto& text : blocks) {
    const auto slash = text.find('/');
    boost::system::error_code ec;
    const auto address = ip::make_address(text.substr(0, slash), ec);
    if (ec) throw std::runtime_error("trusted proxy is not an IP address or CIDR block: " + text);
    const unsigned width = address.is_v4() ? 32 : 128;
    unsigned bits = width;
    if (slash != std::string::npos) {
      const char* const end = text.data() + text.size();
      const auto parsed = std::from_chars(text.data() + slash + 1, end, bits);
      if (parsed.ec != std::errc{} || parsed.ptr != end || bits > width) {
        throw std::runtime_error("trusted proxy is not an IP address or CIDR block: " + text);
      }
    }
    blocks_.push_back({comparable(address), bits + (128 - width)});
  }
}

bool TrustedProxies::trusts(const ip::address& address) const {
  if (blocks_.empty()) return false;
  const auto bytes = comparable(address);
  return std::any_of(blocks_.begin(), blocks_.end(), [&bytes](const Block& block) {
    for (unsigned bit = 0; bit < block.bits; bit += 8) {
      const unsigned rest = std::min(8U, block.bits - bit);
      const auto mask = static_cast<std::uint8_t>(0xFF00U >> rest);
      if (((bytes[bit / 8] ^ block.prefix[bit / 8]) & mask) != 0) return false;
    }
    return true;
  });
}

ClientOrigin TrustedProxies::origin(const ip::address& peer, const Headers& headers) const {
  const auto nearest = unmapped(peer);
  if (!trusts(nearest)) return {nearest.to_string(), false};

  auto client = nearest;
  const auto entries = list_entries(headers, "x-forwarded-for");
  for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
    const auto address = parse_forwarded(*entry);
    if (!address) break;
    client = *address;
    if (!trusts(client)) break;
  }
  const auto protocols = list_entries(headers, "x-forwarded-proto");
  const bool secure = !protocols.empty() && equal_ignoring_case(trimmed(protocols.back()), "https");
  return {client.to_string(), secure};
}

}  // namespace taskgate::net
