#include "net/socketio_rooms.h"

#include <algorithm>

namespace taskgate::net {

RoomMember::Place* RoomMember::place_in(const Room& room) {
  const auto found =
      std::find_if(places_.begin(), places_.end(), [&room](const Place& place) { return place.room == &room; });
  return found == places_.end() ? nullptr : &*found;
}

void RoomDirectory::add(RoomMember& member) { members_.emplace(member.room_of_its_own(), &member); }

void RoomDirectory::remove(RoomMember& member) {
  while (!member.places_.empty()) drop(member, member.places_.size() - 1);
  members_.erase(member.room_of_its_own());
}

Room* RoomDirectory::find(std::string_view name) const {
  const auto found = rooms_.find(name);
  return found == rooms_.end() ? nullptr : found->second.get();
}

bool RoomDirectory::join(RoomMember& member, std::string_view room, std::size_t rooms_max) {
  if (is_in(member, room)) return true;
  if (member.places_.size() >= rooms_max) return false;
  auto& slot = rooms_[std::string(room)];
  if (!slot) slot = std::make_unique<Room>(Room{std::string(room), {}});
  member.places_.push_back({slot.get(), slot->members.size()});
  slot->members.push_back(&member);
  return true;
}

void RoomDirectory::leave(RoomMember& member, std::string_view room) {
  const Room* found = find(room);
  const RoomMember::Place* place = found == nullptr ? nullptr : member.place_in(*found);
  if (place != nullptr) drop(member, static_cast<std::size_t>(place - member.places_.data()));
}

void RoomDirectory::drop(RoomMember& member, std::size_t index) {
  const RoomMember::Place place = member.places_[index];
  Room& room = *place.room;
  RoomMember* last = room.members.back();
  if (last != &member) {
    room.members[place.position] = last;
    last->place_in(room)->position = place.position;
  }
  room.members.pop_back();
  member.places_[index] = member.places_.back();
  member.places_.pop_back();
  if (room.members.empty()) rooms_.erase(rooms_.find(room.name));
}

bool RoomDirectory::is_in(const RoomMember& member, std::string_view room) const {
  if (room == member.room_of_its_own()) return true;
  return std::any_of(member.places_.begin(), member.places_.end(),
                     [room](const RoomMember::Place& place) { return place.room->name == room; });
}

std::vector<std::string> RoomDirectory::rooms_of(const RoomMember& member) const {
  std::vector<std::string> names{member.room_of_its_own()};
  for (const RoomMember::Place& place : member.places_) names.push_back(place.room->name);
  return names;
}

void RoomDirectory::mark(RoomMember& member, std::vector<RoomMember*>* selected) {
  if (member.mark_ == selection_) return;
  member.mark_ = selection_;
  if (selected != nullptr) selected->push_back(&member);
}

void RoomDirectory::mark_members(std::string_view room, std::vector<RoomMember*>* selected) {
  if (const Room* found = find(room)) {
    for (RoomMember* member : found->members) mark(*member, selected);
  }
  if (const auto own = members_.find(room); own != members_.end()) mark(*own->second, selected);
}

std::vector<RoomMember*> RoomDirectory::select(const std::vector<std::string>& rooms,
                                               const std::vector<std::string>& except) {
  ++selection_;
  std::vector<RoomMember*> selected;
  for (const std::string& room : except) mark_members(room, nullptr);
  for (const std::string& room : rooms) mark_members(room, &selected);
  if (rooms.empty()) {
    selected.reserve(members_.size());
    for (const auto& [id, member] : members_) mark(*member, &selected);
  }
  return selected;
}

}  // namespace taskgate::net
