#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "load/figures.h"
#include "load/generators.h"

namespace taskgate::bench {

void sync(const SyncOptions& options) {
  const auto file = options.folder + "/sync";
  const int made = ::open(file.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
  if (made < 0) throw std::system_error(errno, std::generic_category(), file);
  const std::array<char, 4096> page{};
  Durations durations;
  for (std::size_t round = 0; round < options.rounds; ++round) {
    const auto begin = std::chrono::steady_clock::now();
    if (::write(made, page.data(), page.size()) < 0 || ::fdatasync(made) != 0) {
      throw std::system_error(errno, std::generic_category(), file);
    }
    durations.add(std::chrono::steady_clock::now() - begin);
  }
  ::close(made);
  ::unlink(file.c_str());
  Report().add("sync", durations).print();
}

}  // namespace taskgate::bench
