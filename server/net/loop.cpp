#include "net/loop.h"

#include <ctime>
#include <random>

#include "base/log.h"

namespace taskgate::net {

namespace {

constexpr std::chrono::milliseconds tick_interval{100};

// Calls one member; what it throws must not keep the others from being called.
template <class Call>
void guarded(Call call) {
  try {
    call();
  } catch (const std::exception& failure) {
    log::error("a connection failed", {{"error", failure.what()}});
  }
}

}  // namespace

Loop::Loop() : work_(context_.get_executor()), timer_(context_) {
  std::random_device device;
  random_state_ = static_cast<std::uint64_t>(device()) << 32 | device();
}

Loop::~Loop() = default;

void Loop::run() {
  for (;;) {
    try {
      context_.run();
      return;
    } catch (const std::exception& failure) {
      log::error("a callback on an event loop failed", {{"error", failure.what()}});
    }
  }
}

void Loop::stop() { context_.stop(); }

void Loop::join(std::shared_ptr<LoopMember> member) {
  auto* joining = member.get();
  members_.push_front(std::move(member));
  joining->place_ = members_.begin();
  joining->joined_ = true;
  if (!ticking_) {
    ticking_ = true;
    tick();
  }
}

void Loop::leave(LoopMember& member) {
  if (!member.joined_) return;
  member.joined_ = false;
  // The member may be in the middle of a call; its last owner must not vanish under it.
  auto kept = std::move(*member.place_);
  members_.erase(member.place_);
  boost::asio::post(context_, [last = std::move(kept)] {});
  report_if_empty();
}

void Loop::call_at_turn_end(std::shared_ptr<LoopMember> member) {
  if (turn_end_.empty()) {
    boost::asio::post(context_, [this] { end_turn(); });
  }
  turn_end_.push_back(std::move(member));
}

void Loop::end_turn() {
  const auto members = std::exchange(turn_end_, {});
  for (const auto& member : members) {
    guarded([&member] { member->on_turn_end(); });
  }
}

void Loop::tick() {
  if (members_.empty()) {
    ticking_ = false;
    return;
  }
  timer_.expires_after(tick_interval);
  timer_.async_wait([this](boost::system::error_code ec) {
    if (ec) return;
    const auto now = std::chrono::steady_clock::now();
    // A member may leave while it is called, so the next place is taken first; calls end a member other than the one
    // called only through its own posted callback.
    for (auto place = members_.begin(); place != members_.end();) {
      const auto member = *place;
      ++place;
      guarded([&member, now] { member->on_tick(now); });
    }
    tick();
  });
}

void Loop::drain(std::function<void()> when_empty) {
  draining_ = true;
  when_empty_ = std::move(when_empty);
  const auto members = members_;
  for (const auto& member : members) {
    guarded([&member] { member->drain(); });
  }
  report_if_empty();
}

void Loop::abort_members() {
  const auto members = members_;
  for (const auto& member : members) {
    guarded([&member] { member->abort(); });
  }
}

void Loop::report_if_empty() {
  if (!draining_ || !members_.empty() || !when_empty_) return;
  // After what the last member has posted on its way out; another may have arrived from another loop by then.
  boost::asio::post(context_, [this] {
    if (!members_.empty() || !when_empty_) return;
    const auto report = std::exchange(when_empty_, nullptr);
    report();
  });
}

std::string_view Loop::date() {
  const auto now = std::time(nullptr);
  if (now != date_time_) {
    date_time_ = now;
    std::tm utc{};
    gmtime_r(&now, &utc);
    date_size_ = std::strftime(date_.data(), date_.size(), "%a, %d %b %Y %H:%M:%S GMT", &utc);
  }
  return {date_.data(), date_size_};
}

std::string Loop::make_request_id() {
  // splitmix64: unpredictability is not needed, only that ids differ.
  std::uint64_t bits = (random_state_ += 0x9E3779B97F4A7C15ULL);
  bits = (bits ^ bits >> 30) * 0xBF58476D1CE4E5B9ULL;
  bits = (bits ^ bits >> 27) * 0x94D049BB133111EBULL;
  bits ^= bits >> 31;
  constexpr std::string_view alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
  std::string id(13, '0');
  for (auto& character : id) {
    character = alphabet[bits & 31];
    bits >>= 5;
  }
  return id;
}

}  // namespace taskgate::net
