#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace taskgate::net {

// Bytes received and not yet used up. Small while a connection is idle, larger (up to 64 KiB) while data streams in.
class ReadBuffer {
 public:
  explicit ReadBuffer(std::size_t idle_capacity) : idle_capacity_(idle_capacity) {}

  [[nodiscard]] std::string_view data() const { return {storage_.data() + begin_, end_ - begin_}; }
  [[nodiscard]] std::span<char> writable_data() { return {storage_.data() + begin_, end_ - begin_}; }
  [[nodiscard]] std::size_t size() const { return end_ - begin_; }
  [[nodiscard]] bool empty() const { return begin_ == end_; }

  // Free room to receive into; never empty. Moves the unused bytes, so views into them end here.
  [[nodiscard]] std::span<char> prepare() {
    if (begin_ > 0) {
      std::memmove(storage_.data(), storage_.data() + begin_, size());
      end_ -= begin_;
      begin_ = 0;
    }
    if (end_ == 0 && !was_filled_ && storage_.size() > idle_capacity_) storage_ = std::vector<char>(idle_capacity_);
    if (end_ + room_min > storage_.size() || was_filled_) {
      const auto wanted = std::min(std::max(storage_.size() * 2, idle_capacity_), capacity_max);
      storage_.resize(std::max(wanted, end_ + room_min));
    }
    return {storage_.data() + end_, storage_.size() - end_};
  }

  // `size` bytes were received into what `prepare` gave.
  void commit(std::size_t size) {
    end_ += size;
    was_filled_ = end_ == storage_.size();
  }

  // Only `prepare` moves the end back: a receive into the room it gave may still be pending, and what it brings belongs
  // where that room was.
  void consume(std::size_t size) { begin_ += size; }

  // Puts bytes in that another owner of the connection had received already.
  void append(std::string_view bytes) {
    storage_.resize(std::max(storage_.size(), end_ + bytes.size()));
    std::copy(bytes.begin(), bytes.end(), storage_.begin() + static_cast<std::ptrdiff_t>(end_));
    end_ += bytes.size();
  }

 private:
  static constexpr std::size_t capacity_max = 64 * 1024;
  static constexpr std::size_t room_min = 512;

  std::size_t idle_capacity_;
  std::vector<char> storage_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool was_filled_ = false;  // the last receive filled all room: more is waiting
};

}  // namespace taskgate::net
