#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace taskgate::net {

class RoomMember;

// Some members of a room have an id and a position in each room: leaving is a swap with the last, walking a room is
// walking an array.
struct Room {
  std::string name;
  std::vector<RoomMember*> members;
};

// Whatever can be in rooms: the sockets of one namespace on one loop.
class RoomMember {
 public:
  virtual ~RoomMember() = default;
  [[nodiscard]] virtual const std::string& room_of_its_own() const = 0;  // its id, which is a room with one member

 private:
  friend class RoomDirectory;
  struct Place {
    Room* room;
    std::size_t position;
  };
  Place* place_in(const Room& room);
  std::vector<Place> places_;
  std::uint64_t mark_ = 0;  // the last selection it was part of, or excluded from
};

// The rooms of one namespace on one loop, and who is in them. For that loop's thread only. Members must leave before
// they are destroyed.
class RoomDirectory {
 public:
  void add(RoomMember& member);     // into the namespace, and the room of its own
  void remove(RoomMember& member);  // from everything

  // False when the member is in `rooms_max` rooms already.
  bool join(RoomMember& member, std::string_view room, std::size_t rooms_max);
  void leave(RoomMember& member, std::string_view room);
  [[nodiscard]] bool is_in(const RoomMember& member, std::string_view room) const;
  [[nodiscard]] std::vector<std::string> rooms_of(const RoomMember& member) const;

  // The union of `rooms` (everybody, when there are none) less everybody in `except`, each once.
  [[nodiscard]] std::vector<RoomMember*> select(const std::vector<std::string>& rooms,
                                                const std::vector<std::string>& except);

  [[nodiscard]] std::size_t size() const { return members_.size(); }
  [[nodiscard]] std::size_t rooms() const { return rooms_.size(); }

 private:
  struct NameHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };

  Room* find(std::string_view name) const;
  void drop(RoomMember& member, std::size_t index);
  void mark_members(std::string_view room, std::vector<RoomMember*>* selected);
  void mark(RoomMember& member, std::vector<RoomMember*>* selected);

  std::unordered_map<std::string, RoomMember*, NameHash, std::equal_to<>> members_;
  std::unordered_map<std::string, std::unique_ptr<Room>, NameHash, std::equal_to<>> rooms_;
  std::uint64_t selection_ = 0;
};

}  // namespace taskgate::net
