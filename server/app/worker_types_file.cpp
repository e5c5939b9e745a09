#include "app/worker_types_file.h"

#include <fstream>
#include <iterator>
#include <string>
#include <system_error>

#include "base/log.h"

namespace taskgate::app {

namespace {

// Under another name first, so that a crash leaves no half of it.
void write_file(const std::filesystem::path& file, const std::string& text) {
  auto draft = file;
  draft += ".new";
  std::ofstream output(draft, std::ios::binary | std::ios::trunc);
  output << text;
  output.close();
  std::error_code failure;
  if (output) std::filesystem::rename(draft, file, failure);
  if (!output || failure) log::warning("cannot keep the types that workers ask for", {{"file", file.string()}});
}

}  // namespace

std::shared_ptr<jobs::WorkerTypes> open_worker_types(const std::filesystem::path& file) {
  std::ifstream input(file, std::ios::binary);
  const std::string kept{std::istreambuf_iterator<char>(input), std::istreambuf_iterator<char>()};
  return std::make_shared<jobs::WorkerTypes>(kept, [file](const std::string& text) { write_file(file, text); });
}

}  // namespace taskgate::app
