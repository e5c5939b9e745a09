#include "base/ids.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/crypto.h"
#include "base/job_id_time.h"

namespace taskgate {

namespace {

constexpr int job_sequence_bits = 22;
constexpr std::uint32_t user_counter_max = 0xFFFFFF;

template <std::size_t N>
std::string hex_of(const std::array<std::uint8_t, N>& bytes) {
  return to_hex({reinterpret_cast<const char*>(bytes.data()), N});
}

template <class Id>
std::optional<Id> parse_bytes(std::string_view text) {
  Id id;
  if (text.size() != id.bytes.size() * 2) return std::nullopt;
  const auto bytes = from_hex(text);
  if (!bytes) return std::nullopt;
  std::memcpy(id.bytes.data(), bytes->data(), bytes->size());
  return id;
}

std::uint32_t random_below(std::uint32_t limit) {
  std::array<std::uint8_t, 4> bytes{};
  fill_random(bytes);
  std::uint32_t value = 0;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value % limit;  // the limits used are powers of two: no bias
}

}  // namespace

std::string to_string(JobId id) { return fmt::format("{:016x}", id.value); }
std::string to_string(const UserId& id) { return hex_of(id.bytes); }
std::string to_string(const SessionId& id) { return hex_of(id.bytes); }
std::string to_string(const ApiKeyId& id) { return hex_of(id.bytes); }

std::optional<JobId> parse_job_id(std::string_view text) {
  if (text.size() != 16) return std::nullopt;
  const auto bytes = from_hex(text);
  if (!bytes) return std::nullopt;
  JobId id;
  for (const char byte : *bytes) id.value = (id.value << 8) | static_cast<std::uint8_t>(byte);
  return id;
}

std::optional<UserId> parse_user_id(std::string_view text) { return parse_bytes<UserId>(text); }
std::optional<SessionId> parse_session_id(std::string_view text) { return parse_bytes<SessionId>(text); }
std::optional<ApiKeyId> parse_api_key_id(std::string_view text) { return parse_bytes<ApiKeyId>(text); }

IdGenerator::IdGenerator() {
  fill_random(process_random_);
  user_counter_ = random_below(user_counter_max + 1);
}

JobId IdGenerator::next_job_id(Time now) {
  const std::lock_guard lock(mutex_);
  const auto milliseconds = static_cast<std::uint64_t>(now.time_since_epoch().count());
  if (milliseconds > (last_job_id_ >> job_sequence_bits)) {
    last_job_id_ = (milliseconds << job_sequence_bits) | random_below(1U << 16);
  } else {
    // The same millisecond, or a clock set back. A full sequence runs over into the next millisecond.
    ++last_job_id_;
  }
  return {last_job_id_};
}

Time time_of(JobId id) { return Time{std::chrono::milliseconds(id.value >> job_sequence_bits)}; }

JobId first_job_id_after(Time time) {
  return {(static_cast<std::uint64_t>(time.time_since_epoch().count()) + 1) << job_sequence_bits};
}

UserId IdGenerator::next_user_id(Time now) {
  const std::lock_guard lock(mutex_);
  const auto seconds =
      static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count());
  if (user_counter_ == user_counter_max) {
    // The counter starts again, so the seconds have to rise for the order to hold.
    last_user_seconds_ = std::max(seconds, last_user_seconds_ + 1);
    user_counter_ = 0;
  } else {
    last_user_seconds_ = std::max(seconds, last_user_seconds_);
    ++user_counter_;
  }
  UserId id;
  for (std::size_t i = 0; i < 4; ++i) id.bytes[i] = static_cast<std::uint8_t>(last_user_seconds_ >> (24 - 8 * i));
  std::copy(process_random_.begin(), process_random_.end(), id.bytes.begin() + 4);
  for (std::size_t i = 0; i < 3; ++i) id.bytes[9 + i] = static_cast<std::uint8_t>(user_counter_ >> (16 - 8 * i));
  return id;
}

ApiKeyId IdGenerator::next_api_key_id() {
  ApiKeyId id;
  fill_random(id.bytes);
  return id;
}

SessionId IdGenerator::next_session_id() {
  SessionId id;
  fill_random(id.bytes);
  return id;
}

}  // namespace taskgate
