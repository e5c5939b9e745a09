#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/ids.h"
#include "base/principal.h"
#include "base/result.h"

namespace taskgate::rooms {

struct RoomOptions {
  bool allow_guests = true;                  // may callers without credentials join and talk
  std::size_t room_id_characters_max = 128;  // code points
  std::size_t message_bytes_max = 8 * 1024;
};

// One message as it goes to the members. `id` orders the messages of this server by time; 16 hex digits.
struct RoomMessage {
  std::string id;
  std::string room_id;
  std::string message;
  std::optional<UserId> user_id;  // nothing: a guest
  Time at;
};

// The rules of rooms: who may join what, and what a message may be. Rooms are public and exist while somebody is in
// them; names that begin with `user:`, `job:`, `admin:` or `session:` are the server's own, and nobody joins or
// addresses them by name. Who is in which room is the hub's knowledge, not this class's. Thread-safe.
class RoomService {
 public:
  RoomService(IdGenerator& ids, const Clock& clock, RoomOptions options)
      : ids_(ids), clock_(clock), options_(options) {}

  // Whether the caller (nothing: a guest) may enter the room. Errors: validation_failed (`roomId`), forbidden
  // `reserved_room`, unauthenticated `guests_not_allowed`.
  [[nodiscard]] Result<void> may_join(const std::optional<Principal>& caller, std::string_view room_id) const;

  // Makes the message that a member sends. Errors: as may_join; validation_failed (`message`); forbidden `not_joined`
  // when the caller is not in the room.
  [[nodiscard]] Result<RoomMessage> compose(const std::optional<Principal>& caller, std::string_view room_id,
                                            std::string_view message, bool is_member) const;

 private:
  IdGenerator& ids_;
  const Clock& clock_;
  RoomOptions options_;
};

}  // namespace taskgate::rooms
