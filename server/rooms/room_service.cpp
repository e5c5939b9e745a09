#include "rooms/room_service.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace taskgate::rooms {

namespace {

constexpr std::array<std::string_view, 4> reserved_prefixes{"user:", "job:", "admin:", "session:"};

bool is_reserved(std::string_view room_id) {
  return std::any_of(reserved_prefixes.begin(), reserved_prefixes.end(),
                     [&](std::string_view prefix) { return room_id.starts_with(prefix); });
}

// Code points of valid UTF-8: every byte that does not continue one.
std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

bool has_control_characters(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 32 || c == 127; });
}

}  // namespace

Result<void> RoomService::may_join(const std::optional<Principal>& caller, std::string_view room_id) const {
  if (room_id.empty()) return validation_failed("roomId", "Room is required");
  if (characters(room_id) > options_.room_id_characters_max || has_control_characters(room_id)) {
    return validation_failed("roomId", fmt::format("A room's name has at most {} characters and no control characters",
                                                   options_.room_id_characters_max));
  }
  if (is_reserved(room_id)) {
    return Error{ErrorCode::forbidden,
                 "reserved_room",
                 "Rooms whose names begin with user:, job:, admin: or session: are the server's",
                 {},
                 {}};
  }
  if (!caller && !options_.allow_guests) {
    return Error{ErrorCode::unauthenticated, "guests_not_allowed", "Sign in to join rooms", {}, {}};
  }
  return {};
}

Result<RoomMessage> RoomService::compose(const std::optional<Principal>& caller, std::string_view room_id,
                                         std::string_view message, bool is_member) const {
  if (auto allowed = may_join(caller, room_id); !allowed) return allowed.error();
  if (message.empty()) return validation_failed("message", "Message is required");
  if (message.size() > options_.message_bytes_max) {
    return validation_failed("message", fmt::format("A message has at most {} bytes", options_.message_bytes_max));
  }
  if (!is_member) return Error{ErrorCode::forbidden, "not_joined", "Join the room before sending to it", {}, {}};
  const auto now = clock_.now();
  return RoomMessage{to_string(ids_.next_job_id(now)), std::string(room_id), std::string(message),
                     caller ? std::optional(caller->user_id) : std::nullopt, now};
}

}  // namespace taskgate::rooms
