#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>

#include "sio/engineio_session.h"
#include "sio/socketio_packet.h"

namespace taskgate::sio {

// The acknowledgements one socket is waiting for. Each reply is called exactly once: with the client's arguments, or
// with nothing when the time is over or the socket has left.
class AckTable {
 public:
  using Reply = std::function<void(std::optional<ReceivedArguments>)>;

  // Gives the id to send the event with.
  [[nodiscard]] std::uint64_t expect(Moment until, Reply reply);
  // False for an id that nobody waits for: it came too late, or was made up.
  bool resolve(std::uint64_t id, const ReceivedArguments& arguments);
  void expire(Moment now);
  void cancel_all();
  // Never later than the first deadline; may be earlier, when what it was for has been answered.
  [[nodiscard]] Moment next_deadline() const { return earliest_; }
  [[nodiscard]] std::size_t size() const { return waiting_.size(); }

 private:
  struct Waiting {
    Moment until;
    Reply reply;
  };
  std::uint64_t next_id_ = 0;
  std::map<std::uint64_t, Waiting> waiting_;
  Moment earliest_ = Moment::max();
};

}  // namespace taskgate::sio
