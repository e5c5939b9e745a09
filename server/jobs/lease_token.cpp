#include "jobs/lease_token.h"

#include <algorithm>

#include "base/crypto.h"

namespace taskgate::jobs {
namespace {

constexpr char token_version = 1;
constexpr std::size_t fixed_bytes = 1 + 8 + 8 + 12 + 4;
constexpr std::size_t mac_bytes = 16;
constexpr std::size_t token_characters_max = 1024;

void append_number(std::string& bytes, std::uint64_t value, int size) {
  for (int shift = (size - 1) * 8; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>((value >> shift) & 0xFFU));
}

std::uint64_t read_number(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char byte : bytes) value = (value << 8) | static_cast<std::uint8_t>(byte);
  return value;
}

}  // namespace

LeaseTokenCodec::LeaseTokenCodec(std::string_view server_secret) {
  const auto key = hmac_sha256(server_secret, "taskgate lease token 1");
  key_.assign(key.begin(), key.end());
}

std::string LeaseTokenCodec::mac(std::string_view payload) const {
  const auto digest = hmac_sha256(key_, payload);
  return {digest.begin(), digest.begin() + mac_bytes};
}

std::string LeaseTokenCodec::encode(const LeaseGrant& grant) const {
  std::string bytes;
  bytes.reserve(fixed_bytes + grant.worker.size() + mac_bytes);
  bytes.push_back(token_version);
  append_number(bytes, grant.job.value, 8);
  append_number(bytes, static_cast<std::uint64_t>(grant.fence), 8);
  bytes.append(grant.holder.bytes.begin(), grant.holder.bytes.end());
  append_number(bytes, static_cast<std::uint64_t>(grant.lease.count()), 4);
  bytes += grant.worker;
  bytes += mac(bytes);
  return to_base64url(bytes);
}

std::optional<LeaseGrant> LeaseTokenCodec::decode(std::string_view text) const {
  if (text.size() > token_characters_max) return std::nullopt;
  const auto bytes = from_base64url(text);
  if (!bytes || bytes->size() < fixed_bytes + mac_bytes || bytes->front() != token_version) return std::nullopt;
  const auto payload = std::string_view(*bytes).substr(0, bytes->size() - mac_bytes);
  if (!equal_in_constant_time(mac(payload), std::string_view(*bytes).substr(payload.size()))) return std::nullopt;
  LeaseGrant grant;
  grant.job.value = read_number(payload.substr(1, 8));
  grant.fence = static_cast<std::int64_t>(read_number(payload.substr(9, 8)));
  std::copy_n(payload.begin() + 17, 12, grant.holder.bytes.begin());
  grant.lease = std::chrono::milliseconds{static_cast<std::int64_t>(read_number(payload.substr(29, 4)))};
  grant.worker = payload.substr(fixed_bytes);
  return grant;
}

}  // namespace taskgate::jobs
